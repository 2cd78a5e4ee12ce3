"""A steady load on a topic, from a process of its own: python -m harness.load SERVERS TOPIC RATE, until SIGTERM."""

from __future__ import annotations

import itertools
import signal
import sys
import time
from pathlib import Path

from confluent_kafka import Producer

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from sample_events import EventClock, user_events  # noqa: E402

TICK_S = 0.05


def main(servers: str, topic: str, rate: int) -> None:
    running = True

    def end(_number: int, _frame: object) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, end)
    producer = Producer(
        {"bootstrap.servers": servers, "linger.ms": 10, "enable.idempotence": True, "log_level": 0,
         "queue.buffering.max.messages": 1_000_000}
    )  # fmt: skip
    events = user_events(7, EventClock.paced(7, 0))
    started, sent, partition = time.monotonic(), 0, 0
    while running:
        due = int((time.monotonic() - started) * rate) - sent
        batch = [{"value": value} for _, value in itertools.islice(events, max(due, 0))]
        if batch:
            sent += producer.produce_batch(topic, batch, partition=partition)
            partition = (partition + 1) % 3
        producer.poll(0)
        time.sleep(TICK_S)
    undelivered = producer.flush(30)
    print(f"sent {sent} undelivered {undelivered} seconds {time.monotonic() - started:.1f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

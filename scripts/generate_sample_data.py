#!/usr/bin/env python3
"""Fills the guide's topics with sample events.

    python3 scripts/generate_sample_data.py --data-type all --count 1000 --delay 0.1
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Iterator
from typing import Any

from environment import default_brokers, in_project_environment

in_project_environment()

from confluent_kafka import KafkaError, KafkaException, Producer  # noqa: E402
from sample_events import GENERATORS, Event, EventClock  # noqa: E402

TOPICS = {"user_events": ["user_events"], "metrics": ["metrics"], "cdc": ["cdc_users"], "all": list(GENERATORS)}
BATCH = 2000


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fill Kafka topics with sample events.")
    parser.add_argument("--data-type", choices=list(TOPICS), default="all", help="which topics (default: all)")
    parser.add_argument("--count", type=int, default=1000, help="events for each topic (default: 1000)")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds between events (default: 0, full speed)")
    parser.add_argument(
        "--bootstrap-servers",
        default=default_brokers(),
        help="the broker (default: KAFKA_BOOTSTRAP_SERVERS, or 127.0.0.1 at KAFKA_PORT or 9092)",
    )
    parser.add_argument(
        "--span",
        type=float,
        help="without a delay: spread the event times evenly over so many seconds (default: 10 µs from event to event)",
    )
    parser.add_argument("--seed", type=int, help="the same seed gives the same events, times included")
    parser.add_argument("--topic", help="another topic than the data type's own (not with all)")
    arguments = parser.parse_args()
    if arguments.count < 0 or arguments.delay < 0:
        parser.error("--count and --delay cannot be negative")
    if arguments.span is not None and (arguments.span <= 0 or arguments.delay > 0):
        parser.error("--span is a number of seconds above 0, and goes with no --delay")
    if arguments.topic and arguments.data_type == "all":
        parser.error("--topic goes with one data type")
    return arguments


class Deliveries:
    """Keeps the first failed delivery; only failures are reported (delivery.report.only.error)."""

    def __init__(self) -> None:
        self.failure: KafkaError | None = None

    def __call__(self, error: KafkaError | None, _message: object) -> None:
        self.failure = self.failure or error


def connect(servers: str, deliveries: Deliveries) -> Producer:
    return Producer(
        {
            "bootstrap.servers": servers,
            "linger.ms": 10,
            "batch.num.messages": 20000,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 400_000,
            "queue.buffering.max.kbytes": 262_144,
            "delivery.report.only.error": True,
            "enable.idempotence": True,
            "message.timeout.ms": 60_000,
            "on_delivery": deliveries,
            "log_level": 0,
        }
    )


def partition_count(producer: Producer, servers: str, topic: str) -> int:
    try:
        known = producer.list_topics(timeout=10).topics.get(topic)
    except KafkaException as failure:
        sys.exit(f"Kafka at {servers} does not answer ({failure.args[0].str()}); start it: ./start.sh")
    if known is None:
        sys.exit(f"Topic {topic} does not exist at {servers}; make it: ./scripts/setup_flink_iceberg.sh")
    return len(known.partitions)


def send(producer: Producer, topic: str, partition: int, messages: list[dict[str, Any]]) -> None:
    """The producer's queue is bounded: what it does not take waits until it has delivered some."""
    while messages:
        producer.produce_batch(topic, messages, partition=partition)
        producer.poll(0)
        messages = [message for message in messages if message.pop("_error", None) is not None]
        if messages:
            producer.poll(0.05)


def fill(producer: Producer, topic: str, partitions: int, events: Iterator[Event]) -> int:
    sent = 0
    while batch := list(itertools.islice(events, BATCH * partitions)):
        for partition in range(partitions):
            send(producer, topic, partition, [{"value": value} for key, value in batch if key % partitions == partition])
        sent += len(batch)
    return sent


def trickle(producer: Producer, streams: dict[str, tuple[int, Iterator[Event]]], delay: float) -> int:
    """One event at a time, the topics in turn."""
    sent = 0
    for events in zip(*(stream for _, stream in streams.values()), strict=True):
        for (topic, (partitions, _)), (key, value) in zip(streams.items(), events, strict=True):
            producer.produce(topic, value=value, partition=key % partitions)
            sent += 1
        producer.poll(0)
        time.sleep(delay)
    return sent


def event_clock(arguments: argparse.Namespace) -> EventClock:
    if arguments.span is not None:
        return EventClock.spread(arguments.seed, arguments.span, arguments.count)
    return EventClock.paced(arguments.seed, arguments.delay)


def main() -> None:
    arguments = parse()
    deliveries = Deliveries()
    producer = connect(arguments.bootstrap_servers, deliveries)
    streams = {}
    for kind in TOPICS[arguments.data_type]:
        topic = arguments.topic or kind
        partitions = partition_count(producer, arguments.bootstrap_servers, topic)
        events = GENERATORS[kind](arguments.seed, event_clock(arguments))
        streams[topic] = (partitions, itertools.islice(events, arguments.count))
    started = time.monotonic()
    if arguments.delay > 0:
        sent = trickle(producer, streams, arguments.delay)
    else:
        sent = sum(fill(producer, topic, partitions, events) for topic, (partitions, events) in streams.items())
    remaining = producer.flush(60)
    seconds = max(time.monotonic() - started, 1e-6)
    if deliveries.failure or remaining:
        reason = deliveries.failure.str() if deliveries.failure else f"{remaining} events not taken within 60 s"
        sys.exit(f"Kafka at {arguments.bootstrap_servers} did not take everything: {reason}")
    print(f"{sent} events to {', '.join(streams)} in {seconds:.1f} s ({sent / seconds:,.0f} a second)")


if __name__ == "__main__":
    main()

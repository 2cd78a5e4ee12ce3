"""What is special about the ends and gaps of a Kafka topic, read by `frazil local`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Producer, TopicPartition
from harness.broker import Broker
from harness.processes import BINARIES
from harness.scripts import POSITION, kafka_table

RECORD = b'{"id": 1}'


def read(broker: Broker, tmp_path: Path, name: str, options: dict[str, str]) -> tuple[list[tuple[int, int]], str]:
    """The (partition, offset) of each row that a bounded job sees, sorted, and all that it printed."""
    script = tmp_path / "read.sql"
    table = kafka_table("source", f"id BIGINT, {POSITION}", broker.servers, name, options)
    script.write_text(table + "SELECT `partition`, `offset` FROM source;\n")
    run = subprocess.run([BINARIES / "frazil", "local", "-f", script], capture_output=True, text=True, timeout=60)
    cells = [line.split("|") for line in run.stdout.splitlines() if line.startswith("| +I |")]
    return sorted((int(row[2]), int(row[3])) for row in cells), run.stdout + run.stderr


def test_aborted_transactions_and_control_records_at_the_tail(
    broker: Broker, topic: Callable[..., str], tmp_path: Path
) -> None:
    name = topic("transactions", 2)
    producer = Producer({"bootstrap.servers": broker.servers, "transactional.id": name, "log_level": 0})
    producer.init_transactions()
    for partition, end in ((0, producer.commit_transaction), (1, producer.abort_transaction)):
        producer.begin_transaction()
        for _ in range(5):
            producer.produce(name, RECORD, partition=partition)
        producer.flush()
        end()
    committed = [(0, offset) for offset in range(5)]
    assert read(broker, tmp_path, name, {})[0] == committed + [(1, offset) for offset in range(5)]
    assert read(broker, tmp_path, name, {"properties.isolation.level": "read_committed"})[0] == committed


def test_tombstones_and_empty_partitions(broker: Broker, topic: Callable[..., str], tmp_path: Path) -> None:
    name = topic("tombstones")
    producer = Producer({"bootstrap.servers": broker.servers, "log_level": 0})
    for value in (RECORD, None, RECORD, None):
        producer.produce(name, value, key=b"k", partition=1)
    assert producer.flush(30) == 0
    assert read(broker, tmp_path, name, {})[0] == [(1, 0), (1, 2)]


def test_an_offset_that_is_gone_is_an_error(broker: Broker, topic: Callable[..., str], tmp_path: Path) -> None:
    name = topic("gone", 1)
    broker.produce(name, [RECORD] * 100, 0)
    place = TopicPartition(name, 0, 30)
    admin = broker.admin()
    admin.delete_records([place])[place].result(20)
    assert read(broker, tmp_path, name, {})[0] == [(0, offset) for offset in range(30, 100)]
    start = {"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "partition:0,offset:5"}
    rows, output = read(broker, tmp_path, name, start)
    assert rows == []
    assert f"Offset 5 of topic '{name}', partition 0 is out of range" in output, output

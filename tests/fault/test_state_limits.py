"""Keyed state at its limits: a full disk, one key with most of the rows, odd event times."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Producer
from harness.broker import Broker
from harness.cluster import Cluster
from harness.metrics import Metrics
from harness.processes import wait_until
from harness.scripts import iceberg_table, kafka_table
from harness.small_disk import SmallDisk
from harness.tables import IcebergTable
from window_jobs import await_windows, check, fast_metrics, produce, row_count, start

RSS_LIMIT_KIB = 200 << 10


def finish(cluster: Cluster, job: str, table: str, metrics: Metrics) -> None:
    closed = metrics.windows(closed_only=True)
    await_windows(cluster, table, closed)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    check(cluster, table, closed)


def test_full_folder_of_state_files(
    new_cluster: Callable[..., Cluster],
    small_disk: Callable[..., SmallDisk],
    broker: Broker,
    topic: Callable[..., str],
    seed: int,
) -> None:
    """Checkpoints are declined, the last one stays; with room again they complete, and no window is lost."""
    cluster = new_cluster({"execution.checkpointing.tolerable-failed-checkpoints": "1000"})
    checkpoints = cluster.folder / "checkpoints"
    disk = small_disk(checkpoints, "1m")
    cluster.jobmanager_prefix = cluster.taskmanager_prefix = disk.prefix
    cluster.start()
    events, metrics = topic("state_files"), fast_metrics(seed)
    produce(broker, events, metrics, 2)
    job = start(cluster, broker, events, "state_files", 2)
    await_windows(cluster, "state_files", metrics.windows(closed_only=True))
    disk.fill()
    before, rows = cluster.rest.checkpoints(job)["counts"]["failed"], row_count(cluster, "state_files")
    produce(broker, events, metrics, 2)
    wait_until(lambda: cluster.rest.checkpoints(job)["counts"]["failed"] > before + 1, 20, "checkpoints declined")
    assert cluster.rest.job_state(job) != "FAILED"
    reasons = [entry.get("failure_message", "") for entry in cluster.rest.checkpoints(job)["history"]]
    assert any("No space left" in reason and str(checkpoints) in reason for reason in reasons), reasons
    assert row_count(cluster, "state_files") == rows
    disk.free()
    finish(cluster, job, "state_files", metrics)


def counts_script(cluster: Cluster, broker: Broker, topic: str, options: dict[str, str] = {}) -> str:
    """Rows and their sum by key and hour."""
    columns = "k BIGINT, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts"
    return (
        kafka_table("source", columns, broker.servers, topic, {"scan.bounded.mode": "unbounded", **options})
        + iceberg_table("counts", "start TIMESTAMP(6), k BIGINT, n BIGINT, total BIGINT", cluster.warehouse)
        + "INSERT INTO counts SELECT window_start, k, COUNT(*), SUM(v)\n"
        "FROM TABLE(TUMBLE(TABLE source, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end, k;"
    )


def event(key: int, value: int, moment: str = "2025-01-01 00:00:01") -> bytes:
    return json.dumps({"k": key, "v": value, "ts": moment}).encode()


def produce_many(broker: Broker, topic: str, values: Iterator[bytes]) -> None:
    """Over three partitions, in batches: quicker than one by one."""
    producer = Producer(
        {"bootstrap.servers": broker.servers, "linger.ms": 5, "log_level": 0, "queue.buffering.max.messages": 2_000_000}
    )
    messages = [{"value": value} for value in values]
    for partition in range(3):
        producer.produce_batch(topic, messages[partition::3], partition=partition)
    assert producer.flush(60) == 0


def end_hour(broker: Broker, topic: str) -> None:
    for partition in range(3):
        broker.produce(topic, [event(-1, 0, "2025-01-01 01:00:00")], partition=partition)


def counts(cluster: Cluster) -> Counter[tuple[int, int, int]]:
    try:
        return IcebergTable(cluster.warehouse, "streaming", "counts").rows_by_duckdb("k", "n", "total")  # type: ignore[return-value]
    except FileNotFoundError:
        return Counter()


def await_read(cluster: Cluster, job: str) -> None:
    """A checkpoint that was triggered after all this had time to be read."""
    done = cluster.rest.completed_checkpoints(job)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= done + 2, 30, "two more checkpoints")


def test_one_key_has_most_rows(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str]
) -> None:
    """90 % of 300,000 rows: right, read to the end, in bounded memory."""
    cluster = new_cluster({"taskmanager.memory.managed.size": "8 mb", "parallelism.default": "4"}).start()
    events, count = topic("skew"), 300_000
    job = cluster.submit(counts_script(cluster, broker, events))
    cluster.rest.wait_state(job, "RUNNING")
    keys = [number if number % 10 == 0 else 7 for number in range(count)]
    begun = time.monotonic()
    produce_many(broker, events, (event(key, 3) for key in keys))
    end_hour(broker, events)
    expected = Counter((key, n, 3 * n) for key, n in Counter(keys).items())
    wait_until(lambda: row_count(cluster, "counts") >= len(expected), 60, "all windows", 0.2)
    print(f"all rows after {time.monotonic() - begun:.1f} s", flush=True)
    assert counts(cluster) == expected
    peaks = [cluster.taskmanagers[number].peak_kib() for number in (1, 2)]
    assert max(peaks) < RSS_LIMIT_KIB, peaks


NEW_YEARS_EVE = "9999-12-31 23:59:59.999"


@pytest.mark.parametrize("parallelism", ["1", "3"])
def test_a_row_of_the_year_9999(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], parallelism: str
) -> None:
    """It takes its own partition's watermark away; what the others hold back is not late, not even in that partition."""
    cluster = new_cluster({"parallelism.default": parallelism}).start()
    events = topic("year_9999")
    job = cluster.submit(counts_script(cluster, broker, events))
    broker.produce(events, [event(1, 10), event(9, 1, NEW_YEARS_EVE), event(1, 10)], partition=0)
    await_read(cluster, job)
    cluster.taskmanagers[1].kill()
    cluster.start_taskmanager(1)
    for partition in range(3):
        broker.produce(events, [event(1, 10)], partition=partition)
    await_read(cluster, job)
    assert not counts(cluster)
    for partition in (1, 2):
        broker.produce(events, [event(2, 1, "2025-01-01 01:00:00")], partition=partition)
    wait_until(lambda: counts(cluster), 30, "the first hour", 0.2)
    await_read(cluster, job)
    assert counts(cluster) == Counter({(1, 5, 50): 1}), "the second hour and that of 9999 stay open"


def test_idle_partitions(new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str]) -> None:
    """Silent ones hold nothing back; a row of 9999 ends all hours once it is alone, and the job lives on."""
    cluster = new_cluster().start()
    events = topic("idle")
    job = cluster.submit(counts_script(cluster, broker, events, {"scan.watermark.idle-timeout": "1 s"}))
    for partition in range(3):
        broker.produce(events, [event(1, 10)], partition=partition)
    await_read(cluster, job)
    assert not counts(cluster)
    broker.produce(events, [event(2, 0, "2025-01-01 01:00:00")], partition=1)
    first = {(1, 3, 30): 1}
    wait_until(lambda: counts(cluster) == Counter(first), 30, "the hour to end though two partitions are silent", 0.2)
    broker.produce(events, [event(9, 1, NEW_YEARS_EVE)], partition=0)
    ended = Counter({**first, (2, 1, 0): 1, (9, 1, 1): 1})
    wait_until(lambda: counts(cluster) == ended, 30, "all hours to end", 0.2)
    cluster.taskmanagers[1].kill()
    cluster.start_taskmanager(1)
    broker.produce(events, [event(3, 1, "2025-01-01 02:00:00")], partition=1)
    await_read(cluster, job)
    await_read(cluster, job)
    assert counts(cluster) == ended, "what comes behind the year 9999 is late"

"""Jobs of windows over a topic, and their tables against the oracle."""

from __future__ import annotations

from collections import Counter

from harness.broker import Broker
from harness.cluster import Cluster
from harness.metrics import PARTITIONS, WINDOW_COLUMNS, Metrics, Row, windows_script
from harness.processes import wait_until
from harness.tables import IcebergTable, check_readers_agree

CHUNK = 400  # events of a partition at a time


def fast_metrics(seed: int) -> Metrics:
    """Each chunk ends a window or two."""
    return Metrics(seed, step_ms=200)


def produce(broker: Broker, topic: str, metrics: Metrics, chunks: int = 1) -> None:
    for _ in range(chunks):
        for partition in range(PARTITIONS):
            broker.produce(topic, metrics.take(partition, CHUNK), partition=partition)


def rows_of(cluster: Cluster, table: str) -> Counter[Row]:
    return check_readers_agree(
        IcebergTable(cluster.warehouse, "streaming", table), *WINDOW_COLUMNS.replace(" ", "").split(",")
    )


def row_count(cluster: Cluster, table: str) -> int:
    try:
        return IcebergTable(cluster.warehouse, "streaming", table).row_count()
    except FileNotFoundError:
        return 0


def start(
    cluster: Cluster, broker: Broker, topic: str, table: str, parallelism: int, bounded: bool = False, **settings: str
) -> str:
    given = {"parallelism.default": str(parallelism), **{key.replace("__", "."): value for key, value in settings.items()}}
    return cluster.submit(
        windows_script(broker.servers, topic, cluster.warehouse, table, given.items(), bounded=bounded)
    )


def check(cluster: Cluster, table: str, expected: Counter[Row]) -> None:
    found = rows_of(cluster, table)
    lost, extra = expected - found, found - expected
    assert not lost and not extra, (
        f"{table}: {sum(lost.values())} windows lost, {sum(extra.values())} that should not be, of {len(expected)};"
        f" lost {lost.most_common(2)}, extra {extra.most_common(2)}"
    )


def await_windows(cluster: Cluster, table: str, expected: Counter[Row], timeout: float = 60) -> None:
    total = sum(expected.values())
    assert total > 0, "there are windows to wait for"
    wait_until(
        lambda: row_count(cluster, table) >= total, timeout, f"{total} windows in {table}: {row_count(cluster, table)}", 0.2
    )

"""The wall clock of all processes is set an hour ahead, an hour back and right again while jobs run. Heartbeats, timeouts and
intervals go by another clock; event time does not notice; windows by processing time have each row once."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import wait_until
from harness.scripts import iceberg_table, kafka_table
from harness.tables import IcebergTable, check_readers_agree
from harness.wall_clock import WallClock
from window_jobs import await_windows, check, fast_metrics, produce, row_count, start

INTERVAL_S = 0.5


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    return WallClock(tmp_path / "clock")


@pytest.fixture
def clocked(new_cluster: Callable[..., Cluster], clock: WallClock) -> Cluster:
    cluster = new_cluster(
        {"taskmanager.numberOfTaskSlots": "4", "execution.checkpointing.interval": f"{int(INTERVAL_S * 1000)} ms"}
    )
    cluster.jobmanager_prefix = cluster.taskmanager_prefix = clock.prefix
    return cluster.start()


def checkpoints_go_on(cluster: Cluster, job: str) -> None:
    """No pause, and no more of them than the interval says."""
    triggered, since = cluster.rest.checkpoints(job)["counts"]["total"], time.monotonic()
    completed = cluster.rest.completed_checkpoints(job)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= completed + 3, 10, "checkpoints go on")
    counts, seconds = cluster.rest.checkpoints(job)["counts"], time.monotonic() - since
    assert counts["total"] - triggered <= seconds / INTERVAL_S + 2, f"{counts} in {seconds:.1f} s"
    assert counts["failed"] == 0, cluster.rest.checkpoints(job)["history"]


def undisturbed(cluster: Cluster, *jobs: str) -> None:
    assert cluster.rest.get("/overview")["taskmanagers"] == 2
    for job in jobs:
        assert cluster.rest.job_state(job) == "RUNNING"
        (metric,) = cluster.rest.get(f"/jobs/{job}/metrics?get=numRestarts")
        assert int(metric["value"]) == 0, cluster.rest.root_exception(job)


def test_event_time(
    clocked: Cluster, clock: WallClock, broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    cluster, events, metrics = clocked, topic("set"), fast_metrics(seed)
    produce(broker, events, metrics, 2)
    job = start(cluster, broker, events, "windows", 2)
    await_windows(cluster, "windows", metrics.windows(closed_only=True))
    for hours in (1, -1, 0):
        clock.set(hours)
        produce(broker, events, metrics)
        await_windows(cluster, "windows", metrics.windows(closed_only=True), 20)
        checkpoints_go_on(cluster, job)
        undisturbed(cluster, job)
    check(cluster, "windows", metrics.windows(closed_only=True))
    snapshots = IcebergTable(cluster.warehouse, "streaming", "windows").table.metadata.snapshots
    moments = [snapshot.timestamp_ms for snapshot in snapshots]
    assert moments == sorted(moments), "readers refuse a history that goes back"


SOURCE = "k BIGINT, pt AS PROCTIME()"


def submit(cluster: Cluster, broker: Broker, events: str, table: str, columns: str, query: str) -> str:
    return cluster.submit(
        "SET 'table.exec.state.ttl' = '90 min';\n"
        + kafka_table("source", SOURCE, broker.servers, events, {"scan.bounded.mode": "unbounded"})
        + iceberg_table(table, columns, cluster.warehouse)
        + f"INSERT INTO {table} {query};"
    )


def test_processing_time_and_state_that_expires(
    clocked: Cluster, clock: WallClock, broker: Broker, topic: Callable[..., str]
) -> None:
    """Windows of a second, and the first row of each key with an hour and a half to live."""
    cluster, events, keys = clocked, topic("processing"), 300
    windows = submit(
        cluster, broker, events, "windows", "k BIGINT, n BIGINT",
        "SELECT k, COUNT(*) FROM TABLE(TUMBLE(TABLE source, DESCRIPTOR(pt), INTERVAL '1' SECOND))"
        " GROUP BY k, window_start, window_end",
    )  # fmt: skip
    firsts = submit(
        cluster, broker, events, "firsts", "k BIGINT",
        "SELECT k FROM (SELECT k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY pt) AS n FROM source) WHERE n = 1",
    )  # fmt: skip

    def counted() -> Counter[int]:
        if row_count(cluster, "windows") == 0:
            return Counter()
        total: Counter[int] = Counter()
        for (key, n), times in check_readers_agree(
            IcebergTable(cluster.warehouse, "streaming", "windows"), "k", "n"
        ).items():
            total[key] += n * times
        return total

    def first_rows() -> Counter[tuple[int]]:
        return check_readers_agree(IcebergTable(cluster.warehouse, "streaming", "firsts"), "k")

    def produce_keys(first: int) -> None:
        values = [json.dumps({"k": key}).encode() for key in range(first, first + keys)]
        broker.produce(events, values)
        expected.update(range(first, first + keys))

    expected: Counter[int] = Counter()
    produce_keys(0)
    wait_until(lambda: counted() == expected, 20, "windows fire")
    clock.set(1)
    produce_keys(0)
    wait_until(lambda: counted() == expected, 20, "windows fire an hour later")
    produce_keys(keys)
    wait_until(lambda: row_count(cluster, "firsts") == 2 * keys, 20, "new keys")
    clock.set(0)
    produce_keys(0)
    checkpoints_go_on(cluster, firsts)
    undisturbed(cluster, windows, firsts)
    assert first_rows() == Counter((key,) for key in range(2 * keys)), "what lives 90 minutes is known for an hour"
    clock.set(1.01)
    wait_until(lambda: counted() == expected, 20, "each row is in one window")
    clock.set(4)
    produce_keys(0)
    wait_until(lambda: row_count(cluster, "firsts") == 3 * keys, 20, "what has expired is first again")
    wait_until(lambda: counted() == expected, 20, "each row is in one window")
    undisturbed(cluster, windows, firsts)

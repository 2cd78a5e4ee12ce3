"""Hosts cut off from each other, packets dropped without a reset; a wire that loses, delays, reorders or damages packets:
it is noticed where it must be, the job goes on, and every window has each of its rows once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from harness.hosts import HostCluster, host_cluster
from harness.processes import wait_until
from harness.scripts import iceberg_table
from harness.tables import IcebergTable, check_readers_agree

KEYS, RATE, STEP_MS = 7, 4_000, 10
ROWS, WIRED_ROWS = 60_000, 40_000
HEARTBEAT_TIMEOUT_S = 2


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[HostCluster]:
    options = {
        "parallelism.default": "4",
        "taskmanager.numberOfTaskSlots": "2",
        "heartbeat.interval": "500 ms",
        "heartbeat.timeout": f"{HEARTBEAT_TIMEOUT_S} s",
    }
    with host_cluster(tmp_path, options) as cluster:
        yield cluster


@pytest.fixture
def wired(tmp_path: Path, seed: int) -> Iterator[HostCluster]:
    """With the heartbeats that are the default."""
    print(f"seed {seed}")
    options = {"parallelism.default": "4", "taskmanager.numberOfTaskSlots": "2"}
    with host_cluster(tmp_path, options, wire_seed=seed) as cluster:
        yield cluster


def script(cluster: HostCluster, rows: int = ROWS, settings: str = "") -> str:
    """A sequence with an event time each, its rows counted by key and window of ten seconds."""
    return (
        f"{settings}CREATE TABLE numbers (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id * 10, 3),"
        " WATERMARK FOR ts AS ts - INTERVAL '60' SECOND) WITH ('connector' = 'datagen',"
        f" 'rows-per-second' = '{RATE}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0',"
        f" 'fields.id.end' = '{rows - 1}');\n"
        + iceberg_table("counts", "k BIGINT, window_start TIMESTAMP(6), n BIGINT, s BIGINT", cluster.warehouse)
        + "INSERT INTO counts SELECT k, window_start, COUNT(*), SUM(id) FROM TABLE(TUMBLE("
        f"(SELECT id, MOD(id, {KEYS}) AS k, ts FROM numbers), DESCRIPTOR(ts), INTERVAL '10' SECOND))"
        " GROUP BY k, window_start, window_end;"
    )


def expected(rows: int = ROWS) -> Counter[tuple[int, datetime, int, int]]:
    groups: dict[tuple[int, int], list[int]] = {}
    for number in range(rows):
        groups.setdefault((number % KEYS, number * STEP_MS // 10_000), []).append(number)
    return Counter(
        (key, datetime(1970, 1, 1) + timedelta(seconds=window * 10), len(group), sum(group))
        for (key, window), group in groups.items()
    )


def restarts(cluster: HostCluster, job: str) -> int:
    (metric,) = cluster.rest.get(f"/jobs/{job}/metrics?get=numRestarts")
    return int(metric["value"])


def survive(cluster: HostCluster, cuts: list[tuple[str, str]], expect_restart: bool) -> None:
    job = cluster.submit(script(cluster))
    cluster.rest.wait_state(job, "RUNNING")
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 2, 30, "checkpoints before the cut")
    for sender, receiver in cuts:
        cluster.hosts.drop(sender, receiver)
    if expect_restart:
        wait_until(lambda: restarts(cluster, job) >= 1, HEARTBEAT_TIMEOUT_S + 10, "the cut was noticed")
    for sender, receiver in cuts:
        cluster.hosts.heal(sender, receiver)
    before = cluster.rest.completed_checkpoints(job)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) > before, 30, "a checkpoint after the cut is healed")
    cluster.rest.wait_state(job, "FINISHED", 90)
    table = IcebergTable(cluster.warehouse, "streaming", "counts")
    assert check_readers_agree(table, "k", "window_start", "n", "s") == expected()


def test_taskmanagers_cut_off_from_each_other(hosts: HostCluster) -> None:
    """Both still reach the jobmanager: only the channels between them tell."""
    survive(hosts, [("taskmanager-1", "taskmanager-2"), ("taskmanager-2", "taskmanager-1")], expect_restart=True)


def test_jobmanager_does_not_reach_a_taskmanager(hosts: HostCluster) -> None:
    survive(hosts, [("jobmanager", "taskmanager-1")], expect_restart=True)


def test_taskmanager_does_not_reach_the_jobmanager(hosts: HostCluster) -> None:
    survive(hosts, [("taskmanager-2", "jobmanager")], expect_restart=True)


def run_wired(cluster: HostCluster) -> str:
    """Every row crosses the exchange."""
    job = cluster.submit(script(cluster, WIRED_ROWS, "SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';\n"))
    cluster.rest.wait_state(job, "RUNNING")
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 2, 30, "checkpoints on a wire that is well")
    return job


def finish_wired(cluster: HostCluster, job: str) -> dict[str, int]:
    cluster.rest.wait_state(job, "FINISHED", 90)
    table = IcebergTable(cluster.warehouse, "streaming", "counts")
    assert check_readers_agree(table, "k", "window_start", "n", "s") == expected(WIRED_ROWS)
    counts = cluster.hosts.wire.counts()
    print(counts, "restarts", restarts(cluster, job), flush=True)
    return counts


def test_packets_lost_delayed_and_reordered(wired: HostCluster) -> None:
    """One of twenty, 50 to 100 ms: nothing that would break a connection, so that the job runs on, checkpoints too."""
    job = run_wired(wired)
    wired.hosts.wire.set(loss=0.05, delay_ms=(50, 100))
    before = wired.rest.completed_checkpoints(job)
    wait_until(lambda: wired.rest.completed_checkpoints(job) > before, 30, "a checkpoint over the lossy wire")
    counts = finish_wired(wired, job)
    assert counts["lost"] > 10 and counts["overtaken"] > 10, counts
    assert restarts(wired, job) == 0, wired.rest.root_exception(job)


def test_packets_damaged(wired: HostCluster) -> None:
    """Past the checksums of the network: that of the frames tells."""
    job = run_wired(wired)
    wired.hosts.wire.damage(wired.hosts.addresses["taskmanager-1"], wired.hosts.addresses["taskmanager-2"], 3)
    wait_until(lambda: restarts(wired, job) >= 1, 20, "the damage is noticed")
    assert "checksum" in wired.rest.root_exception(job)
    assert finish_wired(wired, job)["damaged"] == 3

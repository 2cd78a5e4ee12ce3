"""Checkpoints that fail: nothing of them stays in tables or in the folder of the job's checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.metrics import PARTITIONS, Metrics, windows_script
from harness.processes import wait_until
from harness.rest import Rest
from harness.scripts import iceberg_table, kafka_table
from harness.tables import IcebergTable
from test_retention import files_in, folder_of, referred_to

MOMENTS = [
    ("jobmanager", "checkpoint/before_store=error%3"),
    ("taskmanager", "task/before_acknowledge=error%7"),
    ("taskmanager", "task/after_snapshot=error%7"),
]


def failed(rest: Rest, job: str) -> int:
    return int(rest.checkpoints(job)["counts"]["failed"])


def data_files(table: Path) -> set[str]:
    return {str(path) for path in (table / "data").rglob("*.parquet")}


@pytest.mark.parametrize("victim, failpoint", MOMENTS)
def test_nothing_of_them_stays(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], victim: str, failpoint: str
) -> None:
    """A sink of raw rows, so that each checkpoint has files, beside windows, so that each has state."""
    cluster = new_cluster({"execution.checkpointing.tolerable-failed-checkpoints": "1000"})
    cluster.start_jobmanager(failpoint if victim == "jobmanager" else "")
    for number in (1, 2):
        cluster.start_taskmanager(number, failpoint if victim == "taskmanager" else "")
    cluster.await_taskmanagers(2)
    events, metrics = topic("failing"), Metrics(3)
    raw = (
        kafka_table("raw", "sensor_id STRING, value_x2 BIGINT", broker.servers, events, {"scan.bounded.mode": "unbounded"})
        + iceberg_table("rows", "sensor_id STRING, value_x2 BIGINT", cluster.warehouse)
        + "INSERT INTO rows SELECT sensor_id, value_x2 FROM raw;"
    )
    settings = {"parallelism.default": "2"}
    windows = windows_script(broker.servers, events, cluster.warehouse, "failing", settings.items())
    jobs = [cluster.submit(f"SET 'parallelism.default' = '2';\n{raw}"), cluster.submit(windows)]

    def has_failed_often() -> bool:
        for partition in range(PARTITIONS):
            broker.produce(events, metrics.take(partition, 50), partition=partition)
        return all(failed(cluster.rest, job) >= 3 and cluster.rest.completed_checkpoints(job) >= 3 for job in jobs)

    wait_until(has_failed_often, 90, "checkpoints that failed, and others", 0.2)
    for job in jobs:
        cluster.rest.cancel(job)
        cluster.rest.wait_state(job, "CANCELED")
    rows = cluster.warehouse / "streaming" / "rows"
    named = set(IcebergTable(cluster.warehouse, "streaming", "rows").paths())
    assert named
    wait_until(lambda: data_files(rows) == named, 10, f"no file but the table's: {data_files(rows) - named}")
    for job in jobs:
        folder = folder_of(cluster, job)
        wait_until(lambda folder=folder: files_in(folder) == referred_to(folder), 10, "nothing but what is referred to")

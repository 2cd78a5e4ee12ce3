"""A full checkpoint disk: no checkpoint completes, the last one is kept, and all goes on when there is room again.

The rows of a checkpoint that was given up are read again, so the job may restart meanwhile; it must not fail."""

from __future__ import annotations

from collections.abc import Callable

from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import wait_until
from harness.scripts import POSITION, USER_EVENTS, iceberg_table, kafka_table
from harness.small_disk import SmallDisk
from harness.tables import IcebergTable, check_readers_agree
from sample_events import EventClock, user_events


def test_full_checkpoint_disk(
    new_cluster: Callable[..., Cluster],
    small_disk: Callable[..., SmallDisk],
    broker: Broker,
    topic: Callable[..., str],
) -> None:
    cluster = new_cluster({"execution.checkpointing.tolerable-failed-checkpoints": "1000"})
    checkpoints = cluster.folder / "checkpoints"
    disk = small_disk(checkpoints, "256k")
    cluster.jobmanager_prefix = disk.prefix
    cluster.start()
    events = topic("disk")
    source = user_events(5, EventClock.paced(5, 0))

    def produce(count: int) -> None:
        broker.produce(events, [next(source)[1] for _ in range(count)])

    job = cluster.submit(
        kafka_table("source", f"{USER_EVENTS}, {POSITION}", broker.servers, events, {"scan.bounded.mode": "unbounded"})
        + iceberg_table("t", "`partition` INT, `offset` BIGINT", cluster.warehouse)
        + "INSERT INTO t SELECT `partition`, `offset` FROM source;"
    )

    def failed() -> int:
        return cluster.rest.checkpoints(job)["counts"]["failed"]

    def rows() -> int:
        return IcebergTable(cluster.warehouse, "streaming", "t").row_count()

    produce(1000)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 2, 20, "two checkpoints")
    wait_until(lambda: rows() == 1000, 20, "the first rows")

    disk.fill()
    before = failed()
    produce(1000)
    wait_until(lambda: failed() > before + 1, 20, "checkpoints declined")
    assert cluster.rest.job_state(job) != "FAILED"
    latest = cluster.rest.checkpoints(job)["latest"]
    reasons = [entry.get("failure_message", "") for entry in cluster.rest.checkpoints(job)["history"]]
    assert any(str(checkpoints) in reason for reason in reasons), reasons
    kept = latest["completed"]["external_path"].removeprefix("file://")
    assert disk.inside(kept).exists(), "the last checkpoint is kept"
    assert rows() == 1000

    disk.free()
    wait_until(lambda: rows() == 2000, 30, "all rows, once there is room")
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    table = IcebergTable(cluster.warehouse, "streaming", "t")
    assert check_readers_agree(table, "partition", "offset") == broker.multiset(events)

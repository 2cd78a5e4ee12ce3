"""What becomes of checkpoints when their job ends, or another one is restored from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster, SqlFailed
from harness.metrics import PARTITIONS, Metrics, windows_script
from harness.processes import wait_until

RETENTION = "execution.checkpointing.externalized-checkpoint-retention"
PIPELINE = (
    "CREATE TABLE s (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');"
    "CREATE TABLE d (id BIGINT) WITH ('connector' = 'blackhole');"
    "INSERT INTO d SELECT id FROM s;"
)


def folder_of(cluster: Cluster, job: str) -> Path:
    return cluster.folder / "checkpoints" / "default" / job


def published(folder: Path) -> list[Path]:
    return sorted(folder.glob("chk-*/_metadata"))


def await_checkpoints(cluster: Cluster, job: str, count: int) -> None:
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= count, 30, f"{count} checkpoints")


@pytest.mark.parametrize("retention, stays", [("NO_EXTERNALIZED_CHECKPOINTS", False), ("RETAIN_ON_CANCELLATION", True)])
def test_checkpoints_of_a_job_at_its_end(new_cluster: Callable[..., Cluster], retention: str, stays: bool) -> None:
    cluster = new_cluster({RETENTION: retention, "execution.checkpointing.num-retained": "2"}).start()
    job = cluster.submit(PIPELINE)
    await_checkpoints(cluster, job, 4)
    assert 1 <= len(published(folder_of(cluster, job))) <= 3
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    if stays:
        assert len(published(folder_of(cluster, job))) == 2
    else:
        wait_until(lambda: not folder_of(cluster, job).exists(), 10, "the folder is removed")


def test_a_job_says_itself_whether_they_stay(cluster: Cluster) -> None:
    job = cluster.submit(f"SET '{RETENTION}' = 'NO_EXTERNALIZED_CHECKPOINTS';\n{PIPELINE}")
    await_checkpoints(cluster, job, 1)
    cluster.rest.cancel(job)
    wait_until(lambda: not folder_of(cluster, job).exists(), 10, "the folder is removed")


@pytest.mark.parametrize("mode, stays", [("NO_CLAIM", True), ("CLAIM", False)])
def test_what_a_job_was_restored_from(cluster: Cluster, mode: str, stays: bool) -> None:
    job = cluster.submit(PIPELINE)
    await_checkpoints(cluster, job, 1)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    old = published(folder_of(cluster, job))[-1].parent
    settings = f"SET 'execution.state-recovery.path' = '{old}';\nSET 'execution.state-recovery.claim-mode' = '{mode}';\n"
    second = cluster.submit(settings + PIPELINE)
    await_checkpoints(cluster, second, 5)
    if stays:
        assert (old / "_metadata").exists()
    else:
        wait_until(lambda: not old.exists(), 10, "the claimed checkpoint is removed")
    assert cluster.rest.checkpoints(second)["latest"]["restored"]["external_path"] == str(old)


def test_modes_that_do_not_exist_are_refused(cluster: Cluster) -> None:
    job = cluster.submit(PIPELINE)
    await_checkpoints(cluster, job, 1)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    old = published(folder_of(cluster, job))[-1].parent
    settings = f"SET 'execution.state-recovery.path' = '{old}';\nSET 'execution.state-recovery.claim-mode' = 'LEGACY';\n"
    with pytest.raises(SqlFailed, match="NO_CLAIM"):
        cluster.submit(settings + PIPELINE)


FILE = re.compile(rb"(?:shared|private)/[0-9A-Za-z._-]+")


def referred_to(folder: Path) -> set[str]:
    return {path.decode() for metadata in published(folder) for path in FILE.findall(metadata.read_bytes())}


def files_in(folder: Path) -> set[str]:
    return {f"{kind}/{path.name}" for kind in ("shared", "private") for path in (folder / kind).glob("*")}


def test_files_of_keyed_state_are_those_that_checkpoints_refer_to(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str]
) -> None:
    """Also after tasks were killed in the middle of an upload, and after the jobmanager was."""
    cluster = new_cluster({"execution.checkpointing.num-retained": "2", "execution.checkpointing.interval": "300 ms"}).start()
    events, metrics = topic("state_files"), Metrics(5)
    settings = {"parallelism.default": "2"}
    job = cluster.submit(windows_script(broker.servers, events, cluster.warehouse, "state_files", settings.items()))
    folder = folder_of(cluster, job)

    def produce_for(checkpoints: int) -> None:
        wanted = cluster.rest.completed_checkpoints(job) + checkpoints

        def reached() -> bool:
            for partition in range(PARTITIONS):
                broker.produce(events, metrics.take(partition, 50), partition=partition)
            return cluster.rest.completed_checkpoints(job) >= wanted

        wait_until(reached, 60, f"{wanted} checkpoints")

    produce_for(4)
    for number in (1, 2):
        cluster.taskmanagers[number].kill()
        cluster.start_taskmanager(number)
        produce_for(4)
    cluster.jobmanagers[-1].kill()
    cluster.start_jobmanager()
    cluster.await_taskmanagers(2)
    produce_for(4)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    wait_until(lambda: files_in(folder) == referred_to(folder), 10, "nothing but what is referred to")
    assert len(published(folder)) == 2
    assert any(path.startswith("shared/") for path in files_in(folder))

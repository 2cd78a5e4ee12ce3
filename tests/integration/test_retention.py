"""What becomes of checkpoints when their job ends, or another one is restored from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness.cluster import Cluster, SqlFailed
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

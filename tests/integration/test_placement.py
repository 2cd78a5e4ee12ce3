"""Where subtasks run again: copies of their state are where they ran before."""

from __future__ import annotations

from harness.cluster import Cluster
from harness.processes import wait_until

PIPELINE = (
    "SET 'parallelism.default' = '4';"
    "CREATE TABLE s (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');"
    "CREATE TABLE d (id BIGINT) WITH ('connector' = 'blackhole');"
    "INSERT INTO d SELECT id FROM s;"
)


def places(cluster: Cluster, job: str) -> list[str]:
    (vertex,) = cluster.rest.get(f"/jobs/{job}")["vertices"]
    subtasks = cluster.rest.get(f"/jobs/{job}/vertices/{vertex['id']}")["subtasks"]
    return [subtask["taskmanager-id"] for subtask in subtasks]


def await_restart(cluster: Cluster, job: str, checkpoints: int) -> None:
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= checkpoints, 30, f"{checkpoints} checkpoints")


def test_subtasks_come_back_to_their_taskmanager(cluster: Cluster) -> None:
    job = cluster.submit(PIPELINE)
    await_restart(cluster, job, 2)
    before = places(cluster, job)
    assert len(set(before)) == 2

    cluster.taskmanagers[1].kill()
    cluster.start_taskmanager(1)
    await_restart(cluster, job, cluster.rest.completed_checkpoints(job) + 2)
    after = places(cluster, job)
    survivor = (set(before) & set(after)).pop()
    assert [place == survivor for place in after] == [place == survivor for place in before]

    # Another leader learns it from the checkpoint. It waits for all slots, so that all may have their own.
    cluster.jobmanagers[-1].kill()
    cluster.start_jobmanager()
    cluster.await_taskmanagers(2)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 30, "a checkpoint of the new leader")
    assert places(cluster, job) == after

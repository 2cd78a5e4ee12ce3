"""Processes killed while a job stops with a savepoint, or is cancelled."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.metrics import PARTITIONS, Metrics, windows_script
from harness.processes import wait_until
from harness.rest import ENDED
from harness.tables import IcebergTable
from test_windows import await_windows, check


def produce(broker: Broker, topic: str, metrics: Metrics, count: int = 400) -> None:
    for partition in range(PARTITIONS):
        broker.produce(topic, metrics.take(partition, count), partition=partition)


def kill(cluster: Cluster, victim: str) -> None:
    if victim == "jobmanager":
        cluster.jobmanagers[-1].kill()
        cluster.start_jobmanager()
    else:
        number = int(victim[-1])
        cluster.taskmanagers[number].kill()
        cluster.start_taskmanager(number)
    cluster.await_taskmanagers(2)


def newest_savepoint(folder: Path, job: str) -> Path:
    whole = [path.parent for path in folder.glob(f"savepoint-{job[:6]}-*/_metadata")]
    return max(whole, key=lambda path: (path / "_metadata").stat().st_mtime_ns)


@pytest.mark.parametrize("victim", ["taskmanager 1", "taskmanager 2", "jobmanager"])
def test_killed_while_a_job_stops(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int, victim: str
) -> None:
    """Whether the job has stopped or goes on: the closed windows are those of the topic."""
    rng = random.Random(f"{seed} {victim}")
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4"}).start()
    events, metrics, savepoints = topic("stopping"), Metrics(seed), cluster.folder / "savepoints"
    settings = {"parallelism.default": "3"}
    job = cluster.submit(windows_script(broker.servers, events, cluster.warehouse, "stopping", settings.items()))
    for _ in range(3):
        cluster.rest.wait_state(job, "RUNNING")
        produce(broker, events, metrics)
        before = cluster.rest.completed_checkpoints(job)
        wait_until(lambda: cluster.rest.completed_checkpoints(job) > before, 30, "a checkpoint")
        pause = rng.uniform(0, 0.15)
        print(f"seed {seed}: stop, kill {victim} after {pause:.3f} s", flush=True)
        cluster.rest.post(f"/jobs/{job}/stop", {"targetDirectory": f"file://{savepoints}", "drain": False})
        time.sleep(pause)
        kill(cluster, victim)
        produce(broker, events, metrics)
        wait_until(
            lambda: cluster.rest.job_state(job) in ("FINISHED", "RUNNING")
            and (cluster.rest.job_state(job) == "FINISHED" or cluster.rest.completed_checkpoints(job) > 0),
            40,
            f"the job has stopped or goes on: {cluster.rest.job_state(job)}",
        )
        time.sleep(1.5)  # a stop that is on its way may end it still
        if cluster.rest.job_state(job) != "FINISHED":
            continue
        settings = {
            "parallelism.default": str(rng.randrange(1, 5)),
            "execution.state-recovery.path": str(newest_savepoint(savepoints, job)),
        }
        job = cluster.submit(windows_script(broker.servers, events, cluster.warehouse, "stopping", settings.items()))
    closed = metrics.windows(closed_only=True)
    await_windows(cluster, "stopping", closed)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    check(cluster, "stopping", closed)
    assert all((path / "_metadata").exists() for path in savepoints.glob("savepoint-*")), "a savepoint by halves"


def test_killed_while_a_job_is_cancelled(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """It is cancelled, by whichever leader, and nothing is committed after that."""
    rng = random.Random(seed)
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4", "execution.checkpointing.interval": "200 ms"}).start()
    events, metrics = topic("cancelling"), Metrics(seed)
    for number in range(3):
        table = f"cancelling_{number}"
        job = cluster.submit(
            windows_script(broker.servers, events, cluster.warehouse, table, {"parallelism.default": "2"}.items())
        )
        cluster.rest.wait_state(job, "RUNNING")
        wait_until(lambda: cluster.rest.completed_checkpoints(job) > 1, 30, "checkpoints")
        produce(broker, events, metrics)
        time.sleep(rng.uniform(0, 0.4))
        cluster.rest.cancel(job)
        kill(cluster, "jobmanager")
        wait_until(lambda: cluster.rest.job_state(job) in ENDED, 30, "the job is cancelled")
        assert cluster.rest.job_state(job) == "CANCELED"
        commits = len(IcebergTable(cluster.warehouse, "streaming", table).commits())
        produce(broker, events, metrics)
        time.sleep(1)
        assert len(IcebergTable(cluster.warehouse, "streaming", table).commits()) == commits

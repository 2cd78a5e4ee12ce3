"""Windows under faults: the closed windows of a topic are a function of the topic, whatever is killed, paused, cut off
or rescaled meanwhile, and at every parallelism."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.metrics import Metrics
from harness.processes import wait_until
from window_jobs import await_windows, check, produce, start


def test_closed_windows_are_a_function_of_the_topic(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """Read with parallelism 1, 2 and 4 while every process is killed, then once more as a bounded job."""
    rng = random.Random(seed)
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4"}).start()
    events, metrics = topic("windows"), Metrics(seed)
    produce(broker, events, metrics, 2)
    jobs = {parallelism: start(cluster, broker, events, f"windows_{parallelism}", parallelism) for parallelism in (1, 2, 4)}
    for job in jobs.values():
        cluster.rest.wait_state(job, "RUNNING")
    for victim in rng.sample(["taskmanager 1", "taskmanager 2", "jobmanager", "both"], 4):
        print(f"seed {seed}: kill {victim}", flush=True)
        time.sleep(rng.uniform(0.2, 1.5))
        produce(broker, events, metrics)
        if victim == "jobmanager":
            cluster.jobmanagers[-1].kill()
            cluster.start_jobmanager()
            cluster.await_taskmanagers(2)
        else:
            numbers = (1, 2) if victim == "both" else (int(victim[-1]),)
            for number in numbers:
                cluster.taskmanagers[number].kill()
            for number in numbers:
                cluster.start_taskmanager(number)
        produce(broker, events, metrics)
    closed = metrics.windows(closed_only=True)
    for parallelism, job in jobs.items():
        await_windows(cluster, f"windows_{parallelism}", closed)
        cluster.rest.cancel(job)
        cluster.rest.wait_state(job, "CANCELED")
        check(cluster, f"windows_{parallelism}", closed)
    bounded = start(cluster, broker, events, "windows_bounded", 4, bounded=True)
    cluster.rest.wait_state(bounded, "FINISHED", 60)
    check(cluster, "windows_bounded", metrics.windows(closed_only=False))


def test_paused_taskmanager_is_replaced_and_refused(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """SIGSTOP past the heartbeat timeout: the job goes on elsewhere, and what the old one still says has no effect."""
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4", "heartbeat.timeout": "2 s"}).start()
    events, metrics = topic("paused"), Metrics(seed)
    produce(broker, events, metrics, 2)
    job = start(cluster, broker, events, "paused", 4)
    cluster.rest.wait_state(job, "RUNNING")
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
    cluster.taskmanagers[1].pause()
    produce(broker, events, metrics, 2)
    before = cluster.rest.completed_checkpoints(job)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) > before, 30, "a checkpoint without the paused one")
    cluster.taskmanagers[1].resume()
    produce(broker, events, metrics, 2)
    closed = metrics.windows(closed_only=True)
    await_windows(cluster, "paused", closed)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    check(cluster, "paused", closed)


@pytest.mark.parametrize("backend", ["rocksdb", "hashmap"])
def test_rescaled_from_a_savepoint(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int, backend: str
) -> None:
    """2 -> 4 -> 3: each goes on from the savepoint with which the one before was stopped."""
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4", "state.backend.type": backend}).start()
    events, metrics = topic("rescaled"), Metrics(seed)
    path = ""
    for parallelism in (2, 4, 3):
        produce(broker, events, metrics, 2)
        restore = {"execution__state-recovery__path": path} if path else {}
        job = start(cluster, broker, events, "rescaled", parallelism, **restore)
        cluster.rest.wait_state(job, "RUNNING")
        wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
        produce(broker, events, metrics, 2)
        if parallelism != 3:
            path = cluster.rest.stop_with_savepoint(job, cluster.folder / "savepoints")
            cluster.rest.wait_state(job, "FINISHED")
    closed = metrics.windows(closed_only=True)
    await_windows(cluster, "rescaled", closed)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    check(cluster, "rescaled", closed)

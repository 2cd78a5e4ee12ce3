"""Kills while state is written or brought back at somebody's wish: savepoint, stop, cancel, restore."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.metrics import Metrics
from harness.processes import wait_until
from window_jobs import await_windows, check, fast_metrics, produce, row_count, start

SLOW_STATE = "task/before_acknowledge=sleep(500)"
SLOW_SAVEPOINT = "savepoint/before_write=sleep(500)"
ENDED = ("FINISHED", "CANCELED", "FAILED")


def kill_and_restart(cluster: Cluster, victim: str) -> None:
    print(f"kill {victim}", flush=True)
    if victim == "jobmanager":
        cluster.jobmanagers[-1].kill()
        cluster.start_jobmanager()
        return
    number = int(victim[-1])
    cluster.taskmanagers[number].kill()
    cluster.start_taskmanager(number)


def finish(cluster: Cluster, job: str, table: str, metrics: Metrics) -> None:
    closed = metrics.windows(closed_only=True)
    await_windows(cluster, table, closed)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    check(cluster, table, closed)


@pytest.fixture
def slow_cluster(new_cluster: Callable[..., Cluster]) -> Cluster:
    """Acknowledgements and savepoints take half a second, so that a kill finds them under way."""
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4"})
    cluster.start_jobmanager(SLOW_SAVEPOINT)
    for number in (1, 2):
        cluster.start_taskmanager(number, SLOW_STATE)
    cluster.await_taskmanagers(2)
    return cluster


def begin(cluster: Cluster, broker: Broker, events: str, metrics: Metrics, table: str, **settings: str) -> str:
    produce(broker, events, metrics, 2)
    job = start(cluster, broker, events, table, 4, **settings)
    cluster.rest.wait_state(job, "RUNNING")
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
    return job


def outcome(cluster: Cluster, job: str, trigger: str) -> dict[str, object]:
    """What became of a savepoint: a location or a reason."""

    def completed() -> dict[str, object] | None:
        answer = cluster.rest.try_get(f"/jobs/{job}/savepoints/{trigger}")
        return answer["operation"] if answer and answer["status"]["id"] == "COMPLETED" else None

    return wait_until(completed, 40, f"the savepoint {trigger} to end")  # type: ignore[return-value]


def test_taskmanager_killed_during_a_savepoint(
    slow_cluster: Cluster, broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """The savepoint fails or is whole; the job goes on from its checkpoint."""
    cluster, rng = slow_cluster, random.Random(seed)
    events, metrics = topic("savepoint"), fast_metrics(seed)
    job = begin(cluster, broker, events, metrics, "savepoint")
    folder = cluster.folder / "savepoints"
    request = cluster.rest.post(f"/jobs/{job}/savepoints", {"target-directory": f"file://{folder}", "cancel-job": False})
    time.sleep(rng.uniform(0.0, 0.5))
    kill_and_restart(cluster, f"taskmanager {rng.choice((1, 2))}")
    produce(broker, events, metrics)
    ended = outcome(cluster, job, request["request-id"])
    print(ended, flush=True)
    assert "location" in ended or "failure-cause" in ended
    if "location" not in ended:
        assert not list(folder.glob("*/_metadata")), "a savepoint that failed is not published"
    finish(cluster, job, "savepoint", metrics)


@pytest.mark.parametrize("victim", ["taskmanager 1", "taskmanager 2", "jobmanager"])
def test_killed_during_stop(
    slow_cluster: Cluster, broker: Broker, topic: Callable[..., str], seed: int, victim: str
) -> None:
    """The job stops with a savepoint, or goes on: in either case nothing is lost and nothing is there twice. Stopped
    again, whichever it was."""
    cluster, rng = slow_cluster, random.Random(f"{seed} {victim}")
    events, metrics = topic("stop"), fast_metrics(seed)
    job = begin(cluster, broker, events, metrics, "stopped")
    for number in (1, 2):
        folder = cluster.folder / f"savepoints-{number}"
        cluster.rest.post(f"/jobs/{job}/stop", {"targetDirectory": f"file://{folder}", "drain": False})
        time.sleep(rng.uniform(0.0, 1.0))
        kill_and_restart(cluster, victim)
        cluster.await_taskmanagers(2)
        produce(broker, events, metrics)
        expected = sum(metrics.windows(closed_only=True).values())

        def decided() -> bool:
            return cluster.rest.job_state(job) in ENDED or row_count(cluster, "stopped") >= expected

        wait_until(decided, 40, "the job to stop or to go on", 0.2)
        state = cluster.rest.job_state(job)
        print(f"after the kill of {victim}: {state}, savepoints {list(folder.glob('*'))}", flush=True)
        assert state in ("FINISHED", "RUNNING"), cluster.rest.root_exception(job)
        if state == "FINISHED":
            (savepoint,) = folder.glob("*")
            assert (savepoint / "_metadata").exists(), "a savepoint by halves"
            path = {"execution__state-recovery__path": f"file://{savepoint}"}
            job = start(cluster, broker, events, "stopped", rng.randrange(1, 5), **path)
            cluster.rest.wait_state(job, "RUNNING")
    finish(cluster, job, "stopped", metrics)


@pytest.mark.parametrize("victim", ["taskmanager 2", "jobmanager"])
def test_killed_during_cancel(
    slow_cluster: Cluster, broker: Broker, topic: Callable[..., str], seed: int, victim: str
) -> None:
    """The job ends as cancelled, its table does not change from then on, and its last checkpoint can be restored."""
    cluster, rng = slow_cluster, random.Random(f"{seed} {victim}")
    events, metrics = topic("cancel"), fast_metrics(seed)
    job = begin(cluster, broker, events, metrics, "cancelled")
    produce(broker, events, metrics)
    time.sleep(rng.uniform(0.0, 1.0))
    cluster.rest.cancel(job)
    time.sleep(rng.uniform(0.0, 0.05))
    kill_and_restart(cluster, victim)
    cluster.await_taskmanagers(2)
    cluster.rest.wait_state(job, "CANCELED")
    rows = row_count(cluster, "cancelled")
    produce(broker, events, metrics)
    time.sleep(2)  # two intervals in which a commit would come
    assert row_count(cluster, "cancelled") == rows
    checkpoints = (cluster.folder / "checkpoints").glob(f"*/{job}/chk-*/_metadata")
    latest = max(checkpoints, key=lambda path: int(path.parent.name.split("-")[1])).parent
    job = start(cluster, broker, events, "cancelled", 2, **{"execution__state-recovery__path": f"file://{latest}"})
    finish(cluster, job, "cancelled", metrics)


def test_killed_again_while_restoring(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """Each kill hits the job: it needs the slots of both taskmanagers."""
    cluster, rng = new_cluster().start(), random.Random(seed)
    events, metrics = topic("again"), fast_metrics(seed)
    job = begin(cluster, broker, events, metrics, "again")
    for _ in range(4):
        produce(broker, events, metrics)
        victim = rng.choice(("taskmanager 1", "taskmanager 2"))
        kill_and_restart(cluster, victim)
        wait_until(lambda: cluster.rest.job_state(job) != "RUNNING", 20, "the loss to be seen", 0.005)
        wait_until(lambda: cluster.rest.job_state(job) == "RUNNING", 20, "the job to be deployed again", 0.005)
        time.sleep(rng.uniform(0.0, 0.05))
        kill_and_restart(cluster, rng.choice((victim, "jobmanager")))
    finish(cluster, job, "again", metrics)


def test_all_taskmanagers_killed_time_and_again(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """At any moment of a restart, five times in a few seconds: the job goes on within half a minute of the last."""
    cluster, rng = new_cluster().start(), random.Random(seed)
    events, metrics = topic("all"), fast_metrics(seed)
    job = begin(cluster, broker, events, metrics, "all_killed")
    for _ in range(5):
        produce(broker, events, metrics)
        for number in (1, 2):
            cluster.taskmanagers[number].kill()
        for number in (1, 2):
            cluster.start_taskmanager(number)
        time.sleep(rng.uniform(0.0, 1.5))
    cluster.rest.wait_state(job, "RUNNING", 30)
    await_windows(cluster, "all_killed", metrics.windows(closed_only=True), 30)
    (metric,) = cluster.rest.get(f"/jobs/{job}/metrics?get=numRestarts")
    assert 1 <= int(metric["value"]) <= 10, "each kill restarts the job once or twice, no more"
    finish(cluster, job, "all_killed", metrics)

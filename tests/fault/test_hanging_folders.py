"""A checkpoint folder, or the folder of working files, that takes no writes for a while, or gives no answer, perhaps for
ever: nothing is lost, nothing is there twice, and each process answers and can be stopped meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.fragile_folder import FragileFolder
from harness.metrics import Metrics
from harness.processes import wait_until
from window_jobs import await_windows, check, fast_metrics, produce, row_count, start

TIMEOUT_S = 2
EXIT_NOT_IN_ORDER = 4
OPTIONS = {
    "execution.checkpointing.interval": "500 ms",
    "execution.checkpointing.timeout": f"{TIMEOUT_S} s",
    "execution.checkpointing.tolerable-failed-checkpoints": "1000",
}


class Run:
    """One job of windows, with a checkpoint, and its table."""

    def __init__(self, cluster: Cluster, broker: Broker, events: str, seed: int) -> None:
        self.cluster, self.broker, self.events, self.metrics = cluster, broker, events, fast_metrics(seed)
        produce(broker, events, self.metrics, 2)
        self.job = start(cluster, broker, events, "windows", 2)
        await_windows(cluster, "windows", self.metrics.windows(closed_only=True))

    def count(self, what: str) -> int:
        return self.cluster.rest.get(f"/jobs/{self.job}/checkpoints", timeout=2)["counts"][what]

    def records_read(self) -> int:
        """By the source, of this attempt."""
        vertices = self.cluster.rest.get(f"/jobs/{self.job}", timeout=2)["vertices"]
        return vertices[0]["metrics"]["write-records"]

    def reasons(self) -> list[str]:
        history = self.cluster.rest.checkpoints(self.job)["history"]
        return [entry.get("failure_message", "") for entry in history]

    def produce(self) -> None:
        produce(self.broker, self.events, self.metrics)

    def await_checkpoint(self) -> None:
        done = self.count("completed")
        wait_until(lambda: self.count("completed") > done, 30, "a checkpoint completes")

    def finish(self) -> None:
        closed = self.metrics.windows(closed_only=True)
        await_windows(self.cluster, "windows", closed)
        self.cluster.rest.cancel(self.job)
        self.cluster.rest.wait_state(self.job, "CANCELED")
        check(self.cluster, "windows", closed)


@pytest.fixture
def run_on(broker: Broker, topic: Callable[..., str], seed: int) -> Callable[[Cluster, str], Run]:
    """Its events in a topic of this name."""
    return lambda cluster, events: Run(cluster, broker, topic(events), seed)


def start_on(cluster: Cluster, folder: FragileFolder, *binaries: str) -> Cluster:
    """Only processes of these binaries are hit by what becomes of the folder."""
    if "jobmanager" in binaries:
        cluster.jobmanager_prefix = folder.prefix
    if "taskmanager" in binaries:
        cluster.taskmanager_prefix = folder.prefix
    return cluster.start()


def test_read_only_checkpoint_folder(
    new_cluster: Callable[..., Cluster],
    fragile_folder: Callable[..., FragileFolder],
    run_on: Callable[[Cluster, str], Run],
) -> None:
    cluster = new_cluster(OPTIONS)
    folder = fragile_folder(cluster.folder / "checkpoints")
    start_on(cluster, folder, "jobmanager", "taskmanager")
    run = run_on(cluster, "read_only")
    folder.set_writable(False)
    failed, rows = run.count("failed"), row_count(cluster, "windows")
    run.produce()
    wait_until(lambda: run.count("failed") >= failed + 2, 20, "checkpoints fail")
    assert cluster.rest.job_state(run.job) != "FAILED"
    assert any("Read-only" in reason and str(folder.folder) in reason for reason in run.reasons()), run.reasons()
    assert row_count(cluster, "windows") == rows
    folder.set_writable(True)
    run.await_checkpoint()
    run.finish()


def test_checkpoint_folder_hangs_for_taskmanagers(
    new_cluster: Callable[..., Cluster],
    fragile_folder: Callable[..., FragileFolder],
    run_on: Callable[[Cluster, str], Run],
) -> None:
    """Checkpoints expire and are counted."""
    cluster = new_cluster(OPTIONS)
    folder = fragile_folder(cluster.folder / "checkpoints")
    start_on(cluster, folder, "taskmanager")
    run = run_on(cluster, "uploads")
    folder.hang()
    failed, rows = run.count("failed"), row_count(cluster, "windows")
    run.produce()
    wait_until(lambda: run.count("failed") > failed, 20, "a checkpoint expires")
    assert any(f"expired after {TIMEOUT_S}000 ms" in reason for reason in run.reasons()), run.reasons()
    assert cluster.rest.get("/overview", timeout=2)["taskmanagers"] == 2
    assert cluster.rest.job_state(run.job) != "FAILED"
    assert row_count(cluster, "windows") <= rows + sum(run.metrics.windows(closed_only=True).values())
    run.produce()
    folder.go_on()
    run.await_checkpoint()
    run.finish()


def test_checkpoint_folder_hangs_for_the_jobmanager(
    new_cluster: Callable[..., Cluster],
    fragile_folder: Callable[..., FragileFolder],
    run_on: Callable[[Cluster, str], Run],
) -> None:
    """Rows are read on; the checkpoint that is being written is neither done nor given up until that can be told."""
    cluster = new_cluster(OPTIONS)
    folder = fragile_folder(cluster.folder / "checkpoints")
    start_on(cluster, folder, "jobmanager")
    run = run_on(cluster, "metadata")
    folder.hang()
    before = run.records_read()
    run.produce()
    wait_until(lambda: run.records_read() > before, 20, "rows are read on")
    wait_until(lambda: run.count("in_progress") == 1, 20, "a checkpoint is being written")
    assert cluster.rest.job_state(run.job) == "RUNNING"
    completed = run.count("completed")
    folder.go_on()
    wait_until(lambda: run.count("completed") > completed, 20, "it is written")
    run.finish()


@pytest.mark.parametrize("hung", ["checkpoints", "working"])
def test_processes_end_though_a_folder_hangs_for_ever(
    new_cluster: Callable[..., Cluster],
    fragile_folder: Callable[..., FragileFolder],
    run_on: Callable[[Cluster, str], Run],
    hung: str,
) -> None:
    """By SIGTERM, within their time; others that reach the folder go on from the last checkpoint."""
    cluster = new_cluster(OPTIONS)
    cluster.options["io.tmp.dirs"] = str(cluster.folder / "working")
    folder = fragile_folder(cluster.folder / hung)
    start_on(cluster, folder, "jobmanager", "taskmanager")
    run = run_on(cluster, "for_ever")
    folder.hang()
    run.produce()
    wait_until(lambda: folder.waiters() > 0, 20, "somebody waits for the folder")
    for process in cluster.processes():
        process.signal(signal.SIGTERM)
    cluster.stop()
    assert EXIT_NOT_IN_ORDER in [process.returncode() for process in cluster.processes()], "somebody was held up"
    cluster.jobmanager_prefix = cluster.taskmanager_prefix = []
    cluster.start()
    run.await_checkpoint()
    run.finish()


def test_working_folder_hangs(
    new_cluster: Callable[..., Cluster],
    fragile_folder: Callable[..., FragileFolder],
    run_on: Callable[[Cluster, str], Run],
) -> None:
    cluster = new_cluster(OPTIONS)
    cluster.options["io.tmp.dirs"] = str(cluster.folder / "working")
    folder = fragile_folder(cluster.folder / "working")
    start_on(cluster, folder, "taskmanager")
    run = run_on(cluster, "working")
    folder.hang()
    failed = run.count("failed")
    run.produce()
    wait_until(lambda: run.count("failed") > failed, 20, "a checkpoint expires")
    assert cluster.rest.get("/overview", timeout=2)["taskmanagers"] == 2
    assert cluster.rest.job_state(run.job) != "FAILED"
    run.produce()
    folder.go_on()
    run.await_checkpoint()
    run.finish()


@pytest.mark.parametrize("hung", ["checkpoints", "working"])
def test_one_taskmanager_whose_folder_hangs_for_ever(
    new_cluster: Callable[..., Cluster],
    fragile_folder: Callable[..., FragileFolder],
    run_on: Callable[[Cluster, str], Run],
    hung: str,
) -> None:
    """Its tasks cannot be ended: it ends itself, and the job goes on where the folder answers."""
    cluster = new_cluster({**OPTIONS, "task.cancellation.timeout": "2 s"})
    cluster.options["io.tmp.dirs"] = str(cluster.folder / "working")
    folder = fragile_folder(cluster.folder / hung)
    cluster.start_jobmanager()
    cluster.taskmanager_prefix = folder.prefix
    cluster.start_taskmanager(1)
    cluster.taskmanager_prefix = []
    cluster.options["io.tmp.dirs"] = str(cluster.folder / "working-2")
    cluster.start_taskmanager(2)
    cluster.await_taskmanagers(2)
    run = run_on(cluster, "one_of_two")
    folder.hang()
    run.produce()
    assert cluster.taskmanagers[1].wait_end(30) == EXIT_NOT_IN_ORDER
    cluster.rest.wait_state(run.job, "RUNNING")
    run.await_checkpoint()
    run.finish()

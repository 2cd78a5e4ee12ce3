"""The jobmanager killed while a job that was told to cancel has a checkpoint or a commit under way."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.broker import Broker
from harness.cluster import Cluster
from harness.metrics import Metrics
from harness.processes import wait_until
from harness.tables import IcebergTable
from moments import FAILPOINTS
from window_jobs import await_windows, check, fast_metrics, produce, row_count, start

# Both are passed by the claim of the table too.
METADATA_WRITES = ("committer/before_metadata_write", "committer/after_metadata_write")


class Cancelling:
    """A job that is cancelled while a worker of the jobmanager is held at the failpoint; there the jobmanager is killed."""

    def __init__(self, cluster: Cluster, broker: Broker, events: str, metrics: Metrics, number: int) -> None:
        self.cluster, self.failpoint, self.table = cluster, FAILPOINTS[number], f"cancelling_{number}"
        hit = 3 if self.failpoint in METADATA_WRITES else 2
        cluster.jobmanagers[-1].kill()
        leader = cluster.start_jobmanager(f"{self.failpoint}=sleep(60000)@{hit}")
        cluster.await_taskmanagers(2)
        self.job = start(cluster, broker, events, self.table, 2)
        wait_until(lambda: row_count(cluster, self.table) > 0, 30, "the first commit")
        produce(broker, events, metrics)
        wait_until(lambda: f"failpoint {self.failpoint}\n" in leader.log_text(), 30, f"{self.failpoint} is hit")
        cluster.rest.cancel(self.job)
        wait_until(lambda: cluster.rest.job_state(self.job) == "CANCELLING", 10, "the job is told to cancel")
        leader.kill()

    def commits(self) -> int:
        return len(IcebergTable(self.cluster.warehouse, "streaming", self.table).commits())

    def latest_checkpoint(self) -> str:
        found = (self.cluster.folder / "checkpoints").glob(f"*/{self.job}/chk-*/_metadata")
        return f"file://{max(found, key=lambda path: int(path.parent.name.split('-')[1])).parent}"


def test_killed_at_each_failpoint_while_a_job_is_cancelled(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """Each is cancelled by the next leader, commits nothing after that, and its last checkpoint can be restored."""
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4", "execution.checkpointing.interval": "200 ms"}).start()
    events, metrics = topic("cancelling"), fast_metrics(seed)
    produce(broker, events, metrics, 2)
    ended = []
    for number, failpoint in enumerate(FAILPOINTS):
        print(failpoint, flush=True)
        cancelling = Cancelling(cluster, broker, events, metrics, number)
        cluster.start_jobmanager()
        cluster.rest.wait_state(cancelling.job, "CANCELED")
        ended.append(cancelling)
    commits = [cancelling.commits() for cancelling in ended]
    produce(broker, events, metrics, 2)
    time.sleep(1)  # intervals in which a commit would come
    assert [cancelling.commits() for cancelling in ended] == commits
    cluster.await_taskmanagers(2)
    for cancelling in ended:
        restore = {"execution__state-recovery__path": cancelling.latest_checkpoint()}
        start(cluster, broker, events, cancelling.table, 1, **restore)
    closed = metrics.windows(closed_only=True)
    for cancelling in ended:
        await_windows(cluster, cancelling.table, closed)
        check(cluster, cancelling.table, closed)

"""Exactly once under kill -9: whatever dies, each (partition, offset) of the topic is in the table once."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import Process, wait_until
from harness.scripts import POSITION, USER_EVENTS, iceberg_table, kafka_table
from harness.tables import IcebergTable, check_metrics, check_readers_agree
from moments import FAILPOINTS, SLOW_STORE, Moment, plan

RATE = 25_000
REQUIRED_RATE = 20_000


@contextmanager
def load(broker: Broker, topic: str, folder: Path) -> Iterator[Process]:
    """Events at RATE a second for as long as the block runs."""
    command = [sys.executable, "-m", "harness.load", broker.servers, topic, str(RATE)]
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    process = Process("load", command, folder / "load.log", environment)
    try:
        yield process
    finally:
        process.stop(40)


def script(cluster: Cluster, broker: Broker, topic: str) -> str:
    return (
        "SET 'execution.checkpointing.interval' = '1 s';\n"
        + kafka_table("source", f"{USER_EVENTS}, {POSITION}", broker.servers, topic, {"scan.bounded.mode": "unbounded"})
        + iceberg_table(
            "events", "`partition` INT, `offset` BIGINT, user_id BIGINT, event_type STRING", cluster.warehouse
        )
        + "INSERT INTO events SELECT `partition`, `offset`, user_id, event_type FROM source;"
    )


def events_table(cluster: Cluster) -> IcebergTable:
    return IcebergTable(cluster.warehouse, "streaming", "events")


def committed_rows(cluster: Cluster) -> int:
    try:
        return events_table(cluster).row_count()
    except FileNotFoundError:
        return 0


class Run:
    """One job under load, its processes killed moment after moment."""

    def __init__(self, cluster: Cluster, job: str) -> None:
        self.cluster = cluster
        self.job = job
        self.in_flight = 0
        self.log: list[str] = []

    def note(self, text: str) -> None:
        self.log.append(f"{time.monotonic():.3f} {text}")
        print(self.log[-1], flush=True)

    def _leader(self) -> Process:
        return self.cluster.jobmanagers[-1]

    def _restart_jobmanager(self, failpoints: str) -> None:
        if self._leader().alive():
            self._leader().kill()
        self.cluster.start_jobmanager(failpoints, await_answer=False)

    def await_progress(self) -> None:
        """The job commits again: more rows than before, by the commit of a checkpoint taken after the fault."""
        before = committed_rows(self.cluster)

        def more() -> bool:
            for process in [*self.cluster.taskmanagers.values(), self._leader()]:
                process.require_alive()
            return committed_rows(self.cluster) > before

        wait_until(more, 45, f"rows beyond {before} committed; job {self.cluster.rest.job_state(self.job)}", 0.1)

    def _fail_at(self, moment: Moment) -> None:
        """A jobmanager that kills itself at the failpoint takes the place of the present one."""
        self._restart_jobmanager(moment.failpoint)
        leader = self._leader()
        assert leader.wait_end(60) == -9, f"{moment.name}: the failpoint was not reached\n{leader.log_tail()}"
        self.in_flight += 1
        self._restart_jobmanager("")

    def _kill_from_outside(self, moment: Moment) -> None:
        if moment.in_flight:
            self._restart_jobmanager(SLOW_STORE)
            self.await_progress()
            wait_until(lambda: self.cluster.rest.checkpoint_in_progress(self.job), 20, "a checkpoint in flight", 0.01)
            self.in_flight += 1
        else:
            time.sleep(moment.delay_s)
        for victim in moment.victims:
            process = self._leader() if victim == "jobmanager" else self.cluster.taskmanagers[int(victim[-1])]
            process.kill()
        for victim in moment.victims:
            if victim != "jobmanager":
                self.cluster.start_taskmanager(int(victim[-1]))
        if "jobmanager" in moment.victims or moment.in_flight:
            self._restart_jobmanager("")

    def go_through(self, moment: Moment) -> None:
        self.note(moment.name)
        if moment.failpoint:
            self._fail_at(moment)
        else:
            self._kill_from_outside(moment)
        self.await_progress()


def check_table(cluster: Cluster, broker: Broker, topic: str) -> IcebergTable:
    table = events_table(cluster)
    expected = broker.multiset(topic)
    found = check_readers_agree(table, "partition", "offset")
    lost, doubled = expected - found, found - expected
    assert not lost and not doubled, f"{len(lost)} lost, {len(doubled)} doubled of {len(expected)}"
    return table


def check_snapshots(table: IcebergTable) -> None:
    """One snapshot for each committed checkpoint that had files, in checkpoint order, and none twice."""
    places = [(commit["frazil.lineage"], int(commit["frazil.checkpoint-id"])) for commit in table.commits()]
    assert max(Counter(places).values()) == 1, "a checkpoint was committed twice"
    by_lineage: dict[str, list[int]] = {}
    for lineage, checkpoint in places:
        by_lineage.setdefault(lineage, []).append(checkpoint)
    for checkpoints in by_lineage.values():
        assert checkpoints == sorted(checkpoints), "checkpoints were committed out of order"
    assert all(int(commit["added-data-files"]) > 0 for commit in table.commits()), "a commit without files"


def wait_for_all_rows(cluster: Cluster, broker: Broker, topic: str) -> None:
    total = sum(broker.offsets(topic).values())
    wait_until(lambda: committed_rows(cluster) >= total, 60, f"{total} rows, there are {committed_rows(cluster)}", 0.2)


def start_run(cluster: Cluster, broker: Broker, topic: str) -> Run:
    job = cluster.submit(script(cluster, broker, topic))
    cluster.rest.wait_state(job, "RUNNING")
    wait_until(lambda: committed_rows(cluster) > 0, 20, "the first commit")
    return Run(cluster, job)


def survive(cluster: Cluster, broker: Broker, topic: str, folder: Path, seed: int, outside: int) -> None:
    moments = plan(seed, outside)
    started = time.monotonic()
    with load(broker, topic, folder):
        run = start_run(cluster, broker, topic)
        run.note(f"seed {seed}, {len(moments)} moments")
        for moment in moments:
            run.go_through(moment)
        seconds = time.monotonic() - started
    reached = {moment.failpoint.split("=")[0] for moment in moments if moment.failpoint}
    assert reached == set(FAILPOINTS)
    assert run.in_flight * 2 >= len(moments), "too few moments with a checkpoint or commit in flight"
    produced = sum(broker.offsets(topic).values())
    assert produced / seconds >= REQUIRED_RATE, f"the load was only {produced / seconds:.0f} records/s"
    wait_for_all_rows(cluster, broker, topic)
    cluster.rest.cancel(run.job)
    cluster.rest.wait_state(run.job, "CANCELED")
    table = check_table(cluster, broker, topic)
    check_snapshots(table)
    check_metrics(table)


def test_killed_at_seeded_moments(
    cluster: Cluster, broker: Broker, topic: Callable[..., str], tmp_path: Path, seed: int
) -> None:
    """Every failpoint, and four kills from outside."""
    survive(cluster, broker, topic("events"), tmp_path, seed, outside=4)


@pytest.mark.full
def test_killed_at_twenty_moments(
    cluster: Cluster, broker: Broker, topic: Callable[..., str], tmp_path: Path, seed: int
) -> None:
    survive(cluster, broker, topic("events"), tmp_path, seed + 1, outside=12)


def test_paused_jobmanager_is_succeeded_and_fenced(
    cluster: Cluster, broker: Broker, topic: Callable[..., str], tmp_path: Path
) -> None:
    """The leader is stopped by SIGSTOP; a successor takes over; the old one, continued, has no effect and ends."""
    events = topic("fenced")
    with load(broker, events, tmp_path):
        run = start_run(cluster, broker, events)
        old = cluster.jobmanagers[0]
        successor, rest = cluster.start_standby()
        time.sleep(0.7)
        old.pause()
        wait_until(lambda: rest.job_state(run.job) == "RUNNING", 40, "the successor runs the job")
        before = committed_rows(cluster)
        wait_until(lambda: committed_rows(cluster) > before, 30, "the successor commits")
        old.resume()
        assert old.wait_end(20) != 0
        before = committed_rows(cluster)
        wait_until(lambda: committed_rows(cluster) > before, 30, "the successor commits after the old one is back")
        successor.require_alive()
    cluster.rest = rest
    wait_for_all_rows(cluster, broker, events)
    rest.cancel(run.job)
    rest.wait_state(run.job, "CANCELED")
    check_snapshots(check_table(cluster, broker, events))


def test_second_fresh_run_appends_again(
    cluster: Cluster, broker: Broker, topic: Callable[..., str], tmp_path: Path
) -> None:
    events = topic("again")
    with load(broker, events, tmp_path):
        run = start_run(cluster, broker, events)
        run.go_through(Moment("kill all", victims=("taskmanager-1", "taskmanager-2", "jobmanager"), delay_s=0.3))
    wait_for_all_rows(cluster, broker, events)
    cluster.rest.cancel(run.job)
    cluster.rest.wait_state(run.job, "CANCELED")
    total = sum(broker.offsets(events).values())
    second = cluster.submit(script(cluster, broker, events))
    wait_until(lambda: committed_rows(cluster) >= 2 * total, 60, "the second run's rows")
    cluster.rest.cancel(second)
    cluster.rest.wait_state(second, "CANCELED")
    table = events_table(cluster)
    twice = Counter({place: 2 for place in broker.multiset(events)})
    assert check_readers_agree(table, "partition", "offset") == twice
    assert len({commit["frazil.lineage"] for commit in table.commits()}) == 2
    check_snapshots(table)


def test_stop_and_start_of_everything_goes_on(
    cluster: Cluster, broker: Broker, topic: Callable[..., str], tmp_path: Path
) -> None:
    """The orderly end (SIGTERM, as ./stop.sh does) keeps the job; the next start goes on with it."""
    events = topic("orderly")
    with load(broker, events, tmp_path):
        run = start_run(cluster, broker, events)
        cluster.stop()
        cluster.start()
        run.await_progress()
    wait_for_all_rows(cluster, broker, events)
    cluster.rest.cancel(run.job)
    cluster.rest.wait_state(run.job, "CANCELED")
    check_snapshots(check_table(cluster, broker, events))

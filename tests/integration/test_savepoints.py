"""Savepoints: taken, moved, restored at other parallelisms, stopped with, disposed of, killed in the middle."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.broker import Broker
from harness.cluster import Cluster, SqlFailed
from harness.processes import BINARIES, wait_until
from harness.scripts import POSITION, USER_EVENTS, iceberg_table, kafka_table
from harness.tables import IcebergTable, check_readers_agree
from sample_events import EventClock, user_events

UNBOUNDED = {"scan.bounded.mode": "unbounded"}


class Pipeline:
    """One topic into one table of (partition, offset)."""

    def __init__(self, cluster: Cluster, broker: Broker, topic: str) -> None:
        self.cluster, self.broker, self.topic = cluster, broker, topic
        self.sent = 0
        self._values = (value for _, value in user_events(11, EventClock.paced(11, 0)))
        self.script = (
            kafka_table("source", f"{USER_EVENTS}, {POSITION}", broker.servers, topic, UNBOUNDED)
            + iceberg_table("t", "`partition` INT, `offset` BIGINT", cluster.warehouse)
            + "INSERT INTO t SELECT `partition`, `offset` FROM source;"
        )

    def produce(self, count: int) -> None:
        self.broker.produce(self.topic, list(itertools.islice(self._values, count)))
        self.sent += count

    def submit(self, parallelism: int = 2, savepoint: str | None = None) -> str:
        settings = f"SET 'parallelism.default' = '{parallelism}';\n"
        if savepoint is not None:
            settings += f"SET 'execution.state-recovery.path' = '{savepoint}';\n"
        return self.cluster.submit(settings + self.script)

    def rows(self) -> int:
        try:
            return IcebergTable(self.cluster.warehouse, "streaming", "t").row_count()
        except FileNotFoundError:
            return 0

    def await_rows(self) -> None:
        wait_until(lambda: self.rows() == self.sent, 30, f"{self.sent} rows in the table, there are {self.rows()}")

    def check(self) -> None:
        table = IcebergTable(self.cluster.warehouse, "streaming", "t")
        assert check_readers_agree(table, "partition", "offset") == self.broker.multiset(self.topic)


@pytest.fixture
def pipeline(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> Pipeline:
    return Pipeline(cluster, broker, topic("savepoints"))


def frazil(cluster: Cluster, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BINARIES / "frazil", *arguments, "--jobmanager", cluster.rest.url], capture_output=True, text=True, timeout=60
    )


def local_path(location: str) -> Path:
    assert location.startswith("file:/"), location
    return Path(location.removeprefix("file:"))


def test_stopped_and_restored_at_other_parallelisms(pipeline: Pipeline, tmp_path: Path) -> None:
    savepoint: str | None = None
    for parallelism in (2, 4, 3):
        pipeline.produce(900)
        job = pipeline.submit(parallelism, savepoint)
        pipeline.await_rows()
        pipeline.produce(300)  # some of these are read before the stop, some after it
        done = frazil(pipeline.cluster, "stop", "-p", str(tmp_path / "savepoints"), job)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines[0] == f'Suspending job "{job}" with a CANONICAL savepoint.'
        assert lines[1] == f"Triggering stop-with-savepoint for job {job}."
        assert lines[2] == "Waiting for response..."
        savepoint = lines[3].removeprefix("Savepoint completed. Path: ")
        assert savepoint.startswith(f"file:{tmp_path}/savepoints/savepoint-{job[:6]}-")
        assert pipeline.cluster.rest.job_state(job) == "FINISHED"
    pipeline.submit(2, savepoint)
    pipeline.await_rows()
    pipeline.check()
    lineages = {commit["frazil.lineage"] for commit in IcebergTable(pipeline.cluster.warehouse, "streaming", "t").commits()}
    assert len(lineages) == 1


def test_savepoint_is_moved_and_its_job_removed(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.produce(600)
    job = pipeline.submit()
    pipeline.await_rows()
    location = pipeline.cluster.rest.stop_with_savepoint(job, tmp_path / "savepoints")
    moved = tmp_path / "elsewhere" / "moved"
    moved.parent.mkdir()
    shutil.move(local_path(location), moved)
    shutil.rmtree(pipeline.cluster.folder / "checkpoints" / "default" / job)
    pipeline.produce(300)
    pipeline.submit(3, f"file://{moved}")
    pipeline.await_rows()
    pipeline.check()
    assert (moved / "_metadata").exists()  # never deleted by the job that was restored from it


def test_savepoint_of_a_job_that_goes_on(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.produce(600)
    job = pipeline.submit()
    pipeline.await_rows()
    done = frazil(pipeline.cluster, "savepoint", job, str(tmp_path / "savepoints"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"Triggering savepoint for job {job}."
    location = next(line for line in done.stdout.splitlines() if "Path: " in line).split("Path: ")[1]
    latest = pipeline.cluster.rest.checkpoints(job)["latest"]["savepoint"]
    assert latest["is_savepoint"] is True
    assert latest["checkpoint_type"] == "SAVEPOINT"
    assert latest["external_path"] == location
    pipeline.produce(300)
    pipeline.await_rows()
    assert pipeline.cluster.rest.job_state(job) == "RUNNING"

    # The table is ahead of it now: a job that starts there would write rows twice.
    pipeline.cluster.rest.cancel(job)
    pipeline.cluster.rest.wait_state(job, "CANCELED")
    try:
        restored = pipeline.submit(2, location)
        message = pipeline.cluster.rest.wait_exception(restored)
    except SqlFailed as failure:
        message = str(failure)
    assert "ahead" in message, message
    pipeline.check()

    disposed = frazil(pipeline.cluster, "savepoint", "-d", location)
    assert disposed.stdout.splitlines()[-1] == f"Savepoint '{location}' disposed."
    assert not local_path(location).exists()


def test_savepoint_that_cannot_be_written_does_not_disturb_the_job(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.produce(600)
    job = pipeline.submit()
    pipeline.await_rows()
    (tmp_path / "file").write_text("no folder")
    failed = frazil(pipeline.cluster, "stop", "-p", f"{tmp_path}/file/x", job)
    assert failed.returncode == 1
    assert "cannot make folder" in failed.stderr, failed.stderr
    pipeline.produce(300)
    pipeline.await_rows()
    assert pipeline.cluster.rest.job_state(job) == "RUNNING"
    assert pipeline.cluster.rest.get(f"/jobs/{job}")["restarts"] == 0


def test_answers_have_flinks_shape(pipeline: Pipeline, tmp_path: Path) -> None:
    rest = pipeline.cluster.rest
    job = pipeline.submit()
    wait_until(lambda: rest.completed_checkpoints(job) > 0, 20, "a checkpoint")

    def await_operation(path: str) -> Any:
        return wait_until(
            lambda: (answer := rest.get(path))["status"]["id"] == "COMPLETED" and answer, 20, f"{path} completed"
        )

    trigger = rest.post(f"/v1/jobs/{job}/checkpoints", {"checkpointType": "CONFIGURED", "triggerId": None})
    answer = await_operation(f"/v1/jobs/{job}/checkpoints/{trigger['request-id']}")
    assert answer["operation"]["checkpointId"] > 0

    checkpoint = answer["operation"]["checkpointId"]
    details = rest.get(f"/v1/jobs/{job}/checkpoints/details/{checkpoint}")
    (vertex, part), = details["tasks"].items()
    assert part["num_acknowledged_subtasks"] == part["num_subtasks"] == 2
    assert part["state_size"] == details["state_size"] > 0
    subtasks = rest.get(f"/v1/jobs/{job}/checkpoints/details/{checkpoint}/subtasks/{vertex}")
    assert [subtask["index"] for subtask in subtasks["subtasks"]] == [0, 1]
    assert sum(subtask["state_size"] for subtask in subtasks["subtasks"]) == details["state_size"]
    assert {"sync", "async"} == set(subtasks["summary"]["checkpoint_duration"])
    assert rest.request("GET", f"/v1/jobs/{job}/checkpoints/details/{checkpoint}/subtasks/{job}")[0] == 404

    given = "0123456789abcdef0123456789abcdef"
    body = {"target-directory": f"file://{tmp_path}/savepoints", "cancel-job": True, "triggerId": given}
    for _ in range(2):  # asked twice, it is done once
        assert rest.post(f"/v1/jobs/{job}/savepoints", body) == {"request-id": given}
    location = await_operation(f"/v1/jobs/{job}/savepoints/{given}")["operation"]["location"]
    assert len(list((tmp_path / "savepoints").iterdir())) == 1
    rest.wait_state(job, "CANCELED")

    missing = "00000000000000000000000000000001"
    trigger = rest.post(f"/v1/jobs/{missing}/savepoints", {"target-directory": str(tmp_path)})
    cause = await_operation(f"/v1/jobs/{missing}/savepoints/{trigger['request-id']}")["operation"]["failure-cause"]
    assert cause["class"].endswith("FlinkJobNotFoundException")
    assert f"Could not find Flink job ({missing})" in cause["stack-trace"]

    disposal = rest.post("/v1/savepoint-disposal", {"savepoint-path": location})
    assert await_operation(f"/v1/savepoint-disposal/{disposal['request-id']}")["operation"] == {}
    assert rest.request("GET", f"/v1/jobs/{job}/savepoints/{missing}")[0] == 404
    assert rest.request("POST", f"/v1/jobs/{job}/savepoints")[0] == 400  # no folder is given or configured


def test_stopped_by_a_statement(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.produce(600)
    job = pipeline.submit()
    pipeline.await_rows()
    setting = f"SET 'execution.checkpointing.savepoint-dir' = 'file://{tmp_path}/savepoints';\n"
    output = pipeline.cluster.run_sql(f"{setting}STOP JOB '{job}' WITH SAVEPOINT;")
    assert "savepoint path" in output
    (savepoint,) = (tmp_path / "savepoints").iterdir()
    assert f"file:{savepoint}" in output
    assert pipeline.cluster.rest.job_state(job) == "FINISHED"
    pipeline.produce(300)
    second = pipeline.submit(3, str(savepoint))
    pipeline.await_rows()
    output = pipeline.cluster.run_sql(f"{setting}STOP JOB '{second}' WITH SAVEPOINT WITH DRAIN;")
    assert pipeline.cluster.rest.job_state(second) == "FINISHED"
    pipeline.check()


def test_restored_by_an_edited_script(pipeline: Pipeline, tmp_path: Path) -> None:
    """State follows its operator; what nobody takes is named, and dropped only when that is asked for."""

    def generator(name: str, rows: int) -> str:
        return f"CREATE TABLE {name} (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rows}');"

    nowhere = "CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'blackhole');"
    insert = "INSERT INTO t SELECT `partition`, `offset` FROM source;"
    tables = generator("numbers", 50) + nowhere + pipeline.script.removesuffix(insert)
    both = f"EXECUTE STATEMENT SET BEGIN INSERT INTO nowhere SELECT id FROM numbers; {insert} END;"
    pipeline.produce(600)
    job = pipeline.cluster.submit(tables + both)
    pipeline.await_rows()
    path = pipeline.cluster.rest.stop_with_savepoint(job, tmp_path / "savepoints")
    pipeline.produce(300)
    restore = f"SET 'execution.state-recovery.path' = '{path}';\n"
    with pytest.raises(SqlFailed, match="holds state of operator .*numbers"):
        pipeline.cluster.submit(restore + tables + insert)
    ignore = "SET 'execution.state-recovery.ignore-unclaimed-state' = 'true';\n"
    job = pipeline.cluster.submit(restore + ignore + tables + insert)
    pipeline.await_rows()

    # Another statement is added before it: its numbers change, its state does not.
    path = pipeline.cluster.rest.stop_with_savepoint(job, tmp_path / "savepoints")
    pipeline.produce(300)
    restore = f"SET 'execution.state-recovery.path' = '{path}';\n"
    pipeline.cluster.submit(restore + tables + both)
    pipeline.await_rows()
    pipeline.check()


def test_another_maximum_of_the_parallelism_is_refused(pipeline: Pipeline, tmp_path: Path) -> None:
    job = pipeline.submit()
    wait_until(lambda: pipeline.cluster.rest.completed_checkpoints(job) > 0, 20, "a checkpoint")
    path = pipeline.cluster.rest.stop_with_savepoint(job, tmp_path / "savepoints")
    settings = f"SET 'execution.state-recovery.path' = '{path}';\nSET 'pipeline.max-parallelism' = '64';\n"
    with pytest.raises(SqlFailed, match="'pipeline.max-parallelism' = '128'"):
        pipeline.cluster.submit(settings + pipeline.script)


@pytest.mark.parametrize("moment", ["savepoint/before_write", "savepoint/after_write"])
def test_jobmanager_killed_while_it_writes_the_last_savepoint(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], tmp_path: Path, moment: str
) -> None:
    cluster = new_cluster()
    killed = cluster.start_jobmanager(failpoints=f"{moment}=kill")
    for number in (1, 2):
        cluster.start_taskmanager(number)
    cluster.await_taskmanagers(2)
    pipeline = Pipeline(cluster, broker, topic("killed_savepoint"))
    pipeline.produce(600)
    job = pipeline.submit()
    pipeline.await_rows()
    pipeline.produce(300)
    cluster.rest.post(f"/jobs/{job}/stop", {"targetDirectory": f"file://{tmp_path}/savepoints", "drain": False})
    wait_until(lambda: not killed.alive(), 20, "the jobmanager is killed")

    cluster.start_jobmanager()
    cluster.await_taskmanagers(2)
    pipeline.produce(300)
    pipeline.await_rows()  # it was not told that the job has stopped, so the job goes on
    left = list((tmp_path / "savepoints").iterdir())
    assert all((savepoint / "_metadata").exists() for savepoint in left), left
    location = cluster.rest.stop_with_savepoint(job, tmp_path / "savepoints")
    cluster.rest.wait_state(job, "FINISHED")
    pipeline.produce(300)
    pipeline.submit(4, location)
    pipeline.await_rows()
    pipeline.check()

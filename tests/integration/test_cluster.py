"""Jobs on a cluster: REST, the client's list and cancel, restart of killed processes, waiting for slots."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Callable

import pytest
from harness.cluster import Cluster, SqlFailed
from harness.processes import BINARIES, wait_until

ENDLESS = """
CREATE TABLE source (id BIGINT, name STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');
CREATE TABLE sink (id BIGINT, name STRING) WITH ('connector' = 'blackhole');
SET 'pipeline.name' = 'endless';
INSERT INTO sink SELECT id, name FROM source;
"""


def frazil(cluster: Cluster, *words: str) -> str:
    done = subprocess.run(
        [BINARIES / "frazil", *words, "--jobmanager", cluster.rest.url], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Terminal:
    """A program that believes to run in a terminal."""

    def __init__(self, command: list[str]) -> None:
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)
        self._seen = ""

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def await_text(self, text: str, timeout: float = 20) -> None:
        """Takes what is shown up to the text."""
        deadline = time.monotonic() + timeout
        while text not in self._seen:
            ready, _, _ = select.select([self._end], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"no {text!r} in {self._seen!r}"
            self._seen += os.read(self._end, 65536).decode(errors="replace")
        self._seen = self._seen.split(text, 1)[1]

    def await_end(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        os.close(self._end)
        return os.waitstatus_to_exitcode(status)


def test_overview_list_and_cancel(cluster: Cluster) -> None:
    overview = cluster.rest.get("/overview")
    assert (overview["taskmanagers"], overview["slots-total"]) == (2, 4)
    assert len(cluster.rest.get("/taskmanagers")["taskmanagers"]) == 2
    assert "flink-version" in cluster.rest.get("/config")

    job = cluster.submit(ENDLESS)
    cluster.rest.wait_state(job, "RUNNING")
    assert {"id": job, "status": "RUNNING"} in cluster.rest.get("/jobs")["jobs"]
    (row,) = [row for row in cluster.rest.jobs() if row["jid"] == job]
    assert row["name"] == "endless"
    assert job in frazil(cluster, "list")
    detail = cluster.rest.get(f"/jobs/{job}")
    assert detail["vertices"] and all(vertex["parallelism"] == 2 for vertex in detail["vertices"])

    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 2, 20, "two completed checkpoints")
    frazil(cluster, "cancel", job)
    cluster.rest.wait_state(job, "CANCELED")
    done = cluster.rest.completed_checkpoints(job)
    assert cluster.rest.completed_checkpoints(job) == done


def test_killed_taskmanager_is_noticed_and_replaced(cluster: Cluster) -> None:
    job = cluster.submit(ENDLESS)
    cluster.rest.wait_state(job, "RUNNING")
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
    cluster.taskmanagers[1].kill()
    cluster.await_taskmanagers(1)
    before = cluster.rest.completed_checkpoints(job)
    # The two slots of the other taskmanager are enough for it.
    wait_until(lambda: cluster.rest.completed_checkpoints(job) > before, 20, "a checkpoint on one taskmanager")
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")


def test_job_waits_for_slots_and_says_so(new_cluster: Callable[..., Cluster]) -> None:
    cluster = new_cluster()
    cluster.start_jobmanager()
    job = cluster.submit(ENDLESS)
    wait_until(lambda: cluster.rest.job_state(job) is not None, 10, "the job is known")
    assert cluster.rest.job_state(job) not in ("RUNNING", "FAILED")
    cluster.start_taskmanager(1)
    cluster.rest.wait_state(job, "RUNNING")
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")


def test_job_survives_a_killed_jobmanager(cluster: Cluster) -> None:
    job = cluster.submit(ENDLESS)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
    cluster.jobmanagers[-1].kill()
    cluster.start_jobmanager()
    cluster.rest.wait_state(job, "RUNNING")
    before = cluster.rest.completed_checkpoints(job)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) > before, 20, "a checkpoint after the take-over")
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")


def test_bounded_datagen_finishes_with_all_rows(cluster: Cluster) -> None:
    job = cluster.submit(
        "CREATE TABLE source (id BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '100000');\n"
        "CREATE TABLE sink (id BIGINT) WITH ('connector' = 'blackhole');\n"
        "INSERT INTO sink SELECT id FROM source;"
    )
    cluster.rest.wait_state(job, "FINISHED")
    vertices = cluster.rest.get(f"/jobs/{job}")["vertices"]
    assert {vertex["status"] for vertex in vertices} == {"FINISHED"}


def test_ctrl_c_ends_line_and_query_but_not_the_prompt(cluster: Cluster) -> None:
    terminal = Terminal([str(BINARIES / "frazil"), "sql", "--jobmanager", cluster.rest.url])
    terminal.await_text("Frazil SQL>")
    terminal.type("SELECT nothing\nFROM nowhere")
    terminal.await_text("nowhere")
    terminal.type("\x03")
    terminal.await_text("Frazil SQL>")
    terminal.type("CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');\n")
    terminal.await_text("succeeded")
    terminal.type("SELECT id FROM endless;\n")
    terminal.await_text("| +I |")
    (job,) = cluster.rest.jobs()
    terminal.type("\x03")
    terminal.await_text("Query terminated")
    cluster.rest.wait_state(job["jid"], "CANCELED")
    terminal.type("quit;\n")
    assert terminal.await_end() == 0


def test_jobs_are_described_and_stopped_by_statements(cluster: Cluster) -> None:
    job = cluster.submit(
        "CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');\n"
        "CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole');\n"
        "SET 'pipeline.name' = 'counting';\n"
        "INSERT INTO nowhere SELECT n FROM numbers;"
    )
    cluster.rest.wait_state(job, "RUNNING")
    described = cluster.run_sql(f"DESCRIBE JOB '{job}';")
    assert job in described and "counting" in described and "RUNNING" in described
    assert "succeeded" in cluster.run_sql(f"STOP JOB '{job}';")
    assert cluster.rest.job_state(job) == "CANCELED"
    assert "CANCELED" in cluster.run_sql(f"DESCRIBE JOB '{job}';")
    unknown = "0" * 32
    for statement, column in (("DESCRIBE JOB", 14), ("STOP JOB", 10)):
        with pytest.raises(SqlFailed, match=f"There is no job '{unknown}', at line 1, column {column}"):
            cluster.run_sql(f"{statement} '{unknown}';")


def test_the_leader_is_found_by_its_name_whatever_it_is_bound_to(new_cluster: Callable[..., Cluster]) -> None:
    """As in a container, where it is bound to every address: taskmanagers look for the leader in the folder."""
    cluster = new_cluster({"jobmanager.rpc.address": "localhost", "jobmanager.bind-host": "127.0.0.1"}).start()
    records = [file.read_text() for file in (cluster.folder / "ha" / "epochs").iterdir() if file.is_file()]
    assert any("tcp://localhost:" in record for record in records), records

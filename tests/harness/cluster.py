"""A cluster of real processes on free ports, in a folder of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from harness.processes import BINARIES, Process, free_ports, wait_until
from harness.rest import Rest

JOB_ID = re.compile(r"\b[0-9a-f]{32}\b")


class SqlFailed(AssertionError):
    """frazil sql ended with an error; str() is all that it printed."""


class Cluster:
    """jobmanagers[0] is the first leader; more of them stand by over the same high-availability folder."""

    def __init__(self, folder: Path, options: Mapping[str, str] = {}) -> None:
        self.folder = folder
        self.warehouse = folder / "warehouse"
        for part in (self.warehouse, folder / "checkpoints", folder / "ha", folder / "logs"):
            part.mkdir(parents=True, exist_ok=True)
        self.options = {
            "execution.checkpointing.dir": f"file://{folder}/checkpoints",
            "high-availability.storageDir": f"file://{folder}/ha",
            "execution.checkpointing.interval": "1 s",
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "parallelism.default": "2",
            "taskmanager.numberOfTaskSlots": "2",
            **options,
        }
        self.jobmanagers: list[Process] = []
        self.taskmanagers: dict[int, Process] = {}
        self.rest: Rest = Rest(0)
        self.jobmanager_prefix: list[str] = []
        self.taskmanager_prefix: list[str] = []
        self._rpc_port = 0
        self._starts = 0

    def _launch(self, name: str, binary: str, options: Mapping[str, str], failpoints: str) -> Process:
        prefix = self.jobmanager_prefix if binary == "jobmanager" else self.taskmanager_prefix
        command: list[str | Path] = [*prefix, BINARIES / binary]
        for key, value in {**self.options, **options}.items():
            command += ["-D", f"{key}={value}"]
        environment = {"FRAZIL_FAILPOINTS": failpoints} if failpoints else {}
        return Process(name, command, self.folder / "logs" / f"{name}.log", environment)

    def start_jobmanager(self, failpoints: str = "", await_answer: bool = True) -> Process:
        """On the ports of the first one; a leader's place is taken over by another by start_standby()."""
        if self._rpc_port == 0:
            rest_port, self._rpc_port = free_ports(2)
            self.rest = Rest(rest_port)
        rest_port = int(self.rest.url.rsplit(":", 1)[1])
        process = self._launch_jobmanager(rest_port, self._rpc_port, failpoints)
        if await_answer:
            self.await_jobmanager(process)
        return process

    def start_standby(self) -> tuple[Process, Rest]:
        rest_port, rpc_port = free_ports(2)
        return self._launch_jobmanager(rest_port, rpc_port, ""), Rest(rest_port)

    def _launch_jobmanager(self, rest_port: int, rpc_port: int, failpoints: str) -> Process:
        self._starts += 1
        ports = {"rest.port": str(rest_port), "jobmanager.rpc.port": str(rpc_port)}
        process = self._launch(f"jobmanager-{self._starts}", "jobmanager", ports, failpoints)
        self.jobmanagers.append(process)
        return process

    def await_jobmanager(self, process: Process, timeout: float = 20) -> None:
        def answers() -> bool:
            process.require_alive()
            return self.rest.try_get("/overview") is not None

        wait_until(answers, timeout, f"{process.name} answers")

    def start_taskmanager(self, number: int, failpoints: str = "") -> Process:
        ports = {"jobmanager.rpc.port": str(self._rpc_port)}
        self.taskmanagers[number] = self._launch(f"taskmanager-{number}", "taskmanager", ports, failpoints)
        return self.taskmanagers[number]

    def await_taskmanagers(self, count: int, timeout: float = 20) -> None:
        def registered() -> bool:
            answer = self.rest.try_get("/overview")
            return answer is not None and answer["taskmanagers"] == count

        wait_until(registered, timeout, f"{count} taskmanagers registered: {self.rest.try_get('/overview')}")

    def start(self, taskmanagers: int = 2) -> Cluster:
        self.start_jobmanager()
        for number in range(1, taskmanagers + 1):
            self.start_taskmanager(number)
        self.await_taskmanagers(taskmanagers)
        return self

    def processes(self) -> list[Process]:
        return [*self.taskmanagers.values(), *self.jobmanagers]

    def stop(self) -> None:
        """The orderly end; a process that does not take SIGTERM fails the test."""
        hung = []
        for process in self.processes():
            if process.alive():
                try:
                    process.stop()
                except AssertionError as failure:
                    hung.append(str(failure))
        assert not hung, "; ".join(hung)

    def run_sql(self, text: str, variables: Mapping[str, str] = {}, timeout: float = 60) -> str:
        """What `frazil sql -f` prints; SqlFailed when it ends with an error."""
        script = self.folder / "script.sql"
        script.write_text(text)
        return self.run_sql_file(script, variables, timeout)

    def run_sql_file(self, script: Path, variables: Mapping[str, str] = {}, timeout: float = 60) -> str:
        command: list[str | Path] = [BINARIES / "frazil", "sql", "-f", script, "--jobmanager", self.rest.url]
        for name, value in variables.items():
            command += ["-D", f"{name}={value}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise SqlFailed(done.stdout + done.stderr)
        return done.stdout

    def submit(self, text: str, variables: Mapping[str, str] = {}) -> str:
        """Runs a script that starts one job; the job's id."""
        output = self.run_sql(text, variables)
        jobs = JOB_ID.findall(output)
        assert jobs, f"no job id in: {output}"
        return jobs[-1]

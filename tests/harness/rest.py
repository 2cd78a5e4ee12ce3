"""The jobmanager's REST interface, as curl would use it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from harness.processes import wait_until

ENDED = ("FINISHED", "FAILED", "CANCELED")


class Rest:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def request(self, method: str, path: str, timeout: float = 5) -> tuple[int, Any]:
        request = urllib.request.Request(self.url + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                body = answer.read()
                return answer.status, json.loads(body) if body else None
        except urllib.error.HTTPError as failure:
            body = failure.read()
            return failure.code, json.loads(body) if body else None

    def get(self, path: str, timeout: float = 5) -> Any:
        status, body = self.request("GET", path, timeout)
        assert status == 200, f"GET {path}: {status} {body}"
        return body

    def try_get(self, path: str, timeout: float = 1) -> Any | None:
        """None when nobody answers, as while a jobmanager is down."""
        try:
            status, body = self.request("GET", path, timeout)
        except (OSError, ValueError):
            return None
        return body if status == 200 else None

    def jobs(self) -> list[dict[str, Any]]:
        return self.get("/jobs/overview")["jobs"]

    def job_state(self, job: str) -> str | None:
        answer = self.try_get(f"/jobs/{job}")
        return answer["state"] if answer else None

    def wait_state(self, job: str, wanted: str, timeout: float = 30) -> None:
        def reached() -> bool:
            state = self.job_state(job)
            if state in ENDED and state != wanted:
                raise AssertionError(f"job {job} is {state}, not {wanted}: {self.root_exception(job)}")
            return state == wanted

        wait_until(reached, timeout, f"job {job} {wanted}, it is {self.job_state(job)}")

    def root_exception(self, job: str) -> str:
        answer = self.try_get(f"/jobs/{job}/exceptions", 5) or {}
        history = answer.get("exceptionHistory", {}).get("entries", [])
        parts = [answer.get("root-exception") or ""] + [entry.get("stacktrace", "") for entry in history]
        return "\n".join(part for part in parts if part)

    def wait_exception(self, job: str, timeout: float = 30) -> str:
        """The job's error as soon as it has one; a job that restarts has it too."""
        return str(wait_until(lambda: self.root_exception(job), timeout, f"an error of job {job}"))

    def checkpoints(self, job: str) -> dict[str, Any]:
        return self.get(f"/jobs/{job}/checkpoints")

    def completed_checkpoints(self, job: str) -> int:
        answer = self.try_get(f"/jobs/{job}/checkpoints")
        return answer["counts"]["completed"] if answer else 0

    def checkpoint_in_progress(self, job: str) -> bool:
        answer = self.try_get(f"/jobs/{job}/checkpoints")
        return bool(answer) and answer["counts"]["in_progress"] > 0

    def cancel(self, job: str) -> None:
        status, body = self.request("PATCH", f"/jobs/{job}?mode=cancel")
        assert status in (200, 202), f"cancel: {status} {body}"

    def post(self, path: str, body: dict[str, Any], timeout: float = 10) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method="POST")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.loads(answer.read())

    def await_savepoint(self, job: str, trigger: str, timeout: float = 60) -> str:
        """The folder of the savepoint that the trigger's id stands for."""

        def completed() -> dict[str, Any] | None:
            answer = self.get(f"/jobs/{job}/savepoints/{trigger}")
            return answer["operation"] if answer["status"]["id"] == "COMPLETED" else None

        operation: Any = wait_until(completed, timeout, f"savepoint {trigger} of job {job}")
        assert "location" in operation, operation
        return operation["location"]

    def savepoint(self, job: str, folder: Path) -> str:
        request = self.post(f"/jobs/{job}/savepoints", {"target-directory": f"file://{folder}", "cancel-job": False})
        return self.await_savepoint(job, request["request-id"])

    def stop_with_savepoint(self, job: str, folder: Path, drain: bool = False) -> str:
        request = self.post(f"/jobs/{job}/stop", {"targetDirectory": f"file://{folder}", "drain": drain})
        return self.await_savepoint(job, request["request-id"])

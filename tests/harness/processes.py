"""Processes that a test starts, kills and watches, each with its log in a file."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(os.environ.get("FRAZIL_BIN", ROOT / "build" / "release" / "bin"))


class Gone(AssertionError):
    """A process ended that should have run."""


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago; held together so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for held in sockets:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]
    finally:
        for held in sockets:
            held.close()


def wait_until(condition: Callable[[], object], timeout: float, what: str, every: float = 0.05) -> object:
    """The condition's first true value; an AssertionError that says what was waited for."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what}")
        time.sleep(every)


class Process:
    """One process. kill() is -9; stop() is the orderly way."""

    def __init__(self, name: str, command: Sequence[str | Path], log: Path, environment: Mapping[str, str] = {}) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def alive(self) -> bool:
        return self._popen.poll() is None

    def returncode(self) -> int | None:
        return self._popen.poll()

    def signal(self, number: int) -> None:
        if self.alive():
            self._popen.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._popen.wait(10)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def stop(self, timeout: float = 10) -> int:
        """SIGTERM; the exit code. What does not end in time is killed and reported."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {timeout:g} s of SIGTERM; log {self.log}") from None

    def wait_end(self, timeout: float) -> int:
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {timeout:g} s; log {self.log}") from None

    def peak_kib(self) -> int:
        """The largest resident set until now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (peak,) = re.findall(r"^VmHWM:\s+(\d+)", status, re.M)
        print(f"{self.name}: {peak} KiB at its peak", flush=True)
        return int(peak)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self.log_text().splitlines()[-lines:])

    def require_alive(self) -> None:
        if not self.alive():
            raise Gone(f"{self.name} ended with {self.returncode()}; log {self.log}:\n{self.log_tail()}")

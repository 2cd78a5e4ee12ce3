"""A folder whose file system stops to answer, or to take writes, as one on a server that is gone or a disk that is broken.
As hosts with networks of their own it needs root."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from harness.processes import wait_until

CONNECTIONS = "/sys/fs/fuse/connections"


class FragileFolder:
    """Only the processes that are started by its prefix reach the folder by way of a process that may stand still: then
    none of them gets an answer, not even to a read, but each can be killed. All others see it as it is."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._server = subprocess.Popen(
            ["unshare", "-m", "setpriv", "--pdeathsig", "KILL", "bindfs", "-f", "-o", "default_permissions", folder, folder],
            stdin=subprocess.DEVNULL,
        )
        self.prefix = ["nsenter", "-t", str(self._server.pid), "-m"]
        try:
            wait_until(self._is_mounted, 10, f"bindfs serves {folder}")
            subprocess.run([*self.prefix, "mount", "-t", "fusectl", "none", CONNECTIONS], check=True)
            root = Path(f"/proc/{self._server.pid}/root")
            connection = os.stat(root / folder.relative_to("/")).st_dev
            self._waiting = root / CONNECTIONS.lstrip("/") / str(connection) / "waiting"
        except BaseException:
            self.close()
            raise

    def _is_mounted(self) -> bool:
        mounts = Path(f"/proc/{self._server.pid}/mounts").read_text()
        return any(line.split()[1] == str(self.folder) and line.split()[2] == "fuse" for line in mounts.splitlines())

    def _is_stopped(self) -> bool:
        return Path(f"/proc/{self._server.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"

    def waiters(self) -> int:
        """Requests that have no answer yet."""
        return int(self._waiting.read_text())

    def hang(self) -> None:
        """Between two requests: who waits for an answer to one that was taken up could not be killed."""

        def stands_still() -> bool:
            self._server.send_signal(signal.SIGSTOP)
            wait_until(self._is_stopped, 10, "bindfs stops", 0.001)
            if self.waiters() == 0:
                return True
            self.go_on()
            return False

        wait_until(stands_still, 20, "a moment without requests", 0.001)

    def go_on(self) -> None:
        self._server.send_signal(signal.SIGCONT)

    def set_writable(self, is_writable: bool) -> None:
        """Read-only as soon as nobody has a file open for writing."""
        how = f"remount,bind,{'rw' if is_writable else 'ro'}"
        remount = [*self.prefix, "mount", "-o", how, str(self.folder)]

        def done() -> bool:
            return subprocess.run(remount, capture_output=True).returncode == 0

        wait_until(done, 20, " ".join(remount), 0.01)

    def close(self) -> None:
        """Who still waits gets an error; the mount goes with the last process that sees it."""
        self._server.kill()
        self._server.wait(10)

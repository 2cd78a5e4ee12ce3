"""A small file system over one folder, which only the processes that are started by its prefix see."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


# Root needs no user namespace for it, which a container may refuse.
IS_ROOT = os.geteuid() == 0
MOUNT = 'mount -t tmpfs -o "size=$1" tmpfs "$0" && echo mounted && exec sleep infinity'


class SmallDisk:
    def __init__(self, folder: Path, size: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        unshare = ["unshare", "-m"] if IS_ROOT else ["unshare", "-rm"]
        self._holder = subprocess.Popen(
            [*unshare, "sh", "-c", MOUNT, str(folder), size], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"mounted\n", f"no tmpfs over {folder}"
        self.prefix = ["nsenter", "-t", str(self._holder.pid), "-m"]
        if not IS_ROOT:
            self.prefix += ["-U", "--preserve-credentials"]
        self.root = Path(f"/proc/{self._holder.pid}/root")
        self.folder = self.root / folder.relative_to("/")
        self._filler = self.folder / "filler"

    def inside(self, path: str | Path) -> Path:
        """Where we find what those processes call path."""
        return self.root / str(path).lstrip("/")

    def fill(self) -> None:
        with self._filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self) -> None:
        self._filler.unlink()

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait(10)

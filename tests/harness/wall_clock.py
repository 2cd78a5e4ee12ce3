"""A wall clock that a test sets while processes run by it."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path


class WallClock:
    """Of the processes that are started by its prefix; all others have the true one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        library, self._file = folder / "wall_clock.so", folder / "wall_clock"
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source], check=True)
        self._file.write_bytes(bytes(8))
        self.prefix = ["env", f"LD_PRELOAD={library}", f"WALL_CLOCK_FILE={self._file}"]

    def set(self, hours: float) -> None:
        """By how much it is ahead of the true one from now on."""
        with self._file.open("r+b", buffering=0) as file:
            file.write(struct.pack("=q", int(hours * 3_600_000_000)))

"""Where a script runs: the project's virtual environment, which start.sh (or scripts/setup_python.sh) makes, and the
broker that start.sh uses."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def in_project_environment() -> None:
    """Replaces this process by the same script in .venv; explains what to do when there is none."""
    environment = ROOT / ".venv"
    if Path(sys.prefix) == environment:
        return
    python = environment / "bin" / "python"
    if not python.exists():
        sys.exit(f"The Python packages of this project are not installed yet: run {ROOT}/scripts/setup_python.sh first.")
    os.execv(python, [str(python), *sys.argv])


def default_brokers() -> str:
    """KAFKA_BOOTSTRAP_SERVERS, or the broker that start.sh starts."""
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or f"127.0.0.1:{os.environ.get('KAFKA_PORT') or 9092}"

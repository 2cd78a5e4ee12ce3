"""One jobmanager and two taskmanagers that do nothing: how soon they are ready, and their memory."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

from harness.cluster import Cluster
from harness.processes import ROOT, wait_until
from measure import median_and_spread, proportional_mib


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/run idle", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=ROOT / ".run" / "bench" / "idle")
    arguments = parser.parse_args()
    ready_s, sizes = [], []
    for _ in range(arguments.rounds):
        shutil.rmtree(arguments.folder, ignore_errors=True)
        cluster = Cluster(arguments.folder)
        started = time.monotonic()
        cluster.start_jobmanager(await_answer=False)
        for number in (1, 2):
            cluster.start_taskmanager(number)
        wait_until(lambda: (cluster.rest.try_get("/overview") or {}).get("taskmanagers") == 2, 30, "ready", 0.005)
        ready_s.append(time.monotonic() - started)
        time.sleep(3)
        sizes.append(sum(proportional_mib(process) for process in cluster.processes()))
        cluster.stop()
    print(f"ready after {median_and_spread(ready_s)} s; idle {median_and_spread(sizes, '{:.1f}')} MiB proportional")


if __name__ == "__main__":
    main()

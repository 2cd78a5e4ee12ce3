"""kill -9 of a taskmanager whose slots the other can take: how long until the job processes again."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

from harness.cluster import Cluster
from harness.processes import ROOT, wait_until
from measure import median_and_spread

JOB = """
CREATE TABLE source (id BIGINT, name STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '20000');
CREATE TABLE sink (id BIGINT, name STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT id, name FROM source;
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/run recovery", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=ROOT / ".run" / "bench" / "recovery")
    arguments = parser.parse_args()
    running_s, checkpoint_s = [], []
    for _ in range(arguments.rounds):
        shutil.rmtree(arguments.folder, ignore_errors=True)
        cluster = Cluster(arguments.folder).start()
        job = cluster.submit(JOB)
        wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 2, 30, "two checkpoints")
        before = cluster.rest.completed_checkpoints(job)
        killed = time.monotonic()
        cluster.taskmanagers[1].kill()
        wait_until(lambda: cluster.rest.job_state(job) != "RUNNING", 30, "noticed", 0.005)
        wait_until(lambda: cluster.rest.job_state(job) == "RUNNING", 60, "running again", 0.005)
        running_s.append(time.monotonic() - killed)
        wait_until(lambda: cluster.rest.completed_checkpoints(job) > before, 60, "a checkpoint", 0.005)
        checkpoint_s.append(time.monotonic() - killed)
        cluster.rest.cancel(job)
        cluster.rest.wait_state(job, "CANCELED")
        cluster.stop()
    print(f"running {median_and_spread(running_s)} s after the kill, a checkpoint after {median_and_spread(checkpoint_s)} s")


if __name__ == "__main__":
    main()

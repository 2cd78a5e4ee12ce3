"""A steady stream into Iceberg, a commit each second: memory, CPU and commits as the table's history grows."""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import time
from pathlib import Path

from harness.cluster import Cluster
from harness.processes import ROOT, Process
from measure import cpu_seconds

JOB = """
CREATE TABLE source (id BIGINT, part INT, text STRING, at TIMESTAMP(3)) WITH (
  'connector' = 'datagen', 'rows-per-second' = '{rate}',
  'fields.part.min' = '1', 'fields.part.max' = '{partitions}', 'fields.text.length' = '80');
CREATE TABLE sink (id BIGINT, part INT, text STRING, at TIMESTAMP(6)) PARTITIONED BY (part) WITH (
  'connector' = 'iceberg', 'catalog-name' = 'c', 'catalog-type' = 'hadoop', 'warehouse' = 'file://{warehouse}',
  'catalog-database' = 'bench', 'catalog-table' = 'soak');
INSERT INTO sink SELECT id, part, text, at FROM source;
"""


def resident_mib(process: Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)
    assert found, f"no VmRSS of {process.name}"
    return int(found.group(1)) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/run soak", description=__doc__)
    parser.add_argument("--seconds", type=int, default=900)
    parser.add_argument("--every", type=int, default=60, help="seconds between two lines")
    parser.add_argument("--rate", type=int, default=20_000, help="rows a second")
    parser.add_argument("--partitions", type=int, default=6)
    parser.add_argument("--folder", type=Path, default=ROOT / ".run" / "bench" / "soak")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    cluster = Cluster(arguments.folder, {"execution.checkpointing.interval": "1 s"}).start()
    try:
        job = cluster.submit(
            JOB.format(rate=arguments.rate, partitions=arguments.partitions, warehouse=cluster.warehouse)
        )
        started = time.monotonic()
        cpu_before = {process.name: cpu_seconds(process.pid) for process in cluster.processes()}
        while time.monotonic() - started < arguments.seconds:
            time.sleep(arguments.every)
            parts = []
            for process in cluster.processes():
                cpu_s = cpu_seconds(process.pid)
                share = (cpu_s - cpu_before[process.name]) / arguments.every
                cpu_before[process.name] = cpu_s
                parts.append(f"{process.name} {resident_mib(process):.0f} MiB {share:.1%}")
            history = [entry for entry in cluster.rest.checkpoints(job)["history"] if entry["committed"]]
            checkpoint = statistics.median(entry["end_to_end_duration"] for entry in history)
            commit = statistics.median(entry["commit_duration"] for entry in history)
            count = cluster.rest.completed_checkpoints(job)
            print(
                f"{time.monotonic() - started:.0f} s, {count} checkpoints: {', '.join(parts)}; "
                f"checkpoint {checkpoint:.0f} ms, commit {commit:.0f} ms",
                flush=True,
            )
        cluster.rest.cancel(job)
        cluster.rest.wait_state(job, "CANCELED")
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()

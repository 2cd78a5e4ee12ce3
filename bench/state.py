"""Keyed state: windows and GROUP BY over millions of keys from an in-process generator, state in RocksDB.

Prints events a second and core, what a key takes, checkpoint durations, memory against the limit, and what periodic
checkpoints cost: each job runs once without and once with them, in each round. The checkpoint that ends a job, and with
periodic ones the first, stand apart: they come upon a state that none was taken of.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

from harness.cluster import Cluster
from harness.processes import ROOT, wait_until
from measure import cpu_seconds, median_and_spread, peak_resident_mib

Figures = dict[str, Any]

SOURCE = """
CREATE TABLE events (k BIGINT, v BIGINT, n BIGINT, ts AS TO_TIMESTAMP_LTZ(n, 3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '{rows}',
  'fields.k.min' = '0', 'fields.k.max' = '{last_key}', 'fields.v.min' = '0', 'fields.v.max' = '1000000',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '{last_row}');
"""
NUM_WINDOWS = 4
JOBS = {
    # Every key is touched again and again.
    "group by": SOURCE
    + """
CREATE TABLE sink (k BIGINT, n BIGINT, s BIGINT, low BIGINT, high BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT k, COUNT(*), SUM(v), MIN(v), MAX(v) FROM events GROUP BY k;
""",
    # Four windows over the rows, each with all keys that come in it.
    "windows": SOURCE
    + """
CREATE TABLE sink (k BIGINT, w TIMESTAMP(3), n BIGINT, s BIGINT, low BIGINT, high BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT k, window_start, COUNT(*), SUM(v), MIN(v), MAX(v)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '{window_s}' SECOND)) GROUP BY k, window_start, window_end;
""",
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run state", description=__doc__)
    parser.add_argument("--keys", type=int, default=10_000_000)
    parser.add_argument("--rows", type=int, default=100_000_000, help="of GROUP BY; windows get twice as many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--interval", default="10 s")
    parser.add_argument("--managed", default="2 gb", help="taskmanager.memory.managed.size, for two slots (default: 2 gb)")
    parser.add_argument("--backend", default="rocksdb")
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--folder", type=Path, default=ROOT / ".run" / "bench" / "state")
    return parser.parse_args()


def state_bytes(cluster: Cluster, job: str) -> int:
    """Of all operators, memory and files, as the job reports it."""
    total = 0
    for vertex in cluster.rest.get(f"/jobs/{job}")["vertices"]:
        path = f"/jobs/{job}/vertices/{vertex['id']}/metrics"
        names = [entry["id"] for entry in cluster.rest.get(path) if entry["id"].endswith(".stateSizeBytes")]
        if names:
            total += sum(int(float(entry["value"])) for entry in cluster.rest.get(f"{path}?get={','.join(names)}"))
    return total


def run(arguments: argparse.Namespace, name: str, interval: str) -> Figures:
    shutil.rmtree(arguments.folder, ignore_errors=True)
    options = {
        "execution.checkpointing.interval": interval,
        "taskmanager.memory.managed.size": arguments.managed,
        "state.backend.type": arguments.backend,
        "parallelism.default": "2",
        "io.tmp.dirs": str(arguments.folder / "tmp"),
    }
    cluster = Cluster(arguments.folder, options).start(taskmanagers=1)
    try:
        rows = arguments.rows * (2 if name == "windows" else 1)
        script = JOBS[name].format(
            rows=rows, last_row=rows - 1, last_key=arguments.keys - 1, window_s=max(rows // NUM_WINDOWS // 1000, 1)
        )
        taskmanager = cluster.taskmanagers[1]
        cpu_before = cpu_seconds(taskmanager.pid)
        job = cluster.submit(script)
        started = time.monotonic()
        peak_state = 0

        def ended() -> bool:
            nonlocal peak_state
            peak_state = max(peak_state, state_bytes(cluster, job))
            return cluster.rest.job_state(job) == "FINISHED"

        wait_until(ended, 1800, f"the end of {name}", 0.5)
        seconds = time.monotonic() - started
        cpu = cpu_seconds(taskmanager.pid) - cpu_before
        history = [entry for entry in cluster.rest.checkpoints(job)["history"] if entry["status"] == "COMPLETED"]
        return {
            "seconds": seconds,
            "cpu_s": cpu,
            "rate": rows / seconds,
            "rate_a_core": rows / cpu,
            "state_bytes": peak_state,
            "bytes_a_key": peak_state / min(arguments.keys, rows),
            "peak_mib": peak_resident_mib(taskmanager.pid),
            "checkpoint_ms": [entry["end_to_end_duration"] for entry in history],
            "checkpoint_bytes": [entry["state_size"] for entry in history],
            "written_bytes": [entry["checkpointed_size"] for entry in history],
        }
    finally:
        cluster.stop()


def report(results: dict[str, list[Figures]]) -> None:
    for name, runs in results.items():
        print(f"\n{name}")
        for label, key, form in (
            ("events/s", "rate", "{:,.0f}"),
            ("events/s and core", "rate_a_core", "{:,.0f}"),
            ("bytes a key", "bytes_a_key", "{:.0f}"),
            ("peak resident MiB of the taskmanager", "peak_mib", "{:.0f}"),
        ):
            print(f"  {label:<40} {median_and_spread([run[key] for run in runs], form)}")
        # The newest comes first.
        for label, part in (("first checkpoint", slice(-1, None)), ("later ones", slice(0, -1))):
            for what, key, unit in (
                ("duration ms", "checkpoint_ms", 1),
                ("size MiB", "checkpoint_bytes", 2**20),
                ("of it written MiB", "written_bytes", 2**20),
            ):
                values = [value / unit for run in runs for value in run[key][part]]
                if values:
                    print(f"  {label + ', ' + what:<40} {median_and_spread(values, '{:.0f}')}")


def main() -> None:
    arguments = parse()
    results: dict[str, list[Figures]] = {}
    for number in range(1, arguments.rounds + 1):
        for name in arguments.jobs.split(","):
            for interval in ("0", arguments.interval):
                shown = f"{name}, {'no checkpoints' if interval == '0' else 'checkpoints every ' + interval}"
                print(f"round {number} of {arguments.rounds}: {shown}", flush=True)
                results.setdefault(shown, []).append(run(arguments, name, interval))
    file = arguments.folder.parent / "state.json"
    file.write_text(json.dumps(results, indent=1))
    report(results)
    print(f"\nall runs: {file}")


if __name__ == "__main__":
    main()

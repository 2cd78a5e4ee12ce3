"""A job from a full Kafka topic into an Iceberg table, beside the bare drain of the topic and DuckDB's way of doing it.

Each round runs every contestant once, one after the other, so that a slow moment of the machine hits them alike.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import ROOT
from harness.tables import IcebergTable
from measure import cpu_seconds, median_and_spread, peak_resident_mib

DRAIN = "bare drain (librdkafka)"
DUCKDB_NAME = "DuckDB, one thread"
Figures = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What is measured; the broker is the bench's own."""

    name: str  # of the bench
    topic: str  # what the script reads
    script: Path
    table: str  # in the database streaming
    duckdb: str  # SQL with {lines} and {parquet}
    records_in: Callable[[IcebergTable], int]  # how many records the table accounts for
    span_s: int | None = None  # over which the event times are spread; None: 10 µs from event to event


def parse(job: Job) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"bench/run {job.name}", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--intervals", default="10 s,1 s", help="checkpoint intervals, a run each (default: 10 s,1 s)")
    parser.add_argument("--parallelism", type=int, default=2)
    parser.add_argument("--only", help="of: drain, duckdb, frazil")
    parser.add_argument("--folder", type=Path, default=ROOT / ".run" / "bench")
    return parser.parse_args()


class BenchBroker(Broker):
    """Its data stays between runs: filling the topic takes longer than reading it."""

    def filled(self, topic: str) -> int:
        topics = self.admin().list_topics(timeout=10).topics
        return sum(self.offsets(topic).values()) if topic in topics else 0


@contextmanager
def broker_with_topic(folder: Path, job: Job, records: int) -> Iterator[BenchBroker]:
    broker = BenchBroker(folder / f"broker-{records}")
    broker.start()
    try:
        present = broker.filled(job.topic)
        if present == 0:
            broker.create_topic(job.topic)
            fill(broker, job, records)
        elif present != records:
            sys.exit(f"{broker.folder} holds {present} records of an interrupted run; remove it and start again")
        yield broker
    finally:
        broker.stop()


def fill(broker: BenchBroker, job: Job, records: int) -> None:
    print(f"filling {job.topic} with {records:,} records", flush=True)
    command = [
        sys.executable, ROOT / "scripts" / "generate_sample_data.py", "--data-type", job.topic,
        "--count", str(records), "--seed", "1", "--bootstrap-servers", broker.servers,
    ]  # fmt: skip
    if job.span_s is not None:
        command += ["--span", str(job.span_s)]
    subprocess.run(command, check=True)


def drain(broker: BenchBroker, topic: str, *words: str | Path) -> Figures:
    command = [ROOT / "build" / "bench" / "drain", broker.servers, topic, *words]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


DUCKDB = """
import duckdb
connection = duckdb.connect(config={{"threads": 1}})
connection.execute("SET enable_progress_bar = false")
connection.execute('''{sql}''')
"""


def duckdb_conversion(job: Job, lines: Path, records: int) -> Figures:
    """JSON lines on disk to one zstd Parquet file, one thread, in a process of its own; start-up included."""
    parquet = lines.with_suffix(".parquet")
    before = os.times()
    started = time.monotonic()
    sql = job.duckdb.format(lines=lines, parquet=parquet)
    subprocess.run([sys.executable, "-c", DUCKDB.format(sql=sql)], check=True)
    wall_s = time.monotonic() - started
    after = os.times()
    parquet.unlink()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return {"records": records, "wall_s": wall_s, "cpu_s": cpu_s}


def last_commit_s(cluster: Cluster, name: str) -> float:
    table = IcebergTable(cluster.warehouse, "streaming", name).table
    return max(snapshot.timestamp_ms for snapshot in table.snapshots()) / 1000


def frazil_job(
    job: Job, broker: BenchBroker, folder: Path, records: int, interval: str, parallelism: int
) -> Figures:
    """A fresh cluster and table; the clock runs from the submission to the last commit."""
    shutil.rmtree(folder, ignore_errors=True)
    options = {"execution.checkpointing.interval": interval, "parallelism.default": str(parallelism)}
    cluster = Cluster(folder, options).start()
    try:
        processes = cluster.processes()
        cpu_before = {process.name: cpu_seconds(process.pid) for process in processes}
        submitted = time.time()
        job_id = cluster.submit(
            job.script.read_text(),
            {
                "kafka_bootstrap_servers": broker.servers,
                "warehouse": f"file://{cluster.warehouse}",
                "scan_bounded_mode": "latest-offset",
                "topic": job.topic,
            },
        )
        accepted = time.time()
        cluster.rest.wait_state(job_id, "FINISHED", 600)
        finished = time.time()
        cpu_s = {process.name: cpu_seconds(process.pid) - cpu_before[process.name] for process in processes}
        table = IcebergTable(cluster.warehouse, "streaming", job.table)
        accounted = job.records_in(table)
        assert accounted == records, f"{accounted} records of {records}"
        checkpoints = cluster.rest.checkpoints(job_id)
        (cluster.folder / "checkpoints.json").write_text(json.dumps(checkpoints, indent=1))
        return {
            "records": records,
            "wall_s": last_commit_s(cluster, job.table) - submitted,
            "submission_s": accepted - submitted,
            "finished_s": finished - submitted,
            "cpu_s": sum(cpu_s.values()),
            "cpu_by_process": cpu_s,
            "peak_mib": {process.name: peak_resident_mib(process.pid) for process in processes},
            "checkpoint_ms": [entry["end_to_end_duration"] for entry in completed(checkpoints)],
            "commit_ms": [entry["commit_duration"] for entry in completed(checkpoints) if entry["committed"]],
            "data_files": len(table.data_files()),
            "data_bytes": sum(file.file_size_in_bytes for file in table.data_files()),
        }
    finally:
        cluster.stop()


def completed(checkpoints: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in checkpoints["history"] if entry["status"] == "COMPLETED"]


def line(name: str, runs: list[Figures]) -> str:
    rate = median_and_spread([run["records"] / run["wall_s"] / 1000 for run in runs], "{:,.0f}")
    cpu = median_and_spread([run["cpu_s"] / run["records"] * 1e6 for run in runs])
    return f"{name:<32} {rate:>28} {cpu:>26}"


def compare(results: dict[str, list[Figures]]) -> None:
    """Against what ran beside it in the same round."""
    drains, conversions = results.get(DRAIN), results.get(DUCKDB_NAME)
    for name, runs in results.items():
        if "peak_mib" not in runs[0]:
            continue
        if drains:
            ratios = [run["wall_s"] / drain["wall_s"] for run, drain in zip(runs, drains)]
            print(f"{name}: {median_and_spread(ratios)} times the wall time of the bare drain")
        if drains and conversions:
            ratios = [
                run["cpu_s"] / (drain["cpu_s"] + conversion["cpu_s"])
                for run, drain, conversion in zip(runs, drains, conversions)
            ]
            print(f"{name}: {median_and_spread(ratios)} times the CPU of drain and DuckDB together")


def report(results: dict[str, list[Figures]]) -> None:
    print(f"\n{'median (lowest to highest)':<32} {'1,000 records/s':>28} {'CPU µs a record':>26}")
    for name, runs in results.items():
        print(line(name, runs))
    print()
    compare(results)
    for name, runs in results.items():
        if "peak_mib" not in runs[0]:
            continue
        peaks = [sum(run["peak_mib"].values()) for run in runs]
        print(f"\n{name}: peak resident, sum of all processes: {median_and_spread(peaks, '{:.0f}')} MiB")
        for process in runs[0]["peak_mib"]:
            peak = median_and_spread([run["peak_mib"][process] for run in runs], "{:.0f}")
            cpu = median_and_spread([run["cpu_by_process"][process] for run in runs])
            print(f"  {process:<16} peak {peak} MiB, CPU {cpu} s")
        for what in ("checkpoint_ms", "commit_ms"):
            durations = [duration for run in runs for duration in run[what]]
            if durations:
                print(f"  {what.removesuffix('_ms')} duration: {median_and_spread(durations, '{:.0f}')} ms")


def main(job: Job) -> None:
    arguments = parse(job)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    lines = arguments.folder / f"{job.topic}-{arguments.records}.json"
    wanted = (arguments.only or "drain,duckdb,frazil").split(",")
    results: dict[str, list[Figures]] = {}
    with broker_with_topic(arguments.folder / job.topic, job, arguments.records) as broker:
        if "duckdb" in wanted and not lines.exists():
            drain(broker, job.topic, lines.with_suffix(".part"))
            lines.with_suffix(".part").rename(lines)
        for number in range(1, arguments.rounds + 1):
            print(f"round {number} of {arguments.rounds}, load {os.getloadavg()[0]:.1f}", flush=True)
            if "drain" in wanted:
                results.setdefault(DRAIN, []).append(drain(broker, job.topic))
            for interval in arguments.intervals.split(",") if "frazil" in wanted else ():
                figures = frazil_job(
                    job, broker, arguments.folder / "cluster", arguments.records, interval, arguments.parallelism
                )
                results.setdefault(f"Frazil, checkpoints every {interval}", []).append(figures)
            if "duckdb" in wanted:
                results.setdefault(DUCKDB_NAME, []).append(duckdb_conversion(job, lines, arguments.records))
    (arguments.folder / f"{job.name}.json").write_text(json.dumps(results, indent=1))
    report(results)
    print(f"\nall runs: {arguments.folder / job.name}.json")

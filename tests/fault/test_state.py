"""Keyed state under damage: what was flipped, cut off or does not fit is refused by name, never read as something else."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster, SqlFailed
from harness.metrics import Metrics, windows_script
from harness.processes import wait_until
from harness.scripts import iceberg_table, kafka_table
from harness.tables import local_path
from window_jobs import await_windows, check, fast_metrics, produce, row_count, start


def flip_bit(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    place = rng.randrange(len(data))
    data[place] ^= 1 << rng.randrange(8)
    print(f"bit flipped at byte {place} of {len(data)} in {path}", flush=True)
    path.write_bytes(data)


def cut_off(path: Path, rng: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def latest_folder(cluster: Cluster, job: str) -> Path:
    """The newest published checkpoint: what a restart begins with."""
    folders = [path.parent for path in (cluster.folder / "checkpoints").glob(f"*/{job}/chk-*/_metadata")]
    assert len(folders) > 1, "there are older ones"
    return max(folders, key=lambda folder: int(folder.name.split("-")[1]))


def state_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "_metadata"]


def named_state_files(cluster: Cluster, job: str) -> list[Path]:
    """The files of keyed state that the newest checkpoint names."""
    newest = latest_folder(cluster, job)
    named = (newest / "_metadata").read_bytes()
    return [path for path in state_files(newest.parent) if path.name.encode() in named]


def run_and_kill(
    cluster: Cluster, broker: Broker, events: str, metrics: Metrics, table: str, leaves_jobmanager: bool
) -> str:
    """A job of windows with some checkpoints and open windows; then no taskmanager is left, nor what they kept locally."""
    produce(broker, events, metrics, 2)
    job = start(cluster, broker, events, table, 2)
    cluster.rest.wait_state(job, "RUNNING")
    await_windows(cluster, table, metrics.windows(closed_only=True))
    produce(broker, events, metrics)
    await_windows(cluster, table, metrics.windows(closed_only=True))
    for process in cluster.taskmanagers.values() if leaves_jobmanager else cluster.processes():
        process.kill()
    shutil.rmtree(cluster.folder / "tmp")
    (cluster.folder / "tmp").mkdir()
    return job


def start_again(cluster: Cluster) -> None:
    if not cluster.jobmanagers[-1].alive():
        cluster.start_jobmanager()
    for number in (1, 2):
        cluster.start_taskmanager(number)
    cluster.await_taskmanagers(2)


def state_cluster(new_cluster: Callable[..., Cluster], **options: str) -> Cluster:
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4", **{k.replace("__", "."): v for k, v in options.items()}})
    (cluster.folder / "tmp").mkdir()
    cluster.options["io.tmp.dirs"] = str(cluster.folder / "tmp")
    return cluster.start()


@pytest.mark.parametrize(
    "backend, damage, restart",
    [
        ("rocksdb", "metadata cut off", "all"),
        ("rocksdb", "metadata flipped", "all"),
        ("rocksdb", "state flipped", "taskmanagers"),
        ("rocksdb", "state gone", "all"),
        ("hashmap", "state flipped", "all"),
        ("hashmap", "state cut off", "taskmanagers"),
    ],
)
def test_damaged_checkpoint_is_refused(
    new_cluster: Callable[..., Cluster],
    broker: Broker,
    topic: Callable[..., str],
    seed: int,
    backend: str,
    damage: str,
    restart: str,
) -> None:
    """The job fails with the file's name, and commits nothing, though older checkpoints are whole."""
    rng = random.Random(f"{seed} {backend} {damage}")
    cluster = state_cluster(new_cluster, state__backend__type=backend)
    events, metrics = topic("damaged"), fast_metrics(seed)
    job = run_and_kill(cluster, broker, events, metrics, "damaged", leaves_jobmanager=restart == "taskmanagers")
    rows = row_count(cluster, "damaged")
    what, how = damage.split(" ", 1)
    file = latest_folder(cluster, job) / "_metadata" if what == "metadata" else rng.choice(named_state_files(cluster, job))
    {"cut off": lambda: cut_off(file, rng), "flipped": lambda: flip_bit(file, rng), "gone": file.unlink}[how]()
    produce(broker, events, metrics, 2)
    start_again(cluster)
    cluster.rest.wait_state(job, "FAILED", 20)
    reason = cluster.rest.root_exception(job)
    print(reason)
    assert str(file) in reason, reason
    assert row_count(cluster, "damaged") == rows


def test_damaged_savepoint_is_refused(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """Each kind of file of a savepoint; the whole one is taken afterwards: what was refused holds no table."""
    rng = random.Random(seed)
    cluster = state_cluster(new_cluster)
    events, metrics = topic("savepoint"), fast_metrics(seed)
    produce(broker, events, metrics, 2)
    job = start(cluster, broker, events, "savepoint", 2)
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
    path = cluster.rest.stop_with_savepoint(job, cluster.folder / "savepoints")
    cluster.rest.wait_state(job, "FINISHED")
    whole = Path(local_path(path))
    for number, name in enumerate(["_metadata", rng.choice(state_files(whole)).relative_to(whole)]):
        damaged = cluster.folder / f"damaged-{number}"
        shutil.copytree(whole, damaged)
        flip_bit(damaged / name, rng)
        restore = {"execution__state-recovery__path": f"file://{damaged}"}
        try:
            job = start(cluster, broker, events, "savepoint", 3, **restore)
            cluster.rest.wait_state(job, "FAILED", 20)
            reason = cluster.rest.root_exception(job)
        except SqlFailed as refusal:
            reason = str(refusal)
        print(reason)
        assert str(damaged / name) in reason, reason
    produce(broker, events, metrics, 2)
    job = start(cluster, broker, events, "savepoint", 3, **{"execution__state-recovery__path": path})
    closed = metrics.windows(closed_only=True)
    await_windows(cluster, "savepoint", closed)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    check(cluster, "savepoint", closed)


def with_archive(script: str, cluster: Cluster, broker: Broker, events: str) -> str:
    """The script of windows with an INSERT before it that has nothing to do with it."""
    tables, _, insert = script.partition("INSERT INTO ")
    return (
        tables
        + kafka_table("raw", "location STRING", broker.servers, events, {"scan.bounded.mode": "unbounded"})
        + iceberg_table("archive", "location STRING", cluster.warehouse)
        + "EXECUTE STATEMENT SET BEGIN\nINSERT INTO archive SELECT location FROM raw;\nINSERT INTO "
        + insert
        + "\nEND;"
    )


def refusal_of(cluster: Cluster, script: str) -> str:
    """Why a script is not started, at once or when its operators open."""
    try:
        job = cluster.submit(script)
    except SqlFailed as refusal:
        return str(refusal)
    cluster.rest.wait_state(job, "FAILED", 20)
    return cluster.rest.root_exception(job)


def test_state_of_another_script(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    """Unrelated statements come and go; state of another form is refused by the operator's name."""
    cluster = state_cluster(new_cluster)
    events, metrics = topic("edited"), fast_metrics(seed)
    restore = {"execution.state-recovery.path": ""}

    def script() -> str:
        return windows_script(broker.servers, events, cluster.warehouse, "edited", restore.items())

    def run_and_stop(text: str) -> None:
        produce(broker, events, metrics, 2)
        job = cluster.submit(text)
        wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
        restore["execution.state-recovery.path"] = cluster.rest.stop_with_savepoint(job, cluster.folder / "savepoints")
        cluster.rest.wait_state(job, "FINISHED")

    run_and_stop(windows_script(broker.servers, events, cluster.warehouse, "edited"))
    run_and_stop(with_archive(script(), cluster, broker, events))

    reason = refusal_of(cluster, script())
    print(reason)
    assert "raw" in reason and "ignore-unclaimed-state" in reason, reason
    for old, new in (
        ("SUM(value_x2)", "CAST(SUM(CAST(value_x2 AS DOUBLE)) AS BIGINT)"),
        ("MAX(value_x2)", "COUNT(DISTINCT value_x2)"),
        ("value_x2 BIGINT", "value_x2 INT"),
    ):
        reason = refusal_of(cluster, with_archive(script().replace(old, new), cluster, broker, events))
        print(f"{new}: {reason}", flush=True)
        assert re.search("operator [^,]*Aggregate", reason), f"{new}: {reason}"

    produce(broker, events, metrics, 2)
    restore["execution.state-recovery.ignore-unclaimed-state"] = "true"
    job = cluster.submit(script())
    closed = metrics.windows(closed_only=True)
    await_windows(cluster, "edited", closed)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    check(cluster, "edited", closed)

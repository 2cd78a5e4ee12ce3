"""State larger than its memory, and what may happen to its files: a full disk, broken files of the running store."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable

from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import wait_until
from harness.scripts import iceberg_table, kafka_table
from harness.small_disk import SmallDisk
from harness.tables import IcebergTable, check_readers_agree

SENSORS = 20_000
WIDE = "x" * 300  # so that the keys alone are more than the memory


class Windows:
    """Counts and sums by sensor and hour, in one task; one hour of all sensors is open at a time."""

    def __init__(self, cluster: Cluster, broker: Broker, topic: str) -> None:
        self.cluster, self.broker, self.topic = cluster, broker, topic
        self.expected: Counter[tuple[str, int, int]] = Counter()
        self.open: dict[str, list[int]] = {}
        self.hour = 0
        columns = "sensor STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts"
        self.job = cluster.submit(
            "SET 'parallelism.default' = '1';\n"
            + kafka_table("source", columns, broker.servers, topic, {"scan.bounded.mode": "unbounded"})
            + iceberg_table("target", "sensor STRING, total BIGINT, events BIGINT", cluster.warehouse)
            + "INSERT INTO target SELECT sensor, SUM(v), COUNT(*)\n"
            "FROM TABLE(TUMBLE(TABLE source, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end, sensor;"
        )

    def produce(self, value: int, first: int = 0, skew: int = 0) -> None:
        """One event of each sensor from the first on, and behind each of them skew events of one and the same."""
        moment = f"2025-01-01 {self.hour:02d}:00:00.000"
        names = []
        for number in range(first, first + SENSORS):
            names += [f"sensor_{number}_{WIDE}"] + ["hot"] * skew
        events = [json.dumps({"sensor": name, "v": value, "ts": moment}).encode() for name in names]
        for at in range(0, len(events), SENSORS):
            self.broker.produce(self.topic, events[at : at + SENSORS], partition=0)
        for name in names:
            self.open.setdefault(name, []).append(value)

    def close_hour(self) -> None:
        """By an event of the next hour."""
        for name, values in self.open.items():
            self.expected[name, sum(values), len(values)] += 1
        self.hour += 1
        self.open = {"last": [0]}
        event = {"sensor": "last", "v": 0, "ts": f"2025-01-01 {self.hour:02d}:00:00.000"}
        self.broker.produce(self.topic, [json.dumps(event).encode()], partition=0)

    def table(self) -> IcebergTable:
        return IcebergTable(self.cluster.warehouse, "streaming", "target")

    def rows(self) -> int:
        try:
            return self.table().row_count()
        except FileNotFoundError:
            return 0

    def check(self) -> None:
        total = sum(self.expected.values())
        wait_until(lambda: self.rows() >= total, 60, f"{total} windows: {self.rows()}", 0.2)
        assert check_readers_agree(self.table(), "sensor", "total", "events") == self.expected

    def await_checkpoint(self) -> None:
        """One that began after this call."""
        done = self.cluster.rest.completed_checkpoints(self.job)
        wait_until(lambda: self.cluster.rest.completed_checkpoints(self.job) >= done + 2, 60, "two more checkpoints")

    def restarts(self) -> int:
        history = self.cluster.rest.get(f"/jobs/{self.job}/exceptions")["exceptionHistory"]["entries"]
        return len(history)


def new(new_cluster: Callable[..., Cluster]) -> Cluster:
    cluster = new_cluster({"taskmanager.memory.managed.size": "4 mb"})
    working = cluster.folder / "working"
    working.mkdir()
    cluster.options["io.tmp.dirs"] = str(working)
    return cluster


def test_state_ten_times_its_memory_and_nine_of_ten_rows_of_one_key(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str]
) -> None:
    cluster = new(new_cluster).start(1)
    windows = Windows(cluster, broker, topic("large", 1))
    for batch in range(6):
        windows.produce(1, first=batch * SENSORS, skew=9)
    windows.await_checkpoint()
    cluster.taskmanagers[1].kill()
    cluster.start_taskmanager(1)
    windows.produce(10, first=2 * SENSORS)
    windows.close_hour()
    windows.check()
    assert cluster.taskmanagers[1].peak_kib() < 200 * 1024


def test_full_disk_of_working_files(
    new_cluster: Callable[..., Cluster],
    small_disk: Callable[..., SmallDisk],
    broker: Broker,
    topic: Callable[..., str],
) -> None:
    cluster = new(new_cluster)
    disk = small_disk(cluster.folder / "working", "64m")
    cluster.taskmanager_prefix = disk.prefix
    cluster.start(1)
    windows = Windows(cluster, broker, topic("disk", 1))
    windows.produce(1)
    windows.await_checkpoint()
    disk.fill()
    windows.produce(10)
    wait_until(lambda: windows.restarts() > 0, 60, "the task fails")
    assert "No space left" in cluster.rest.root_exception(windows.job)
    disk.free()
    windows.close_hour()
    windows.check()


def test_broken_files_of_the_running_store(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str]
) -> None:
    """The copies for a quick restart are the same files: their checksums tell, and the checkpoint's are taken."""
    cluster = new(new_cluster).start(1)
    windows = Windows(cluster, broker, topic("broken", 1))
    windows.produce(1)
    windows.await_checkpoint()
    files = list((cluster.folder / "working").rglob("*.sst"))
    assert files, "state is on disk"
    for file in files:
        with file.open("r+b") as content:
            size = content.seek(0, os.SEEK_END)
            for place in range(size // 10, size, 1000):
                content.seek(place)
                content.write(b"\xff\x00\xff")
    windows.produce(10)
    windows.close_hour()
    windows.check()
    assert windows.restarts() > 0

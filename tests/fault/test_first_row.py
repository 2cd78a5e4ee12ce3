"""The first row of each key by event time, under a kill and over a stop: each key once, with its earliest row."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import wait_until
from harness.scripts import iceberg_table, kafka_table
from harness.tables import IcebergTable, check_readers_agree

PARTITIONS = 3
KEYS_A_CHUNK = 300
START = datetime(2025, 1, 1)


class Events:
    """Keys with rows up to five seconds apart, in any order, and keys of earlier chunks again."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.chunks = 0
        self.first: dict[str, int] = {}

    def take(self) -> list[list[bytes]]:
        begin = self.chunks * 30_000
        keys = range(self.chunks * KEYS_A_CHUNK, (self.chunks + 1) * KEYS_A_CHUNK)
        self.chunks += 1
        rows = [(key, begin + self.rng.randrange(5_000)) for key in keys for _ in range(3)]
        rows += [(self.rng.randrange(keys.stop), begin + self.rng.randrange(5_000)) for _ in range(KEYS_A_CHUNK)]
        self.rng.shuffle(rows)
        rows += [(key, begin + 29_000) for key in range(PARTITIONS)]  # time goes on in each partition
        for key, time in rows:
            self.first[f"k{key}"] = min(time, self.first.get(f"k{key}", time))
        return [[self.event(*row) for row in rows[number::PARTITIONS]] for number in range(PARTITIONS)]

    @staticmethod
    def event(key: int, time: int) -> bytes:
        at = START + timedelta(milliseconds=time)
        return json.dumps({"k": f"k{key}", "ts": at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]}).encode()


def test_first_rows_survive_a_kill_and_a_stop(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str], seed: int
) -> None:
    cluster = new_cluster({"taskmanager.numberOfTaskSlots": "4"}).start()
    source, events = topic("first", PARTITIONS), Events(seed)
    script = (
        kafka_table(
            "source",
            "k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '10' SECOND",
            broker.servers,
            source,
            {"scan.bounded.mode": "unbounded"},
        )
        + iceberg_table("t", "k STRING, ts TIMESTAMP(6)", cluster.warehouse)
        + "INSERT INTO t SELECT k, ts FROM"
        + " (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS rn FROM source) WHERE rn = 1;"
    )

    def produce() -> None:
        for partition, rows in enumerate(events.take()):
            broker.produce(source, rows, partition=partition)

    def await_rows(count: int) -> None:
        def rows() -> int:
            try:
                return IcebergTable(cluster.warehouse, "streaming", "t").row_count()
            except FileNotFoundError:
                return 0

        wait_until(lambda: rows() >= count, 40, f"{count} rows", 0.2)

    job = cluster.submit(f"SET 'parallelism.default' = '2';\n{script}")
    produce()
    produce()
    await_rows(2 * KEYS_A_CHUNK)
    cluster.taskmanagers[1].kill()
    cluster.start_taskmanager(1)
    produce()
    await_rows(3 * KEYS_A_CHUNK)
    produce()
    path = cluster.rest.stop_with_savepoint(job, cluster.folder / "savepoints")
    cluster.rest.wait_state(job, "FINISHED")
    restore = f"SET 'execution.state-recovery.path' = '{path}';\nSET 'parallelism.default' = '3';\n"
    job = cluster.submit(restore + script)
    produce()
    await_rows(5 * KEYS_A_CHUNK)
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    found = check_readers_agree(IcebergTable(cluster.warehouse, "streaming", "t"), "k", "ts")
    expected = {(key, START + timedelta(milliseconds=time)): 1 for key, time in events.first.items()}
    assert found == expected

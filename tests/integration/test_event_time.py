"""Event time out of Kafka: late rows, partitions without rows, partitions that come up later."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from confluent_kafka.admin import NewPartitions
from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import wait_until
from harness.scripts import iceberg_table, kafka_table
from harness.tables import IcebergTable

COLUMNS = "sensor STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND"
MINUTE = "INTERVAL '1' MINUTE"


def events(*seconds: int, sensor: str = "a") -> list[bytes]:
    return [
        json.dumps({"sensor": sensor, "v": second, "ts": f"2025-01-01 00:{second // 60:02d}:{second % 60:02d}.000"}).encode()
        for second in seconds
    ]


def minute(number: int) -> datetime:
    return datetime(2025, 1, 1, 0, number)


class Job:
    """Counts rows by minute into a table, from an unbounded topic."""

    def __init__(
        self, cluster: Cluster, broker: Broker, topic: str, options: dict[str, str] = {}, settings: dict[str, str] = {}
    ) -> None:
        text = "".join(f"SET '{key}' = '{value}';\n" for key, value in {"parallelism.default": "2", **settings}.items())
        text += kafka_table("source", COLUMNS, broker.servers, topic, {"scan.bounded.mode": "unbounded", **options})
        text += iceberg_table("target", "start TIMESTAMP(6), rows_in BIGINT, total BIGINT", cluster.warehouse)
        text += (
            f"INSERT INTO target SELECT window_start, COUNT(*), SUM(v)\n"
            f"FROM TABLE(TUMBLE(TABLE source, DESCRIPTOR(ts), {MINUTE})) GROUP BY window_start, window_end;"
        )
        self.cluster = cluster
        self.id = cluster.submit(text)

    def rows(self) -> Counter[tuple[datetime, int, int]]:
        try:
            table = IcebergTable(self.cluster.warehouse, "streaming", "target")
            return table.rows_by_pyiceberg("start", "rows_in", "total")  # type: ignore[return-value]
        except FileNotFoundError:
            return Counter()

    def await_rows(self, *rows: tuple[datetime, int, int]) -> None:
        wait_until(lambda: self.rows() == Counter(rows), 30, f"{rows} expected", 0.2)


def test_late_rows_go_to_their_topic(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    source, late = topic("events", 1), topic("late", 1)
    job = Job(cluster, broker, source, {"late-records.topic": late})
    broker.produce(source, events(10, 20, 66), partition=0)
    job.await_rows((minute(0), 2, 30))
    broker.produce(source, events(30, sensor='"quoted"') + events(70, 130), partition=0)
    job.await_rows((minute(0), 2, 30), (minute(1), 2, 136))
    assert [json.loads(message.value()) for message in broker.consume(late, 1)] == [
        {"sensor": '"quoted"', "v": 30, "ts": "2025-01-01 00:00:30.000"}
    ]


def test_what_is_late_since_an_idle_partition_was_passed_goes_to_the_topic(
    cluster: Cluster, broker: Broker, topic: Callable[..., str]
) -> None:
    """The subtask that reads the row does not know yet that it is late: its own watermark is behind."""
    source, late = topic("events", 2), topic("late", 1)
    options = {"late-records.topic": late}
    job = Job(cluster, broker, source, options, {"table.exec.source.idle-timeout": "1 s"})
    broker.produce(source, events(10), partition=0)
    broker.produce(source, events(20, 130), partition=1)
    job.await_rows((minute(0), 2, 30))
    broker.produce(source, events(30, 125), partition=0)
    assert [json.loads(message.value())["v"] for message in broker.consume(late, 1)] == [30]
    broker.produce(source, events(190), partition=0)
    broker.produce(source, events(190), partition=1)
    job.await_rows((minute(0), 2, 30), (minute(2), 2, 255))


def test_late_rows_are_dropped_and_the_windows_stay(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    source = topic("events", 1)
    job = Job(cluster, broker, source)
    broker.produce(source, events(10, 66), partition=0)
    job.await_rows((minute(0), 1, 10))
    broker.produce(source, events(30, 61, 130), partition=0)
    job.await_rows((minute(0), 1, 10), (minute(1), 2, 127))


def test_a_partition_without_rows_holds_windows_back_until_it_is_idle(
    new_cluster: Callable[..., Cluster], broker: Broker, topic: Callable[..., str]
) -> None:
    source = topic("events", 3)
    for partition in (0, 2):
        broker.produce(source, events(10, 20, 66), partition=partition)
    waiting = Job(new_cluster().start(), broker, source)
    passing = Job(new_cluster().start(), broker, source, settings={"table.exec.source.idle-timeout": "1 s"})
    passing.await_rows((minute(0), 4, 60))
    wait_until(lambda: waiting.cluster.rest.completed_checkpoints(waiting.id) >= 2, 30, "two checkpoints")
    assert not waiting.rows()
    broker.produce(source, events(15, 90), partition=1)
    waiting.await_rows((minute(0), 5, 75))


def test_event_time_goes_on_after_a_kill(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    """What was late before is late after, and no window is given twice."""
    source = topic("events", 3)
    job = Job(cluster, broker, source)
    for partition in range(3):
        broker.produce(source, events(10, 66), partition=partition)
    job.await_rows((minute(0), 3, 30))
    completed = cluster.rest.completed_checkpoints(job.id)
    wait_until(lambda: cluster.rest.completed_checkpoints(job.id) > completed, 30, "a checkpoint behind the windows")
    cluster.taskmanagers[1].kill()
    cluster.start_taskmanager(1)
    broker.produce(source, events(30), partition=1)
    for partition in range(3):
        broker.produce(source, events(100, 130), partition=partition)
    job.await_rows((minute(0), 3, 30), (minute(1), 6, 498))


def test_a_partition_that_comes_up_later_takes_part(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    """A subtask that reads on beside it waits for it; one that had nothing to read would first have to catch up."""
    source = topic("events", 1)
    discovery = {"scan.topic-partition-discovery.interval": "300 ms"}
    job = Job(cluster, broker, source, discovery, {"parallelism.default": "1"})
    broker.produce(source, events(10, 66), partition=0)
    job.await_rows((minute(0), 1, 10))
    admin = broker.admin()
    admin.create_partitions([NewPartitions(source, 2)])[source].result()
    wait_until(
        lambda: any(f"topic={source} partition=1" in manager.log_text() for manager in cluster.taskmanagers.values()),
        30,
        "the new partition is read",
    )
    broker.produce(source, events(71, 130), partition=0)
    broker.produce(source, events(70, 140), partition=1)
    job.await_rows((minute(0), 1, 10), (minute(1), 3, 207))


def test_a_drained_job_fires_every_window(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    source = topic("events", 3)
    job = Job(cluster, broker, source)
    for partition in range(3):
        broker.produce(source, events(10, 66, 130), partition=partition)
    job.await_rows((minute(0), 3, 30), (minute(1), 3, 198))
    cluster.rest.stop_with_savepoint(job.id, cluster.folder / "savepoints", drain=True)
    cluster.rest.wait_state(job.id, "FINISHED")
    assert job.rows() == Counter([(minute(0), 3, 30), (minute(1), 3, 198), (minute(2), 3, 390)])


def test_a_stopped_job_fires_none_and_goes_on(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    source = topic("events", 3)
    job = Job(cluster, broker, source)
    for partition in range(3):
        broker.produce(source, events(10, 66), partition=partition)
    job.await_rows((minute(0), 3, 30))
    savepoint = cluster.rest.stop_with_savepoint(job.id, cluster.folder / "savepoints")
    cluster.rest.wait_state(job.id, "FINISHED")
    assert job.rows() == Counter([(minute(0), 3, 30)])
    again = Job(cluster, broker, source, settings={"execution.state-recovery.path": savepoint, "parallelism.default": "3"})
    broker.produce(source, events(30), partition=1)  # late before, late now
    for partition in range(3):
        broker.produce(source, events(130), partition=partition)
    again.await_rows((minute(0), 3, 30), (minute(1), 3, 198))

"""Rows of a real topic in an Iceberg table, read back by readers of two families."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import ROOT, wait_until
from harness.scripts import POSITION, USER_EVENTS, iceberg_table, kafka_table
from harness.tables import IcebergTable, check_metrics, check_readers_agree
from sample_events import EventClock, user_events

SIMPLE = ROOT / "examples" / "flink-iceberg" / "simple_iceberg_streaming.sql"


def make_user_events(count: int) -> list[bytes]:
    return [value for _, value in itertools.islice(user_events(11, EventClock.paced(11, 0)), count)]


def user_event_row(value: bytes) -> tuple[int, str, str, datetime]:
    event = json.loads(value)
    moment = datetime.fromisoformat(event["event_time"])
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return event["user_id"], event["event_type"], event["event_data"], cut


def test_simple_example_lands_every_row(cluster: Cluster, broker: Broker) -> None:
    broker.create_topic("user_events")
    events = make_user_events(20_000)
    broker.produce("user_events", events)
    variables = {
        "kafka_bootstrap_servers": broker.servers,
        "warehouse": f"file://{cluster.warehouse}",
        "scan_bounded_mode": "latest-offset",
    }
    before = datetime.now(timezone.utc)
    job = cluster.submit(SIMPLE.read_text(), variables)
    cluster.rest.wait_state(job, "FINISHED", 60)

    table = IcebergTable(cluster.warehouse, "streaming", "user_events")
    expected = Counter(map(user_event_row, events))
    assert check_readers_agree(table, "user_id", "event_type", "event_data", "event_time") == expected
    check_metrics(table)
    for (processed,) in table.rows_by_pyiceberg("processing_time"):
        assert before.timestamp() - 1 <= processed.timestamp() <= datetime.now(timezone.utc).timestamp() + 1
    assert {file.partition[0] for file in table.data_files()} == {row[1] for row in expected}
    for path, file in zip(table.paths(), table.data_files(), strict=True):
        found = duckdb.sql(f"SELECT DISTINCT event_type FROM read_parquet('{path}', hive_partitioning=false)").fetchall()
        assert found == [(file.partition[0],)]

    again = cluster.submit(SIMPLE.read_text(), variables)
    cluster.rest.wait_state(again, "FINISHED", 60)
    twice = IcebergTable(cluster.warehouse, "streaming", "user_events")
    assert twice.rows_by_pyiceberg("user_id", "event_type", "event_data", "event_time") == Counter(
        {row: 2 * count for row, count in expected.items()}
    )


def test_unbounded_job_commits_once_a_checkpoint(
    cluster: Cluster, broker: Broker, topic: Callable[..., str]
) -> None:
    events = topic("trickle")
    script = (
        kafka_table("source", f"{USER_EVENTS}, {POSITION}", broker.servers, events, {"scan.bounded.mode": "unbounded"})
        + iceberg_table("trickle", "`partition` INT, `offset` BIGINT, user_id BIGINT", cluster.warehouse)
        + "INSERT INTO trickle SELECT `partition`, `offset`, user_id FROM source;"
    )
    job = cluster.submit(script)
    cluster.rest.wait_state(job, "RUNNING")
    for part in range(3):
        broker.produce(events, make_user_events(500))
        wait_until(lambda: rows_in(cluster, "trickle") == 500 * (part + 1), 20, f"part {part} committed")
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")

    table = IcebergTable(cluster.warehouse, "streaming", "trickle")
    assert check_readers_agree(table, "partition", "offset") == broker.multiset(events)
    checkpoints = [commit["frazil.checkpoint-id"] for commit in table.commits()]
    assert len(checkpoints) == len(set(checkpoints))
    broker.produce(events, make_user_events(10))
    assert rows_in(cluster, "trickle") == 1500, "a commit after the acknowledged cancel"


def rows_in(cluster: Cluster, name: str) -> int:
    try:
        return IcebergTable(cluster.warehouse, "streaming", name).row_count()
    except FileNotFoundError:
        return 0


ALL_TYPES = (
    "b BOOLEAN, i INT, l BIGINT, d DOUBLE, n DECIMAL(20, 4), s STRING, dt DATE, ts TIMESTAMP(6), tz TIMESTAMP_LTZ(6)"
)


def test_every_type_and_null(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    values = topic("all_types")
    rows = [
        {
            "b": True, "i": -(2**31), "l": 2**63 - 1, "d": 1.5e300, "n": "1234567890123456.7891", "s": "",
            "dt": "1969-12-31", "ts": "1969-12-31T23:59:59.999999", "tz": "2024-02-29T12:00:00.000001Z",
        },
        {
            "b": False, "i": 2**31 - 1, "l": -(2**63), "d": -0.25, "n": "-0.0001", "s": 'Grüße, "日本" \U0001f9ca\n',
            "dt": "2262-04-11", "ts": "2024-01-01T00:00:00", "tz": "1970-01-01T00:00:00Z",
        },
        {"b": None, "i": None, "l": None, "d": None, "n": None, "s": None, "dt": None, "ts": None, "tz": None},
        {},
    ]  # fmt: skip
    texts = [json.dumps(row, ensure_ascii=number % 2 == 0).encode() for number, row in enumerate(rows)]
    broker.produce(values, [text.replace(b'"1234567890123456.7891"', b"1234567890123456.7891") for text in texts])
    script = (
        kafka_table("source", ALL_TYPES, broker.servers, values, {"json.timestamp-format.standard": "ISO-8601"})
        + iceberg_table("all_types", ALL_TYPES, cluster.warehouse)
        + "INSERT INTO all_types SELECT * FROM source;"
    )
    cluster.rest.wait_state(cluster.submit(script), "FINISHED", 60)

    table = IcebergTable(cluster.warehouse, "streaming", "all_types")
    utc = timezone.utc
    nothing = (None,) * 9
    assert table.rows_by_pyiceberg() == Counter(
        {
            (True, -(2**31), 2**63 - 1, 1.5e300, Decimal("1234567890123456.7891"), "", date(1969, 12, 31),
             datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(2024, 2, 29, 12, 0, 0, 1, utc)): 1,
            (False, 2**31 - 1, -(2**63), -0.25, Decimal("-0.0001"), 'Grüße, "日本" \U0001f9ca\n', date(2262, 4, 11),
             datetime(2024, 1, 1), datetime(1970, 1, 1, tzinfo=utc)): 1,
            nothing: 2,
        }
    )  # fmt: skip
    assert check_readers_agree(table, "b", "i", "l", "d", "n", "s", "dt", "ts")
    check_metrics(table)
    kinds = [str(field.field_type) for field in table.table.schema().fields]
    assert kinds == [
        "boolean", "int", "long", "double", "decimal(20, 4)", "string", "date", "timestamp", "timestamptz",
    ]  # fmt: skip


@pytest.mark.parametrize("transform", ["days(event_time)", "DATE_FORMAT(event_time, 'yyyy-MM-dd')"])
def test_day_partitions(cluster: Cluster, broker: Broker, topic: Callable[..., str], transform: str) -> None:
    events = topic("days")
    days = [f"2024-0{month}-0{day}" for month in (1, 2) for day in (1, 2, 3)]
    broker.produce(
        events,
        [
            json.dumps({"user_id": n, "event_type": "click", "event_data": None, "event_time": f"{days[n % 6]}T23:59:59"})
            .encode()
            for n in range(600)
        ],
    )  # fmt: skip
    script = (
        kafka_table("source", USER_EVENTS, broker.servers, events)
        + iceberg_table("days", USER_EVENTS.replace("(3)", "(6)"), cluster.warehouse, transform)
        + "INSERT INTO days SELECT * FROM source;"
    )
    cluster.rest.wait_state(cluster.submit(script), "FINISHED", 60)

    table = IcebergTable(cluster.warehouse, "streaming", "days")
    (field,) = table.table.spec().fields
    assert str(field.transform) == "day"
    counts: Counter[str] = Counter()
    for file in table.data_files():
        day = file.partition[0]
        counts[day.isoformat() if isinstance(day, date) else str(date.fromordinal(719163 + day))] += file.record_count
    assert counts == {day: 100 for day in days}
    check_metrics(table)
    recent = table.table.scan(row_filter="event_time >= '2024-02-01T00:00:00'").to_arrow()
    assert recent.num_rows == 300


def test_append_to_a_table_that_another_engine_made(
    cluster: Cluster, broker: Broker, topic: Callable[..., str]
) -> None:
    """Field ids that are not 1..n, a column that the job does not know of, a partition spec with its own ids."""
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import new_table_metadata
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
    from pyiceberg.transforms import IdentityTransform
    from pyiceberg.types import LongType, NestedField, StringType

    folder = cluster.warehouse / "streaming" / "adopted"
    schema = Schema(
        NestedField(1, "note", StringType(), required=False),
        NestedField(2, "kind", StringType(), required=False),
        NestedField(3, "user_id", LongType(), required=False),
    )
    spec = PartitionSpec(PartitionField(source_id=2, field_id=1000, transform=IdentityTransform(), name="kind"))
    metadata = new_table_metadata(schema, spec, UNSORTED_SORT_ORDER, f"file://{folder}", {"format-version": "2"})
    (folder / "metadata").mkdir(parents=True)
    (folder / "metadata" / "v1.metadata.json").write_text(metadata.model_dump_json())
    (folder / "metadata" / "version-hint.text").write_text("1")

    events = topic("adopted")
    broker.produce(events, make_user_events(300))
    script = (
        kafka_table("source", USER_EVENTS, broker.servers, events)
        + iceberg_table("adopted", "note STRING, kind STRING, user_id BIGINT", cluster.warehouse)
        + "INSERT INTO adopted SELECT CAST(NULL AS STRING), event_type, user_id FROM source;"
    )
    cluster.rest.wait_state(cluster.submit(script), "FINISHED", 60)

    table = IcebergTable(cluster.warehouse, "streaming", "adopted")
    expected = Counter((row[1], row[0]) for row in map(user_event_row, make_user_events(300)))
    assert check_readers_agree(table, "kind", "user_id") == expected
    check_metrics(table)
    assert str(table.table.metadata.table_uuid) == str(metadata.table_uuid)


def test_two_append_jobs_on_one_table(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    jobs = []
    for name in ("left", "right"):
        events = topic(name)
        broker.produce(events, make_user_events(5000))
        script = (
            kafka_table("source", f"{USER_EVENTS}, {POSITION}", broker.servers, events)
            + iceberg_table("shared", "origin STRING, `partition` INT, `offset` BIGINT", cluster.warehouse)
            + f"INSERT INTO shared SELECT '{name}', `partition`, `offset` FROM source;"
        )
        jobs.append((name, events, cluster.submit(script)))
    for _, _, job in jobs:
        cluster.rest.wait_state(job, "FINISHED", 60)
    expected = Counter({(name, *place): 1 for name, events, _ in jobs for place in broker.multiset(events)})
    table = IcebergTable(cluster.warehouse, "streaming", "shared")
    assert check_readers_agree(table, "origin", "partition", "offset") == expected


def test_statement_set_feeds_two_tables(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    events = topic("set")
    broker.produce(events, make_user_events(3000))
    script = (
        kafka_table("source", USER_EVENTS, broker.servers, events)
        + iceberg_table("clicks", "user_id BIGINT", cluster.warehouse)
        + iceberg_table("others", "user_id BIGINT, event_type STRING", cluster.warehouse)
        + """EXECUTE STATEMENT SET BEGIN
          INSERT INTO clicks SELECT user_id FROM source WHERE event_type = 'click';
          INSERT INTO others SELECT user_id, UPPER(event_type) FROM source WHERE event_type <> 'click';
        END;"""
    )
    cluster.rest.wait_state(cluster.submit(script), "FINISHED", 60)
    rows = [user_event_row(value) for value in make_user_events(3000)]
    clicks = IcebergTable(cluster.warehouse, "streaming", "clicks")
    others = IcebergTable(cluster.warehouse, "streaming", "others")
    assert check_readers_agree(clicks, "user_id") == Counter((row[0],) for row in rows if row[1] == "click")
    assert check_readers_agree(others, "user_id", "event_type") == Counter(
        (row[0], row[1].upper()) for row in rows if row[1] != "click"
    )


def test_table_metadata_stays_small(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    """Metadata files are limited and manifests merged while a job commits again and again."""
    events = topic("small")
    options = {
        "write.metadata.previous-versions-max": "3",
        "write.metadata.delete-after-commit.enabled": "true",
        "commit.manifest.min-count-to-merge": "4",
    }
    script = (
        kafka_table("source", USER_EVENTS, broker.servers, events, {"scan.bounded.mode": "unbounded"})
        + "SET 'execution.checkpointing.interval' = '200 ms';\n"
        + iceberg_table("small", "user_id BIGINT", cluster.warehouse, options=options)
        + "INSERT INTO small SELECT user_id FROM source;"
    )
    job = cluster.submit(script)
    cluster.rest.wait_state(job, "RUNNING")
    for part in range(10):
        broker.produce(events, make_user_events(30))
        wait_until(lambda: rows_in(cluster, "small") == 30 * (part + 1), 20, f"part {part} committed")
    cluster.rest.cancel(job)
    cluster.rest.wait_state(job, "CANCELED")
    table = IcebergTable(cluster.warehouse, "streaming", "small")
    versions = list((table.folder / "metadata").glob("v*.metadata.json"))
    assert len(versions) <= 4, versions
    manifests = table.table.current_snapshot().manifests(table.table.io)  # type: ignore[union-attr]
    assert len(manifests) < 8
    expected = Counter((user_event_row(value)[0],) for value in make_user_events(30) for _ in range(10))
    assert table.rows_by_pyiceberg("user_id") == expected


def test_data_files_respect_the_target_size(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    events = topic("sizes")
    broker.produce(events, make_user_events(60_000))
    script = (
        kafka_table("source", USER_EVENTS, broker.servers, events)
        + "SET 'execution.checkpointing.interval' = '1 min';\n"
        + iceberg_table(
            "sizes", USER_EVENTS.replace("(3)", "(6)"), cluster.warehouse,
            options={"write.target-file-size-bytes": "200000", "write.parquet.row-group-size-bytes": "100000"},
        )
        + "INSERT INTO sizes SELECT * FROM source;"
    )  # fmt: skip
    cluster.rest.wait_state(cluster.submit(script), "FINISHED", 60)
    table = IcebergTable(cluster.warehouse, "streaming", "sizes")
    sizes = [Path(path).stat().st_size for path in table.paths()]
    assert len(sizes) > 2 and max(sizes) < 800_000, sizes
    assert table.row_count() == 60_000
    check_metrics(table)

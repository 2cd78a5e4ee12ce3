"""Hidden partitioning in DDL: every transform, its values checked against another implementation of the specification."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.scripts import iceberg_table, kafka_table
from harness.tables import IcebergTable, check_metrics, check_readers_agree, local_path

COLUMNS = "i INT, l BIGINT, n DECIMAL(9, 2), s STRING, d DATE, ts TIMESTAMP(6), tz TIMESTAMP_LTZ(3)"

# What stands in PARTITIONED BY, and the fields that Iceberg then has.
SPECS = {
    "years(ts), months(tz)": ["ts_year: year", "tz_month: month"],
    "days(d), hours(ts)": ["d_day: day", "ts_hour: hour"],
    "DATE_FORMAT(ts, 'yyyy'), DATE_FORMAT(d, 'yyyy-MM')": ["ts_year: year", "d_month: month"],
    "s, DATE_FORMAT(ts, 'yyyy-MM-dd')": ["s: identity", "ts_day: day"],
    "DATE_FORMAT(tz, 'yyyy-MM-dd HH')": ["tz_hour: hour"],
    "bucket(4, s), bucket(l, 8)": ["s_bucket: bucket[4]", "l_bucket: bucket[8]"],
    "bucket(5, i), bucket(3, n)": ["i_bucket: bucket[5]", "n_bucket: bucket[3]"],
    "bucket(7, d), bucket(6, ts), bucket(2, tz)": ["d_bucket: bucket[7]", "ts_bucket: bucket[6]", "tz_bucket: bucket[2]"],
    "truncate(2, s), truncate(10, i)": ["s_trunc: truncate[2]", "i_trunc: truncate[10]"],
    "truncate(1000000000, l), truncate(50, n)": ["l_trunc: truncate[1000000000]", "n_trunc: truncate[50]"],
}  # fmt: skip

WORDS = ["", "a", "über", "日本語", "\U0001f9ca\U0001f9cb\U0001f9cc", "iceberg"]


def make_rows(count: int) -> list[dict[str, Any]]:
    """Times around 1970 and 2024, negative numbers, words of more than a byte a character, nulls."""
    rows: list[dict[str, Any]] = []
    for k in range(count):
        moment = datetime(1969, 12, 30) + timedelta(hours=7 * (k % 13), days=19_800 * (k % 2), microseconds=k)
        row = {
            "i": k % 37 - 18,
            "l": (k % 11 - 5) * 999_999_937,
            "n": f"{(k % 23 - 11) * 1.37:.2f}",
            "s": WORDS[k % len(WORDS)],
            "d": moment.date().isoformat(),
            "ts": moment.isoformat(timespec="microseconds"),
            "tz": moment.isoformat(timespec="milliseconds") + "Z",
        }
        rows.append({name: None if (k + place) % 29 == 0 else value for place, (name, value) in enumerate(row.items())})
    return rows


def as_iceberg(value: Any) -> Any:
    """A value as PyIceberg's transforms take it: days and microseconds since 1970."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
    if isinstance(value, date):
        return value.toordinal() - date(1970, 1, 1).toordinal()
    return value


def check_partitions(table: IcebergTable) -> int:
    """Each row lies in the file of its partition; the number of partitions."""
    schema, fields = table.table.schema(), table.table.spec().fields
    seen = set()
    for file in table.data_files():
        data = pq.read_table(local_path(file.file_path), partitioning=None)
        assert isinstance(data, pa.Table)
        values = []
        for place, field in enumerate(fields):
            source = schema.find_field(field.source_id)
            apply = field.transform.transform(source.field_type)
            value = as_iceberg(file.partition[place])
            for row in data.column(source.name).to_pylist():
                expected = None if row is None else apply(as_iceberg(row))
                assert value == expected, f"{field.name}={value!r}, but {row!r} belongs to {expected!r}"
            values.append(value)
        seen.add(tuple(values))
    return len(seen)


def test_every_transform(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    records = topic("partitions")
    rows = make_rows(1000)
    broker.produce(records, [json.dumps(row, ensure_ascii=False).encode() for row in rows])
    script = kafka_table("source", COLUMNS, broker.servers, records, {"json.timestamp-format.standard": "ISO-8601"})
    for number, spec in enumerate(SPECS):
        script += iceberg_table(f"p{number}", COLUMNS, cluster.warehouse, spec)
    inserts = "".join(f"INSERT INTO p{number} SELECT * FROM source;\n" for number in range(len(SPECS)))
    cluster.rest.wait_state(cluster.submit(f"{script} EXECUTE STATEMENT SET BEGIN {inserts} END;"), "FINISHED", 60)

    whole = None
    for number, (spec, fields) in enumerate(SPECS.items()):
        table = IcebergTable(cluster.warehouse, "streaming", f"p{number}")
        assert [f"{field.name}: {field.transform}" for field in table.table.spec().fields] == fields, spec
        found = check_readers_agree(table, "i", "l", "n", "s", "d", "ts")
        whole = whole or found
        assert found == whole and sum(found.values()) == 1000, spec
        assert check_partitions(table) > 1, spec
        check_metrics(table)
        for condition, holds in CONDITIONS:
            scanned = table.table.scan(row_filter=condition).to_arrow().num_rows
            assert scanned == sum(count for row, count in whole.items() if holds(row)), f"{condition} of {spec}"


# What a reader prunes by, and the same in Python over (i, l, n, s, d, ts).
CONDITIONS: list[tuple[str, Callable[[tuple[Any, ...]], bool]]] = [
    ("i = -7", lambda row: row[0] == -7),
    ("l < 0", lambda row: row[1] is not None and row[1] < 0),
    ("n >= 2.74", lambda row: row[2] is not None and row[2] >= Decimal("2.74")),
    ("s = 'über'", lambda row: row[3] == "über"),
    ("s IS NULL", lambda row: row[3] is None),
    ("d < '1970-01-01'", lambda row: row[4] is not None and row[4] < date(1970, 1, 1)),
    ("ts >= '2024-03-18T05:00:00'", lambda row: row[5] is not None and row[5] >= datetime(2024, 3, 18, 5)),
]


def test_append_to_transforms_that_another_engine_made(
    cluster: Cluster, broker: Broker, topic: Callable[..., str]
) -> None:
    """Fields with names and ids of their own; the DDL leaves PARTITIONED BY out, or says the same."""
    from pyiceberg.partitioning import PartitionField, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import new_table_metadata
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
    from pyiceberg.transforms import BucketTransform, HourTransform
    from pyiceberg.types import NestedField, StringType, TimestampType

    folder = cluster.warehouse / "streaming" / "adopted"
    schema = Schema(
        NestedField(1, "ts", TimestampType(), required=False), NestedField(2, "s", StringType(), required=False)
    )
    spec = PartitionSpec(
        PartitionField(source_id=2, field_id=1000, transform=BucketTransform(4), name="shard"),
        PartitionField(source_id=1, field_id=1001, transform=HourTransform(), name="hour"),
    )
    metadata = new_table_metadata(schema, spec, UNSORTED_SORT_ORDER, f"file://{folder}", {"format-version": "2"})
    (folder / "metadata").mkdir(parents=True)
    (folder / "metadata" / "v1.metadata.json").write_text(metadata.model_dump_json())
    (folder / "metadata" / "version-hint.text").write_text("1")

    records = topic("adopted")
    broker.produce(records, [json.dumps(row).encode() for row in make_rows(200)])
    source = kafka_table("source", COLUMNS, broker.servers, records, {"json.timestamp-format.standard": "ISO-8601"})
    for partitions in ("", "bucket(4, s), hours(ts)"):
        script = (
            source
            + iceberg_table("adopted", "ts TIMESTAMP(6), s STRING", cluster.warehouse, partitions)
            + "INSERT INTO adopted SELECT ts, s FROM source;"
        )
        cluster.rest.wait_state(cluster.submit(script), "FINISHED", 60)

    table = IcebergTable(cluster.warehouse, "streaming", "adopted")
    assert [field.name for field in table.table.spec().fields] == ["shard", "hour"]
    assert sum(check_readers_agree(table, "ts", "s").values()) == 400
    assert check_partitions(table) > 4
    check_metrics(table)


@pytest.mark.parametrize("partitions", ["bucket(8, s)", "hours(ts)", "s"])
def test_other_partitions_than_the_table_has_are_refused(cluster: Cluster, partitions: str) -> None:
    columns = "ts TIMESTAMP(6), s STRING"
    first = iceberg_table("taken", columns, cluster.warehouse, "bucket(4, s)")
    insert = "INSERT INTO taken VALUES (TIMESTAMP '2024-01-01 00:00:00', 'a');"
    cluster.rest.wait_state(cluster.submit(first + insert), "FINISHED", 60)
    again = iceberg_table("taken", columns, cluster.warehouse, partitions)
    with pytest.raises(Exception, match="partitioned otherwise than PARTITIONED BY says"):
        cluster.submit(again + insert)

"""Spark, the reference engine of Iceberg, reads what Frazil writes, and writes what Frazil appends to."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import ROOT
from harness.scripts import POSITION, USER_EVENTS, iceberg_table, kafka_table
from harness.tables import IcebergTable, check_metrics
from sample_events import EventClock, user_events

pytestmark = pytest.mark.full

COLUMNS = "`partition` INT, `offset` BIGINT, event_type STRING, event_time TIMESTAMP(6)"


@pytest.fixture(scope="session", autouse=True)
def jars() -> None:
    if not list((ROOT / "build" / "compatibility").glob("*.jar")):
        subprocess.run(["mvn", "-B", "-q", "-f", Path(__file__).parent / "pom.xml", "package"], check=True, timeout=600)


def spark(warehouse: Path, query: str) -> list[list[str | None]]:
    output = warehouse.parent / "spark.json"
    script = Path(__file__).parent / "spark_rows.py"
    subprocess.run([sys.executable, script, warehouse, query, output], check=True, timeout=300)
    return [json.loads(line) for line in output.read_text().splitlines()]


def append(cluster: Cluster, broker: Broker, topic: str, partitioned_by: str) -> None:
    script = (
        kafka_table("source", f"{USER_EVENTS}, {POSITION}", broker.servers, topic)
        + iceberg_table("events", COLUMNS, cluster.warehouse, partitioned_by)
        + "INSERT INTO events SELECT `partition`, `offset`, event_type, event_time FROM source;"
    )
    cluster.rest.wait_state(cluster.submit(script), "FINISHED", 60)


@pytest.mark.parametrize("partitioned_by", ["event_type", "days(event_time)"])
def test_spark_reads_and_goes_on(
    cluster: Cluster, broker: Broker, topic: Callable[..., str], partitioned_by: str
) -> None:
    events = topic("spark")
    broker.produce(events, [value for _, value in itertools.islice(user_events(3, EventClock.paced(3, 0)), 3000)])
    append(cluster, broker, events, partitioned_by)
    rows = spark(cluster.warehouse, "SELECT partition, offset FROM iceberg.streaming.events")
    expected = Counter((str(partition), str(offset)) for partition, offset in broker.multiset(events).elements())
    assert Counter(map(tuple, rows)) == expected

    spark(
        cluster.warehouse,
        "INSERT INTO iceberg.streaming.events VALUES (99, 99, 'click', TIMESTAMP_NTZ '2024-05-05 12:00:00')",
    )
    append(cluster, broker, events, partitioned_by)
    rows = spark(cluster.warehouse, "SELECT partition, offset FROM iceberg.streaming.events")
    twice = Counter({place: 2 for place in expected}) + Counter({("99", "99"): 1})
    assert Counter(map(tuple, rows)) == twice
    check_metrics(IcebergTable(cluster.warehouse, "streaming", "events"))


def test_frazil_appends_to_a_table_of_spark(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    spark(
        cluster.warehouse,
        "CREATE TABLE iceberg.streaming.events (partition INT, offset BIGINT, event_type STRING, "
        "event_time TIMESTAMP_NTZ) PARTITIONED BY (days(event_time), event_type) "
        "TBLPROPERTIES ('format-version' = '2')",
    )
    events = topic("of_spark")
    broker.produce(events, [value for _, value in itertools.islice(user_events(4, EventClock.paced(4, 0)), 3000)])
    append(cluster, broker, events, "")
    rows = spark(cluster.warehouse, "SELECT partition, offset FROM iceberg.streaming.events WHERE event_type = 'click'")
    table = IcebergTable(cluster.warehouse, "streaming", "events")
    by_pyiceberg = table.rows_by_pyiceberg("partition", "offset", "event_type")
    clicks = Counter((str(row[0]), str(row[1])) for row in by_pyiceberg if row[2] == "click")
    assert clicks and Counter(map(tuple, rows)) == clicks

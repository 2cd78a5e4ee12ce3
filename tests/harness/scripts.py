"""The SQL that several tests share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

USER_EVENTS = "user_id BIGINT, event_type STRING, event_data STRING, event_time TIMESTAMP(3)"
POSITION = (
    "`partition` INT METADATA VIRTUAL, `offset` BIGINT METADATA VIRTUAL, "
    "`written` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL"
)


def _options(options: Mapping[str, str]) -> str:
    return ",\n  ".join(f"'{name}' = '{value}'" for name, value in options.items())


def kafka_table(name: str, columns: str, servers: str, topic: str, options: Mapping[str, str] = {}) -> str:
    """From the earliest offset on, JSON; bounded unless an option says otherwise."""
    given = {
        "connector": "kafka",
        "topic": topic,
        "properties.bootstrap.servers": servers,
        "properties.group.id": f"test-{topic}",
        "scan.startup.mode": "earliest-offset",
        "scan.bounded.mode": "latest-offset",
        "format": "json",
        **options,
    }
    return f"CREATE TABLE {name} ({columns}) WITH (\n  {_options(given)}\n);\n"


def iceberg_table(
    name: str, columns: str, warehouse: Path, partitioned_by: str = "", options: Mapping[str, str] = {}
) -> str:
    """Table `name` of the database streaming of a hadoop catalog."""
    given = {
        "connector": "iceberg",
        "catalog-name": "iceberg_catalog",
        "catalog-type": "hadoop",
        "warehouse": f"file://{warehouse}",
        "database-name": "streaming",
        "table-name": name,
        "format-version": "2",
        **options,
    }
    partitioning = f" PARTITIONED BY ({partitioned_by})" if partitioned_by else ""
    return f"CREATE TABLE {name} ({columns}){partitioning} WITH (\n  {_options(given)}\n);\n"

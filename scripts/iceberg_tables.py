"""Reads the tables of a hadoop-catalog warehouse with PyIceberg: a folder per database and table, and within the table
metadata/vN.metadata.json, the highest N being the table."""

from __future__ import annotations

import re
from pathlib import Path

from pyiceberg.table import StaticTable

VERSION = re.compile(r"^v(\d+)(\.gz)?\.metadata\.json$")


def latest_metadata(table: Path) -> Path:
    """version-hint.text says where to look; a version above it may be there already."""
    versions = {}
    for file in (table / "metadata").glob("v*.metadata.json"):
        if match := VERSION.match(file.name):
            versions[int(match.group(1))] = file
    if not versions:
        raise FileNotFoundError(f"{table} is no Iceberg table: there is no metadata/vN.metadata.json")
    return versions[max(versions)]


def load(table: Path) -> StaticTable:
    return StaticTable.from_metadata(str(latest_metadata(table)))


def find(warehouse: Path) -> list[Path]:
    """The folders of all tables, database/table."""
    return sorted(folder.parent for folder in warehouse.glob("*/*/metadata") if folder.is_dir())


def row_count(table: StaticTable) -> int:
    """From the manifests: no data file is opened. Right as long as nothing is deleted by position."""
    return sum(task.file.record_count for task in table.scan().plan_files())

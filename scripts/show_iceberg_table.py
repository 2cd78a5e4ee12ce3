#!/usr/bin/env python3
"""Prints what is in an Iceberg table of the warehouse, or waits until it holds a number of rows.

    python3 scripts/show_iceberg_table.py streaming.user_events --await-rows 10000
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from environment import ROOT, in_project_environment

in_project_environment()

from iceberg_tables import find, load, row_count  # noqa: E402
from pyiceberg.table import StaticTable  # noqa: E402


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Show Iceberg tables of a hadoop-catalog warehouse.")
    parser.add_argument("table", help="database.table")
    parser.add_argument("--warehouse", type=Path, default=ROOT / ".run" / "warehouse")
    parser.add_argument("--rows", type=int, default=5, help="rows to print (default: 5)")
    parser.add_argument("--await-rows", type=int, help="return when the table holds so many rows")
    parser.add_argument("--timeout", type=float, default=90, help="seconds to wait (default: 90)")
    return parser.parse_args()


def wait(folder: Path, wanted: int, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    present = -1
    while time.monotonic() < deadline:
        try:
            now = row_count(load(folder))
        except FileNotFoundError:
            now = 0
        if now != present:
            present = now
            print(f"  {present:,} of {wanted:,} rows", flush=True)
        if present >= wanted:
            return
        time.sleep(0.25)
    sys.exit(f"After {timeout:.0f} s the table in {folder} holds {max(present, 0):,} of {wanted:,} rows.")


def print_rows(table: StaticTable, count: int) -> None:
    sample = table.scan(limit=count).to_arrow()
    for row in sample.to_pylist():
        print("  " + "  ".join(f"{name}={value}" for name, value in row.items()))


def print_groups(table: StaticTable) -> None:
    """Rows by the table's first partition column, from the manifests."""
    if not table.spec().fields:
        return
    field = table.spec().fields[0]
    source_type = table.schema().find_type(field.source_id)
    groups: dict[str, int] = {}
    for task in table.scan().plan_files():
        value = field.transform.to_human_string(source_type, task.file.partition[0])
        groups[value] = groups.get(value, 0) + task.file.record_count
    print(f"by {field.name}:")
    for value in sorted(groups):
        print(f"  {value:<20}{groups[value]:>12,}")


def show(folder: Path, rows: int) -> None:
    table = load(folder)
    snapshots = len(table.snapshots())
    files = sum(1 for _ in table.scan().plan_files())
    name = f"{folder.parent.name}.{folder.name}"
    print(f"{name}: {row_count(table):,} rows in {files:,} data files, {snapshots:,} snapshots")
    print_groups(table)
    print("some rows:")
    print_rows(table, rows)


def main() -> None:
    arguments = parse()
    folder = arguments.warehouse / Path(*arguments.table.split("."))
    if arguments.await_rows is not None:
        wait(folder, arguments.await_rows, arguments.timeout)
        return
    try:
        show(folder, arguments.rows)
    except FileNotFoundError:
        known = ", ".join(f"{path.parent.name}.{path.name}" for path in find(arguments.warehouse)) or "none"
        sys.exit(f"There is no table {arguments.table} in {arguments.warehouse} (tables there: {known}).")


if __name__ == "__main__":
    main()

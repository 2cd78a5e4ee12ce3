"""Iceberg tables read back by two families of readers, PyIceberg and DuckDB, and their metadata against the data."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from iceberg_tables import load
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.table import StaticTable
from pyiceberg.types import DoubleType, FloatType

Rows = Counter[tuple[Any, ...]]


def local_path(location: str) -> str:
    """file:///a/b, which Frazil writes, and file:/a/b, which Hadoop writes."""
    return "/" + location.removeprefix("file:").lstrip("/")


class IcebergTable:
    """One version of a table; open it again to see the next."""

    def __init__(self, warehouse: Path, database: str, name: str) -> None:
        self.folder = warehouse / database / name
        self.table: StaticTable = load(self.folder)

    def data_files(self) -> list[DataFile]:
        return [task.file for task in self.table.scan().plan_files()]

    def paths(self) -> list[str]:
        return [local_path(file.file_path) for file in self.data_files()]

    def rows_by_pyiceberg(self, *columns: str) -> Rows:
        found = self.table.scan(selected_fields=columns or ("*",)).to_arrow()
        return Counter(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def rows_by_duckdb(self, *columns: str) -> Rows:
        """The data files that the table names, read by DuckDB's own Parquet reader."""
        paths = self.paths()
        if not paths:
            return Counter()
        names = ", ".join(f'"{column}"' for column in columns) or "*"
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            found = connection.sql(
                f"SELECT {names} FROM read_parquet(?, hive_partitioning = false)", params=[paths]
            ).to_arrow_table()
        return Counter(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def row_count(self) -> int:
        return sum(file.record_count for file in self.data_files())

    def commits(self) -> list[dict[str, str]]:
        """The summaries of the snapshots of the main branch that are no claims, oldest first."""
        found = []
        snapshot = self.table.current_snapshot()
        while snapshot is not None:
            summary = {key: str(value) for key, value in snapshot.summary.additional_properties.items()}
            summary["operation"] = snapshot.summary.operation.value
            if summary.get("frazil.claim") != "true":
                found.append(summary)
            parent = snapshot.parent_snapshot_id
            snapshot = self.table.snapshot_by_id(parent) if parent is not None else None
        return found[::-1]


def check_readers_agree(table: IcebergTable, *columns: str) -> Rows:
    by_pyiceberg, by_duckdb = table.rows_by_pyiceberg(*columns), table.rows_by_duckdb(*columns)
    assert by_pyiceberg == by_duckdb, "PyIceberg and DuckDB read different rows"
    return by_pyiceberg


def check_metrics(table: IcebergTable) -> None:
    """What manifests say of a data file is what is in it: counts, nulls, NaNs and bounds of each column."""
    schema = table.table.schema()
    for file in table.data_files():
        path = local_path(file.file_path)
        data = pq.read_table(path, partitioning=None)
        assert file.record_count == data.num_rows, path
        assert file.file_size_in_bytes == Path(path).stat().st_size, path
        for field in schema.fields:
            column = data.column(field.name).combine_chunks()
            place = f"{field.name} in {path}"
            assert file.value_counts[field.field_id] == len(column), f"value count of {place}"
            assert file.null_value_counts[field.field_id] == column.null_count, f"null count of {place}"
            assert file.column_sizes[field.field_id] > 0, f"column size of {place}"
            _check_bounds(file, field, column, place)


def _check_bounds(file: DataFile, field: Any, column: pa.Array, place: str) -> None:
    values = column.drop_null()
    if isinstance(field.field_type, (FloatType, DoubleType)):
        not_numbers = pc.is_nan(values)
        assert (file.nan_value_counts or {}).get(field.field_id, 0) == (pc.sum(not_numbers).as_py() or 0), place
        values = values.filter(pc.invert(not_numbers))
    has_bounds = field.field_id in (file.lower_bounds or {})
    if len(values) == 0:
        assert not has_bounds, f"bounds without values for {place}"
        return
    if not has_bounds:
        return
    lower = from_bytes(field.field_type, file.lower_bounds[field.field_id])
    upper = from_bytes(field.field_type, file.upper_bounds[field.field_id])
    smallest, largest = _comparable(values)
    if isinstance(smallest, str):
        # Strings may be cut: the lower bound is then a prefix, the upper one a little above.
        assert smallest.startswith(lower) or lower <= smallest, f"lower bound {lower!r} of {place}, data {smallest!r}"
        assert largest <= upper, f"upper bound {upper!r} of {place}, data {largest!r}"
    else:
        assert (lower, upper) == (smallest, largest), f"bounds of {place}"


def _comparable(values: pa.Array) -> tuple[Any, Any]:
    """Smallest and largest in the form in which PyIceberg decodes bounds: times as microseconds, dates as days."""
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64())
    elif pa.types.is_date(values.type):
        values = values.cast(pa.date32()).cast(pa.int32())
    elif pa.types.is_boolean(values.type):
        seen = values.to_pylist()
        return min(seen), max(seen)
    extremes = pc.min_max(values)
    return extremes["min"].as_py(), extremes["max"].as_py()

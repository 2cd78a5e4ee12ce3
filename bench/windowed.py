"""The windowed job: metrics by sensor, location, metric and hour."""

from __future__ import annotations

from harness.processes import ROOT
from kafka_to_iceberg import Job, main

DUCKDB = """
  COPY (SELECT sensor_id, location, metric_name, date_trunc('hour', event_time) AS window_start,
               window_start + INTERVAL 1 HOUR AS window_end, avg(metric_value), min(metric_value), max(metric_value),
               count(*)
        FROM read_json('{lines}', format = 'newline_delimited', columns = {{
          sensor_id: 'VARCHAR', metric_name: 'VARCHAR', metric_value: 'DOUBLE', location: 'VARCHAR',
          event_time: 'TIMESTAMP'}})
        GROUP BY ALL)
  TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)"""

WINDOWED = Job(
    name="windowed",
    topic="metrics",
    script=ROOT / "examples" / "flink-iceberg" / "windowed_aggregations.sql",
    table="metrics_hourly",
    duckdb=DUCKDB,
    records_in=lambda table: sum(row[0] * times for row, times in table.rows_by_duckdb("event_count").items()),
    span_s=24 * 3600,
)

if __name__ == "__main__":
    main(WINDOWED)

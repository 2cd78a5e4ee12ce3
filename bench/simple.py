"""The simple job: user_events as they are."""

from __future__ import annotations

from harness.processes import ROOT
from kafka_to_iceberg import Job, main

DUCKDB = """
  COPY (SELECT user_id, event_type, event_data, event_time, now() AS processing_time
        FROM read_json('{lines}', format = 'newline_delimited', columns = {{
          user_id: 'BIGINT', event_type: 'VARCHAR', event_data: 'VARCHAR', event_time: 'TIMESTAMP'}}))
  TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)"""

SIMPLE = Job(
    name="simple",
    topic="user_events",
    script=ROOT / "examples" / "flink-iceberg" / "simple_iceberg_streaming.sql",
    table="user_events",
    duckdb=DUCKDB,
    records_in=lambda table: table.row_count(),
)

if __name__ == "__main__":
    main(SIMPLE)

"""Runs a query on a hadoop-catalog warehouse with Spark and writes the rows as JSON lines.

python spark_rows.py WAREHOUSE QUERY OUTPUT: tables are iceberg.<database>.<table>. Any statement will do: an INSERT by Spark is
how a test has a foreign writer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession

JARS = Path(__file__).resolve().parents[2] / "build" / "compatibility"


def main(warehouse: str, query: str, output: str) -> None:
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.jars", ",".join(str(jar) for jar in JARS.glob("*.jar")))
        .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .config("spark.sql.catalog.iceberg", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.iceberg.type", "hadoop")
        .config("spark.sql.catalog.iceberg.warehouse", f"file://{warehouse}")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    rows = spark.sql(query).collect()
    with Path(output).open("w") as lines:
        for row in rows:
            lines.write(json.dumps([None if value is None else str(value) for value in row]) + "\n")
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:4])

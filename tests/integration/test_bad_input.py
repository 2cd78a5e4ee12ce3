"""Mistakes get an error that names the place, and lose nothing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.broker import Broker
from harness.cluster import Cluster, SqlFailed
from harness.processes import BINARIES, Process, free_ports
from harness.scripts import USER_EVENTS, iceberg_table, kafka_table


def error_of(cluster: Cluster, text: str) -> str:
    with pytest.raises(SqlFailed) as failure:
        cluster.run_sql(text)
    return str(failure.value)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("CREATE TABLE t (a BIGINT) WITH ('connector' = 'print');\nSELEC a FROM t;", ["SELEC", "line", "SELECT"]),
        ("CREATE TABLE t (a BIGINTT) WITH ('connector' = 'print');", ["BIGINTT", "BIGINT"]),
        ("INSERT INTO nowhere VALUES (1);", ["nowhere"]),
        (
            "CREATE TABLE t (alpha BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');\n"
            "CREATE TABLE p (alpha BIGINT) WITH ('connector' = 'print');\nINSERT INTO p SELECT alhpa FROM t;",
            ["alhpa", "alpha"],
        ),
        ("SELECT 'open", ["does not end", "line 1, column 8"]),
    ],
)
def test_broken_script(cluster: Cluster, text: str, parts: list[str]) -> None:
    message = error_of(cluster, text)
    for part in parts:
        assert part in message, message
    assert cluster.rest.jobs() == []


def test_unknown_connector(cluster: Cluster) -> None:
    message = error_of(
        cluster,
        "CREATE TABLE t (a BIGINT) WITH ('connector' = 'kafkaa');\n"
        "CREATE TABLE p (a BIGINT) WITH ('connector' = 'print');\nINSERT INTO p SELECT a FROM t;",
    )
    assert "Could not find any factory for identifier 'kafkaa'" in message, message
    for name in ("datagen", "iceberg", "kafka", "print", "blackhole"):
        assert name in message, message


def test_unknown_option_names_the_nearest(cluster: Cluster, broker: Broker) -> None:
    script = kafka_table("s", USER_EVENTS, broker.servers, "t", {"scan.startup.mod": "latest-offset"})
    message = error_of(
        cluster, script + "CREATE TABLE p (a BIGINT) WITH ('connector' = 'print'); INSERT INTO p SELECT user_id FROM s;"
    )
    assert "scan.startup.mod" in message and "scan.startup.mode" in message, message


def sink_job(cluster: Cluster, source: str) -> str:
    return source + iceberg_table("t", "user_id BIGINT", cluster.warehouse) + "INSERT INTO t SELECT user_id FROM s;"


def error_of_job(cluster: Cluster, text: str) -> str:
    """The error wherever a person would meet it: at the submission, or at the job."""
    try:
        job = cluster.submit(text)
    except SqlFailed as failure:
        return str(failure)
    return cluster.rest.wait_exception(job, 60)


def test_unreachable_broker_is_named(cluster: Cluster) -> None:
    (port,) = free_ports(1)
    message = error_of_job(cluster, sink_job(cluster, kafka_table("s", USER_EVENTS, f"127.0.0.1:{port}", "t")))
    assert f"127.0.0.1:{port}" in message, message


def test_missing_topic_is_named(cluster: Cluster, broker: Broker) -> None:
    message = error_of_job(cluster, sink_job(cluster, kafka_table("s", USER_EVENTS, broker.servers, "no_such_topic")))
    assert "no_such_topic" in message, message


def test_unwritable_warehouse_is_named(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    """A file where the warehouse should be: no user, root included, can write into it."""
    events = topic("unwritable")
    shutil.rmtree(cluster.warehouse)
    cluster.warehouse.write_text("in the way")
    message = error_of_job(cluster, sink_job(cluster, kafka_table("s", USER_EVENTS, broker.servers, events)))
    assert str(cluster.warehouse) in message, message


def test_jobmanager_names_the_port_in_use(cluster: Cluster, tmp_path: Path) -> None:
    port = cluster.rest.url.rsplit(":", 1)[1]
    (rpc_port,) = free_ports(1)
    other = Process(
        "other",
        [
            BINARIES / "jobmanager", "-D", f"rest.port={port}", "-D", f"jobmanager.rpc.port={rpc_port}",
            "-D", f"high-availability.storageDir=file://{tmp_path}/other", "-D",
            f"execution.checkpointing.dir=file://{tmp_path}/other-checkpoints",
        ],
        tmp_path / "other.log",
    )  # fmt: skip
    assert other.wait_end(10) != 0
    assert port in other.log_text(), other.log_text()


def test_client_says_that_no_jobmanager_answers(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    (tmp_path / "s.sql").write_text("SHOW TABLES;")
    done = subprocess.run(
        [BINARIES / "frazil", "sql", "-f", tmp_path / "s.sql", "--jobmanager", f"http://127.0.0.1:{port}"],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode != 0
    assert f"127.0.0.1:{port}" in done.stdout + done.stderr

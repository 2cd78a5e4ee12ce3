"""A job restored from the checkpoint of another: it goes on where that one stopped, and only one job may."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from harness.broker import Broker
from harness.cluster import Cluster, SqlFailed
from harness.processes import wait_until
from harness.scripts import POSITION, USER_EVENTS, iceberg_table, kafka_table
from harness.tables import IcebergTable, check_readers_agree
from sample_events import EventClock, user_events


def rows(cluster: Cluster) -> int:
    try:
        return IcebergTable(cluster.warehouse, "streaming", "t").row_count()
    except FileNotFoundError:
        return 0


def test_second_job_restored_from_one_checkpoint_is_refused(
    cluster: Cluster, broker: Broker, topic: Callable[..., str]
) -> None:
    events = topic("restore")
    values = (value for _, value in user_events(9, EventClock.paced(9, 0)))

    def produce() -> None:
        broker.produce(events, list(itertools.islice(values, 600)))

    script = (
        kafka_table("source", f"{USER_EVENTS}, {POSITION}", broker.servers, events, {"scan.bounded.mode": "unbounded"})
        + iceberg_table("t", "`partition` INT, `offset` BIGINT", cluster.warehouse)
        + "INSERT INTO t SELECT `partition`, `offset` FROM source;"
    )
    produce()
    first = cluster.submit(script)
    wait_until(lambda: rows(cluster) == 600, 20, "the first job's rows")
    before = cluster.rest.completed_checkpoints(first)
    wait_until(lambda: cluster.rest.completed_checkpoints(first) > before, 20, "a checkpoint after the commit")
    cluster.rest.cancel(first)
    cluster.rest.wait_state(first, "CANCELED")
    path = cluster.rest.checkpoints(first)["latest"]["completed"]["external_path"]
    restoring = f"SET 'execution.state-recovery.path' = '{path}';\n{script}"

    produce()
    second = cluster.submit(restoring)
    wait_until(lambda: rows(cluster) == 1200, 20, "the second job goes on")

    try:
        third = cluster.submit(restoring)
        message = cluster.rest.wait_exception(third)
        wait_until(lambda: cluster.rest.job_state(third) == "FAILED", 30, "the third job is refused")
    except SqlFailed as failure:
        message = str(failure)
    assert "lineage" in message, message

    produce()
    wait_until(lambda: rows(cluster) == 1800, 20, "the second job is not disturbed")
    assert cluster.rest.job_state(second) == "RUNNING"
    cluster.rest.cancel(second)
    cluster.rest.wait_state(second, "CANCELED")
    table = IcebergTable(cluster.warehouse, "streaming", "t")
    assert check_readers_agree(table, "partition", "offset") == broker.multiset(events)
    assert len({commit["frazil.lineage"] for commit in table.commits()}) == 1


def test_checkpoint_is_restored_by_the_right_script_after_the_wrong_one(
    cluster: Cluster, broker: Broker, topic: Callable[..., str]
) -> None:
    """The first one fails when its operators open, behind its claim; it took no checkpoint, so that it holds nothing."""
    events = topic("wrong")

    def script(type_: str) -> str:
        return (
            kafka_table("source", f"name STRING, v {type_}", broker.servers, events, {"scan.bounded.mode": "unbounded"})
            + iceberg_table("t", "name STRING, v BIGINT", cluster.warehouse)
            + "INSERT INTO t SELECT name, CAST(v AS BIGINT) FROM (SELECT DISTINCT name, v FROM source);"
        )

    broker.produce(events, [b'{"name": "a", "v": 1}', b'{"name": "b", "v": 2}'])
    first = cluster.submit(script("BIGINT"))
    wait_until(lambda: rows(cluster) == 2, 20, "the first rows")
    before = cluster.rest.completed_checkpoints(first)
    wait_until(lambda: cluster.rest.completed_checkpoints(first) > before, 20, "a checkpoint after the commit")
    cluster.rest.cancel(first)
    cluster.rest.wait_state(first, "CANCELED")
    path = cluster.rest.checkpoints(first)["latest"]["completed"]["external_path"]
    restoring = f"SET 'execution.state-recovery.path' = '{path}';\n"

    for _ in range(2):
        wrong = cluster.submit(restoring + script("INT"))
        cluster.rest.wait_state(wrong, "FAILED", 20)
        assert "was written with" in cluster.rest.root_exception(wrong)
    right = cluster.submit(restoring + script("BIGINT"))
    broker.produce(events, [b'{"name": "a", "v": 1}', b'{"name": "c", "v": 4}'])
    wait_until(lambda: rows(cluster) == 3, 20, "the right script goes on")
    cluster.rest.cancel(right)
    cluster.rest.wait_state(right, "CANCELED")
    table = IcebergTable(cluster.warehouse, "streaming", "t")
    assert check_readers_agree(table, "name", "v") == {("a", 1): 1, ("b", 2): 1, ("c", 4): 1}
    assert len({commit["frazil.lineage"] for commit in table.commits()}) == 1


def test_checkpoint_of_a_larger_job_is_refused(cluster: Cluster) -> None:
    """Its state would have no operator to go to."""

    def pipeline(number: int) -> str:
        return (
            f"CREATE TABLE s{number} (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{100 + number}');"
            f"CREATE TABLE d{number} (id BIGINT) WITH ('connector' = 'blackhole');"
        )

    both = "EXECUTE STATEMENT SET BEGIN INSERT INTO d1 SELECT id FROM s1; INSERT INTO d2 SELECT id FROM s2; END;"
    first = cluster.submit(pipeline(1) + pipeline(2) + both)
    wait_until(lambda: cluster.rest.completed_checkpoints(first) > 0, 20, "a checkpoint")
    cluster.rest.cancel(first)
    cluster.rest.wait_state(first, "CANCELED")
    path = cluster.rest.checkpoints(first)["latest"]["completed"]["external_path"]
    try:
        cluster.submit(f"SET 'execution.state-recovery.path' = '{path}';\n{pipeline(1)}INSERT INTO d1 SELECT id FROM s1;")
        message = ""
    except SqlFailed as failure:
        message = str(failure)
    assert "holds state of operator" in message, message

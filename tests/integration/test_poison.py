"""Records that are no JSON, by policy: fail, skip and count, or dead-letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from harness.broker import Broker
from harness.cluster import Cluster
from harness.processes import wait_until
from harness.scripts import iceberg_table, kafka_table
from harness.tables import IcebergTable

COLUMNS = "id BIGINT, name STRING"
POISON = [b"{broken", b'{"id": "x", "name": "n"}', b'{"id": 1e400}', b"\xff\xfe", b"[" * 10_000, b""]


def fill(broker: Broker, topic: str) -> list[tuple[int, bytes]]:
    """300 good records over three partitions, poison in between in partition 1; (offset, bytes) of the poison."""
    bad: list[tuple[int, bytes]] = []
    offset = 0
    for n in range(100):
        broker_batch = [f'{{"id": {3 * n + 1}, "name": "good"}}'.encode()]
        if n % 16 == 8 and len(bad) < len(POISON):
            bad.append((offset + 1, POISON[len(bad)]))
            broker_batch.append(bad[-1][1])
        broker.produce(topic, broker_batch, 1)
        offset += len(broker_batch)
    for partition in (0, 2):
        broker.produce(topic, [f'{{"id": {3 * n + partition}, "name": "good"}}'.encode() for n in range(100)], partition)
    assert len(bad) == len(POISON)
    return bad


def script(cluster: Cluster, broker: Broker, topic: str, options: dict[str, str]) -> str:
    return (
        kafka_table("source", COLUMNS, broker.servers, topic, options)
        + iceberg_table("target", COLUMNS, cluster.warehouse)
        + "INSERT INTO target SELECT * FROM source;"
    )


def ids(cluster: Cluster) -> Counter[tuple[int]]:
    return IcebergTable(cluster.warehouse, "streaming", "target").rows_by_pyiceberg("id")  # type: ignore[return-value]


ALL_GOOD = Counter((n,) for n in range(300))


def test_fail_names_topic_partition_offset_and_reason(
    cluster: Cluster, broker: Broker, topic: Callable[..., str]
) -> None:
    events = topic("fail")
    bad = fill(broker, events)
    job = cluster.submit(
        "SET 'restart-strategy.type' = 'none';\n" + script(cluster, broker, events, {})
    )
    cluster.rest.wait_state(job, "FAILED", 30)
    message = cluster.rest.root_exception(job)
    for part in (events, "partition 1", f"offset {bad[0][0]}"):
        assert part in message, message


def test_skip_and_count(cluster: Cluster, broker: Broker, topic: Callable[..., str]) -> None:
    events = topic("skip")
    fill(broker, events)
    job = cluster.submit(script(cluster, broker, events, {"json.ignore-parse-errors": "true"}))
    cluster.rest.wait_state(job, "FINISHED", 30)
    assert ids(cluster) == ALL_GOOD


def test_dead_letters_hold_the_raw_bytes_and_their_origin(
    cluster: Cluster, broker: Broker, topic: Callable[..., str]
) -> None:
    events, letters = topic("dead"), topic("letters", 1)
    bad = fill(broker, events)
    job = cluster.submit(script(cluster, broker, events, {"dead-letter.topic": letters}))
    cluster.rest.wait_state(job, "FINISHED", 30)
    assert ids(cluster) == ALL_GOOD
    wait_until(lambda: sum(broker.offsets(letters).values()) >= len(bad), 20, "dead letters")
    messages = broker.consume(letters, len(bad))
    assert Counter(message.value() or b"" for message in messages) == Counter(value for _, value in bad)
    places = set()
    for message in messages:
        headers = " ".join(f"{name}={(value or b'').decode()}" for name, value in message.headers())
        assert events in headers, headers
        assert "reason" in headers, headers
        places.add(next(offset for offset, value in bad if value == (message.value() or b"")))
        assert any(f"={offset} " in headers + " " for offset, value in bad if value == (message.value() or b"")), headers
    assert places == {offset for offset, _ in bad}

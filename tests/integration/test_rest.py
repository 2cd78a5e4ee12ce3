"""REST and the SQL gateway as Flink's tools use them: paths, field names, status codes, hostile requests."""

from __future__ import annotations

import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from harness.cluster import Cluster
from harness.processes import wait_until

ENDLESS = """
CREATE TABLE source (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');
CREATE TABLE sink (id BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT id FROM source;
"""

# What Flink 2.x answers, path by path; a client may rely on each of these names.
FIELDS = {
    "/overview": "taskmanagers slots-total slots-available jobs-running jobs-finished jobs-cancelled jobs-failed "
    "flink-version flink-commit",
    "/config": "refresh-interval timezone-name timezone-offset flink-version flink-revision features",
    "/jobs/{job}": "jid name isStoppable state start-time end-time duration maxParallelism now timestamps vertices "
    "status-counts plan",
    "/jobs/{job}/config": "jid name execution-config",
    "/jobs/{job}/checkpoints": "counts summary latest history",
    "/jobs/{job}/checkpoints/config": "mode interval timeout min_pause max_concurrent externalization",
    "/jobs/{job}/exceptions": "exceptionHistory",
    "/jobs/{job}/plan": "plan",
    "/jobs/{job}/status": "status",
    "/jobs/{job}/execution-result": "status",
    "/jobs/{job}/vertices/{vertex}": "id name parallelism maxParallelism now subtasks",
    "/jobs/{job}/vertices/{vertex}/backpressure": "status backpressure-level end-timestamp subtasks",
}


def send(cluster: Cluster, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(cluster.rest.url + path, data=body, method=method)
    request.add_header("Content-Type", "application/json; charset=UTF-8")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as failure:
        return failure.code, json.loads(failure.read())


class Session:
    def __init__(self, cluster: Cluster, version: str = "v3") -> None:
        self.cluster = cluster
        status, answer = send(cluster, "POST", f"/{version}/sessions", b'{"properties":{"some.client.key":"x"}}')
        assert status == 200
        self.path = f"/{version}/sessions/{answer['sessionHandle']}"

    def submit(self, statement: str) -> str:
        body = json.dumps({"statement": statement, "executionTimeout": 0}).encode()
        status, answer = send(self.cluster, "POST", f"{self.path}/statements", body)
        assert status == 200, answer
        return f"{self.path}/operations/{answer['operationHandle']}"

    def fetch(self, operation: str, token: int = 0, row_format: str = "PLAIN_TEXT") -> tuple[int, Any]:
        def ready() -> tuple[int, Any] | None:
            path = f"{operation}/result/{token}?rowFormat={row_format}"
            status, page = send(self.cluster, "GET", path, b"{}")
            return None if status == 200 and page["resultType"] == "NOT_READY" else (status, page)

        return wait_until(ready, 20, f"a result of {operation}")

    def rows(self, statement: str, row_format: str) -> list[list[Any]]:
        operation = self.submit(statement)
        token, rows = 0, []
        while True:
            status, page = self.fetch(operation, token, row_format)
            assert status == 200, page
            rows += [row["fields"] for row in page["results"]["data"]]
            if page["resultType"] == "EOS":
                assert "nextResultUri" not in page
                return rows
            assert page["nextResultUri"] == f"{operation}/result/{token + 1}?rowFormat={row_format}"
            token += 1


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, str]]:
    """A cluster with an endless job, for all tests here: none of them disturbs it."""
    cluster = Cluster(tmp_path_factory.mktemp("rest"), {"taskmanager.numberOfTaskSlots": "6"}).start()
    job = cluster.submit(ENDLESS)
    cluster.rest.wait_state(job, "RUNNING")
    wait_until(lambda: cluster.rest.completed_checkpoints(job) >= 1, 20, "a checkpoint")
    yield cluster, job
    cluster.stop()


def test_answers_have_the_fields_that_clients_read(running: tuple[Cluster, str]) -> None:
    cluster, job = running
    vertex = cluster.rest.get(f"/jobs/{job}")["vertices"][0]["id"]
    for path, fields in FIELDS.items():
        real = path.format(job=job, vertex=vertex)
        for prefix in ("", "/v1"):
            missing = set(fields.split()) - set(cluster.rest.get(prefix + real))
            assert not missing, f"GET {prefix}{path} lacks {missing}"
    summary = cluster.rest.checkpoints(job)["summary"]
    assert {"checkpointed_size", "state_size", "end_to_end_duration", "alignment_buffered"} <= set(summary)
    (taskmanager, *_) = cluster.rest.get("/taskmanagers")["taskmanagers"]
    assert {"id", "path", "slotsNumber", "freeSlots", "totalResource", "freeResource", "hardware"} <= set(taskmanager)
    (checkpoint, *_) = cluster.rest.checkpoints(job)["history"]
    details = cluster.rest.get(f"/jobs/{job}/checkpoints/details/{checkpoint['id']}")
    assert details["status"] in ("COMPLETED", "IN_PROGRESS") and details["num_subtasks"] == 2


def test_record_counters_grow(running: tuple[Cluster, str]) -> None:
    cluster, job = running

    def written() -> int:
        return cluster.rest.get(f"/jobs/{job}")["vertices"][0]["metrics"]["write-records"]

    before = written()
    wait_until(lambda: written() > before, 15, "more records written")
    vertex = cluster.rest.get(f"/jobs/{job}")["vertices"][0]["id"]
    path = f"/jobs/{job}/vertices/{vertex}/subtasks/metrics?get=numRecordsOut,accumulateBusyTimeMs"
    assert {metric["id"] for metric in cluster.rest.get(path)} == {"numRecordsOut", "accumulateBusyTimeMs"}


def test_wrong_paths_and_ids_are_told_apart(running: tuple[Cluster, str]) -> None:
    cluster, _ = running
    assert cluster.rest.request("GET", "/nope")[0] == 404
    assert cluster.rest.request("GET", "/jobs/0000")[0] == 400
    assert cluster.rest.request("GET", "/jobs/" + "0" * 31 + "1")[0] == 404
    status, body = cluster.rest.request("PATCH", "/v1/jobs/" + "0" * 31 + "1?mode=cancel")
    assert status == 404 and body["errors"]
    assert cluster.rest.request("GET", "/v5/info")[0] == 404
    assert cluster.rest.request("DELETE", "/overview")[0] == 405
    assert cluster.rest.request("GET", "/jobs/..%2f..%2fetc%2fpasswd")[0] in (400, 404)


def test_a_session_runs_statements_and_pages_results(running: tuple[Cluster, str]) -> None:
    cluster, _ = running
    session = Session(cluster)
    properties = cluster.rest.get(session.path)["properties"]
    assert properties["some.client.key"] == "x"
    assert all(isinstance(value, str) for value in properties.values())

    status, page = session.fetch(session.submit("SET 'table.local-time-zone' = 'Europe/Berlin'"))
    assert (status, page["resultKind"], page["isQueryResult"]) == (200, "SUCCESS", False)
    assert page["results"]["data"] == [{"kind": "INSERT", "fields": ["OK"]}]

    query = "SELECT 1 AS i, TRUE AS b, 'x' AS s, CAST(NULL AS INT) AS n, TO_TIMESTAMP_LTZ(1700000000123, 3) AS t"
    assert session.rows(query, "PLAIN_TEXT") == [["1", "TRUE", "x", None, "2023-11-14 23:13:20.123"]]
    assert session.rows(query, "JSON") == [[1, True, "x", None, "2023-11-14T22:13:20.123Z"]]

    assert send(cluster, "DELETE", session.path, b"{}") == (200, {"status": "CLOSED"})
    assert send(cluster, "GET", session.path)[0] == 500


def test_a_page_can_be_asked_for_again_but_not_skipped(running: tuple[Cluster, str]) -> None:
    cluster, _ = running
    session = Session(cluster)
    operation = session.submit("SHOW CATALOGS")
    first = session.fetch(operation)
    assert session.fetch(operation) == first
    status, body = session.fetch(operation, 99)
    assert status == 500 and "token" in body["errors"][1]


def test_errors_come_with_the_result_as_flinks_gateway_gives_them(running: tuple[Cluster, str]) -> None:
    cluster, _ = running
    session = Session(cluster, "v4")
    status, body = session.fetch(session.submit("SELECT no_such_column FROM nowhere"))
    assert status == 500 and body["errors"][0] == "Internal server error."
    assert "Caused by: ValidationException" in body["errors"][1] or "Caused by: Sql" in body["errors"][1]
    assert "nowhere" in body["errors"][1].rsplit("Caused by: ", 1)[1].split("\n\tat", 1)[0]
    assert session.fetch(session.submit("SHOW CATALOGS"))[0] == 200


def test_an_abandoned_query_stops_its_job(running: tuple[Cluster, str]) -> None:
    cluster, _ = running
    session = Session(cluster)
    session.fetch(session.submit("CREATE TABLE s (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10')"))
    operation = session.submit("SELECT id FROM s")
    job = session.fetch(operation)[1]["jobID"]
    cluster.rest.wait_state(job, "RUNNING")
    assert send(cluster, "DELETE", f"{operation}/close", b"{}")[0] == 200
    cluster.rest.wait_state(job, "CANCELED")


@pytest.mark.parametrize(
    "method,path,body,wanted",
    [
        ("POST", "/v1/sessions", b"{not json", 400),
        ("POST", "/v1/sessions", b"[]", 400),
        ("POST", "/v1/sessions", b"\xff\xfe", 400),
        ("POST", "/v1/sessions", b'{"properties":{"a":' + b"[" * 100000 + b"}}", 400),
        ("POST", "/v1/sessions", b"x" * (5 << 20), 413),
        ("POST", "/v1/sessions/not-a-uuid/statements", b'{"statement":"SELECT 1"}', 400),
        ("GET", "/v1/sessions/00000000-0000-4000-8000-000000000000", None, 500),
        ("PATCH", "/v2/sessions", b"{}", 405),
    ],
)
def test_bad_requests_are_refused(
    running: tuple[Cluster, str], method: str, path: str, body: bytes | None, wanted: int
) -> None:
    cluster, job = running
    status, answer = send(cluster, method, path, body)
    assert status == wanted and answer["errors"]
    assert cluster.rest.job_state(job) == "RUNNING"


def test_slow_and_broken_connections_do_not_hold_others_up(running: tuple[Cluster, str]) -> None:
    cluster, job = running
    port = int(cluster.rest.url.rsplit(":", 1)[1])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    for connection in slow:
        connection.sendall(b"GET /overview HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    garbage = socket.create_connection(("127.0.0.1", port))
    garbage.sendall(b"\x00\xff\r\n\r\n" * 100)
    assert cluster.rest.job_state(job) == "RUNNING"
    for connection in [*slow, garbage]:
        connection.close()
    assert cluster.rest.get("/overview")["taskmanagers"] == 2


SAMPLE = re.compile(r'^(?P<name>[a-z][A-Za-z0-9_]*)\{(?P<labels>(?:[a-z_]+="(?:[^"\\]|\\.)*",)*)\} (?P<value>-?[0-9.]+)$')


def scrape(cluster: Cluster) -> list[tuple[str, dict[str, str], float]]:
    """Every line of /metrics is a type or a sample, or the test fails."""
    with urllib.request.urlopen(cluster.rest.url + "/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = answer.read().decode().splitlines()
    samples, typed = [], set()
    for line in lines:
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind == "gauge" and name not in typed, line
            typed.add(name)
            continue
        found = SAMPLE.match(line)
        assert found and found["name"] in typed, line
        labels = dict(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', found["labels"]))
        samples.append((found["name"], labels, float(found["value"])))
    return samples


def test_prometheus_reads_what_rest_shows(running: tuple[Cluster, str]) -> None:
    cluster, job = running
    rate = "flink_taskmanager_job_task_numRecordsOutPerSecond"

    def rates() -> list[tuple[str, dict[str, str], float]]:
        return [sample for sample in scrape(cluster) if sample[0] == rate and sample[1]["job_id"] == job]

    # 1,000 rows a second, over two subtasks.
    flowing = wait_until(
        lambda: rates() if 500 < sum(value for _, _, value in rates()) < 2000 else None, 20, "a rate of the job"
    )
    assert {labels["subtask_index"] for _, labels, _ in flowing} == {"0", "1"}
    samples = scrape(cluster)
    names = {name for name, _, _ in samples}
    for wanted in (
        "flink_jobmanager_numRunningJobs", "flink_jobmanager_taskSlotsAvailable", "flink_jobmanager_job_uptime",
        "flink_jobmanager_job_lastCheckpointDuration", "flink_jobmanager_job_numberOfCompletedCheckpoints",
        "flink_taskmanager_job_task_busyTimeMsPerSecond", "flink_taskmanager_job_task_backPressuredTimeMsPerSecond",
        "flink_taskmanager_job_task_currentInputWatermark", "flink_taskmanager_job_task_operator_numRecordsIn",
        "flink_taskmanager_job_task_operator_numLateRecordsDropped", "flink_taskmanager_Status_Process_CPU_TimeMs",
    ):  # fmt: skip
        assert wanted in names, f"/metrics lacks {wanted}"
    operators = {labels["operator_name"] for name, labels, _ in samples if name.endswith("operator_numRecordsIn")}
    assert any(name.startswith("Source: source[") for name in operators), operators


def test_metrics_are_listed_and_aggregated_as_flink_does(running: tuple[Cluster, str]) -> None:
    cluster, job = running
    vertex = cluster.rest.get(f"/jobs/{job}")["vertices"][0]["id"]
    path = f"/jobs/{job}/vertices/{vertex}"
    listed = {metric["id"] for metric in cluster.rest.get(f"{path}/metrics")}
    assert {"0.numRecordsOutPerSecond", "1.busyTimeMsPerSecond", "0.Source__source[1].numRecordsOut"} <= listed
    (sum_only,) = cluster.rest.get(f"{path}/subtasks/metrics?get=numRecordsOut&agg=sum")
    assert set(sum_only) == {"id", "sum"} and sum_only["sum"] > 0
    (one,) = cluster.rest.get(f"{path}/subtasks/0/metrics?get=numRecordsOut")
    assert 0 < float(one["value"]) <= sum_only["sum"] * 2
    assert cluster.rest.request("GET", f"{path}/subtasks/7/metrics")[0] == 404
    (uptime,) = cluster.rest.get("/jobs/metrics?get=uptime&agg=max")
    assert uptime["max"] > 0 and set(uptime) == {"id", "max"}
    (slots,) = cluster.rest.get("/taskmanagers/metrics?get=taskSlotsTotal")
    assert slots["sum"] == 12

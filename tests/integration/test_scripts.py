"""start.sh, stop.sh and the guide's scripts, on ports and in a folder of their own."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.processes import ROOT, free_ports


@pytest.fixture
def place(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a machine of its own; what was started is stopped at the end."""
    rest_port, rpc_port, kafka_port, controller_port = free_ports(4)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "FRAZIL_"))}
    environment |= {
        "FRAZIL_RUN_DIR": str(tmp_path / "run"),
        "FRAZIL_REST_PORT": str(rest_port),
        "FRAZIL_RPC_PORT": str(rpc_port),
        "KAFKA_PORT": str(kafka_port),
        "KAFKA_CONTROLLER_PORT": str(controller_port),
    }
    yield environment
    script("stop.sh", environment)


def script(
    name: str, environment: dict[str, str], *words: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    command = [ROOT / name, *words]
    return subprocess.run(command, env=environment, input=typed, capture_output=True, text=True, timeout=240)


def test_start_walks_the_simple_example_and_stop_ends_it(place: dict[str, str]) -> None:
    started = script("start.sh", place, "--example", "simple")
    assert started.returncode == 0, started.stdout + started.stderr
    for part in ("Kafka", "jobmanager", "taskmanager-1", "taskmanager-2", "streaming.user_events: 10,000 rows"):
        assert part in started.stdout, started.stdout

    again = script("start.sh", place)
    assert again.returncode == 0, again.stdout + again.stderr
    pids = Path(place["FRAZIL_RUN_DIR"], "pids")
    numbers = [int(file.read_text().split()[0]) for file in pids.iterdir()]
    assert len(numbers) == 4 and all(Path(f"/proc/{number}").exists() for number in numbers)

    status = script("scripts/run_flink_example.sh", place, "status")
    assert "simple_iceberg_streaming" in status.stdout, status.stdout + status.stderr
    shown = script("scripts/run_examples.sh", place, "simple")
    assert "streaming.user_events: 10,000 rows" in shown.stdout, shown.stdout + shown.stderr
    typed = "SHOW TABLES;\nDESCRIBE iceberg_user_events;\nSELECT COUNT(*) FROM iceberg_user_events;\n"
    answers = script("scripts/run_flink_example.sh", place, "interactive", typed=typed)
    for part in ("iceberg_user_events", "processing_time", "TIMESTAMP_LTZ(6)"):
        assert part in answers.stdout, answers.stdout + answers.stderr
    assert "Reading an iceberg table is not supported yet" in answers.stderr

    stopped_job = script("scripts/run_flink_example.sh", place, "stop")
    assert stopped_job.returncode == 0 and "Cancelled job" in stopped_job.stdout, stopped_job.stdout + stopped_job.stderr
    assert "no example's job runs" in script("scripts/run_flink_example.sh", place, "stop").stdout

    stopped = script("stop.sh", place)
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    for name in ("jobmanager", "taskmanager-1", "taskmanager-2", "kafka"):
        assert f"stopped {name}" in stopped.stdout
    assert "nothing was running" in script("stop.sh", place).stdout


def test_start_names_the_port_in_use_and_the_process(place: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(place["FRAZIL_REST_PORT"])))
        taken.listen()
        started = script("start.sh", place)
    assert started.returncode != 0
    for part in ("FAILED: jobmanager", place["FRAZIL_REST_PORT"], f"pid {os.getpid()}", "FRAZIL_REST_PORT"):
        assert part in started.stderr, started.stderr


def test_start_shows_no_lines_of_an_earlier_run(place: dict[str, str]) -> None:
    logs = Path(place["FRAZIL_RUN_DIR"], "logs")
    logs.mkdir(parents=True)
    Path(logs, "jobmanager.log").write_text("a line of yesterday\n")
    place["KAFKA_BOOTSTRAP_SERVERS"] = "127.0.0.1:1"
    assert "KAFKA_BOOTSTRAP_SERVERS" in script("start.sh", place).stderr
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{taken.getsockname()[1]}"
        place["FRAZIL_REST_PORT"] = "nonsense"
        started = script("start.sh", place)
    assert "nonsense" in started.stderr and "yesterday" not in started.stderr, started.stderr


def test_start_needs_a_folder_that_it_can_write(place: dict[str, str], tmp_path: Path) -> None:
    Path(tmp_path, "file").touch()
    place["FRAZIL_RUN_DIR"] = str(tmp_path / "file" / "run")
    started = script("start.sh", place)
    assert started.returncode != 0 and started.stderr.count("cannot") == 1, started.stderr
    for part in ("FAILED", place["FRAZIL_RUN_DIR"], "FRAZIL_RUN_DIR"):
        assert part in started.stderr, started.stderr


@pytest.mark.parametrize(("name", "word"), [("start.sh", "--frobnicate"), ("start.sh", "--example"), ("stop.sh", "all")])
def test_words_that_mean_nothing_are_refused(place: dict[str, str], name: str, word: str) -> None:
    answer = script(name, place, word)
    assert answer.returncode == 2 and "usage" in answer.stderr
    assert not Path(place["FRAZIL_RUN_DIR"]).exists()
    assert script(name, place, "--help").returncode == 0


def test_start_walks_the_windowed_example(place: dict[str, str]) -> None:
    started = script("start.sh", place, "--example", "windowed")
    assert started.returncode == 0, started.stdout + started.stderr
    for part in ("streaming.metrics_hourly: ", "by location:", "warehouse_a", "avg_value=", "window_start="):
        assert part in started.stdout, started.stdout
    status = script("scripts/run_flink_example.sh", place, "status")
    assert "windowed_aggregations" in status.stdout, status.stdout + status.stderr


def test_the_example_to_come_says_so(place: dict[str, str]) -> None:
    for name, *words in (("start.sh", "--example", "cdc"), ("scripts/run_flink_example.sh", "cdc")):
        answer = script(name, place, *words)
        assert answer.returncode == 2 and "to come" in answer.stderr


def test_generator_names_the_broker_that_does_not_answer(place: dict[str, str]) -> None:
    answer = script("scripts/generate_sample_data.py", place, "--count", "1")
    assert answer.returncode != 0 and f"127.0.0.1:{place['KAFKA_PORT']}" in answer.stderr

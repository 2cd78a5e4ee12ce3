"""Runs the suites in two lanes side by side, each with a time budget, and ends with their counts.

One lane computes (ctest), the other mostly waits for real processes (pytest).
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / ".run" / "test"
NOT_UNIT = "^(sql|simulation|fuzz)"


@dataclass
class Suite:
    name: str
    lane: str
    budget_s: int
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    note: str = ""

    @property
    def report(self) -> Path:
        return RESULTS / f"{self.name}.xml"

    @property
    def log(self) -> Path:
        return RESULTS / f"{self.name}.log"


def ctest(name: str, tree: str, budget_s: int, *selection: str) -> Suite:
    command = [
        "ctest", "--test-dir", str(ROOT / "build" / tree), "--output-on-failure", "--no-tests=error", "-j", "2",
        "--output-junit", str(RESULTS / f"{name}.xml"), *selection,
    ]  # fmt: skip
    environment = {"ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
    return Suite(name, "compute", budget_s, command, environment)


def pytest(name: str, folder: str, budget_s: int, options: list[str]) -> Suite:
    report = f"--junitxml={RESULTS / name}.xml"
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "tests" / "pytest.ini"), "-p", "no:cacheprovider",
               f"--basetemp={RESULTS / name}", report, *options, str(ROOT / "tests" / folder)]  # fmt: skip
    return Suite(name, "processes", budget_s, command)


def suites(full: bool, seed: int | None) -> list[Suite]:
    long = ["--full"] if full else []
    seeded = [f"--seed={seed}"] if seed is not None else []
    times = 6 if full else 1
    found = [
        Suite("checks", "compute", 120, [str(ROOT / "tools" / "check"), "--static"]),
        ctest("unit", "release", 300, "-E", NOT_UNIT),
        ctest("sql", "release", 180, "-R", "^sql"),
        ctest("simulation", "release", 300, "-R", "^simulation"),
        ctest("unit-sanitized", "sanitize", 600, "-E", NOT_UNIT),
        ctest("sql-sanitized", "sanitize", 300, "-R", "^sql"),
        ctest("fuzz", "fuzz", 180 * times, "-R", "^fuzz"),
        pytest("integration", "integration", 600 * times, long),
        pytest("fault", "fault", 900 * times, [*long, *seeded]),
    ]
    if full:
        found.append(pytest("compatibility", "compatibility", 1200, long))
        seeds = [str(ROOT / "build" / "release" / "tests" / "simulation" / "simulation"), "401", "10000"]
        found.append(Suite("simulation-long", "compute", 3600, seeds))
        for suite in found:
            suite.environment["FUZZ_SECONDS"] = "60"
    return found


def count(suite: Suite, returncode: int | None) -> None:
    """From the report; what left none, or ran out of time, counts as one failure more."""
    if suite.name == "checks":
        lines = suite.log.read_text(errors="replace").splitlines()
        suite.passed = sum(line.startswith("ok ") for line in lines)
        suite.failed = sum(line.startswith("FAILED ") for line in lines)
    elif suite.report.exists():
        for case in ElementTree.parse(suite.report).iter("testcase"):
            bad = case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail"
            suite.failed += bad
            suite.passed += not bad
    elif returncode == 0:
        suite.passed = 1
    if returncode is None:
        suite.failed += 1
        suite.note = f"over its budget of {suite.budget_s} s"
    elif returncode != 0 and suite.failed == 0:
        suite.failed = 1
        suite.note = f"ended with {returncode}"
    elif suite.passed + suite.failed == 0:
        suite.failed = 1
        suite.note = "ran no test"


def end_group(process: subprocess.Popen[bytes]) -> None:
    """SIGINT first, so that pytest stops what it started."""
    for number, patience in ((signal.SIGINT, 30), (signal.SIGKILL, 10)):
        os.killpg(process.pid, number)
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue


def run(suite: Suite) -> None:
    started = time.monotonic()
    print(f"--> {suite.name}", flush=True)
    suite.report.unlink(missing_ok=True)
    with suite.log.open("wb") as log:
        process = subprocess.Popen(
            suite.command, stdout=log, stderr=log, cwd=ROOT, start_new_session=True,
            env={**os.environ, **suite.environment},
        )  # fmt: skip
        returncode: int | None
        try:
            returncode = process.wait(suite.budget_s)
        except subprocess.TimeoutExpired:
            returncode = None
            end_group(process)
    suite.seconds = time.monotonic() - started
    count(suite, returncode)
    print(f"<-- {suite.name}: {suite.passed} passed, {suite.failed} failed, {suite.seconds:.0f} s", flush=True)


def run_lane(lane: list[Suite]) -> None:
    for suite in lane:
        run(suite)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./test.sh", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the long forms too")
    parser.add_argument("--seed", type=int, help="seed of the fault tests")
    parser.add_argument("--only", action="append", help="a suite; repeatable")
    parser.add_argument("--list", action="store_true", help="names of the suites")
    arguments = parser.parse_args()
    chosen = suites(arguments.full, arguments.seed)
    if arguments.only:
        unknown = set(arguments.only) - {suite.name for suite in chosen}
        if unknown:
            parser.error(f"no such suite: {', '.join(sorted(unknown))}")
        chosen = [suite for suite in chosen if suite.name in arguments.only]
    if arguments.list:
        print("\n".join(suite.name for suite in chosen))
        return 0
    RESULTS.mkdir(parents=True, exist_ok=True)
    lanes = [
        threading.Thread(target=run_lane, args=([suite for suite in chosen if suite.lane == lane],))
        for lane in ("compute", "processes")
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    print()
    for suite in chosen:
        if suite.failed:
            print(f"===== {suite.name}: {suite.log}, its end:")
            print("\n".join(suite.log.read_text(errors="replace").splitlines()[-40:]))
    print(f"\n{'suite':<18}{'passed':>8}{'failed':>8}{'seconds':>9}")
    for suite in chosen:
        print(f"{suite.name:<18}{suite.passed:>8}{suite.failed:>8}{suite.seconds:>9.0f}  {suite.note}".rstrip())
    failed = sum(suite.failed for suite in chosen)
    print(f"{sum(suite.passed for suite in chosen)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

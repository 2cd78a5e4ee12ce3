#!/usr/bin/env python3
"""Runs one SQL file on `frazil local` and compares what it prints with the golden result beside it.

usage: run_case.py FRAZIL CASE.sql [--bless]     --bless writes the result instead: read it before you commit it
"""

import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT_S = 50
ANY_ORDER = "-- rows in any order"


def run(frazil: str, case: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        command = [frazil, "local", "-f", str(case), "-D", f"warehouse=file://{folder}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        printed = done.stdout + done.stderr + f"exit code {done.returncode}\n"
        printed = printed.replace(folder, "<warehouse>")
    if ANY_ORDER in case.read_text():
        printed = re.sub(r"(?:^\| [+-][IUD] \|.*\n)+", lambda rows: "".join(sorted(rows[0].splitlines(True))), printed,
                         flags=re.MULTILINE)
    return re.sub(r"\b[0-9a-f]{32}\b", "<id>", printed)


def main() -> int:
    frazil, case = sys.argv[1], Path(sys.argv[2])
    golden = case.with_suffix(".out")
    printed = run(frazil, case)
    if "--bless" in sys.argv:
        golden.write_text(printed)
        return 0
    expected = golden.read_text()
    if printed == expected:
        return 0
    sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), printed.splitlines(True),
                                               golden.name, "printed"))
    return 1


if __name__ == "__main__":
    sys.exit(main())

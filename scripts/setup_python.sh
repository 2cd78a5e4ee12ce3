#!/usr/bin/env bash
# Makes .venv and installs the pinned packages of the requirement files given (scripts/requirements.txt by default).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
files=("$@")
((${#files[@]})) || files=("$root/scripts/requirements.txt")

[[ -x $root/.venv/bin/python ]] || python3 -m venv "$root/.venv"
for file in "${files[@]}"; do
  wanted=$(sha256sum <"$file")
  stamp=$root/.venv/installed-$(basename "$(dirname "$file")")
  [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && continue
  echo "python: installing $(grep -c '==' "$file") packages of ${file#"$root"/} into .venv"
  "$root/.venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$file"
  printf '%s\n' "$wanted" >"$stamp"
done

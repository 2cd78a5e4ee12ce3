#!/usr/bin/env bash
# Stops exactly what ./start.sh started: taskmanagers, jobmanager, broker. Data, logs and jobs stay under .run; the next
# start goes on with the jobs.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RUN_DIR=$(realpath -m "${FRAZIL_RUN_DIR:-$root/.run}")
export RUN_DIR
# shellcheck source=deploy/process.sh
source "$root/deploy/process.sh"

if (($#)); then
  echo "usage: ./stop.sh   (no arguments; stops what ./start.sh started, FRAZIL_RUN_DIR as it was then)" >&2
  [[ $1 == --help || $1 == -h ]] && exit 0
  exit 2
fi

halt() {
  if process_halt "$1" 10; then
    echo "stopped $1"
    stopped=yes
  fi
}

stopped=
for file in "$RUN_DIR"/pids/taskmanager-*; do
  [[ -f $file ]] && halt "$(basename "$file")"
done
halt jobmanager
halt kafka
[[ -n $stopped ]] || echo "nothing was running"

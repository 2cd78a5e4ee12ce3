#!/usr/bin/env bash
# Runs and watches the guide's streaming examples on the cluster that ./start.sh started.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run_dir=$(realpath -m "${FRAZIL_RUN_DIR:-$root/.run}")
jobmanager=${FRAZIL_JOBMANAGER:-http://127.0.0.1:${FRAZIL_REST_PORT:-8081}}
brokers=${KAFKA_BOOTSTRAP_SERVERS:-127.0.0.1:${KAFKA_PORT:-9092}}
warehouse=${FRAZIL_WAREHOUSE:-file://$run_dir/warehouse}
frazil=$root/build/release/bin/frazil

usage() {
  cat <<TEXT
usage: $0 simple|windowed|cdc|interactive|status|stop|help

  simple       Kafka topic user_events into the Iceberg table streaming.user_events
  windowed     metrics by sensor and hour into streaming.metrics_hourly; WINDOW_UNIT=MINUTE for windows of a minute
  cdc          current state and audit trail of cdc_users (to come)
  interactive  SQL prompt on the cluster; it knows the examples' tables
  status       the jobs of the cluster
  stop         cancel the examples' jobs
TEXT
}

require_cluster() {
  curl -sf -m 3 "$jobmanager/overview" >/dev/null || {
    echo "No jobmanager answers at $jobmanager; start one: ./start.sh" >&2
    exit 1
  }
}

# Prints "id state name" of each job that has not ended.
live_jobs() {
  curl -sf -m 5 "$jobmanager/jobs/overview" | python3 -c '
import json, sys
for job in json.load(sys.stdin)["jobs"]:
    if job["state"] not in ("FINISHED", "FAILED", "CANCELED"):
        print(job["jid"], job["state"], job["name"])'
}

run() {
  local example=$1 name=$2 running
  require_cluster
  running=$(live_jobs | awk -v name="$name" '$3 == name { print $1 }')
  if [[ -n $running ]]; then
    echo "The job $name runs already: $running"
    return
  fi
  "$frazil" sql -f "$root/examples/flink-iceberg/$name.sql" --jobmanager "$jobmanager" \
    -D "kafka_bootstrap_servers=$brokers" -D "warehouse=$warehouse" -D "window_unit=${WINDOW_UNIT:-HOUR}"
  echo "Watch it: curl -s $jobmanager/jobs/overview, and its table: ./scripts/run_examples.sh $example"
}

stop_examples() {
  local jobs job name found=
  require_cluster
  jobs=$(live_jobs)
  while read -r job _ name; do
    [[ -n $name && -f $root/examples/flink-iceberg/$name.sql ]] || continue
    "$frazil" cancel --jobmanager "$jobmanager" "$job"
    found=yes
  done <<<"$jobs"
  [[ -n $found ]] || echo "no example's job runs"
}

to_come() {
  echo "'$1' is to come: Frazil runs the examples 'simple' and 'windowed' for now." >&2
  exit 2
}

case ${1:-help} in
  simple) run simple simple_iceberg_streaming ;;
  windowed) run windowed windowed_aggregations ;;
  cdc) to_come "$1" ;;
  interactive)
    require_cluster
    # The tables of the examples, so that they can be looked at.
    sed -n '/^CREATE TABLE/,/);$/p' "$root"/examples/flink-iceberg/*.sql >"$run_dir/interactive.sql"
    exec "$frazil" sql -i "$run_dir/interactive.sql" --jobmanager "$jobmanager" \
      -D "kafka_bootstrap_servers=$brokers" -D "warehouse=$warehouse"
    ;;
  status)
    require_cluster
    "$frazil" list --jobmanager "$jobmanager"
    ;;
  stop) stop_examples ;;
  help | --help | -h) usage ;;
  *)
    printf "There is no '%s'.\n\n" "$1" >&2
    usage >&2
    exit 2
    ;;
esac

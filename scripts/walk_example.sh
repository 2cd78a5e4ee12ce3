#!/usr/bin/env bash
# ./start.sh --example NAME: topics, sample data, job, and the table when all rows have arrived.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run_dir=$(realpath -m "${FRAZIL_RUN_DIR:-$root/.run}")
warehouse=${FRAZIL_WAREHOUSE:-file://$run_dir/warehouse}
folder=${warehouse#file://}
events=${EXAMPLE_EVENTS:-10000}
example=$1

# await_rows TABLE ROWS
await_rows() {
  echo "waiting for the rows; they are committed with the next checkpoint"
  python3 "$root/scripts/show_iceberg_table.py" "$1" --warehouse "$folder" --await-rows "$2"
}

records() { "$root/deploy/kafka/topics" describe "$1" | awk '{ total += $NF - $(NF - 2) } END { print total }'; }

walk_simple() {
  python3 "$root/scripts/generate_sample_data.py" --data-type user_events --count "$events"
  "$root/scripts/run_flink_example.sh" simple
  await_rows streaming.user_events "$(records user_events)"
}

# Metrics of the last ten minutes in windows of one: a row for each of 200 sensors and each window that has ended ten
# seconds (the watermark's delay) before the newest metric, which are eight at least, whatever the second is.
walk_windowed() {
  export WINDOW_UNIT=${WINDOW_UNIT:-MINUTE}
  python3 "$root/scripts/generate_sample_data.py" --data-type metrics --count "$events" --span 600
  "$root/scripts/run_flink_example.sh" windowed
  [[ $WINDOW_UNIT != MINUTE ]] || await_rows streaming.metrics_hourly $((8 * 200))
}

"$root/scripts/setup_flink_iceberg.sh"
"walk_$example"
"$root/scripts/run_examples.sh" "$example"

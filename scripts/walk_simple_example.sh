#!/usr/bin/env bash
# ./start.sh --example simple: topics, sample data, job, and the table when all rows have arrived.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run_dir=$(realpath -m "${FRAZIL_RUN_DIR:-$root/.run}")
warehouse=${FRAZIL_WAREHOUSE:-file://$run_dir/warehouse}
folder=${warehouse#file://}
events=${EXAMPLE_EVENTS:-10000}

"$root/scripts/setup_flink_iceberg.sh"
python3 "$root/scripts/generate_sample_data.py" --data-type user_events --count "$events"
"$root/scripts/run_flink_example.sh" simple
total=$("$root/deploy/kafka/topics" describe user_events | awk '{ total += $NF - $(NF - 2) } END { print total }')
echo "waiting for the rows; they are committed with the next checkpoint"
python3 "$root/scripts/show_iceberg_table.py" streaming.user_events --warehouse "$folder" --await-rows "$total"
"$root/scripts/run_examples.sh" simple

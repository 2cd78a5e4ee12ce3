#!/usr/bin/env bash
# Shows what is in the Iceberg tables of the examples: counts and some rows, read with PyIceberg.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run_dir=$(realpath -m "${FRAZIL_RUN_DIR:-$root/.run}")
warehouse=${FRAZIL_WAREHOUSE:-file://$run_dir/warehouse}

show() { exec python3 "$root/scripts/show_iceberg_table.py" "$1" --warehouse "${warehouse#file://}"; }

case ${1:-help} in
  simple) show streaming.user_events ;;
  windowed) show streaming.metrics_hourly ;;
  cdc)
    echo "'$1' is to come: Frazil runs the examples 'simple' and 'windowed' for now." >&2
    exit 2
    ;;
  *)
    echo "usage: $0 simple|windowed|cdc" >&2
    [[ ${1:-help} == help ]] || exit 2
    ;;
esac

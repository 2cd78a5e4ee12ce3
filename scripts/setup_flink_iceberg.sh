#!/usr/bin/env bash
# Makes the topics of the examples, three partitions each. No connectors to download: they are part of Frazil.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/scripts/setup_python.sh"
"$root/deploy/kafka/topics" create user_events metrics cdc_users --partitions 3

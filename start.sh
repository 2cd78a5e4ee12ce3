#!/usr/bin/env bash
# From a fresh Debian 12 to a running Frazil: packages, build, Kafka, one jobmanager, taskmanagers.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RUN_DIR=$(realpath -m "${FRAZIL_RUN_DIR:-$root/.run}")
export RUN_DIR
given_brokers=${KAFKA_BOOTSTRAP_SERVERS:-}
rest_port=${FRAZIL_REST_PORT:-8081}
rpc_port=${FRAZIL_RPC_PORT:-6123}
export FRAZIL_JOBMANAGER=http://127.0.0.1:$rest_port
taskmanagers=2
example=
step_name=start
step_log=
step_log_bytes=0
# shellcheck source=deploy/process.sh
source "$root/deploy/process.sh"

usage() {
  cat <<TEXT
usage: ./start.sh [--taskmanagers N] [--example simple|windowed|cdc]

Installs what is missing, builds, and starts a Kafka broker, one jobmanager and N taskmanagers (2) with two slots each.
With --example it walks on: topics, sample data, job, and the rows in the Iceberg table; windowed does so with windows
of one minute (WINDOW_UNIT=HOUR for those of the guide) over metrics of the last ten.

  KAFKA_BOOTSTRAP_SERVERS  use this broker instead of starting one
  KAFKA_PORT               port of the broker that is started (9092); its controller has KAFKA_CONTROLLER_PORT, the next
  FRAZIL_REST_PORT         REST and SQL gateway (8081)
  FRAZIL_RPC_PORT          where taskmanagers register (6123)
  FRAZIL_RUN_DIR           logs, checkpoints, broker, warehouse (.run)
TEXT
}

step() {
  step_name=$1
  step_log=${2:-}
  step_log_bytes=$(stat -c %s "$step_log" 2>/dev/null) || step_log_bytes=0
  printf '==> %s\n' "$1"
}

# What this step added to its log; a log that became shorter was begun anew.
new_log_lines() {
  local bytes
  bytes=$(stat -c %s "$step_log" 2>/dev/null) || return 0
  ((bytes >= step_log_bytes)) || step_log_bytes=0
  tail -c +$((step_log_bytes + 1)) "$step_log" | tail -n 5 | cut -c 1-300
}

# fail MESSAGE [REMEDY]
fail() {
  printf '\nFAILED: %s\n  %s\n' "$step_name" "$1" >&2
  if [[ -n $step_log ]]; then
    printf '  the log: %s\n' "$step_log" >&2
    new_log_lines | sed 's/^/    /' >&2
  fi
  [[ -z ${2:-} ]] || printf '  what to do: %s\n' "$2" >&2
  exit 1
}

refuse() {
  printf '%s\n\n' "$1" >&2
  usage >&2
  exit 2
}

while (($#)); do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --taskmanagers | --example) (($# > 1)) || refuse "$1 needs a value" ;;&
    --taskmanagers) taskmanagers=$2 && shift ;;
    --example) example=$2 && shift ;;
    *) refuse "unexpected argument '$1'" ;;
  esac
  shift
done
[[ $taskmanagers =~ ^[1-9][0-9]*$ ]] || { echo "--taskmanagers takes a number from 1 on, not '$taskmanagers'" >&2 && exit 2; }
case $example in
  '' | simple | windowed) ;;
  cdc)
    echo "The $example example is to come: Frazil runs 'simple' and 'windowed' for now." >&2
    exit 2
    ;;
  *) echo "There is no example '$example'; there are simple, windowed and cdc." >&2 && exit 2 ;;
esac

logs=$RUN_DIR/logs

make_folders() {
  local folder
  step_name="folders below $RUN_DIR"
  for folder in logs pids warehouse checkpoints ha; do
    { mkdir -p "$RUN_DIR/$folder" && [[ -w $RUN_DIR/$folder ]]; } 2>/dev/null ||
      fail "cannot write in $RUN_DIR/$folder" "make it writable for $(id -un), or name another folder by FRAZIL_RUN_DIR"
  done
}

# Lines that match FILTER stay on the screen; a terminal sees the others pass by on one line.
show() {
  local filter=$1 line wipe=
  [[ ! -t 1 ]] || wipe=$'\r\e[K'
  while IFS= read -r line; do
    if [[ $line =~ $filter ]]; then
      printf '%s%s\n' "$wipe" "$line"
    elif [[ -n $wipe ]]; then
      printf '%s%.100s' "$wipe" "${line//[[:cntrl:]]/ }"
    fi
  done
  printf '%s' "$wipe"
}

# logged FILTER COMMAND...: all output to the step's log, what matches the filter to the screen.
logged() {
  local filter=$1
  shift
  step_log_bytes=0
  "$@" 2>&1 | tee "$step_log" | show "$filter"
}

make_folders

step "Debian packages" "$logs/packages.log"
logged '^packages: installing' "$root/deploy/install_packages" "$root/deploy/packages.txt" || case $? in
  2) fail "packages are missing, and only root may install them" "have root run the command above, then ./start.sh again" ;;
  *) fail "a package could not be installed" "check the network and apt's sources, then ./start.sh again" ;;
esac

step "build (release, into build/release)" "$root/build/release/build.log"
"$root/deploy/build" "$root/build/release" jobmanager_binary taskmanager_binary frazil_binary ||
  fail "the build ended with an error" "see the log; after a change of compiler or packages: rm -rf build/release"

step "Python packages (into .venv)" "$logs/python.log"
logged '^python:' "$root/scripts/setup_python.sh" ||
  fail "the Python packages could not be installed" "check the network, then ./start.sh again"

start_kafka() {
  if [[ -n $given_brokers ]]; then
    local first=${given_brokers%%,*}
    step "Kafka at $given_brokers (given)"
    timeout 5 bash -c "exec 3<>/dev/tcp/${first%:*}/${first##*:}" 2>/dev/null ||
      fail "no broker answers at $first" "check KAFKA_BOOTSTRAP_SERVERS, or unset it to have a broker started"
    return
  fi
  export KAFKA_PORT=${KAFKA_PORT:-9092}
  step "Kafka" "$logs/kafka.log"
  "$root/deploy/kafka/start" || fail "the broker did not start" "see the message above and the log"
  export KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:$KAFKA_PORT
}

require_free_port() {
  local owner
  owner=$(port_owner "$1")
  [[ -z $owner ]] || fail "port $1 is in use by $owner" "stop that process, or choose another port by $2"
}

# How many taskmanagers the jobmanager counts; fails while it does not answer.
registered_taskmanagers() {
  local overview
  overview=$(curl -sf -m 2 "$FRAZIL_JOBMANAGER/overview") || return 1
  [[ $overview =~ \"taskmanagers\":[[:space:]]*([0-9]+) ]] || return 1
  printf '%s\n' "${BASH_REMATCH[1]}"
}

# await NAME CONDITION...: until the condition holds; a process that ended meanwhile is a failure.
await() {
  local name=$1 tick
  shift
  for ((tick = 0; tick < 600; tick++)); do
    "$@" && return
    process_pid "$name" >/dev/null || fail "$name ended by itself" "see the log"
    sleep 0.05
  done
  fail "$name did not answer within 30 s" "see the log; ./stop.sh and ./start.sh begin again"
}

jobmanager_answers() { registered_taskmanagers >/dev/null; }
enough_taskmanagers() { (($(registered_taskmanagers || echo 0) >= $1)); }

options=(-c "$root/deploy/config.yaml" -D "jobmanager.rpc.port=$rpc_port" -D "rest.port=$rest_port"
  -D "execution.checkpointing.dir=file://$RUN_DIR/checkpoints"
  -D "execution.checkpointing.savepoint-dir=file://$RUN_DIR/savepoints" -D "high-availability.storageDir=file://$RUN_DIR/ha")

start_jobmanager() {
  step "jobmanager" "$logs/jobmanager.log"
  if ! process_pid jobmanager >/dev/null; then
    require_free_port "$rest_port" FRAZIL_REST_PORT
    require_free_port "$rpc_port" FRAZIL_RPC_PORT
    process_launch jobmanager "$step_log" "$root/build/release/bin/jobmanager" "${options[@]}"
  fi
  await jobmanager jobmanager_answers
}

start_taskmanagers() {
  local number
  for ((number = 1; number <= taskmanagers; number++)); do
    step "taskmanager $number of $taskmanagers" "$logs/taskmanager-$number.log"
    process_pid "taskmanager-$number" >/dev/null || process_launch "taskmanager-$number" "$step_log" \
      "$root/build/release/bin/taskmanager" "${options[@]}"
    await "taskmanager-$number" enough_taskmanagers "$number"
  done
}

summary() {
  local file name pid kafka_pid
  printf '\nFrazil runs:\n'
  kafka_pid=$(process_pid kafka) && kafka_pid="pid $kafka_pid" || kafka_pid="not started here"
  printf '  %-14s %-32s %s\n' Kafka "$KAFKA_BOOTSTRAP_SERVERS" "$kafka_pid"
  printf '  %-14s %-32s pid %s\n' jobmanager "$FRAZIL_JOBMANAGER" "$(process_pid jobmanager)"
  for file in "$RUN_DIR"/pids/taskmanager-*; do
    name=$(basename "$file")
    pid=$(process_pid "$name") || continue
    printf '  %-14s %-32s pid %s\n' "$name" "2 slots" "$pid"
  done
  printf '  logs %s, warehouse %s; ./stop.sh stops it all\n' "$logs" "$RUN_DIR/warehouse"
  print_places
}

# What the other commands must know of a cluster that is not in its usual place.
print_places() {
  local places=()
  [[ -z $given_brokers ]] || places+=("KAFKA_BOOTSTRAP_SERVERS=$given_brokers")
  [[ ${KAFKA_PORT:-9092} == 9092 ]] || places+=("KAFKA_PORT=$KAFKA_PORT")
  [[ $rest_port == 8081 ]] || places+=("FRAZIL_REST_PORT=$rest_port" "FRAZIL_JOBMANAGER=$FRAZIL_JOBMANAGER")
  [[ $RUN_DIR == "$root/.run" ]] || places+=("FRAZIL_RUN_DIR=$RUN_DIR")
  ((${#places[@]} == 0)) || printf '  the other commands find it by: export %s\n' "${places[*]}"
}

start_kafka
start_jobmanager
start_taskmanagers
summary

if [[ -n $example ]]; then
  step "example $example: topics, sample data, job, table"
  "$root/scripts/walk_example.sh" "$example" || fail "the example did not come to its end" "see the message above and $logs"
fi

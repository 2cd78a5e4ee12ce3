# shellcheck shell=bash
# Local processes by name: a pid file holds the pid and the kernel's start time of the process, so that a pid that was
# given to another process since is never taken for ours. Sourced by start.sh, stop.sh and deploy/kafka; the caller
# sets RUN_DIR.

# Prints the start time (clock ticks since boot) of a pid; fails when there is no such process or it is a zombie.
process_start_time() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] || return 1
  printf '%s\n' "${fields[19]}"
}

# Prints the pid that the pid file names when that very process is alive.
process_pid() {
  local file="$RUN_DIR/pids/$1" pid started now
  [[ -f $file ]] || return 1
  read -r pid started <"$file" || return 1
  now=$(process_start_time "$pid") || return 1
  [[ $now == "$started" ]] || return 1
  printf '%s\n' "$pid"
}

# process_launch NAME LOG COMMAND...: starts COMMAND detached, output to LOG, and writes the pid file.
process_launch() {
  local name=$1 log=$2 pid
  shift 2
  mkdir -p "$RUN_DIR/pids" "$(dirname "$log")"
  setsid "$@" >>"$log" 2>&1 </dev/null &
  pid=$!
  printf '%s %s\n' "$pid" "$(process_start_time "$pid" || echo 0)" >"$RUN_DIR/pids/$name"
}

# process_halt NAME SECONDS: SIGTERM, then SIGKILL after SECONDS. True when something was stopped.
process_halt() {
  local name=$1 seconds=$2 pid tick
  if ! pid=$(process_pid "$name"); then
    rm -f "$RUN_DIR/pids/$name"
    return 1
  fi
  kill -TERM "$pid" 2>/dev/null || true
  for ((tick = 0; tick < seconds * 20; tick++)); do
    process_pid "$name" >/dev/null || break
    sleep 0.05
  done
  if process_pid "$name" >/dev/null; then
    kill -KILL "$pid" 2>/dev/null || true
    while process_pid "$name" >/dev/null; do sleep 0.05; done
  fi
  rm -f "$RUN_DIR/pids/$name"
}

# Says who listens on a port ("java (pid 4711)"); empty when nobody does.
port_owner() {
  local line
  line=$(ss -Hltnp "sport = :$1" 2>/dev/null | head -n 1) || true
  [[ -n $line ]] || return 0
  if [[ $line =~ \(\(\"([^\"]+)\",pid=([0-9]+) ]]; then
    printf '%s (pid %s)\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
  else
    printf 'a process of another user\n'
  fi
}

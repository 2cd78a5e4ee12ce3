#!/usr/bin/env bash
# The image's entry, with the conventions of Flink's: `jobmanager` and `taskmanager` start that process, anything else
# is run as it is. FLINK_PROPERTIES (lines of config.yaml) is appended to the configuration; JOB_MANAGER_RPC_ADDRESS and
# TASK_MANAGER_NUMBER_OF_TASK_SLOTS are the keys of those names.
set -euo pipefail

configuration=${FRAZIL_CONF_DIR:-/opt/frazil/conf}/config.yaml
given=$(mktemp)

usage() {
  cat <<TEXT
usage: docker run IMAGE jobmanager|taskmanager [-D key=value ...]
       docker run IMAGE frazil ...         the client
       docker run IMAGE COMMAND ...        anything else

  FLINK_PROPERTIES                    lines of config.yaml, appended to it
  JOB_MANAGER_RPC_ADDRESS             where the jobmanager is (jobmanager)
  TASK_MANAGER_NUMBER_OF_TASK_SLOTS   slots of a taskmanager
TEXT
}

# In a container everything listens on all addresses: what reaches it is decided outside.
write_given() {
  printf 'jobmanager.rpc.address: %s\n' "${JOB_MANAGER_RPC_ADDRESS:-jobmanager}"
  printf 'jobmanager.bind-host: 0.0.0.0\nrest.bind-address: 0.0.0.0\ntaskmanager.bind-host: 0.0.0.0\n'
  printf 'taskmanager.host: %s\n' "$(hostname -i | cut -d ' ' -f 1)"
  [[ -z ${TASK_MANAGER_NUMBER_OF_TASK_SLOTS:-} ]] ||
    printf 'taskmanager.numberOfTaskSlots: %s\n' "$TASK_MANAGER_NUMBER_OF_TASK_SLOTS"
  printf '%s\n' "${FLINK_PROPERTIES:-}"
}

case ${1:-help} in
  jobmanager | taskmanager)
    process=$1
    shift
    write_given >"$given"
    exec "$process" -c "$configuration" -c "$given" "$@"
    ;;
  help | --help | -h) usage ;;
  *) exec "$@" ;;
esac

# For test scripts in bash; sourced, never run. Gives $scratch, a folder that goes away at the end, and:
#   expect NAME COMMAND...   prints the result line of one command
#   exit "$failed"           the last line of the script
# shellcheck shell=bash

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

expect() {
  local name=$1
  shift
  if "$@" >"$scratch/log" 2>&1; then
    printf 'ok %s\n' "$name"
  else
    printf 'not ok %s\n' "$name"
    tail -n 5 "$scratch/log" >&2
    # shellcheck disable=SC2034  # read by the script that sources this file
    failed=1
  fi
}

# What the scripts share; sourced, never run.
# shellcheck shell=bash

root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
logs=$root/build/logs
# shellcheck disable=SC2034  # read by the scripts that source this file
jobs=$(nproc)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# logged NAME COMMAND...: runs quietly, keeps the output in build/logs/NAME.log and shows its end
# when the command fails.
logged() {
  local name=$1
  shift
  mkdir -p "$logs"
  if "$@" </dev/null >"$logs/$name.log" 2>&1; then
    return 0
  fi
  say "failed: $*"
  tail -n 40 "$logs/$name.log" >&2
  say "(all of it: build/logs/$name.log)"
  return 1
}

# Sanitizer runtimes of this age refuse a kernel that randomises more than 28 bits of an address; with
# this in front of a command nothing is randomised. Empty where that is not allowed.
fixed_addresses=()
if setarch -R true 2>/dev/null; then
  fixed_addresses=(setarch -R)
fi

# build PRESET [CMAKE OPTION...]: configures and builds one preset. Building runs the tests' binary to
# list its cases.
build() {
  local preset=$1
  shift
  logged "$preset-configure" cmake -S "$root" --preset "$preset" "$@" &&
    logged "$preset-build" "${fixed_addresses[@]}" cmake --build "$root/build/$preset"
}

# Our files by suffix, one a line and rooted at the top folder: tracked or new, never ignored ones.
# Works in an unpacked archive too.
our_files() {
  local suffix patterns=()
  for suffix in "$@"; do
    patterns+=("*.$suffix")
  done
  cd "$root" || return
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- "${patterns[@]}" | sort -u |
      while IFS= read -r file; do [[ -e $file ]] && printf '%s\n' "$file"; done
  else
    for suffix in "$@"; do
      find . -path ./build -prune -o -type f -name "*.$suffix" -printf '%P\n'
    done | sort
  fi
}

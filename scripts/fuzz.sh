#!/bin/bash
# Fuzzes: first proves on a planted bug that the fuzzers can find one, then runs each target.
#
#   scripts/fuzz.sh [SECONDS [TARGET...]]     default: 60 s each, all targets (tests/fuzz/*_fuzz.cpp)
#
# What crashes is kept in build/fuzz/found/TARGET/; move it to tests/fuzz/corpus/TARGET/ with the fix.
# Inputs worth keeping grow in build/fuzz/corpus/TARGET/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

seconds=${1-60}
shift || true
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "'$seconds' is no number of seconds"

build fuzz || { printf 'not ok fuzz: build\n' && exit 1; }
programs=$root/build/fuzz/tests/fuzz
work=$root/build/fuzz
mkdir -p "$logs"

# run_target NAME SECONDS: prints one result line; exit 1 if something was found.
run_target() {
  local name=$1 seconds=$2
  local seeds=$root/tests/fuzz/corpus/$name dictionary=$root/tests/fuzz/$name.dict
  local log=$logs/fuzz-$name.log folders=("$work/corpus/$name") options=()
  mkdir -p "$work/corpus/$name" "$work/found/$name"
  [[ -d $seeds ]] && folders+=("$seeds")
  # A target of whole captures needs room for more than a message.
  [[ $name == pipeline* || $name == pcap* ]] && options+=(-max_len=65536)
  [[ -e $dictionary ]] && options+=("-dict=$dictionary")
  if "$programs/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
    -print_final_stats=1 -artifact_prefix="$work/found/$name/" "${options[@]}" "${folders[@]}" \
    </dev/null >"$log" 2>&1; then
    printf 'ok fuzz: %s (%s runs, %s)\n' "$name" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
      "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)"
  else
    printf 'not ok fuzz: %s (%s; build/logs/fuzz-%s.log)\n' "$name" \
      "$(grep -m 1 -oE '(SUMMARY|ERROR|runtime error): .*' "$log" | cut -c 1-120 || true)" "$name"
    return 1
  fi
}

# A library that reports no coverage leaves the fuzzers blind: millions of runs, nothing found.
nm "$work/libntan_core.a" 2>/dev/null | grep -c __sanitizer_cov_8bit_counters_init >/dev/null ||
  { printf 'not ok fuzz: libntan_core.a was built without coverage\n' && exit 1; }

# The canary must die, by AddressSanitizer, on the planted bug.
rm -rf "$work/corpus/canary" "$work/found/canary"
started=$SECONDS
if run_target canary 60 >/dev/null; then
  printf 'not ok fuzz: canary (the planted bug was not found in 60 s)\n'
  exit 1
fi
grep -q 'AddressSanitizer: heap-buffer-overflow' "$logs/fuzz-canary.log" ||
  { printf 'not ok fuzz: canary (build/logs/fuzz-canary.log)\n' && exit 1; }
printf 'ok fuzz: canary (the planted bug was found in %s s)\n' $((SECONDS - started))

if (($#)); then
  targets=("$@")
else
  targets=()
  for source in "$root"/tests/fuzz/*_fuzz.cpp; do
    name=$(basename "$source" _fuzz.cpp)
    [[ $name == canary ]] || targets+=("$name")
  done
fi
((${#targets[@]})) || exit 0
export -f run_target
export root logs work programs
# shellcheck disable=SC2016  # expanded by the inner shell
printf '%s\0' "${targets[@]}" |
  xargs -0 -P "$jobs" -I '{}' bash -c 'run_target "$1" "$2"' run_target '{}' "$seconds"

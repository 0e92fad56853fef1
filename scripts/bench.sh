#!/bin/bash
# Builds what ships with the benchmarks and runs them: scripts/bench.sh [BENCHMARK OPTION...]
# As in: scripts/bench.sh --benchmark_filter=udp --benchmark_repetitions=5
# NTAN_BENCH_FILE names the pcap file that is read from end to end; without it one of 200 MB is mixed
# once from the captures beside the project, where they are.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

"$root/scripts/setup.sh"
build release -DNTAN_BENCH=ON
shopt -s nullglob
programs=("$root"/build/release/bench/*_bench)
((${#programs[@]})) || die "no benchmarks: bench/*_bench.cpp is empty"

# Prints the path of the capture for the end-to-end runs, or nothing.
end_to_end_capture() {
  local corpus=${NTAN_CORPUS:-$root/../shared/corpus} mixer=$root/../shared/lab/make_big_trace.py
  local mixed=$root/build/bench/mix200.pcap
  if [[ -n ${NTAN_BENCH_FILE:-} ]]; then
    printf '%s\n' "$NTAN_BENCH_FILE"
    return
  fi
  if [[ ! -e $mixed && -e $mixer && -d $corpus/captures ]]; then
    mkdir -p "${mixed%/*}"
    logged bench-mix python3 "$mixer" --from "$corpus/captures" --size 200M --out "$mixed.new" || return
    mv "$mixed.new" "$mixed"
  fi
  [[ ! -e $mixed ]] || printf '%s\n' "$mixed"
}

# Figures without commit, compiler and machine say nothing.
compiler=$(c++ --version | head -n 1)
machine=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)
printf 'commit %s | %s | %s x %s\n' "$commit" "$compiler" "$jobs" "${machine:-unknown}"
for program in "${programs[@]}"; do
  printf '\n%s\n' "$(basename "$program")"
  "$program" --benchmark_counters_tabular=true "$@" 2>"$logs/$(basename "$program").log"
done

printf '\nend_to_end\n'
capture=$(end_to_end_capture)
if [[ -n $capture ]]; then
  "$root/build/release/bench/end_to_end" "$root/build/release/ntan" "$capture"
else
  printf 'skipped: no capture (NTAN_BENCH_FILE names one)\n'
fi

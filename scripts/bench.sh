#!/bin/bash
# Builds what ships with the benchmarks and runs them: scripts/bench.sh [BENCHMARK OPTION...]
# As in: scripts/bench.sh --benchmark_filter=udp --benchmark_repetitions=5
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

"$root/scripts/setup.sh"
build release -DNTAN_BENCH=ON
shopt -s nullglob
programs=("$root"/build/release/bench/*_bench)
((${#programs[@]})) || die "no benchmarks: bench/*_bench.cpp is empty"

# Figures without commit, compiler and machine say nothing.
compiler=$(c++ --version | head -n 1)
machine=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)
printf 'commit %s | %s | %s x %s\n' "$commit" "$compiler" "$jobs" "${machine:-unknown}"
for program in "${programs[@]}"; do
  printf '\n%s\n' "$(basename "$program")"
  "$program" --benchmark_counters_tabular=true "$@" 2>"$logs/$(basename "$program").log"
done

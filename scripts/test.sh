#!/bin/bash
# Installs what is missing, builds, and runs every test: scripts/test.sh [--long]
#
# The last line says `N passed, N failed, N skipped`; the exit code is 1 if anything failed.
#
# Counted are the checks, the CTest cases of each build, and what the executable scripts
# tests/*/run_*.{py,sh} report. Such a script prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line,
# exits 1 if something is not ok, and finds the program to test in $NTAN.
#
# --long adds: the thread sanitizer, each fuzz target for a minute, clang-tidy over all files, and
# tests/*/long_*.{py,sh}. Logs, and the list of all results, are in build/logs/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$root"

case ${1-} in
  '') long='' ;;
  --long) long=yes ;;
  *) die "unknown argument '$1' (only --long is known)" ;;
esac

scripts/setup.sh
mkdir -p "$logs"
results=$logs/results.txt
: >"$results"
export NTAN=$root/build/release/ntan

# Reads result lines; keeps all, shows those that are not `ok` and the indented lines below, which say why.
record() {
  awk -v results="$results" '
    /^(ok|not ok|skip) / { print >>results; shown = !/^ok /; if (shown) print; next }
    shown && /^ / { print; next }
    { shown = 0 }'
}

phase() { printf '== %s (%d s)\n' "$1" "$SECONDS"; }

# check NAME COMMAND...: one result for one command.
check() {
  local name=$1
  shift
  if logged "check-${name//[ \/]/-}" "$@"; then
    record <<<"ok check: $name"
  else
    record <<<"not ok check: $name"
  fi
}

# built PRESET: builds it, as a result of its own.
built() {
  phase "build $1"
  if [[ $1 == release && ! -e src/main.cpp ]]; then
    record <<<'not ok build: release (src/main.cpp is missing: there is no program to build)'
    return 1
  fi
  if build "$1"; then
    record <<<"ok build: $1"
  else
    record <<<"not ok build: $1"
    return 1
  fi
}

cases_of() {
  local preset=$1 junit=$logs/ctest-$1.xml
  built "$preset" || return 0
  phase "test $preset"
  rm -f "$junit"
  "${fixed_addresses[@]}" ctest --test-dir "build/$preset" --parallel "$jobs" --timeout 300 \
    --output-junit "$junit" --output-on-failure </dev/null >"$logs/ctest-$preset.log" 2>&1 || true
  if [[ -e $junit ]]; then
    scripts/ctest_lines.py "$junit" "$preset" | record
  else
    tail -n 20 "$logs/ctest-$preset.log" >&2
    record <<<"not ok $preset: ctest did not finish"
  fi
}

# script FILE SECONDS: takes over what a test script reports.
script() {
  local file=$1 limit=$2 status=0 log
  log=$logs/$(tr / - <<<"${file%.*}").log
  phase "$file"
  if [[ ! -x $file ]]; then
    record <<<"not ok $file is not executable"
    return
  fi
  timeout --kill-after=30 "$limit" "./$file" </dev/null >"$log" 2>&1 || status=$?
  record <"$log"
  if ((status != 0)) && ! grep -q '^not ok ' "$log"; then
    tail -n 20 "$log" >&2
    record <<<"not ok $file: exit code $status"
  elif ! grep -qE '^(ok|not ok|skip) ' "$log"; then
    record <<<"not ok $file reports nothing"
  fi
}

shopt -s nullglob

phase checks
check 'format' scripts/format.sh
check 'layers, self-test' scripts/check_layers.py --self-test
check 'layers' scripts/check_layers.py
check 'docs, self-test' scripts/check_docs.py --self-test
mapfile -t shell_scripts < <(our_files sh)
check 'shellcheck' shellcheck -x .ci/run "${shell_scripts[@]}"

cases_of dev
check 'headers compile alone' \
  cmake --build build/dev --target all_verify_interface_header_sets
phase clang-tidy
if [[ -n $long ]]; then
  check 'clang-tidy, all files' scripts/tidy.sh --all
else
  check 'clang-tidy, changed files' scripts/tidy.sh
fi
cases_of asan
if [[ -n $long ]]; then
  cases_of tsan
fi

if built release; then
  script scripts/check_docs.py 900
  for file in tests/*/run_*.py tests/*/run_*.sh; do
    script "$file" 1200
  done
  if [[ -n $long ]]; then
    for file in tests/*/long_*.py tests/*/long_*.sh; do
      script "$file" 14400
    done
  fi
fi
if [[ -n $long ]]; then
  script scripts/fuzz.sh 14400
fi

count() { grep -c "^$1 " "$results" || true; }
failed=$(count 'not ok')
if ((failed)); then
  printf '\nfailed:\n'
  sed -n 's/^not ok /  /p' "$results"
fi
printf '%d passed, %d failed, %d skipped\n' "$(count ok)" "$failed" "$(count skip)"
((failed == 0))

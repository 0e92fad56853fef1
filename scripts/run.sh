#!/bin/bash
# Installs what is missing, builds ntan, and runs it.
#
#   scripts/run.sh              analyses a sample capture: its events, then the summary
#   scripts/run.sh ARGS...      runs `ntan ARGS...`, as in: scripts/run.sh capture -i lo
#
# Only ntan itself writes to stdout, so the output can be piped.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

[[ -e $root/src/main.cpp ]] || die "src/main.cpp is missing: there is no program to build"

"$root/scripts/setup.sh" --build-only
build release
ntan=$root/build/release/ntan

if (($#)); then
  exec "$ntan" "$@"
fi

sample=$root/build/sample.pcap
"$root/scripts/make_sample.py" "$sample"
for view in --json --table; do
  say "\$ ntan read build/sample.pcap $view"
  "$ntan" read "$sample" "$view"
done

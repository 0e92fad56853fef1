#!/bin/bash
# What the scripts promise: the sample is sound and always the same, and failures are counted as such.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../../scripts/lib.sh"
# shellcheck source=tests/support/expect.sh
source "$root/tests/support/expect.sh"
cd "$root"

sample_is_constant() {
  scripts/make_sample.py "$scratch/a.pcap"
  scripts/make_sample.py "$scratch/b.pcap"
  cmp "$scratch/a.pcap" "$scratch/b.pcap"
}

checksums_are_right() {
  local verify=(-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE)
  [[ -z $(tshark -n "${verify[@]}" -r "$scratch/a.pcap" \
    -Y '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0') ]]
}

one_segment_is_sent_again() {
  (($(tshark -n -r "$scratch/a.pcap" -Y tcp.analysis.retransmission | wc -l) == 1))
}

failures_are_counted() {
  cat >"$scratch/ctest.xml" <<'XML'
<testsuite>
  <testcase name="good" status="run"/>
  <testcase name="bad" status="fail"><failure message=""/><system-out>why</system-out></testcase>
  <testcase name="no seeds" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
  <testcase name="lost" status="notrun"><skipped message="Unable to find executable"/></testcase>
</testsuite>
XML
  scripts/ctest_lines.py "$scratch/ctest.xml" x >"$scratch/lines"
  diff "$scratch/lines" - <<'LINES'
ok x: good
not ok x: bad
skip x: no seeds nothing to run
not ok x: lost
LINES
}

an_empty_run_fails() {
  printf '<testsuite/>' >"$scratch/ctest.xml"
  [[ $(scripts/ctest_lines.py "$scratch/ctest.xml" x) == 'not ok x: no test case was found' ]]
}

bad_layout_is_found() {
  mkdir -p "$scratch/tree/scripts"
  cp scripts/lib.sh scripts/format.sh "$scratch/tree/scripts"
  cp .clang-format "$scratch/tree"
  printf 'int  main(){}\n' >"$scratch/tree/bad.cpp"
  ! "$scratch/tree/scripts/format.sh" && "$scratch/tree/scripts/format.sh" --fix &&
    "$scratch/tree/scripts/format.sh"
}

expect 'scripts: set-up is silent once complete' test -z "$(scripts/setup.sh 2>&1)"
expect 'scripts: the sample capture is always the same' sample_is_constant
expect 'scripts: the checksums of the sample are right' checksums_are_right
expect 'scripts: one segment of the sample is sent again' one_segment_is_sent_again
expect 'scripts: failed and lost CTest cases count as failed' failures_are_counted
expect 'scripts: a run without cases fails' an_empty_run_fails
expect 'scripts: bad layout is found and set right' bad_layout_is_found
exit "$failed"

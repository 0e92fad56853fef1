#!/bin/bash
# Builds what ships with the benchmarks and measures it: scripts/bench.sh [PART...] [-- BENCHMARK OPTION...]
#
#   stages      one program per folder of the pipeline (Google Benchmark; options behind --)
#   end-to-end  whole runs beside the least that reading the same file can cost: a mixed trace of our own,
#               one of the captures beside the project where they are, a folder of small files, the mixed
#               trace compressed
#   flows       a thousand to ten million live flows, and a flood of ten million flows with a full table
#   threads     the two mixed traces with one thread and with two, on the wall
#   peers       other programs over the same trace, as far as they are installed
#   start       time to the end of a small file, with small and with large tables
#   live        the rate at which captures begin to lose packets, over a link of our own (root, tcpreplay)
#   readme      the figures of the parts measured last, into README.md
#
# All of them without a PART. Traces are kept in build/bench (7 GB), and in rows-PART.tsv there the rows of
# all tables; NTAN_BENCH_FILE names one more capture to read from end to end.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

parts=()
while (($#)) && [[ $1 != -- ]]; do
  case $1 in
    stages | end-to-end | flows | threads | peers | start | live | readme) parts+=("$1") ;;
    *) die "unknown part '$1'" ;;
  esac
  shift
done
[[ ${1-} != -- ]] || shift
((${#parts[@]})) || parts=(stages end-to-end flows threads peers start live readme)

"$root/scripts/setup.sh"
build release -DNTAN_BENCH=ON
bench=$root/build/release/bench
ntan=$root/build/release/ntan
traces=$root/build/bench
rows='' # of the part at hand
mkdir -p "$traces"

# trace NAME WORDS...: makes one of ours unless it is there.
trace() {
  local path=$traces/$1 kind=$2
  shift 2
  if [[ ! -e $path ]]; then
    rm -rf "$path.new"
    "$bench/make_trace" "$kind" "$path.new" "$@"
    mv "$path.new" "$path"
  fi
}

# The captures beside the project mixed into one, or what NTAN_BENCH_FILE names; nothing without both.
real_trace() {
  local corpus=${NTAN_CORPUS:-$root/../shared/corpus} mixer=$root/../shared/lab/make_big_trace.py
  local mixed=$traces/captures.pcap
  if [[ -n ${NTAN_BENCH_FILE:-} ]]; then
    printf '%s\n' "$NTAN_BENCH_FILE"
    return
  fi
  if [[ ! -e $mixed && -e $mixer && -d $corpus/captures ]]; then
    logged bench-mix python3 "$mixer" --from "$corpus/captures" --size 200M --out "$mixed.new" || return 0
    mv "$mixed.new" "$mixed"
  fi
  [[ ! -e $mixed ]] || printf '%s\n' "$mixed"
}

measure() { printf '\n' && "$bench/end_to_end" --tsv "$rows" "$@"; }

stages() {
  local program
  for program in "$bench"/*_bench; do
    printf '\n%s\n' "$(basename "$program")"
    "$program" --benchmark_counters_tabular=true "$@" 2>"$logs/$(basename "$program").log"
  done
}

end_to_end() {
  local real
  trace mix.pcap mix 200
  measure "$ntan" "$traces/mix.pcap"
  real=$(real_trace)
  if [[ -n $real ]]; then
    measure "$ntan" "$real"
  else
    printf '\nno captures beside the project: theirs are not measured\n'
  fi
  trace files-1000 files 1000
  measure --runs 5 --mode 'all events=' "$ntan" "$traces/files-1000"
  compressed
}

# How much of reading a compressed file is decompression. libpcap reads none: L is that of the plain file.
compressed() {
  command -v zstd >/dev/null || return 0
  [[ -e $traces/mix.pcap.zst ]] || zstd -q -T0 "$traces/mix.pcap" -o "$traces/mix.pcap.zst"
  measure --runs 5 --mode 'all events=' --peer "ntan, zstd=$ntan read --json $traces/mix.pcap.zst" \
    --peer "zstd -dc=zstd -q -dc $traces/mix.pcap.zst" "$ntan" "$traces/mix.pcap"
}

# A table that holds ten million flows throughout, so that only the number of live ones differs. A trace
# with more packets of as many flows tells what one costs whose flow is there already; it is not kept.
flows() {
  local count name packets
  local large='flow records=--events flow --max-flows 12000000 --mem-limit 16G'
  for count in 1000 10000 100000 1000000 10000000; do
    name=flows-$count.pcap
    packets=$((count < 2000000 ? 4000000 : 2 * count))
    trace "$name" live "$count" "$packets"
    measure --runs 5 --mode "$large" "$ntan" "$traces/$name"
    ((count < 2000000)) || continue
    trace "flows-$count-more.pcap" live "$count" $((3 * packets))
    measure --runs 5 --mode "$large" "$ntan" "$traces/flows-$count-more.pcap"
    rm "$traces/flows-$count-more.pcap"
  done
  trace syn-10M.pcap syn 10000000
  measure --runs 3 --mode 'summary only=--events summary' --mode 'flow records=--events flow' \
    "$ntan" "$traces/syn-10M.pcap"
}

threads() {
  local real each
  trace mix.pcap mix 200
  real=$(real_trace)
  for each in "$traces/mix.pcap" ${real:+"$real"}; do
    measure --cpus 2 --mode 'one thread=--threads 1' --mode 'two threads=--threads 2' "$ntan" "$each"
  done
}

peers() {
  local others=()
  have() { command -v "$1" >/dev/null; }
  trace peers.pcap mix 50
  ! have tshark || others+=(--peer 'tshark -T ek=tshark -n -r {} -T ek' --peer 'tshark -q -z conv=tshark -n -q -r {} -z conv,tcp')
  ! have argus || others+=(--peer 'argus=argus -r {} -w /dev/null')
  ! have ndpiReader || others+=(--peer 'ndpiReader=ndpiReader -q -i {}')
  ! have tcptrace || others+=(--peer 'tcptrace -l=tcptrace -l -r -n {}')
  [[ ! -e $bench/libtins_follow ]] || others+=(--peer "libtins, streams followed=$bench/libtins_follow {}")
  ! have tcpdump || others+=(--peer 'tcpdump=tcpdump -n -r {}')
  measure --runs 3 --mode 'all events=' --mode 'flow records=--events flow' "${others[@]}" "$ntan" "$traces/peers.pcap"
}

# Wall time from start to end: a small file shows what a start costs.
start() {
  trace files-1000 files 1000
  measure --runs 21 --mode 'all events=' --mode 'ten million flows=--max-flows 10000000 --mem-limit 8G' \
    "$ntan" "$traces/files-1000/0.pcap"
}

live() {
  trace live.pcap mix 20
  printf '\n' && "$root/bench/live_rates.py" --tsv "$rows" "$ntan" "$traces/live.pcap"
}

# Figures without commit, compiler and machine say nothing.
compiler=$(c++ --version | head -n 1)
machine=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)
printf 'commit %s | %s | %s x %s\n' "$commit" "$compiler" "$jobs" "${machine:-unknown}"
for part in "${parts[@]}"; do
  if [[ $part == readme ]]; then
    "$root/bench/readme_figures.py" "$traces"
    continue
  fi
  rows=$traces/rows-$part.tsv
  printf '# commit %s, %s, %s x %s, load %s\n' "$commit" "$compiler" "$jobs" "${machine:-unknown}" \
    "$(cut -d ' ' -f 1 /proc/loadavg)" >"$rows"
  case $part in
    stages) stages "$@" ;;
    end-to-end) end_to_end ;;
    flows) flows ;;
    threads) threads ;;
    peers) peers ;;
    start) start ;;
    live) live ;;
  esac
done

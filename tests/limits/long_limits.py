#!/usr/bin/python3
"""Floods that fill every table: tests/limits/long_limits.py [WORD...]

Each case sends a flood through `ntan read -` under --mem-limit. Peak memory stays within the limit and
what the process itself takes, every packet is in the ledger, and `limits_hit` says what was given up:

    flows      five million SYNs; 1,000 connections that were there before keep all their packets
    fragments  two million that never make a datagram, IPv4 and IPv6
    holes      200,000 connections that hold octets behind a hole
    events     four million packets with an event of nearly each
    reader     the same for a reader of the output that stops and goes on
    instant    the same with one time for all packets
    names      questions, hosts, addresses, ports and protocols without end, for the tables of `summary`

    mix200, mix1g  real traffic mixed by the lab beside the project, nothing being set: 48 and 200 MiB

Words choose cases; without any, each runs in a process of its own, since the peak of a child's memory
begins at that of its parent.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import floods

ROOT = Path(__file__).resolve().parents[2]
NTAN = os.environ.get("NTAN", str(ROOT / "build/release/ntan"))
SHARED = ROOT.parent / "shared"
CORPUS = Path(os.environ.get("NTAN_CORPUS", SHARED / "corpus"))
MIXER = SHARED / "lab/make_big_trace.py"
LIMIT_MIB, OWN_MIB = 128, 32
ESTABLISHED = 1_000

CASES = {}
RESULTS = []


def case(function):
    CASES[function.__name__] = function
    return function


def report(name, passed):
    RESULTS.append(passed)
    print(f"{'ok' if passed else 'not ok'} limits: {name}", flush=True)


class Run:
    """An ntan, what it says at its end, and what it took. `on_line` is told every line but that."""

    def __init__(self, words, feed=None, on_line=None, pause=0):
        with tempfile.TemporaryFile() as errors:
            self.process = subprocess.Popen([NTAN, "read", "--json", *words], stdout=subprocess.PIPE, stderr=errors,
                                            stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE)
            feeder = threading.Thread(target=feed or (lambda pipe: None), args=(self.process.stdin,))
            feeder.start()
            time.sleep(pause)
            self.end = {}
            for line in self.process.stdout:
                if line.startswith(b'{"v":1,"event":"run_end"'):
                    self.end = json.loads(line)["run_end"]
                elif on_line:
                    on_line(line)
            feeder.join()
            _, status, usage = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            self.said = errors.read().decode(errors="replace")
        self.good = self.process.returncode == 0
        self.peak = usage.ru_maxrss / 1024
        self.seconds = usage.ru_utime + usage.ru_stime
        self.limits = set(self.end.get("limits_hit", []))
        self.ledger = sum(row["packets"] for row in self.end.get("ledger", []))


def flooded(what, make, limits, words=(), step=1, **more):
    """Sends what `make` writes and checks what holds for every flood."""
    sent = []

    def feed(pipe):
        trace = floods.Trace(pipe, step)
        try:
            make(trace)
            pipe.close()
        except BrokenPipeError:
            pass  # the checks say so
        sent.append(trace.sent)

    begun = time.monotonic()
    run = Run(["-", "--mem-limit", f"{LIMIT_MIB}M", "--max-flows", "1000000", *words], feed, **more)
    print(f"{what}: {sent[0]} packets in {time.monotonic() - begun:.0f} s, {run.seconds:.1f} s of CPU, "
          f"peak {run.peak:.0f} MiB, {run.end}{run.said}", file=sys.stderr, flush=True)
    report(f"{what}: it ends well", run.good)
    report(f"{what}: every packet is in the ledger", run.end.get("packets") == run.ledger == sent[0])
    report(f"{what}: no checksum is wrong", run.end.get("bad_checksums") == 0)
    report(f"{what}: what was given up is said: {', '.join(sorted(limits))}", limits <= run.limits)
    report(f"{what}: memory stays under {LIMIT_MIB} + {OWN_MIB} MiB", run.peak <= LIMIT_MIB + OWN_MIB)
    return run, sent[0]


@case
def flows():
    whole, final = 0, [0, 0]
    packets = re.compile(rb'"src_pkts":(\d+),"dst_pkts":(\d+)')

    def count(line):
        nonlocal whole
        if not line.startswith(b'{"v":1,"event":"flow"') or b'"final":true' not in line:
            return
        found = packets.search(line)
        final[0] += 1
        final[1] += int(found[1]) + int(found[2])
        if b'"dst_ip":"198.51.100.3"' in line and b'"src_payload":110,"dst_payload":200' in line:
            whole += int(found[1]) + int(found[2]) == 6

    run, sent = flooded("5,000,000 SYNs", lambda trace: floods.flows(trace, 5_000_000, ESTABLISHED),
                        {"flows", "scan"}, ["--events", "flow,run_end"], on_line=count)
    report("5,000,000 SYNs: every packet is in a final record", final == [run.end.get("flows"), sent])
    report(f"5,000,000 SYNs: {ESTABLISHED} established flows outlive them", whole == ESTABLISHED)


@case
def fragments():
    run, sent = flooded("fragments without end", lambda trace: floods.fragments(trace, 2_000_000), {"fragments"})
    incomplete = [row["packets"] for row in run.end.get("ledger", []) if row["bucket"] == "fragment_incomplete"]
    report("fragments without end: each is counted as such", incomplete == [sent])


@case
def holes():
    flooded("segments behind holes", lambda trace: floods.holes(trace, 200_000), {"reassembly"},
            ["--events", "flow,run_end"])


@case
def events():
    run, sent = flooded("events without end", lambda trace: floods.events(trace, 4_000_000), {"timers", "scan"})
    report("events without end: they are as many as packets", run.end.get("events", 0) > 0.9 * sent)


@case
def reader():
    flooded("a slow reader", lambda trace: floods.events(trace, 1_000_000), {"timers", "scan"}, pause=5)


@case
def instant():
    flooded("events of one time", lambda trace: floods.events(trace, 1_000_000), {"event_order"}, step=0)
    flooded("events of one time, two threads", lambda trace: floods.events(trace, 1_000_000), {"event_order"},
            ["--threads", "2"], step=0)


@case
def names():
    run, _ = flooded("names without end", lambda trace: floods.names(trace, 4_000_000), {"scan"},
                     ["--events", "summary,run_end", "--summary-every", "1s"])
    report("names without end: there are summaries of it", run.end.get("events", 0) > 3)


def mixed(size, most_mib):
    """What ntan takes by itself, nothing being set, on real traffic."""
    what = f"{size} of mixed traffic"
    if not MIXER.exists() or not (CORPUS / "captures").is_dir():
        print(f"skip limits: {what} no lab beside the project")
        return
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "mix.pcap"
        subprocess.run([sys.executable, MIXER, "--from", CORPUS / "captures", "--size", size, "--out", trace],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run = Run([str(trace)])
    print(f"{what}: {run.seconds:.1f} s of CPU, peak {run.peak:.0f} MiB, {run.end}{run.said}", file=sys.stderr)
    report(f"{what}: every packet is in the ledger", run.good and run.end.get("packets") == run.ledger != 0)
    report(f"{what}: memory stays under {most_mib} MiB", run.peak <= most_mib)


@case
def mix200():
    mixed("200M", 48)


@case
def mix1g():
    mixed("1G", 200)


def main():
    if not Path(NTAN).exists():
        print("skip limits: no ntan is built ($NTAN names one)")
        return 0
    if not sys.argv[1:]:
        return max([subprocess.run([sys.executable, __file__, name], check=False).returncode for name in CASES])
    for name in sys.argv[1:]:
        CASES[name]()
    return 0 if all(RESULTS) else 1


if __name__ == "__main__":
    sys.exit(main())

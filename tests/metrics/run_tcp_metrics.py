#!/usr/bin/python3
"""Compares what ntan measures of TCP with tcptrace (round-trip times) and tshark (repeats and their kinds, octets).

Usage: tests/metrics/run_tcp_metrics.py [--show [CAPTURE]]

The program is $NTAN. The captures are beside the repository ($NTAN_CORPUS, else ../shared/corpus); where they or a tool
are absent, that is said and skipped. Flows are compared per direction of a 5-tuple. `--show` prints every direction
that differs, with what ntan and the other say of it; how many there may be in which capture, and why, stands in tcp_differences.py.
"""

import collections
import json
import os
import shutil
import subprocess
import sys

import peers
import tcp_differences
import verdicts

LEAST_EQUAL = 0.98  # of all directions: the number of samples
MOST_APART_MS = 0.1  # tcptrace prints tenths of milliseconds
OURS = {"spurious": "rtx_spurious", "keepalive": "keepalive", "zero_window": "zero_win_pkts",
        "window_probe": "zwp", "unique": "goodput_bytes", "repeated": "rtx_bytes"}


def flows(program, capture):
    """Final TCP flows that stand in no tunnel, in order of their first packets."""
    done = subprocess.run([program, "read", capture, "--json", "--events", "flow"],
                          capture_output=True, timeout=peers.SECONDS, check=False)
    events = [json.loads(line) for line in done.stdout.decode().splitlines()]
    events = [event for event in events if event["proto"] == "tcp" and event["flow"]["final"]]
    return sorted(events, key=lambda event: event["flow"]["first_ts"])


def sides(event):
    """(way, prefix of the side's fields, half of the path that its data measures)."""
    there = peers.way(event["src_ip"], event["src_port"], event["dst_ip"], event["dst_port"])
    return ((there, "src", "server"), (there[::-1], "dst", "client"))


def rtts(events):
    found = collections.defaultdict(list)
    for event in events:
        for direction, _, half in sides(event):
            values = {name: event["flow"].get(f"rtt_{half}_{name}_us", 0) / 1000
                      for name in peers.RTT_VALUES}
            found[direction].append({"n": event["flow"].get(f"rtt_{half}_n", 0), **values})
    return found


def stamped(events):
    """{way: {n, min, avg, max}} by timestamps, of all connections of a way together; microseconds."""
    found = {}
    for event in events:
        for direction, _, half in sides(event):
            values = {name: event["flow"].get(f"rtt_ts_{half}_{name}") for name in ("n", "min_us", "avg_us", "max_us")}
            if not values["n"]:
                continue
            one = found.setdefault(direction, {"n": 0, "min": values["min_us"], "max": 0, "sum": 0})
            one["n"] += values["n"]
            one["min"] = min(one["min"], values["min_us"])
            one["max"] = max(one["max"], values["max_us"])
            one["sum"] += values["avg_us"] * values["n"]
    return found


def counts(events):
    found = collections.defaultdict(collections.Counter)
    for event in events:
        for direction, side, _ in sides(event):
            flow = event["flow"]
            found[direction]["repeats"] += flow.get(f"{side}_rtx", 0) + flow.get(f"{side}_reorder", 0)
            for name, field in OURS.items():
                found[direction][name] += flow.get(f"{side}_{field}", 0)
    return found


class Comparison:
    """One capture: how many directions and samples there are, and those that differ, by kind."""

    def __init__(self, program, path):
        self.capture = os.path.basename(path)
        self.directions = 0
        self.samples = [0, 0]
        self.stamped_directions = 0
        self.stamped = [0, 0]
        self.differing = collections.defaultdict(list)
        events = flows(program, path)
        if shutil.which("tcptrace"):
            self.compare_rtts(rtts(events), peers.tcptrace(path))
        counted, times = peers.tshark(path)
        self.compare_counts(counts(events), counted)
        self.compare_timestamps(counted, stamped(events), times)

    def compare_rtts(self, ours, theirs):
        for direction, connections in theirs.items():
            found = ours.get(direction, [])
            if len(found) != len(connections):
                # Cut into connections at other places: the sums can still be compared.
                found = [{"n": sum(one["n"] for one in found)}]
                connections = [{"n": sum(one["n"] for one in connections)}]
            for mine, other in zip(found, connections):
                self.directions += 1
                self.samples[0] += mine["n"]
                self.samples[1] += other["n"]
                if mine["n"] != other["n"]:
                    self.differing["rtt_n"].append((direction, mine, other))
                elif mine["n"] and any(abs(mine[name] - other[name]) > MOST_APART_MS
                                       for name in peers.RTT_VALUES if name in mine):
                    self.differing["rtt_values"].append((direction, mine, other))

    def compare_timestamps(self, ways, ours, theirs):
        """Where the counts are equal, the values must be, but for the cut to whole microseconds."""
        for direction in ways:
            if direction not in ours and direction not in theirs:
                continue
            times = theirs.get(direction, [])
            mine = ours.get(direction, {"n": 0})
            self.stamped[0] += mine["n"]
            self.stamped[1] += len(times)
            self.stamped_directions += 1
            if mine["n"] != len(times):
                self.differing["rtt_ts_n"].append((direction, mine, len(times)))
            elif (abs(mine["min"] - min(times)) > 1 or abs(mine["max"] - max(times)) > 1
                  or abs(mine["sum"] - sum(times)) > 2 * len(times)):
                self.differing["rtt_ts_values"].append((direction, mine, times))

    def compare_counts(self, ours, theirs):
        for direction, counted in theirs.items():
            for name in peers.COUNTED:
                if counted[name] != ours[direction][name]:
                    self.differing[name].append((direction, ours[direction][name], counted[name]))


def main():
    kinds = ("rtt_n", "rtt_values", "rtt_ts_n", "rtt_ts_values", *peers.COUNTED)
    captures = verdicts.captures()
    missing = [tool for tool in ("tshark", "tcptrace") if not shutil.which(tool)]
    if not captures or "tshark" in missing:
        return verdicts.skip(kinds, "tshark")
    comparisons = verdicts.over(captures, lambda path: Comparison(verdicts.PROGRAM, path))
    if verdicts.shown(comparisons):
        return 0
    listed = {(row.capture, row.kind): row.directions for row in tcp_differences.DIFFERENCES}
    good = True
    for kind in kinds:
        if kind in ("rtt_n", "rtt_values") and missing:
            print(f"skip metrics: {kind} no tcptrace")
            listed = {key: value for key, value in listed.items() if key[1] != kind}
            continue
        good &= verdicts.judge(kind, comparisons, listed)
    if not missing:
        directions = sum(one.directions for one in comparisons)
        equal = directions - sum(len(one.differing["rtt_n"]) for one in comparisons)
        ours, theirs = (sum(one.samples[i] for one in comparisons) for i in (0, 1))
        few = [] if equal >= LEAST_EQUAL * directions else [f"at least {LEAST_EQUAL:.0%} must be"]
        good &= verdicts.report(f"rtt, {equal} of {directions} directions equal, {ours} samples, tcptrace {theirs}", few)
    directions = sum(one.stamped_directions for one in comparisons)
    equal = directions - sum(len(one.differing["rtt_ts_n"]) for one in comparisons)
    ours, theirs = (sum(one.stamped[i] for one in comparisons) for i in (0, 1))
    few = [] if equal >= LEAST_EQUAL * directions else [f"at least {LEAST_EQUAL:.0%} must be"]
    good &= verdicts.report(f"timestamps, {equal} of {directions} directions equal, {ours} samples of {theirs}", few)
    good &= verdicts.nothing_left(listed)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

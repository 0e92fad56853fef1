#!/usr/bin/python3
"""Compares totals with capinfos, each second's packets and octets with tshark, and both halves of the handshake with argus.

The program is $NTAN. The captures are beside the repository ($NTAN_CORPUS, else ../shared/corpus); where they or a tool
are absent, that is said and skipped.
"""

import collections
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import peers
import verdicts

LONGEST_SECONDS = 3600  # of a capture that is compared second by second
ARGUS_US = 1
# Handshakes that differ, and why.
HANDSHAKES = {
    "mix-emix.pcap": (3, "captured twice: argus counts from the copies of SYN and SYN-ACK"),
}


def summaries(program, capture, *options):
    done = subprocess.run([program, "read", capture, "--json", "--events", "summary,run", *options],
                          capture_output=True, timeout=peers.SECONDS, check=False)
    events = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return ([event["summary"] for event in events if event["event"] == "summary"],
            [event["run_end"] for event in events if event["event"] == "run_end"])


def seconds_since_epoch(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def totals(program, capture):
    """What differs from capinfos; None where it cannot read the file."""
    text = peers.output_of("capinfos", "-M", "-c", "-d", capture)
    found = dict(re.findall(r"^(Number of packets|Data size):\s*(\d+)", text, re.MULTILINE))
    _, ends = summaries(program, capture)
    if len(found) != 2 or not ends:
        return None
    theirs = int(found["Number of packets"]), int(found["Data size"])
    ours = ends[0]["packets"], ends[0]["bytes"]
    return None if ours == theirs else f"ours {ours}, capinfos {theirs}"


def seconds(program, capture):
    """What differs in the packets and octets of each second of the epoch."""
    rows = [line.split("\t") for line in peers.output_of(
        "tshark", "-n", "-r", capture, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len").splitlines()]
    if not rows or any(len(row) != 2 or not row[0] for row in rows):
        return None
    stamps = [row[0] for row in rows]
    times = [float(stamp) for stamp in stamps]
    if times != sorted(times) or times[-1] - times[0] > LONGEST_SECONDS or times[0] < 0:
        return None  # windows follow the clock of the trace, which does not go back
    theirs = collections.defaultdict(lambda: [0, 0])
    for stamp, size in rows:
        counts = theirs[int(stamp.split(".")[0])]
        counts[0] += 1
        counts[1] += int(size)
    windows, _ = summaries(program, capture, "--summary-every", "1s")
    ours = {int(seconds_since_epoch(one["first_ts"])): [one["packets"], one["bytes"]]
            for one in windows if one["packets"]}
    return None if ours == theirs else f"{sum(ours.get(key) != theirs[key] for key in theirs)} seconds differ"


def argus(program, capture):
    """(handshakes compared, what differs) of both halves, by argus."""
    with tempfile.TemporaryDirectory() as folder:
        record = os.path.join(folder, "argus")
        subprocess.run(["argus", "-r", capture, "-w", record], capture_output=True, timeout=peers.SECONDS, check=False)
        text = peers.output_of("racluster", "-r", record, "-n", "-u", "-p", "6", "-c", ",", "-s",
                               "saddr", "sport", "daddr", "dport", "synack", "ackdat", "-", "tcp")
    theirs = collections.defaultdict(list)
    for line in text.splitlines():
        row = line.split(",")
        if len(row) == 6 and row[1].isdigit() and float(row[4] or 0) > 0 and float(row[5] or 0) > 0:
            theirs[peers.way(*row[:4])].append((round(float(row[4]) * 1e6), round(float(row[5]) * 1e6)))
    done = subprocess.run([program, "read", capture, "--json", "--events", "flow"], capture_output=True,
                          timeout=peers.SECONDS, check=False)
    ours = collections.defaultdict(list)
    for event in map(json.loads, done.stdout.decode().splitlines()):
        flow = event["flow"]
        if flow["final"] and "hs_rtt_us" in flow and flow["hs_rtt_server_us"] and flow["hs_rtt_client_us"]:
            ours[peers.way(event["src_ip"], event["src_port"], event["dst_ip"], event["dst_port"])].append(
                (flow["hs_rtt_server_us"], flow["hs_rtt_client_us"]))
    both = [way for way in theirs if len(theirs[way]) == 1 == len(ours.get(way, []))]
    flaws = [f"{way}: ours {ours[way][0]}, argus {theirs[way][0]}" for way in both
             if any(abs(a - b) > ARGUS_US for a, b in zip(ours[way][0], theirs[way][0]))]
    return len(both), flaws


def judge(kind, paths, compare):
    flaws = [f"{os.path.basename(path)}: {flaw}" for path, flaw in zip(paths, verdicts.over(paths, compare)) if flaw]
    return verdicts.report(f"{kind} of {len(paths)} captures", flaws)


def judge_handshakes(program, paths):
    found = verdicts.over(paths, lambda path: argus(program, path))
    compared = sum(count for count, _ in found)
    flaws = [f"{name}: {'; '.join(differing)}" for name, (_, differing) in zip(map(os.path.basename, paths), found)
             if len(differing) != HANDSHAKES.get(name, (0, ""))[0]]
    if compared == 0:
        flaws.append("nothing was compared")
    return verdicts.report(f"handshakes, {compared} by argus", flaws)


def main():
    program = verdicts.PROGRAM
    captures = verdicts.captures()
    if not captures or not shutil.which("tshark") or not shutil.which("capinfos"):
        return verdicts.skip(("totals", "seconds", "handshakes"), "tshark")
    good = judge("totals", captures, lambda path: totals(program, path))
    good &= judge("seconds", captures, lambda path: seconds(program, path))
    if shutil.which("argus") and shutil.which("racluster"):
        good &= judge_handshakes(program, [path for path in captures if path.endswith(".pcap")])
    else:
        print("skip metrics: handshakes no argus")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

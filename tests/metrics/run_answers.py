#!/usr/bin/python3
"""Compares with tshark which DNS queries and ICMP echoes were answered, after how long, and what was sent twice or unasked.

Usage: tests/metrics/run_answers.py [--show [CAPTURE]]

The program is $NTAN. The captures are beside the repository ($NTAN_CORPUS, else ../shared/corpus); where they or tshark
are absent, that is said and skipped. `--show` prints all that differs; how much there may be in which capture, and why,
stands in answer_differences.py.
"""

import collections
import datetime
import ipaddress
import json
import os
import re
import shutil
import statistics
import subprocess
import sys

import answer_differences
import peers
import verdicts

MOST_APART_US = 1
DNS_COUNTS = ("dns_retries", "dns_duplicate_answers", "dns_unsolicited")
KINDS = ("dns_time", *DNS_COUNTS, "icmp_time", "icmp_srt", "icmp_summary")
FIELDS = ("frame.protocols", "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "udp.srcport",
          "udp.dstport", "tcp.srcport", "tcp.dstport", "dns.id", "dns.flags.response", "dns.time",
          "dns.retransmit_request", "dns.retransmit_response", "dns.unsolicited", "icmp.ident", "icmp.seq",
          "icmp.resptime", "icmpv6.echo.identifier", "icmpv6.echo.sequence_number", "icmpv6.resptime")
SRT = re.compile(r"^(ICMP(?:v6)?) Service Response Time.*?^(\d+) +(\d+) +(\d+) .*?^([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) ",
                 re.MULTILINE | re.DOTALL)


def pair(*ends):
    """Both ends of an exchange, whoever spoke."""
    return frozenset((ipaddress.ip_address(host).compressed, int(port or 0)) for host, port in ends)


def nanoseconds(text):
    """Of seconds since the epoch."""
    seconds, _, rest = text.partition(".")
    return int(seconds) * 10**9 + int(rest.ljust(9, "0"))


def nanoseconds_of_date(text):
    whole, _, rest = text.rstrip("Z").partition(".")
    date = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(date.timestamp()) * 10**9 + int(rest)


class Theirs:
    """What tshark says of one capture."""

    def __init__(self, capture):
        self.times = {"dns_time": {}, "icmp_time": {}}
        self.counts = collections.Counter()
        columns = [option for field in FIELDS for option in ("-e", field)]
        text = peers.output_of("tshark", "-n", "-r", capture, "-Y", "dns || icmp || icmpv6", "-T", "fields",
                               "-z", "icmp,srt", "-z", "icmpv6,srt", *columns)
        for line in text.splitlines():
            values = line.split("\t")
            if len(values) == len(FIELDS):
                self.take({name: value.split(",") if value else [] for name, value in zip(FIELDS, values)})
        self.echoes = {found[1]: (*map(int, found.groups()[1:4]), *(round(float(ms) * 1000) for ms in found.groups()[4:]))
                       for found in SRT.finditer(text)}

    def take(self, row):
        protocols = row["frame.protocols"][0].split(":")
        layers = [name for name in protocols if name in ("ip", "ipv6", "udp", "tcp", "icmp", "icmpv6", "dns")]
        network = [name for name in layers if name.startswith("ip")][-1:]
        if not network or not row[f"{network[0]}.src"]:
            return
        hosts = row[f"{network[0]}.src"][-1], row[f"{network[0]}.dst"][-1]
        if layers[-1] == "dns" and layers[-2] in ("udp", "tcp") and not {"icmp", "icmpv6"} & set(layers):
            self.take_dns(row, pair(*zip(hosts, (row[f"{layers[-2]}.srcport"][-1], row[f"{layers[-2]}.dstport"][-1]))))
        for version, names in (("icmp", ("ident", "seq")), ("icmpv6", ("echo.identifier", "echo.sequence_number"))):
            if row[f"{version}.resptime"]:
                ends = pair(*zip(hosts, (0, 0)))
                number = tuple(int(row[f"{version}.{name}"][0], 0) for name in names)
                at = nanoseconds(row["frame.time_epoch"][0])
                self.times["icmp_time"][ends, number, at] = float(row[f"{version}.resptime"][0]) * 1000

    def take_dns(self, row, ends):
        self.counts["dns_retries"] += len(row["dns.retransmit_request"])
        self.counts["dns_duplicate_answers"] += len(row["dns.retransmit_response"])
        self.counts["dns_unsolicited"] += len(row["dns.unsolicited"])
        answers = [number for number, response in zip(row["dns.id"], row["dns.flags.response"]) if response in ("1", "True")]
        for number, seconds in zip(answers, row["dns.time"]):
            key = ends, int(number, 16), nanoseconds(row["frame.time_epoch"][0])
            self.times["dns_time"][key] = float(seconds) * 1e6


class Ours:
    """What ntan says of one capture."""

    def __init__(self, program, capture):
        self.times = {"dns_time": {}, "icmp_time": {}}
        self.counts = collections.Counter()
        self.rtts = collections.defaultdict(list)
        self.lost = collections.Counter()
        self.latency = 0, 0, 0
        done = subprocess.run([program, "read", capture, "--json", "--nano", "--events", "dns,icmp,summary"],
                              capture_output=True, timeout=peers.SECONDS, check=False)
        for event in map(json.loads, done.stdout.decode().splitlines()):
            getattr(self, "take_" + event["event"])(event, event[event["event"]])

    @staticmethod
    def ends(event):
        return pair((event["src_ip"], event.get("src_port")), (event["dst_ip"], event.get("dst_port")))

    def take_dns(self, event, dns):
        if "service" not in dns and "rtt_us" in dns:
            key = self.ends(event), dns["id"], nanoseconds_of_date(event["ts"])
            self.times["dns_time"][key] = dns.get("rtt_first_us", dns["rtt_us"])

    def take_icmp(self, event, icmp):
        if not icmp["type"].startswith("echo") or not icmp.get("queried"):
            return
        version = "ICMPv6" if ":" in event["src_ip"] else "ICMP"
        if not icmp["answered"]:
            self.lost[version] += 1
            return
        self.rtts[version].append(icmp["rtt_us"])
        key = self.ends(event), (icmp["id"], icmp["seq"]), nanoseconds_of_date(event["ts"])
        self.times["icmp_time"][key] = icmp["rtt_us"]

    def take_summary(self, _, summary):
        self.counts.update({name: summary.get(name, 0) for name in (*DNS_COUNTS, "icmp_echoes", "icmp_lost")})
        rows = [row for row in summary.get("latency", []) if row["metric"] == "icmp_rtt"]
        self.latency = (rows[0]["n"], rows[0]["min_us"], rows[0]["max_us"]) if rows else (0, 0, 0)

    def echoes(self, version):
        """As tshark's table has it: requests, replies, lost, then least, most, mean and median."""
        rtts = self.rtts[version]
        values = (min(rtts), max(rtts), round(statistics.mean(rtts)), round(statistics.median(rtts))) if rtts else (0,) * 4
        return (len(rtts) + self.lost[version], len(rtts), self.lost[version], *values)


def apart(ours, theirs):
    return any(abs(a - b) > MOST_APART_US for a, b in zip(ours, theirs))


class Comparison:
    """One capture: how much was compared, and what differs, by kind."""

    def __init__(self, program, path):
        self.capture = os.path.basename(path)
        self.differing = collections.defaultdict(list)
        ours, theirs = Ours(program, path), Theirs(path)
        self.compared = {kind: len(times) for kind, times in theirs.times.items()}
        for kind, times in theirs.times.items():
            for key in times.keys() | ours.times[kind].keys():
                pair_of_times = ours.times[kind].get(key), times.get(key)
                if None in pair_of_times or apart(pair_of_times[:1], pair_of_times[1:]):
                    self.differing[kind].append((sorted(key[0]), *key[1:], *pair_of_times))
        for kind in DNS_COUNTS:
            self.differing[kind] += [(ours.counts[kind], theirs.counts[kind])] * abs(ours.counts[kind] - theirs.counts[kind])
        for version, row in theirs.echoes.items():
            if ours.echoes(version)[:3] != row[:3] or apart(ours.echoes(version), row):
                self.differing["icmp_srt"].append((version, ours.echoes(version), row))
        rows = theirs.echoes.values()
        totals = [sum(row[i] for row in rows) for i in range(3)]
        least, most = (choose((row[i] for row in rows if row[1]), default=0) for choose, i in ((min, 3), (max, 4)))
        summary = (ours.counts["icmp_echoes"], ours.counts["icmp_lost"], *ours.latency)
        if apart(summary, (totals[0], totals[2], totals[1], least, most)):
            self.differing["icmp_summary"].append((summary, totals, least, most))


def main():
    captures = verdicts.captures()
    if not captures or not shutil.which("tshark"):
        return verdicts.skip(KINDS, "tshark")
    comparisons = verdicts.over(captures, lambda path: Comparison(verdicts.PROGRAM, path))
    if verdicts.shown(comparisons):
        return 0
    listed = {(row.capture, row.kind): row.count for row in answer_differences.DIFFERENCES}
    good = True
    for kind in KINDS:
        good &= verdicts.judge(kind, comparisons, listed)
    for kind in ("dns_time", "icmp_time"):
        compared = sum(one.compared[kind] for one in comparisons)
        good &= verdicts.report(f"{kind}, {compared} compared", [] if compared else ["there must be some"])
    good &= verdicts.nothing_left(listed)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

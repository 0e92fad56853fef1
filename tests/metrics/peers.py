"""What tcptrace and tshark say of the TCP connections of a capture, per 5-tuple and direction."""

import collections
import csv
import io
import ipaddress
import subprocess

SECONDS = 60
RTT_VALUES = ("min", "avg", "max")


def output_of(*command):
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    return done.stdout.decode(errors="replace")


def address(text):
    """tcptrace writes `:0001` for `::1`."""
    if text.startswith(":") and not text.startswith("::"):
        text = ":" + text
    return ipaddress.ip_address(text).compressed


def way(src_ip, src_port, dst_ip, dst_port):
    """A 5-tuple with direction."""
    return (address(src_ip), int(src_port)), (address(dst_ip), int(dst_port))


def tcptrace(capture):
    """{way: [{n, min, avg, max} of each connection in order]} of the data sent that way; milliseconds."""
    text = output_of("tcptrace", "-lrn", "--csv", capture)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = collections.defaultdict(list)
    for row in csv.DictReader(io.StringIO("\n".join(lines)), skipinitialspace=True):
        row = {name.strip(): (value or "").strip() for name, value in row.items() if name}
        if not row.get("RTT_samples_a2b"):
            continue
        there = way(row["host_a"], row["port_a"], row["host_b"], row["port_b"])
        for suffix, direction in (("a2b", there), ("b2a", there[::-1])):
            values = {name: float(row[f"RTT_{name}_{suffix}"]) for name in RTT_VALUES}
            found[direction].append({"n": int(row[f"RTT_samples_{suffix}"]), **values})
    return found


FIELDS = ("frame.protocols", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "tcp.srcport", "tcp.dstport", "tcp.stream",
          "tcp.seq_raw", "tcp.len", "tcp.analysis.retransmission",
          "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission",
          "tcp.analysis.out_of_order", "tcp.analysis.keep_alive", "tcp.analysis.zero_window",
          "tcp.analysis.zero_window_probe", "frame.time_epoch", "tcp.flags", "tcp.options.timestamp.tsval",
          "tcp.options.timestamp.tsecr")
VERDICTS = [field for field in FIELDS if field.startswith("tcp.analysis.")]
RST, ACK = 0x04, 0x10
REPEATS = {"retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order"}
COUNTED = ("repeats", "spurious", "keepalive", "zero_window", "window_probe", "unique", "repeated")


class Octets:
    """Sequence numbers of one direction of one stream, as a set: slow, and plainly right."""

    def __init__(self):
        self.sent = 0
        self.seen = set()

    def add(self, seq, size):
        self.sent += size
        self.seen.update((seq + i) % 2**32 for i in range(size))


class Stamps:
    """Timestamps of one stream, by sender: from the first packet with a TSval to the first echo of it."""

    def __init__(self):
        self.first = collections.defaultdict(dict)
        self.times = collections.defaultdict(list)

    def add(self, sender, receiver, now, value, echo):
        sent = self.first[receiver].get(echo)
        if sent and not sent["used"]:
            sent["used"] = True
            if 0 <= now - sent["at"] <= 10_000_000:
                self.times[receiver].append(now - sent["at"])
        if value:
            self.first[sender].setdefault(value, {"at": now, "used": False})


def microseconds(epoch):
    """Of a time in decimal seconds, cut."""
    seconds, _, fraction = epoch.partition(".")
    return int(seconds) * 1_000_000 + int(fraction.ljust(6, "0")[:6])


def in_tunnel(protocols):
    """The fields do not tell which addresses belong together there."""
    return sum(name in ("ip", "ipv6") for name in protocols.split(":")) > 1


def tshark(capture):
    """{way: Counter of COUNTED}, and {way: [microseconds]} by timestamps."""
    columns = [option for field in FIELDS for option in ("-e", field)]
    text = output_of("tshark", "-n", "-r", capture, "-Y", "tcp && !icmp && !icmpv6", "-T", "fields",
                     "-E", "occurrence=l", "-o", "tcp.desegment_tcp_streams:FALSE", *columns)
    streams = collections.defaultdict(Octets)
    stamps = collections.defaultdict(Stamps)
    found = collections.defaultdict(collections.Counter)
    for line in text.splitlines():
        row = dict(zip(FIELDS, line.split("\t")))
        if not row["tcp.stream"] or in_tunnel(row["frame.protocols"]):
            continue
        direction = way(row["ip.src"] or row["ipv6.src"], row["tcp.srcport"],
                        row["ip.dst"] or row["ipv6.dst"], row["tcp.dstport"])
        streams[direction, row["tcp.stream"]].add(int(row["tcp.seq_raw"]), int(row["tcp.len"] or 0))
        flags = int(row["tcp.flags"], 16)
        if row["tcp.options.timestamp.tsval"] and not flags & RST:
            echo = int(row["tcp.options.timestamp.tsecr"]) if flags & ACK else 0
            stamps[row["tcp.stream"]].add(direction, direction[::-1], microseconds(row["frame.time_epoch"]),
                                          int(row["tcp.options.timestamp.tsval"]), echo)
        says = {field.rsplit(".", 1)[1] for field in VERDICTS if row[field]}
        counts = found[direction]
        counts["repeats"] += bool(says & REPEATS)
        counts["spurious"] += "spurious_retransmission" in says
        counts["keepalive"] += "keep_alive" in says
        counts["zero_window"] += "zero_window" in says
        counts["window_probe"] += "zero_window_probe" in says
    for (direction, _), octets in streams.items():
        found[direction]["unique"] += len(octets.seen)
        found[direction]["repeated"] += octets.sent - len(octets.seen)
    times = collections.defaultdict(list)
    for stream in stamps.values():
        for direction, samples in stream.times.items():
            times[direction] += samples
    return found, times

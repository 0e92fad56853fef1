#!/usr/bin/python3
"""Writes the figures that scripts/bench.sh kept into README.md: bench/readme_figures.py FOLDER

FOLDER holds rows-PART.tsv. The block between the two marks is replaced; a part that was not measured has
no table there. Each table names its commit, so that parts measured at different times stay honest.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- figures: scripts/bench.sh readme -->\n", "<!-- end of figures -->\n"
TRACES = {
    "mix.pcap": "made-up office traffic",
    "captures.pcap": "public captures, mixed",
    "files-1000": "1,000 small files",
    "syn-10M.pcap": "flood of 10 M SYNs, full table",
}


class Part:
    """The rows of one part by capture, and what they were measured on."""

    def __init__(self, folder, name):
        path = folder / f"rows-{name}.tsv"
        lines = path.read_text(encoding="ascii").splitlines() if path.exists() else ["#"]
        self.of = lines[0].removeprefix("# ")
        self.rows = [line.split("\t") for line in lines[1:]]

    def captures(self):
        return list(dict.fromkeys(row[0] for row in self.rows))

    def runs(self, capture):
        """Of the programs over one capture: (name, ns a packet, to L, ms on the wall, MiB)."""
        return [(row[3], *map(float, row[4:8])) for row in self.rows if row[0] == capture]

    def caption(self, command):
        return [f"`scripts/bench.sh {command}` — {self.of}", ""]


def table(head, rows):
    cells = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(row) + " |" for row in cells] + [""]


def rate(nanoseconds):
    return f"{1e3 / nanoseconds:.2g}"


def end_to_end(part):
    rows = []
    for capture in part.captures():
        if capture not in TRACES:
            continue
        for name, ns, ratio, _, mib in part.runs(capture):
            if name.startswith("ntan, "):
                written = "all events, from zstd" if name == "ntan, zstd" else name.removeprefix("ntan, ")
                rows.append([TRACES[capture], written, rate(ns), f"{ratio:.2f}", f"{mib:.0f}"])
    if not rows:
        return []
    seen, kept = set(), []
    for row in rows:  # a capture measured twice counts as first measured
        if tuple(row[:2]) not in seen:
            kept.append(row)
        seen.add(tuple(row[:2]))
    return part.caption("end-to-end") + table(["trace", "ntan writes", "M packets/s", "to L", "MiB"], kept)


def peers(part):
    rows = []
    for capture in part.captures():
        for name, ns, ratio, _, mib in part.runs(capture):
            if name[:2] not in ("L ", "R "):
                rows.append((ratio, [name, rate(ns), f"{ratio:.2f}", f"{mib:.0f}"]))
    if not rows:
        return []
    return part.caption("peers") + table(["program", "M packets/s", "to L", "MiB"], [row for _, row in sorted(rows)])


def flows(part):
    def measured(capture):
        """ntan over it: (packets, ns in all, MiB)."""
        for row in part.rows:
            if row[0] == capture and row[3].startswith("ntan, "):
                return int(row[1]), int(row[1]) * float(row[4]), float(row[7])
        return None

    live = {}  # by number of flows: ns a packet, ns a further packet, MiB
    floods = []
    for capture in part.captures():
        if not capture.startswith("flows-"):
            floods += [[f"{TRACES[capture]}, {name.removeprefix('ntan, ')}", f"{ns:.0f}", "-", "-", f"{mib:.0f}"]
                       for name, ns, _, _, mib in part.runs(capture) if name.startswith("ntan, ")]
        elif "-more" not in capture:
            packets, total, mib = measured(capture)
            more = measured(capture.replace(".pcap", "-more.pcap"))
            further = (more[1] - total) / (more[0] - packets) if more else None
            live[int(capture.removeprefix("flows-").removesuffix(".pcap"))] = total / packets, further, mib
    base = live.get(10_000, (None, None, None))[1]
    rows = [[f"{count:,} live flows", f"{ns:.0f}", f"{further:.0f}" if further else "-",
             f"{further / base:.2f}" if further and base else "-", f"{mib:.0f}"]
            for count, (ns, further, mib) in live.items()]
    if not rows + floods:
        return []
    return part.caption("flows") + table(
        ["trace", "ns a packet", "ns a further packet of these flows", "to 10,000 flows", "MiB"], rows + floods)


def threads(part):
    rows = []
    for capture in part.captures():
        runs = {name: (wall, mib) for name, _, _, wall, mib in part.runs(capture)}
        one, two = runs["ntan, one thread"], runs["ntan, two threads"]
        rows.append([TRACES.get(capture, capture), f"{one[0] / 1e3:.2f}", f"{two[0] / 1e3:.2f}",
                     f"{one[0] / two[0]:.2f}", f"{one[1]:.0f}", f"{two[1]:.0f}"])
    if not rows:
        return []
    return part.caption("threads") + table(
        ["trace, all events", "s on the wall", "with two threads", "times as fast", "MiB", "with two"], rows)


def live(part):
    if not part.rows:
        return []
    seconds = part.rows[0][4]
    rows = [[name, f"{int(pps):,}", mbps, bound] for name, pps, mbps, bound, _ in part.rows]
    return part.caption("live") + table(["program", f"packets/s without a drop in {seconds} s", "Mbit/s", "bound by"],
                                        rows)


def main():
    folder = Path(sys.argv[1])
    shown = {"end-to-end": end_to_end, "threads": threads, "peers": peers, "flows": flows, "live": live}
    lines = [line for name, show in shown.items() for line in show(Part(folder, name))]
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n" + "".join(line + "\n" for line in lines) + END + after, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

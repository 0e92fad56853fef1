#!/usr/bin/python3
"""Instructions per packet against bench/instructions.txt: tests/bench/run_instructions.py [--update]

Counted by valgrind over captures of our own, so that the figures are the same on every machine with the
same compiler: what a start costs is taken off. More than 3 % away from the file is a failure, in either
direction: whoever makes ntan faster or slower says so by --update. What a start costs, in instructions
and memory, must not grow with what the tables may hold.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NTAN = Path(os.environ.get("NTAN", ROOT / "build/release/ntan"))
KEPT = ROOT / "bench/instructions.txt"
TOLERANCE = 0.03

TRACES = {
    "mix": ["mix", "4"],
    "flows": ["live", "10000", "100000"],
    "syn-flood": ["syn", "100000"],
    "none": ["live", "1", "1"],
}
RUNS = {
    "mix, all events": ("mix", []),
    "mix, flow records": ("mix", ["--events", "flow"]),
    "mix, summary only": ("mix", ["--events", "summary"]),
    "mix, packet lines": ("mix", ["--events", "packet"]),
    "flows, summary only": ("flows", ["--events", "summary"]),
    "syn-flood, summary only": ("syn-flood", ["--events", "summary"]),
}
LARGE = ["--max-flows", "100000000", "--mem-limit", "64G"]
HEAD = """\
# Instructions per packet of `ntan read --json`, what a start costs taken off. Written by
# tests/bench/run_instructions.py --update, which fails where a run is more than 3 % away.
"""


def compiler():
    done = subprocess.run(["c++", "--version"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[0]


def made(folder):
    build = subprocess.run(["cmake", "--build", NTAN.parent, "--target", "make_trace"], check=False, capture_output=True)
    if build.returncode != 0:
        return None
    maker = NTAN.parent / "bench/make_trace"
    for name, words in TRACES.items():
        subprocess.run([maker, words[0], folder / name, *words[1:]], check=True)
    return folder


def packets_of(capture):
    done = subprocess.run([NTAN, "read", capture, "--json", "--events", "run_end"], check=True,
                          capture_output=True, text=True)
    return int(re.search(r'"packets":(\d+)', done.stdout)[1])


def instructions(capture, words):
    done = subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
         NTAN, "read", capture, "--json", *words],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return int(re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)[1].replace(",", ""))


def peak_kib(capture, words):
    process = subprocess.Popen([NTAN, "read", capture, "--json", *words], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_maxrss


def report_start(capture):
    """Whether a start takes as much for a table of a hundred million flows as for a usual one."""
    good = True
    for what, of, most in (("instructions", instructions, 100_000), ("KiB", peak_kib, 1_024)):
        usual, large = of(capture, []), of(capture, LARGE)
        passed = large - usual <= most
        good &= passed
        print(f"{'ok' if passed else 'not ok'} instructions: a start with large tables: {large} {what}, {usual} usually")
    return good


def measured(folder):
    found = {}
    for name, (trace, words) in RUNS.items():
        start = instructions(folder / "none", words)
        found[name] = (instructions(folder / trace, words) - start) / packets_of(folder / trace)
    return found


def kept():
    """The figures of the file, and the compiler that they are of."""
    figures, of = {}, ""
    for line in KEPT.read_text(encoding="ascii").splitlines():
        if line.startswith("# compiler: "):
            of = line.removeprefix("# compiler: ")
        elif line and not line.startswith("#"):
            name, value = line.rsplit(None, 1)
            figures[name] = float(value)
    return figures, of


def update(found):
    lines = [f"{name:<28} {value:8.0f}\n" for name, value in found.items()]
    KEPT.write_text(f"{HEAD}# compiler: {compiler()}\n{''.join(lines)}", encoding="ascii")


def main():
    for tool in ("valgrind",):
        if not shutil.which(tool):
            print(f"skip instructions: no {tool}")
            return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = made(Path(scratch))
        if folder is None:
            print(f"skip instructions: {NTAN.parent} is no folder of a build")
            return 0
        if sys.argv[1:] == ["--update"]:
            update(measured(folder))
            print(KEPT.read_text(encoding="ascii"), end="")
            return 0
        expected, of = kept()
        if of != compiler():
            print(f"skip instructions: the figures are of another compiler ({of})")
            return 0
        bad = 0 if report_start(folder / "none") else 1
        found = measured(folder)
        for name in sorted(expected.keys() | found.keys()):
            was, now = expected.get(name, 0), found.get(name, 0)
            if was and abs(now / was - 1) <= TOLERANCE:
                print(f"ok instructions: {name}: {now:.0f} a packet")
            else:
                bad += 1
                print(f"not ok instructions: {name}: {now:.0f} a packet, {was:.0f} in {KEPT.name}: "
                      "say it by --update, or mend it")
        return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

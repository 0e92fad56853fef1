#!/usr/bin/python3
"""The highest rate at which a capture loses nothing: bench/live_rates.py [OPTION...] NTAN CAPTURE

    --seconds N      of sending at each rate, 20 by default
    --tsv FILE       the table's rows are appended to it
    --only WORD      programs whose names contain it

tcpreplay sends CAPTURE over a veth pair between two network namespaces of this script's own, over and
over, at rates that double until something is lost, or halve until nothing is, and then close in on the
highest that holds; where one sender's best is not enough, two send. A program holds a rate when the kernel
dropped nothing and the program is done with its work soon after the sender: one that only stores packets
for later is not. All get a ring of 64 MiB. Of ntan the accounting is checked at every rate: sent =
delivered + dropped by the kernel + dropped by the interface.

Sender, kernel and receiver share this machine's CPUs: the figures compare programs, and say little about
a network card.
"""

import argparse
import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

A, B = f"ntan-bench-{os.getpid()}-a", f"ntan-bench-{os.getpid()}-b"
FIRST_PPS, LEAST_PPS, STEPS = 5_000, 100, 3
PATIENCE_S = 5
WHOLE, FLOOD = 1 << 61, 1 << 62  # one sender's best, and two at theirs


def run(*words, check=True):
    return subprocess.run([*map(str, words)], check=check, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def inside(namespace, *words):
    return ["ip", "netns", "exec", namespace, *map(str, words)]


def set_up():
    for namespace in (A, B):
        run("ip", "netns", "add", namespace)
        atexit.register(run, "ip", "netns", "del", namespace, check=False)
        run(*inside(namespace, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                    "net.ipv6.conf.default.disable_ipv6=1"), check=False)
    run("ip", "link", "add", "v0", "netns", A, "type", "veth", "peer", "name", "v1", "netns", B)
    for namespace, name in ((A, "v0"), (B, "v1")):
        run("ip", "-n", namespace, "link", "set", name, "mtu", "9000", "up")


def arrived():
    """Frames and octets that the receiver's end of the link has taken so far."""
    shown = json.loads(run("ip", "-n", B, "-j", "-s", "link", "show", "v1").stdout)
    received = shown[0]["stats64"]["rx"]
    return received["packets"], received["bytes"]


def number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


class Ntan:
    name = "ntan capture, all events"

    def __init__(self, ntan):
        self.command = [ntan, "capture", "-i", "v1", "-B", "64M", "--json"]

    @staticmethod
    def losses(said):
        """Delivered (or None) and lost."""
        packets = number(r"(\d+) packets, \d+ octets", said)
        kernel = number(r"dropped by kernel (\d+)", said)
        return packets, kernel + number(r"dropped by interface (\d+)", said)


class Tcpdump:
    name = "tcpdump -w"
    command = ["tcpdump", "-n", "-i", "v1", "-B", "65536", "-w", "/dev/null"]

    @staticmethod
    def losses(said):
        return None, number(r"(\d+) packets? dropped by kernel", said) + number(
            r"(\d+) packets? dropped by interface", said)


class Tshark:
    name = "tshark -T ek"
    command = ["tshark", "-n", "-i", "v1", "-B", "64", "-T", "ek"]

    @staticmethod
    def losses(said):
        return None, number(r"(\d+) packets? dropped", said)


class Trial:
    """One program at one rate."""

    def __init__(self, program, capture, pps, seconds):
        with tempfile.TemporaryFile("w+") as errors:
            receiver = subprocess.Popen(inside(B, *program.command), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=errors)
            try:
                time.sleep(2)
                packets, octets = arrived()
                took = self.send(capture, pps, seconds)
                time.sleep(1)
                self.packets, self.octets = (now - before for now, before in zip(arrived(), (packets, octets)))
                receiver.send_signal(signal.SIGINT)
                try:
                    receiver.wait(timeout=PATIENCE_S)
                    self.behind = False
                except subprocess.TimeoutExpired:
                    self.behind = True
            finally:
                if receiver.poll() is None:
                    receiver.kill()
                receiver.wait()
            errors.seek(0)
            self.delivered, self.lost = program.losses(errors.read())
        self.pps = self.packets / took
        self.mbps = self.octets * 8 / took / 1e6
        self.reached = self.pps > 0.95 * pps

    @staticmethod
    def send(capture, pps, seconds):
        """Seconds it took."""
        rate = ["--topspeed"] if pps >= WHOLE else [f"--pps={pps}"]
        command = inside(A, "tcpreplay", "-q", "-K", "-i", "v0", *rate, "--loop=0", f"--duration={seconds}", capture)
        begun = time.monotonic()
        senders = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True) for _ in range(2 if pps == FLOOD else 1)]
        said = [sender.communicate()[0] for sender in senders]
        took = [float(words) for one in said for words in re.findall(r"sent in ([\d.]+) seconds", one)]
        return max(took, default=time.monotonic() - begun)

    @property
    def held(self):
        return self.lost == 0 and not self.behind

    @property
    def exact(self):
        return self.delivered is None or self.packets == self.delivered + self.lost


def search(program, options):
    """The best trial that held, and whether the sender could do no more."""
    best, bad, pps = None, None, FIRST_PPS
    inexact = 0

    def attempt(rate):
        nonlocal inexact
        trial = Trial(program, options.capture, rate, options.seconds)
        inexact += not trial.exact
        verdict = "held" if trial.held else "behind" if trial.behind else f"lost {trial.lost}"
        if trial.delivered is not None:
            verdict += (f", sent {trial.packets} {'=' if trial.exact else '!='} "
                        f"delivered {trial.delivered} + lost {trial.lost}")
        print(f"  {program.name}: {trial.pps:,.0f} packets/s, {trial.mbps:,.0f} Mbit/s: {verdict}", flush=True)
        return trial

    while best is None or bad is None:
        trial = attempt(pps)
        if trial.held:
            best = trial
            if bad is not None:
                break
            if pps == FLOOD:
                return best, True, inexact
            pps = FLOOD if pps == WHOLE else 2 * pps if trial.reached else WHOLE
        else:
            bad = pps
            if best is None:
                pps //= 2
                if pps < LEAST_PPS:
                    return None, False, inexact
    if bad >= WHOLE:
        return best, False, inexact
    low = round(best.pps)
    for _ in range(STEPS):
        middle = (low + bad) // 2
        trial = attempt(middle)
        if trial.held:
            best, low = trial, middle
        else:
            bad = middle
    return best, False, inexact


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--tsv")
    parser.add_argument("--only", default="")
    parser.add_argument("ntan")
    parser.add_argument("capture", type=Path)
    options = parser.parse_args()
    for tool in ("ip", "tcpreplay"):
        if not shutil.which(tool):
            print(f"skip live: no {tool}")
            return 0
    if os.geteuid() != 0:
        print("skip live: not root")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was set up goes as at any end
    set_up()
    print(f"{options.capture.name} over a veth pair, {options.seconds} s a rate; sender, kernel and receiver "
          f"share {os.cpu_count()} CPUs")
    rows, all_exact = [], True
    for program in (Ntan(options.ntan), Tcpdump, Tshark):
        if options.only not in program.name:
            continue
        if program.command[0] != options.ntan and not shutil.which(program.command[0]):
            print(f"skip live: no {program.command[0]}")
            continue
        best, sender_bound, inexact = search(program, options)
        if inexact:
            print(f"  {program.name}: the accounting was wrong at {inexact} rates")
            all_exact = False
        pps, mbps = (best.pps, best.mbps) if best else (0, 0)
        rows.append((program.name, f"{pps:.0f}", f"{mbps:.0f}", "sender" if sender_bound else "receiver",
                     str(options.seconds)))
    print(f"{'':<28} {'packets/s':>10} {'Mbit/s':>8}  bound by")
    for name, pps, mbps, bound, _ in rows:
        print(f"{name:<28} {pps:>10} {mbps:>8}  {bound}")
    if options.tsv:
        with open(options.tsv, "a", encoding="ascii") as out:
            out.writelines("\t".join(row) + "\n" for row in rows)
    return 0 if all_exact else 1


if __name__ == "__main__":
    sys.exit(main())

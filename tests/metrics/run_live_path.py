#!/usr/bin/python3
"""Drops packets at random before and behind the tap, in namespaces of its own, and compares ntan with nftables and iperf3.

    ns C (client)  c0 <-- veth --> c1  ns T (router, tap on c1)  s1 <-- veth --> s0  ns S (server)

The program is $NTAN. Needs root and the right to make namespaces; says what is missing and skips. Sends to its own
namespaces only; each transfer ends by itself.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NTAN = os.environ.get("NTAN", os.path.join(ROOT, "build/release/ntan"))
TAG = f"ntan{os.getpid()}"
C, T, S = (f"{TAG}{name}" for name in "cts")
CLIENT, SERVER = "10.71.1.1", "10.71.2.1"
PORT = 5201
DROP_PERCENT = 1
SECONDS = 4
WITHIN = 0.10  # of what nftables counted
RATE_WITHIN = 0.02
MOST_NEEDLESS = 0.001
LEAST_DROPS = 50  # fewer say nothing
PATIENCE = 20
CASES = ("loss before the tap", "loss behind the tap", "no loss, and the receiver's rate")
TOOLS = ("ip", "nft", "iperf3", "ethtool")


def run(*words, check=True, **more):
    return subprocess.run([str(word) for word in words], check=check, capture_output=True, text=True,
                          timeout=PATIENCE, **more)


def inside(namespace, *words):
    """`ip netns exec` replaces itself, so the process is the program named."""
    return ["ip", "netns", "exec", namespace, *map(str, words)]


def set_up(stack):
    for namespace in (C, T, S):
        run("ip", "netns", "add", namespace)
        stack.callback(run, "ip", "netns", "del", namespace, check=False)
    for one, ours, other, theirs in (("c0", C, "c1", T), ("s0", S, "s1", T)):
        run("ip", "link", "add", one, "netns", ours, "type", "veth", "peer", "name", other, "netns", theirs)
    for namespace, device, address in ((C, "c0", "10.71.1.1/24"), (T, "c1", "10.71.1.2/24"),
                                       (T, "s1", "10.71.2.2/24"), (S, "s0", "10.71.2.1/24")):
        run("ip", "-n", namespace, "address", "add", address, "dev", device)
        run("ip", "-n", namespace, "link", "set", device, "up")
        # Segments as on a wire, not joined by the host.
        run(*inside(namespace, "ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off"))
    run("ip", "-n", C, "route", "add", "default", "via", "10.71.1.2")
    run("ip", "-n", S, "route", "add", "default", "via", "10.71.2.2")
    run(*inside(T, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"))


@contextlib.contextmanager
def process(words):
    started = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGINT)
            try:
                started.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


@contextlib.contextmanager
def dropping(namespace, hook):
    """Drops data of the server at random; yields a function that tells how many packets that were."""
    rules = f"""table inet drops {{
        chain some {{
            type filter hook {hook} priority 0;
            ip saddr {SERVER} tcp sport {PORT} meta length > 1000 numgen random mod 100 < {DROP_PERCENT} counter drop
        }}
    }}"""
    run(*inside(namespace, "nft", rules))
    try:
        yield lambda: int(re.search(r"counter packets (\d+)",
                                    run(*inside(namespace, "nft", "list", "table", "inet", "drops")).stdout)[1])
    finally:
        run(*inside(namespace, "nft", "delete", "table", "inet", "drops"))


def transfer(*options):
    """What iperf3 says of data from the server to the client, and ntan's flow of it as seen on c1."""
    capture_words = inside(T, NTAN, "capture", "-i", "c1", "-f", f"tcp port {PORT}", "--json", "--events", "flow,run",
                           "--user", "root")
    with process(capture_words) as capture, process(inside(S, "iperf3", "-s", "-1", "-p", PORT)):
        if '"run_start"' not in capture.stdout.readline():
            raise RuntimeError("no run_start")
        for _ in range(50):
            done = run(*inside(C, "iperf3", "-c", SERVER, "-p", PORT, "-R", "-J", *options), check=False)
            if done.returncode == 0:
                break
            time.sleep(0.1)
        time.sleep(0.5)
        capture.send_signal(signal.SIGINT)
        output, _ = capture.communicate(timeout=PATIENCE)
    flows = [event["flow"] for event in map(json.loads, output.splitlines()) if event["event"] == "flow"]
    data = max((flow for flow in flows if flow["final"]), key=lambda flow: flow["dst_payload"])
    return json.loads(done.stdout)["end"], data


def lost_behind(flow):
    return flow.get("dst_rtx_fast", 0) + flow.get("dst_rtx_rto", 0) + flow.get("dst_rtx_other", 0)


def judge_loss(dropped, right, wrong, flow):
    flaws = []
    if dropped < LEAST_DROPS:
        flaws.append(f"only {dropped} packets were dropped")
    if abs(right - dropped) > WITHIN * dropped:
        flaws.append(f"nftables dropped {dropped}, ntan says {right}")
    if wrong > WITHIN * dropped:
        flaws.append(f"ntan says that {wrong} were lost on the other side of the tap")
    if flow["dst_unseen_bytes"] != 0:
        flaws.append(f"the capture is said to have missed {flow['dst_unseen_bytes']} octets")
    return flaws


def before_the_tap():
    with dropping(T, "forward") as dropped:
        _, flow = transfer("-t", SECONDS, "-b", "200M")
        return judge_loss(dropped(), flow.get("dst_rtx_upstream", 0), lost_behind(flow), flow)


def behind_the_tap():
    with dropping(C, "input") as dropped:
        _, flow = transfer("-t", SECONDS, "-b", "200M")
        return judge_loss(dropped(), lost_behind(flow), flow.get("dst_rtx_upstream", 0), flow)


def rate():
    end, flow = transfer("-t", SECONDS, "-b", "50M")
    theirs = end["sum_received"]["bits_per_second"]
    flaws = []
    if abs(flow["dst_goodput_bps"] - theirs) > RATE_WITHIN * theirs:
        flaws.append(f"goodput {flow['dst_goodput_bps']}, iperf3 {theirs:.0f} bit/s")
    # A tail loss probe repeats what was not lost.
    if flow["dst_loss_ratio"] > MOST_NEEDLESS or flow["dst_unseen_bytes"]:
        flaws.append(f"loss {flow['dst_loss_ratio']}, {flow['dst_unseen_bytes']} octets unseen where nothing was dropped")
    return flaws


def main():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if os.geteuid() != 0:
        missing.append("root")
    with contextlib.ExitStack() as stack:
        if not missing:
            try:
                set_up(stack)
            except subprocess.CalledProcessError as error:
                missing.append(f"namespaces ({error.stderr.strip()})")
        if missing:
            for case in CASES:
                print(f"skip live path: {case} needs {', '.join(missing)}")
            return 0
        good = True
        for case, check in zip(CASES, (before_the_tap, behind_the_tap, rate)):
            flaws = check()
            print(f"{'not ok' if flaws else 'ok'} live path: {case}", flush=True)
            for flaw in flaws:
                print(f"# {flaw}")
            good &= not flaws
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Scans by real scanners between two namespaces of its own, each of which $NTAN has to name while good
traffic runs beside them unnamed.

    ns A  scanners 10.9.10.7, 10.9.11.7, ..., a client 10.9.1.200  <-- veth -->  ns B  hosts 10.9.2.x, fd00:9::2

    10.9.2.1        port 80 open, the rest refused     10.9.2.64-127   the same
    10.9.2.2        silent but for port 443            10.9.2.128-191  nobody
    10.9.2.3        refused by ICMP

A second link is for scans by address resolution. Every scanner has an address of its own, so that a report says whose
it is, in a network of its own, since what fails for others of a network too counts less. Needs root, iproute2, nftables and the
scanner in question. Prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line; arguments select by words.
"""

import contextlib
import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import network
from network import A, B, CLIENT, SERVER, Capture, in_a, inside, run

GOOD_CLIENT = "10.9.1.200"
HOST, DROPS, REJECTS, FARM, DARK = "10.9.2.1", "10.9.2.2", "10.9.2.3", "10.9.2.64/26", "10.9.2.128/26"
V6_SCANNER, V6_HOST = "fd00:9::1", "fd00:9::2"
QUIET = ("-n", "-Pn", "--disable-arp-ping", "--max-retries", "1", "-T4")
BURST = 24  # ports of one host under way at once need no answer
FEW = 12    # refused or silent ones, and what was under way meanwhile

SCANS = []


class Scan:
    """One scan: its command, and what has to be said of it."""

    def __init__(self, name, command, kinds, technique, most=FEW, source=None, link="v0"):
        self.name = name
        self.tool = command[0]
        self.command = command
        self.kinds = kinds
        self.technique = technique
        self.most = most  # probes counted when it is first reported
        self.source = source or f"10.9.{10 + len(SCANS)}.7"
        self.link = link
        SCANS.append(self)

    def run(self):
        words = [word.replace("SOURCE", self.source) for word in self.command]
        # Tools that leave the choice to the kernel get it from the route.
        if self.source.endswith(".7"):
            run("ip", "-n", A, "route", "replace", "10.9.2.0/24", "via", SERVER, "src", self.source)
        in_a(*words, check=False)


def nmap(name, words, kinds, technique, **more):
    return Scan(f"nmap {name}", ["nmap", *QUIET, "-S", "SOURCE", "-e", "v0", *words], kinds, technique, **more)


VERTICAL, HORIZONTAL, DISCOVERY = {"vertical"}, {"horizontal"}, {"host_discovery"}


def declare_scans(mac):
    nmap("-sS", ["-sS", "-p", "1-100", HOST], VERTICAL, "tcp_syn")
    nmap("-sS, silent host", ["-sS", "-p", "1-60", DROPS], VERTICAL, "tcp_syn", most=BURST)
    nmap("-sS, refused by ICMP", ["-sS", "-p", "1-60", REJECTS], VERTICAL, "tcp_syn")
    Scan("nmap -sT", ["nmap", *QUIET, "-sT", "-p", "1-100", HOST], VERTICAL, "tcp_connect")
    nmap("-sU", ["-sU", "-p", "100-130", HOST], VERTICAL, "udp")
    nmap("-sF", ["-sF", "-p", "1-40", HOST], VERTICAL, "tcp_fin")
    nmap("-sN", ["-sN", "-p", "1-40", HOST], VERTICAL, "tcp_null")
    nmap("-sX", ["-sX", "-p", "1-40", HOST], VERTICAL, "tcp_xmas")
    nmap("-sA", ["-sA", "-p", "1-40", HOST], VERTICAL, "tcp_ack")
    nmap("-sM", ["-sM", "-p", "1-40", HOST], VERTICAL, "tcp_maimon")
    nmap("-sO", ["-sO", "-p", "2-5,7-16,18-40", HOST], {"protocol"}, "ip_proto", most=BURST)
    nmap("-sY", ["-sY", "-p", "1-40", HOST], VERTICAL, "sctp_init", most=BURST)
    nmap("-sS, one port of many hosts", ["-sS", "-p", "23", FARM], HORIZONTAL, "tcp_syn")
    nmap("-sS, an open port of many hosts", ["-sS", "-p", "80", FARM], HORIZONTAL, "tcp_syn", most=20)
    nmap("-sS, slow", ["-sS", "-p", "21-29", "--max-retries", "0", "--scan-delay", "1200ms", HOST],
         VERTICAL, "tcp_syn", most=8)
    Scan("nmap -sn -PE", ["nmap", "-n", "-sn", "-PE", "--disable-arp-ping", "-T4", "-S", "SOURCE", "-e", "v0", FARM],
         DISCOVERY, "icmp_echo", most=32)
    Scan("nmap -sn, where nobody is",
         ["nmap", "-n", "-sn", "--disable-arp-ping", "-T4", "-S", "SOURCE", "-e", "v0", DARK],
         DISCOVERY | HORIZONTAL | {"block"}, None, most=40)
    Scan("masscan", ["masscan", FARM, "-p23,24,25", "--rate", "300", "--adapter", "v0", "--adapter-ip", "SOURCE",
                     "--router-mac", mac.replace(":", "-"), "--wait", "1"],
         {"block", "horizontal"}, "tcp_syn", most=40)
    Scan("zmap", ["zmap", "-p", "23", "-i", "v0", "-S", "SOURCE", "-G", mac, "-r", "200", "-c", "1", "-b", "/dev/null",
                  "-o", "/dev/null", "-q", FARM], HORIZONTAL, "tcp_syn")
    Scan("hping3", ["hping3", "-a", "SOURCE", "-I", "v0", "--scan", "1-60", "-S", HOST], VERTICAL, "tcp_syn",
         most=BURST)
    Scan("nmap -6 -sS", ["nmap", *QUIET, "-6", "-sS", "-p", "1-60", V6_HOST], VERTICAL, "tcp_syn", source=V6_SCANNER)
    # By others: a station that carries packets of many sources is a router, and asks on their behalf.
    Scan("nmap -sn, by ARP", ["nmap", "-n", "-sn", "-PR", "-T4", "-e", "w0", "10.8.0.100-160"], DISCOVERY, "arp",
         most=61, source="10.8.0.1", link="w0")
    Scan("nmap -6 -sn, by neighbour discovery", ["nmap", "-n", "-6", "-sn", "-PR", "-T4", "-e", "w0", "fd00:8::100/122"],
         DISCOVERY, "nd", most=64, source="fd00:8::1", link="w0")


def set_up():
    network.set_up()
    for namespace, address in ((A, V6_SCANNER), (B, V6_HOST)):
        run(*inside(namespace, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0",
                    "net.ipv6.conf.default.disable_ipv6=0", "net.ipv4.icmp_ratelimit=0",
                    "net.ipv4.icmp_msgs_per_sec=100000", "net.ipv6.icmp.ratelimit=0"), check=False)
        run("ip", "-n", namespace, "addr", "add", f"{address}/64", "dev", "v0" if namespace == A else "v1", "nodad")
    for address in [GOOD_CLIENT, *(f"10.9.{network}.7" for network in range(10, 60))]:
        run("ip", "-n", A, "addr", "add", f"{address}/32", "dev", "v0")
    run("ip", "-n", A, "route", "add", "10.9.2.0/24", "via", SERVER)
    run("ip", "-n", B, "route", "add", "10.9.0.0/16", "via", CLIENT)
    network.link("w0", "w1")
    for namespace, end, last in ((A, "w0", 1), (B, "w1", 2)):
        run("ip", "-n", namespace, "addr", "add", f"10.8.0.{last}/24", "dev", end)
        run("ip", "-n", namespace, "addr", "add", f"fd00:8::{last}/64", "dev", end, "nodad")
    for address in (HOST, DROPS, REJECTS):
        run("ip", "-n", B, "addr", "add", f"{address}/32", "dev", "lo")
    run("ip", "-n", B, "route", "add", "local", FARM, "dev", "lo")
    rules = f"""add table inet t
add chain inet t in {{ type filter hook input priority 0; }}
add rule inet t in ip daddr {DROPS} tcp dport != 443 drop
add rule inet t in ip daddr {REJECTS} reject with icmp port-unreachable
"""
    run(*inside(B, "nft", rules))


GOOD = """
import socket, sys, time
# One in ten fails, as it does for everybody: two are down.
hosts = ["10.9.2.%d" % n for n in (1, *range(64, 82), 130, 131)]
while True:
    for host in hosts:
        s = socket.socket()
        s.bind(("10.9.1.200", 0))
        s.settimeout(2)
        try:
            s.connect((host, 80))
            s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
            while s.recv(65536): pass
        except OSError: pass
        s.close()
        time.sleep(0.05)
"""


def first_reports(events):
    """The first and the last event of each source's scans."""
    first, last = {}, {}
    for event in events:
        if event["event"] != "scan" or "src_ip" not in event:
            continue
        first.setdefault(event["src_ip"], event["scan"])
        last[event["src_ip"]] = event["scan"]
    return first, last


def judge(scan, first, last):
    """What is wrong with what was said of it; None if all is right."""
    if scan.source not in first:
        return "not named"
    opened, closed = first[scan.source], last[scan.source]
    if closed["kind"] not in scan.kinds:
        return f"kind {closed['kind']}"
    if scan.technique is not None and closed["technique"] != scan.technique:
        return f"technique {closed['technique']}"
    if opened["probes"] > scan.most:
        return f"named at {opened['probes']} probes, expected {scan.most} at most"
    return None


def play(chosen, link, folder):
    """Captures on a link while its scans run; its events."""
    kept = folder / f"{link}.pcap"
    with Capture("--json", "--events", "run,scan", "-w", kept, "-Z", "root", interface=link) as capture:
        for scan in chosen:
            if scan.link == link:
                scan.run()
        # The last silences and sweeps are decided after a few seconds.
        time.sleep(7)
        return capture.finish()


def report(name, why):
    print(f"not ok live scans: {name}: {why}" if why else f"ok live scans: {name}", flush=True)
    return not why


def check_again(kept, events):
    """The packets that were kept give the same scans, and each line that a scan carries cuts it out."""
    done = subprocess.run([network.NTAN, "read", kept, "--events", "scan", "--json"], capture_output=True, timeout=60,
                          check=True)
    offline = first_reports(json.loads(line) for line in done.stdout.splitlines())[1]
    online = first_reports(events)[1]
    told = {source: (scan["id"], scan["kind"], scan["technique"]) for source, scan in online.items()}
    again = {source: (scan["id"], scan["kind"], scan["technique"]) for source, scan in offline.items()}
    if told != again:
        return f"live {sorted(set(told.items()) - set(again.items()))}, read {sorted(set(again.items()) - set(told.items()))}"
    line = next(iter(online.values()))["extract"].replace("ntan ", f"{network.NTAN} ", 1)
    done = subprocess.run(line, shell=True, cwd=kept.parent, capture_output=True, timeout=60, check=False)
    return None if done.returncode == 0 else f"{line}: {done.stderr.decode().strip()}"


def main():
    if os.geteuid() != 0:
        print("skip live scans: all not root")
        return 0
    for tool in ("ip", "ss", "ethtool", "nft"):
        if not shutil.which(tool):
            print(f"skip live scans: all no {tool}")
            return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        set_up()
    except subprocess.CalledProcessError as error:
        print(f"skip live scans: all no namespaces ({error.stderr.decode().strip()})")
        return 0
    details = json.loads(run("ip", "-n", B, "-j", "link", "show", "v1").stdout)
    declare_scans(details[0]["address"])
    words = sys.argv[1:]
    chosen = []
    for scan in SCANS:
        if words and not any(word in scan.name for word in words):
            continue
        if shutil.which(scan.tool):
            chosen.append(scan)
        else:
            print(f"skip live scans: {scan.name} no {scan.tool}")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        network.serve(sys.executable, "-m", "http.server", "80", "--bind", "0.0.0.0", port=80, folder=folder)
        client = subprocess.Popen(inside(A, sys.executable, "-c", GOOD), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.callback(network.end, client)
        seen = {link: play(chosen, link, folder) for link in dict.fromkeys(scan.link for scan in chosen)}
        client_lives = client.poll() is None
        again = [check_again(folder / f"{link}.pcap", events) for link, events in seen.items()]
    first, last = first_reports(event for events in seen.values() for event in events)
    good = True
    for scan in chosen:
        good = report(scan.name, judge(scan, first, last)) and good
    others = sorted(set(first) - {scan.source for scan in chosen}, key=ipaddress.ip_address)
    wrong = f"{others} named" if others else None if client_lives else "the good client stopped"
    good = report("nobody else is named", wrong) and good
    good = report("what was kept gives the same scans", "; ".join(filter(None, again))) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""Two network namespaces of the test's own, servers in one of them, and `ntan capture` in the other.

    ns A  v0 10.9.0.1  <-- veth -->  v1 10.9.0.2  ns B (servers)

Needs root and iproute2; nothing leaves the namespaces, and they go away at the end.
"""

import atexit
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NTAN = os.environ.get("NTAN", str(ROOT / "build/release/ntan"))
A, B = f"ntan-{os.getpid()}-a", f"ntan-{os.getpid()}-b"
CLIENT, SERVER, SILENT = "10.9.0.1", "10.9.0.2", "10.9.0.9"
PATIENCE_S = 20


def run(*words, check=True, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([*map(str, words)], capture_output=True, timeout=60, check=check, **more)


def inside(namespace, *words):
    """`ip netns exec` replaces itself, so the process is the program named."""
    return ["ip", "netns", "exec", namespace, *map(str, words)]


def in_a(*words, **more):
    return run(*inside(A, *words), **more)


def end(process):
    """Ends one process of ours."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
    process.wait()


def link(name, peer):
    run("ip", "link", "add", name, "netns", A, "type", "veth", "peer", "name", peer, "netns", B)
    for namespace, end_of_link in ((A, name), (B, peer)):
        # Real checksums, and frames as they would be on a wire.
        run(*inside(namespace, "ethtool", "-K", end_of_link, "tx", "off", "gro", "off", "gso", "off",
                    "tso", "off"), check=False)
        run("ip", "-n", namespace, "link", "set", end_of_link, "up")


def set_up():
    for namespace in (A, B):
        run("ip", "netns", "add", namespace)
        atexit.register(run, "ip", "netns", "del", namespace, check=False)
        run(*inside(namespace, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                    "net.ipv6.conf.default.disable_ipv6=1"), check=False)
        run("ip", "-n", namespace, "link", "set", "lo", "up")
    link("v0", "v1")
    run("ip", "-n", A, "addr", "add", f"{CLIENT}/24", "dev", "v0")
    run("ip", "-n", B, "addr", "add", f"{SERVER}/24", "dev", "v1")


def serve(*words, port, folder):
    """Starts a server in B and waits until it listens."""
    process = subprocess.Popen(inside(B, *words), stdin=subprocess.DEVNULL, cwd=folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(end, process)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if f":{port} ".encode() in run(*inside(B, "ss", "-Hlntu")).stdout:
            return
        time.sleep(0.05)
    raise RuntimeError(f"{words[0]} does not listen")


def start_servers(folder):
    (folder / "page").write_text("a page\n" * 1000)
    serve(sys.executable, "-m", "http.server", "80", "--bind", SERVER, port=80, folder=folder)
    if shutil.which("dnsmasq"):
        serve("dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
              "--user=root", f"--listen-address={SERVER}", "--bind-interfaces", "--pid-file=",
              "--address=/example.test/192.0.2.7", "--txt-record=t.example.test,hello", port=53,
              folder=folder)
    if shutil.which("openssl"):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=live.example.test", "-keyout", folder / "key", "-out",
            folder / "cert")
        serve("openssl", "s_server", "-accept", f"{SERVER}:443", "-key", folder / "key", "-cert",
              folder / "cert", "-quiet", port=443, folder=folder)


class Capture:
    """A running `ntan capture`; collects its lines with the time of their arrival."""

    def __init__(self, *words, interface="v0", wrap=(), env=None, binary=NTAN, ready=True):
        command = [*wrap, binary, "capture", "-i", interface, *map(str, words)]
        self.process = subprocess.Popen(inside(A, *command), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, **(env or {})})
        self.arrived = []
        self.errors = []
        self.threads = [threading.Thread(target=self.collect, daemon=True),
                        threading.Thread(target=self.collect_errors, daemon=True)]
        for thread in self.threads:
            thread.start()
        if ready:
            self.wait(lambda event: event["event"] == "run_start")

    def collect(self):
        for line in self.process.stdout:
            self.arrived.append((time.monotonic(), line))

    def collect_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.decode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)

    def events(self):
        return [json.loads(line) for _, line in self.arrived]

    def wait(self, wanted, patience=PATIENCE_S):
        """The first event that is wanted, and when it arrived."""
        deadline = time.monotonic() + patience
        seen = 0
        while time.monotonic() < deadline:
            while seen < len(self.arrived):
                moment, line = self.arrived[seen]
                event = json.loads(line)
                if wanted(event):
                    return event, moment
                seen += 1
            if self.process.poll() is not None and not self.threads[0].is_alive():
                break
            time.sleep(0.005)
        raise AssertionError(f"no such event in {patience} s; {seen} lines; {self.errors}")

    def wait_said(self, words):
        """Until a line of standard error holds the words."""
        deadline = time.monotonic() + PATIENCE_S
        while words not in said(self):
            assert time.monotonic() < deadline, f"not said in {PATIENCE_S} s: {words}; {self.errors}"
            time.sleep(0.005)

    def finish(self, code=0):
        """Interrupts it once, and gives all events."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.join(code)

    def join(self, code=0):
        assert self.process.wait(timeout=PATIENCE_S) == code, (self.process.returncode, self.errors)
        for thread in self.threads:
            thread.join(timeout=PATIENCE_S)
        return self.events()


def said(capture):
    return "".join(capture.errors)


def kinds(events):
    return {event["event"] for event in events}


def of(events, kind):
    return [event[kind] for event in events if event["event"] == kind]


def end_of(events):
    assert events[-1]["event"] == "run_end", events[-1]
    return events[-1]["run_end"]


def dig(name, kind="A", server=SERVER):
    return in_a("dig", f"@{server}", name, kind, "+tries=1", "+time=1", "+short", "+nocookie",
                check=False).stdout


PING = """
import socket, struct, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
for number in range(int(sys.argv[1])):
    head = struct.pack("!BBHHH", 8, 0, 0, 7, number)
    total = 0x0807 + number
    out.sendto(head[:2] + struct.pack("!H", 0xffff - total) + head[4:] + bytes(40), (sys.argv[2], 0))
    time.sleep(0.1)
"""


def ping(count, address=SERVER):
    in_a(sys.executable, "-c", PING, count, address)


def curl(path="page"):
    in_a("curl", "-s", "-o", "/dev/null", f"http://{SERVER}/{path}")


SEND = """
import socket, sys
count, size = int(sys.argv[1]), int(sys.argv[2])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
for number in range(count):
    out.sendto(number.to_bytes(4, "big") + bytes(size), ("%s", 1 + number %% 60000))
""" % SILENT


def send(count, size=60):
    """Datagrams to an address that nobody has, straight onto the link."""
    run("ip", "-n", A, "neigh", "replace", SILENT, "lladdr", "02:00:00:00:00:09", "dev", "v0")
    in_a(sys.executable, "-c", SEND, count, size)


def settle(capture, packets):
    """Waits until ntan says by a report on standard error that it has seen so many packets."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        capture.process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        reports = re.findall(r"(\d+) packets, ", said(capture))
        if reports and int(reports[-1]) >= packets:
            return
    raise AssertionError(said(capture))

"""A small network for live cases: two namespaces that go away with this process.

    ours  v0 10.9.0.1  <-- veth -->  v1 10.9.0.2  B (a web server, DNS where dnsmasq is there)
"""

import atexit
import contextlib
import ctypes
import os
import shutil
import subprocess
import sys

import harness

CLIENT, SERVER = "10.9.0.1", "10.9.0.2"
B = f"ntan-serve-{os.getpid()}"


def inside(*words):
    return ["ip", "netns", "exec", B, *map(str, words)]


def enter():
    """Leaves the network for one of our own with nothing in it but loopback. Why not, if it cannot."""
    if os.geteuid() != 0:
        return "not root"
    for tool in ("ip", "ss"):
        if not shutil.which(tool):
            return f"no {tool}"
    new_network = 0x40000000
    if ctypes.CDLL(None, use_errno=True).unshare(new_network) != 0:
        return f"no namespaces ({os.strerror(ctypes.get_errno())})"
    harness.run("ip", "link", "set", "lo", "up")
    return None


def set_up(folder):
    """The other side, with servers. Throws if there can be none."""
    harness.run("ip", "netns", "add", B)
    atexit.register(harness.run, "ip", "netns", "del", B, check=False)
    harness.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", B)
    for wrap in ([], ["ip", "netns", "exec", B]):
        name = "v1" if wrap else "v0"
        harness.run(*wrap, "sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1", check=False)
        harness.run(*wrap, "ethtool", "-K", name, "tx", "off", "gro", "off", "gso", "off", "tso", "off",
                    check=False)
        harness.run(*wrap, "ip", "link", "set", name, "up")
        harness.run(*wrap, "ip", "addr", "add", f"{SERVER if wrap else CLIENT}/24", "dev", name)
    (folder / "page").write_text("a page\n" * 1000, encoding="ascii")
    serve(sys.executable, "-m", "http.server", "80", "--bind", SERVER, port=80, folder=folder)
    if shutil.which("dnsmasq"):
        serve("dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root",
              f"--listen-address={SERVER}", "--bind-interfaces", "--pid-file=",
              "--address=/example.test/192.0.2.7", port=53, folder=folder)


def serve(*words, port, folder):
    process = subprocess.Popen(inside(*words), stdin=subprocess.DEVNULL, cwd=folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(harness.end, process)
    harness.until(lambda: f":{port} ".encode() in harness.run(*inside("ss", "-Hlntu")).stdout,
                  f"{words[0]} listens")


def curl(path="page"):
    harness.run("curl", "-s", "-o", "/dev/null", f"http://{SERVER}/{path}", check=False)


def dig(name):
    with contextlib.suppress(FileNotFoundError):
        harness.run("dig", f"@{SERVER}", name, "+tries=1", "+time=1", "+short", "+nocookie", check=False)


def scan(ports="1-200"):
    harness.run("nmap", "-n", "-Pn", "-sS", "-T4", "-p", ports, "--max-retries", "1", SERVER)

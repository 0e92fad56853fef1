#!/usr/bin/python3
"""Captures real traffic with $NTAN between two network namespaces of its own.

    ns A  v0 10.9.0.1  <-- veth -->  v1 10.9.0.2  ns B (servers)

Needs root and iproute2; nothing leaves the namespaces, and they go away at the end. Prints `ok NAME`,
`not ok NAME` or `skip NAME reason` a line. Arguments select cases by words of their names.
"""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

from live_cases import case, main
from network import (A, B, CLIENT, NTAN, PATIENCE_S, SEND, SERVER, SILENT, Capture, curl, dig, end, end_of, in_a, inside,
                     kinds, link, of, ping, run, said, send, settle)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from terminal import Terminal  # noqa: E402  pylint: disable=wrong-import-position

FOUR = re.compile(r"received (\d+), dropped by kernel (\d+), dropped by interface (\d+), "
                  r"dropped by ntan (\d+)")


# What is seen.


@case("dns, http, tls, icmp, arp, scan and flow events tell what happened", "dig", "curl", "openssl",
      "nmap")
def _(_folder):
    run("ip", "-n", A, "neigh", "flush", "dev", "v0")
    with Capture("--json", "--summary-every", "2s") as capture:
        ping(3)
        assert dig("www.example.test") == b"192.0.2.7\n"
        dig("t.example.test", "TXT")
        curl()
        curl("missing")
        in_a("openssl", "s_client", "-connect", f"{SERVER}:443", "-servername", "live.example.test",
             check=False, input=b"", stdin=None)
        in_a("nmap", "-n", "-Pn", "-sS", "-T4", "-p", "1-200", "--max-retries", "1", SERVER)
        capture.wait(lambda event: event["event"] == "scan")
        in_a("nmap", "-n", "-Pn", "-sT", "-T4", "-p", "1-200", "--max-retries", "1", SERVER)
        capture.wait(lambda event: event["event"] == "summary")
        events = capture.finish()
    dns = of(events, "dns")
    assert [(one["query"], one["type"], one["rcode"]) for one in dns] == [
        ("www.example.test", "A", "NOERROR"), ("t.example.test", "TXT", "NOERROR")], dns
    assert dns[0]["answers"][0]["data"] == "192.0.2.7" and 0 < dns[0]["rtt_us"] < 1_000_000, dns[0]
    assert "hello" in dns[1]["answers"][0]["data"], dns[1]
    http = of(events, "http")
    assert [(one["method"], one["uri"], one["status"]) for one in http] == [
        ("GET", "/page", 200), ("GET", "/missing", 404)], http
    assert http[0]["host"] == SERVER and http[0]["user_agent"].startswith("curl/"), http[0]
    assert http[0]["response_body_bytes"] == 7000 and http[0]["complete"] is True, http[0]
    tls = of(events, "tls")
    assert len(tls) == 1 and tls[0]["sni"] == "live.example.test", tls
    assert tls[0]["version"] == "TLSv1.3" and tls[0]["established"] is True, tls
    icmp = of(events, "icmp")
    assert len(icmp) == 3 and all(one["answered"] and one["rtt_us"] < 1_000_000 for one in icmp), icmp
    arp = of(events, "arp")
    assert any(one["target_ip"] == SERVER and one["answered"] for one in arp), arp
    scans = [event for event in events if event["event"] == "scan"]
    assert {event["src_ip"] for event in scans} == {CLIENT}
    assert all(event["dst_ip"] == SERVER and event["scan"]["kind"] == "vertical" for event in scans)
    assert {"tcp_syn", "tcp_connect"} & {event["scan"]["technique"] for event in scans}
    flows = [event for event in events if event["event"] == "flow"]
    apps = {event["flow"].get("app") for event in flows}
    assert {"dns", "http", "tls"} <= apps, apps
    summaries = of(events, "summary")
    finish = end_of(events)
    assert sum(one["packets"] for one in summaries) == finish["packets"] > 400, finish
    assert finish["stop_reason"] == "signal" and not finish.get("limits_hit"), finish
    assert finish["packets"] == sum(row["packets"] for row in finish["ledger"])
    assert finish.get("bad_checksums", 0) == 0, finish
    assert [event["ts"] for event in events] == sorted(event["ts"] for event in events)


@case("a filter keeps everything else out", "dig", "curl")
def _(_folder):
    with Capture("-f", "udp port 53", "--json") as capture:
        curl()
        dig("a.example.test")
        curl()
        dig("b.example.test")
        capture.wait(lambda event: event.get("dns", {}).get("query") == "b.example.test")
        events = capture.finish()
    assert kinds(events) == {"run_start", "dns", "flow", "summary", "run_end"}, kinds(events)
    assert end_of(events)["packets"] == 4, events[-1]
    assert events[0]["run_start"]["filter"] == "udp port 53", events[0]


@case("a filter of 800 hosts is not optimized for a minute before the capture begins")
def _(_folder):
    hosts = " or ".join(f"host 10.{i // 250}.{i % 250}.1" for i in range(800))
    with Capture("-f", f"udp or {hosts}", "-c", "3", "--json") as capture:
        send(10)
        assert end_of(capture.join(0))["stop_reason"] == "count"


@case("a filter too long for the kernel is applied all the same, and that is said in our words")
def _(_folder):
    hosts = " or ".join(f"host 10.1.{i}.1" for i in range(230))
    wanted = f"(udp and dst port 5) or {hosts}"
    # Live, tags are asked of the kernel, which does not apply this one.
    for expression in (wanted, f"({wanted}) and not vlan"):
        with Capture("-f", expression, "--json", "--events", "packet,run") as capture:
            send(20)
            capture.wait(lambda event: event["event"] == "packet")
            events = capture.finish()
        finish = end_of(events)
        assert finish["packets"] == len(of(events, "packet")) == 1 and "received" not in finish, finish
        assert finish["dropped_by_kernel"] == 0, finish
        lines = said(capture).splitlines()
        assert all(line.startswith("ntan: ") for line in lines), lines
        assert re.search(r"warning: v0: the kernel does not take the filter's \d+ instructions", said(capture)), lines


@case("an interrupt while a long filter is compiled leaves at once")
def _(_folder):
    hosts = " or ".join(f"host 10.{i // 250}.{i % 250}.1" for i in range(2500))  # for more than a minute
    with Capture("-f", hosts, "--events", "run", ready=False) as capture:
        time.sleep(1.5)
        assert capture.process.poll() is None and not capture.arrived, said(capture)
        capture.process.send_signal(signal.SIGINT)
        assert capture.process.wait(timeout=2) == 130, said(capture)


@case("an event is there within 100 ms of its packet, ready for jq", "dig", "jq")
def _(_folder):
    delays = []
    with Capture("-f", "udp port 53", "--json") as capture:
        for number in range(10):
            name = f"n{number}.example.test"
            dig(name)
            sent = time.monotonic()
            _, arrived = capture.wait(lambda event, name=name: event.get("dns", {}).get("query") == name)
            delays.append(arrived - sent)
        capture.finish()
    # The machine may be busy; half of them in time tells that nothing waits for a timer.
    assert sorted(delays)[5] < 0.1 and max(delays) < 1, delays
    pipe = f"{NTAN} capture -i v0 -f 'udp port 53' --json | jq --unbuffered -c ."
    shell = subprocess.Popen(inside(A, "bash", "-c", f"exec 3< <({pipe}); echo $!; cat <&3"),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True)
    try:
        shell.stdout.readline()
        assert json.loads(shell.stdout.readline())["event"] == "run_start"
        dig("jq.example.test")
        sent = time.monotonic()
        event = json.loads(shell.stdout.readline())
        assert event["dns"]["query"] == "jq.example.test", event
        assert time.monotonic() - sent < 1
        # By the process tree, so that nothing else is ended.
        for pid in descendants(shell.pid):
            if Path(f"/proc/{pid}/comm").read_text() == "ntan\n":
                os.kill(pid, signal.SIGINT)
        rest = shell.stdout.read().splitlines()
        assert json.loads(rest[-1])["event"] == "run_end", rest[-1]
    finally:
        end(shell)


def descendants(pid):
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *descendants(int(child))]
    return found


def tell_apart(live, offline):
    """The first line that differs, both ways."""
    for one, two in zip(live, offline):
        if one != two:
            return f"live    {one}\noffline {two}"
    more = (live + offline)[min(len(live), len(offline)):] if len(live) != len(offline) else []
    return f"{len(live)} live lines, {len(offline)} offline: {more[:1]}"


def comparable(path, last):
    """Lines decided by the last packet, but run_* and what only the kernel knows."""
    kept = []
    for line in Path(path).read_text().splitlines():
        event = json.loads(line)
        if event["event"].startswith("run_") or event["ts"] > last:
            continue
        if event["event"] == "summary":
            line = re.sub(r',"quality_\w+":\d+', "", line)
        kept.append(line)
    return kept


@case("live and offline give the same lines for the same packets", "dig", "curl", "nmap",
      "openssl")
def _(folder):
    folder.chmod(0o777)
    pcap, live, offline = folder / "cap.pcap", folder / "live.ndjson", folder / "offline.ndjson"
    with Capture("-w", pcap, "-o", live, "--json", "--summary-every", "2s") as capture:
        for _ in range(2):
            curl()
            dig("www.example.test")
            dig("silent.example.test", server=SILENT)
            ping(2)
            in_a("openssl", "s_client", "-connect", f"{SERVER}:443", check=False, input=b"", stdin=None)
        in_a("nmap", "-n", "-Pn", "-sS", "-T4", "-p", "1-300", "--max-retries", "1", SERVER)
        time.sleep(7)  # time-outs are decided by the clock of the wall
        dig("later.example.test")
        time.sleep(6)
        dig("last.example.test")
        capture.wait(lambda event: event.get("dns", {}).get("query") == "last.example.test")
        events = capture.finish()
    last = end_of(events)["last_ts"]
    run(NTAN, "read", pcap, "--summary-every", "2s", "-o", offline)
    packets = json.loads(offline.read_text().splitlines()[-1])
    assert packets["run_end"]["packets"] == end_of(events)["packets"]
    # The clock of an idle link goes on after the last packet; a file's ends there.
    last = min(last, packets["ts"])
    one, two = comparable(live, last), comparable(offline, last)
    # What a file closes at its end stands at its last packet's time; live that comes later.
    two = [line for line in two if json.loads(line)["ts"] < last]
    one = [line for line in one if json.loads(line)["ts"] < last]
    assert len(one) > 100 and one == two, tell_apart(one, two)


@case("--checksums on a host whose network card fills them in costs no event", "curl")
def _(_folder):
    offload = [(A, "v0"), (B, "v1")]
    try:
        for namespace, name in offload:
            run(*inside(namespace, "ethtool", "-K", name, "tx", "on"))
        with Capture("-f", "tcp port 80", "--checksums", "--json") as capture:
            curl()
            capture.wait(lambda event: event["event"] == "flow")
            events = capture.finish()
    finally:
        for namespace, name in offload:
            run(*inside(namespace, "ethtool", "-K", name, "tx", "off"))
    assert of(events, "http")[0]["status"] == 200, events
    flow = of(events, "flow")[0]
    assert flow["state"] == "SF" and "csum_bad" not in flow, flow
    assert end_of(events)["bad_checksums"] > 3 and end_of(events)["offload_suspected"] is True, events[-1]
    assert "anomaly" not in kinds(events), events


@case("an idle link: flows end and summaries come although no packet does", "curl")
def _(_folder):
    with Capture("-f", "tcp port 80", "--json", "--summary-every", "1s") as capture:
        curl()
        begun = time.monotonic()
        flow, moment = capture.wait(lambda event: event["event"] == "flow")
        assert flow["flow"]["end_reason"] == "fin", flow
        assert 4 < moment - begun < 9, moment - begun
        assert len(of(capture.events(), "summary")) >= 4
        events = capture.finish()
    assert all(one["packets"] == 0 for one in of(events, "summary")[2:]), of(events, "summary")
    lag = time.time() - time.mktime(time.strptime(events[-1]["ts"][:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone
    assert -1 < lag < 5, lag


@case("silence for five seconds is explained on standard error", "curl")
def _(_folder):
    with Capture("-f", "udp port 53", "--json") as one, Capture("-f", "tcp port 80") as heard, \
            Capture("--json", interface="x0") as quiet:
        for _ in range(5):
            curl()
            time.sleep(0.2)
        time.sleep(5)
        one.finish()
        heard.finish()
        quiet.finish()
    assert re.search(r"warning: no packet passed the filter 'udp port 53' on v0 in 5 s, "
                     r"but the link has traffic \(\+\d+ packets\)", said(one)), said(one)
    assert "warning: no traffic on x0 in 5 s; busiest interface is v0" in said(quiet), said(quiet)
    assert "warning" not in said(heard), said(heard)


@case("the status line of a terminal makes room for events, reports and warnings")
def _(_folder):
    for form in ("--table", "--json"):
        command = inside(A, NTAN, "capture", "-i", "v0", "-f", "icmp", "--color", "never", form, "--events", "icmp")
        with Terminal(command) as terminal:
            time.sleep(1.5)
            ping(15)
            time.sleep(0.5)
            terminal.process.send_signal(signal.SIGUSR1)
            time.sleep(0.5)
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.join() == 0, terminal.rows
            shown = re.findall(r"\r\x1b\[K(\d+ packets/s  [0-9.]+ k?bit/s  \d+ packets  \d+ events  0 dropped)",
                               terminal.text)
            assert len(shown) >= 3 and shown[-1] != shown[0], terminal.text
            assert not any("packets/s" in row for row in terminal.rows), terminal.rows
            assert sum("icmp" in row for row in terminal.rows) == 15, terminal.rows
            assert sum(row.startswith("ntan: 30 packets") for row in terminal.rows) == 2, terminal.rows
    with Terminal(inside(A, NTAN, "capture", "-i", "x0", "--duration", "6s", "--color", "never"), 40) as terminal:
        assert terminal.join() == 0, terminal.rows
        assert any(row.startswith("ntan: warning: no traffic") for row in terminal.rows), terminal.rows
        shown = re.findall(r"\r\x1b\[K(\d+ packets/s[^\r]*)", terminal.text)
        assert shown and max(map(len, shown)) == 39, shown


# How it ends.


@case("the first interrupt ends cleanly, by SIGTERM too; --duration and -c end by themselves", "dig")
def _(_folder):
    for number in (signal.SIGINT, signal.SIGTERM):
        with Capture("--json") as capture:
            dig("www.example.test")
            capture.wait(lambda event: event["event"] == "dns")
            capture.process.send_signal(number)
            events = capture.join(0)
            assert end_of(events)["stop_reason"] == "signal"
            assert "flow" in kinds(events), "what is open is closed"
    with Capture("--json", "--duration", "1s") as capture:
        assert end_of(capture.join(0))["stop_reason"] == "duration"
    with Capture("--json", "-c", "3", "-f", "udp") as capture:
        send(10)
        finish = end_of(capture.join(0))
        assert (finish["stop_reason"], finish["packets"]) == ("count", 3), finish


@case("the second interrupt leaves at once with 130")
def _(_folder):
    reading, writing = os.pipe()
    process = subprocess.Popen(inside(A, NTAN, "capture", "-i", "v0", "--events", "packet,run"),
                               stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        os.read(reading, 1)
        send(2000)
        time.sleep(0.5)  # nobody reads: the end has to wait for the reader
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None, "the first one waits for the reader"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=1) == 130
    finally:
        end(process)
        os.close(reading)


@case("a reader that goes away ends the capture quietly with 0")
def _(_folder):
    reading, writing = os.pipe()
    process = subprocess.Popen(inside(A, NTAN, "capture", "-i", "v0", "--json", "-q"),
                               stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    try:
        os.read(reading, 1)
        os.close(reading)
        ping(1)
        send(2)
        assert process.wait(timeout=PATIENCE_S) == 0
        assert process.stderr.read() == b""
    finally:
        end(process)


@case("a reader that goes away is missed on a link without traffic, too")
def _(_folder):
    reading, writing = os.pipe()
    process = subprocess.Popen(inside(A, NTAN, "capture", "-i", "v0", "--events", "run_start,dns", "--json", "-q"),
                               stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    try:
        os.read(reading, 1)
        os.close(reading)
        assert process.wait(timeout=PATIENCE_S) == 0
        assert process.stderr.read() == b""
    finally:
        end(process)


@case("a link that goes down is told and waited for; an interface that goes away ends the capture")
def _(_folder):
    link("x1", "y1")
    run("ip", "-n", A, "addr", "add", "10.9.8.1/24", "dev", "x1")
    with Capture("--json", "--summary-every", "1s", interface="x1") as capture:
        run("ip", "-n", A, "link", "set", "x1", "down")
        capture.wait_said("warning: x1 is down: nothing can be captured before it is up again")
        assert capture.process.poll() is None, said(capture)
        run("ip", "-n", A, "link", "set", "x1", "up")
        capture.wait_said("warning: x1 is up again")
        seen = len(capture.arrived)
        ping(1, "10.9.8.2")
        capture.wait(lambda event: event["event"] == "summary" and event["summary"]["packets"] > 0)
        assert len(capture.arrived) > seen
        run("ip", "-n", A, "link", "del", "x1")
        events = capture.join(1)
    assert end_of(events)["stop_reason"] == "interface_gone", events[-1]
    assert "error: x1: capture ended" in said(capture), said(capture)


@case("what was received right before an interface goes away is delivered")
def _(_folder):
    link("x2", "y2")
    run("ip", "-n", A, "addr", "add", "10.9.7.1/24", "dev", "x2")
    run("ip", "-n", A, "neigh", "replace", "10.9.7.9", "lladdr", "02:00:00:00:00:09", "dev", "x2")
    with Capture("--events", "run", "-f", "udp and dst host 10.9.7.9", interface="x2") as capture:
        in_a("sh", "-c", f"{sys.executable} -c '{SEND.replace(SILENT, '10.9.7.9')}' 20 60;"
             " ip link set x2 down; ip link del x2")
        finish = end_of(capture.join(1))
    assert finish["stop_reason"] == "interface_gone", finish
    assert finish["packets"] == finish["received"] == 20, finish


@case("signals while the ring is emptied lose nothing")
def _(_folder):
    for _ in range(3):
        with Capture("--events", "run", "-f", f"dst host {SILENT}") as capture:
            send(20)
            capture.process.send_signal(signal.SIGINT)
            for _ in range(20):
                capture.process.send_signal(signal.SIGUSR1)
                time.sleep(0.002)
            finish = end_of(capture.join())
        assert finish["packets"] == finish["received"] == 20, (finish, said(capture))


@case("the loopback counts a packet once; what came before the filter was set does not count")
def _(_folder):
    run("ip", "-n", A, "link", "set", "lo", "up")
    loop = SEND.replace(SILENT, "127.0.0.1")
    with Capture("--events", "run", "-f", "udp", interface="lo") as capture:
        in_a(sys.executable, "-c", loop, 50, 60)
        finish = end_of(capture.finish())
    assert finish["packets"] == finish["received"] == 50, finish
    flood = subprocess.Popen(inside(A, sys.executable, "-c", loop, "10000000", "60"))
    try:
        for _ in range(5):
            with Capture("--events", "run", "-f", "tcp port 9", interface="lo") as capture:
                finish = end_of(capture.finish())
            assert finish["packets"] == finish["received"] == 0, finish
    finally:
        end(flood)


@case("an interface named by its number has its name in the events")
def _(_folder):
    listed = in_a(NTAN, "interfaces").stdout.decode()
    number = re.search(r"^ *(\d+) +v0 ", listed, re.MULTILINE)[1]
    with Capture("--events", "run", interface=number) as capture:
        events = capture.finish()
    assert events[0]["run_start"]["sources"] == ["v0"], events[0]


@case("a capture on any says which interface each packet came from, and so does what it writes", "dig")
def _(folder):
    saved = folder / "any.pcapng"
    words = ("--json", "--events", "run,packet,flow,dns,summary", "-w", saved, "-f", "udp and (port 53 or port 9)")
    with Capture(*words, interface="any") as capture:
        dig("www.example.test")
        in_a(sys.executable, "-c", "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))")
        capture.wait(lambda event: event["event"] == "packet" and event["dst_ip"] == "127.0.0.1")
        events = capture.finish()
    places = [(event["event"], event["dst_ip"], event["in_if"]) for event in events if "dst_ip" in event]
    wanted = [("dns", SERVER, "v0"), ("flow", SERVER, "v0"), ("flow", "127.0.0.1", "lo"),
              ("packet", SERVER, "v0"), ("packet", SERVER, "v0"), ("packet", "127.0.0.1", "lo")]
    assert sorted(places) == wanted, places
    assert events[0]["run_start"]["sources"] == ["any"] and end_of(events)["packets"] == 3, events
    rows = [(row["name"], row["pkts"]) for one in of(events, "summary") for row in one.get("interfaces", [])]
    assert ("lo", 1) in rows and "any" not in dict(rows), rows
    again = run(NTAN, "read", saved, "--json", "--events", "run,packet,flow,dns").stdout.splitlines()
    read = [json.loads(line) for line in again]
    assert sorted((one["event"], one["dst_ip"], one["in_if"]) for one in read if "dst_ip" in one) == wanted, read


@case("a link that is down, or none, is told apart before the start")
def _(_folder):
    run("ip", "-n", A, "link", "add", "d0", "type", "veth", "peer", "name", "d1")
    done = run(*inside(A, NTAN, "capture", "-i", "d0"), check=False)
    assert done.returncode == 5 and b"d0 is down" in done.stderr, done
    assert b"ip link set dev d0 up" in done.stderr, done
    run("ip", "-n", A, "link", "del", "d0")
    done = run(*inside(A, NTAN, "capture", "-i", "v00"), check=False)
    assert done.returncode == 5 and b"no interface 'v00'; did you mean 'v0'?" in done.stderr, done
    assert CLIENT.encode() in done.stderr, done
    done = run(*inside(A, NTAN, "capture", "-i", "v0", "udp", "prot", "53"), check=False)
    assert done.returncode == 2 and b"^" in done.stderr, done
    done = run(*inside(A, NTAN, "capture", "-i", "v0", "-i", "x0"), check=False)
    assert done.returncode == 2 and b"-i any" in done.stderr, done
    done = run(*inside(A, NTAN, "capture"), check=False)
    assert done.returncode == 5 and b"default route" in done.stderr and b"-i" in done.stderr, done


# What is lost, and that it is said.


@case("every packet sent is delivered or counted as dropped, in all three places")
def _(_folder):
    sent = 20_000
    with Capture("-f", f"dst host {SILENT}", "--events", "run,summary", "--summary-every", "1s") as capture:
        send(sent)
        settle(capture, sent)
        capture.wait(lambda event: event["event"] == "summary")
        events = capture.finish()
    finish = end_of(events)
    assert finish["packets"] == sent and finish["received"] == sent, finish
    assert finish["dropped_by_kernel"] == finish["dropped_by_interface"] == 0, finish
    assert finish["dropped_by_ntan"] == 0, finish
    assert FOUR.findall(said(capture))[-1] == (str(sent), "0", "0", "0"), said(capture)
    for one in of(events, "summary"):
        assert {"quality_received", "quality_dropped_by_kernel", "quality_dropped_by_interface",
                "quality_dropped_by_ntan"} <= set(one), one


@case("what the interface dropped is no number where /sys is hidden or another namespace's")
def _(_folder):
    hidden = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys && exec "$@"', "sh")
    # `ip netns exec` mounts that of the namespace; one in between gets it for an interface of the same name.
    other = f"ntan-{os.getpid()}-c"
    run("ip", "netns", "add", other)
    try:
        run("ip", "-n", other, "link", "add", "v0", "type", "veth", "peer", "name", "v1")
        foreign = ("unshare", "-m", "ip", "netns", "exec", other, "nsenter", f"--net=/run/netns/{A}")
        for wrap, known in (((), True), (hidden, False), (foreign, False)):
            with Capture("--events", "run", wrap=wrap) as capture:
                finish = end_of(capture.finish())
            assert ("dropped_by_interface" in finish) == known, (wrap, finish)
            assert ("dropped by interface unknown" in said(capture)) != known, (wrap, said(capture))
    finally:
        run("ip", "netns", "del", other)


@case("a full ring: sent = delivered + dropped by the kernel, with a warning that says what helps")
def _(_folder):
    sent = 60_000
    with Capture("-f", f"dst host {SILENT}", "--events", "run,summary", "-B", "2M", "--summary-every",
                 "1s") as capture:
        capture.process.send_signal(signal.SIGSTOP)
        send(sent, 200)
        capture.process.send_signal(signal.SIGCONT)
        time.sleep(1)
        events = capture.finish()
    finish = end_of(events)
    assert finish["dropped_by_kernel"] > 0, finish
    assert finish["packets"] + finish["dropped_by_kernel"] == sent == finish["received"], finish
    figures = tuple(map(int, FOUR.findall(said(capture))[-1]))
    assert figures == (sent, finish["dropped_by_kernel"], 0, 0), said(capture)
    assert "the kernel dropped packets" in said(capture) and "-B" in said(capture), said(capture)
    assert sum(one["packets"] for one in of(events, "summary")) == finish["packets"]


@case("a reader that stops costs events, counted, never packets; the end does not hang")
def _(folder):
    folder.chmod(0o777)
    reading, writing = os.pipe()
    sent = 25_000
    process = subprocess.Popen(
        inside(A, NTAN, "capture", "-i", "v0", "-f", f"dst host {SILENT}", "--json", "--events",
               "packet,run", "--mem-limit", "32M", "-w", folder / "all.pcap"),
        stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    try:
        os.read(reading, 1)
        send(sent)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - begun < 6
        text = process.stderr.read().decode()
    finally:
        end(process)
        os.close(reading)
    received, kernel, _, lost = map(int, FOUR.findall(text)[-1])
    assert received == sent and kernel == 0, text
    assert lost > 0, text
    packets = json.loads(run(NTAN, "read", folder / "all.pcap", "--events", "run_end").stdout)
    assert packets["run_end"]["packets"] == sent, packets


@case("a named pipe holds nobody up, and its reader may go")
def _(folder):
    folder.chmod(0o777)
    sent = 5_000  # lines that may all wait in the backlog: how fast they are read here does not matter
    for leaves in (False, True):
        os.mkfifo(folder / "pipe.pcap", 0o666)
        os.chmod(folder / "pipe.pcap", 0o666)
        reading = os.open(folder / "pipe.pcap", os.O_RDONLY | os.O_NONBLOCK)
        try:
            with Capture("-f", f"dst host {SILENT}", "--events", "packet,run", "--mem-limit", "32M",
                         "-w", folder / "pipe.pcap") as capture:
                if leaves:
                    os.close(reading)
                    reading = None
                send(sent)
                settle(capture, sent)
                begun = time.monotonic()
                events = capture.finish(1)
                assert time.monotonic() - begun < 6
        finally:
            if reading is not None:
                os.close(reading)
            (folder / "pipe.pcap").unlink()
        assert len(of(events, "packet")) == end_of(events)["packets"] == sent, events[-1]
        assert end_of(events)["dropped_by_ntan"] > 0, events[-1]
        assert "pipe.pcap: nobody reads it" in said(capture), said(capture)


@case("a reader that comes back gets whole lines, run_end last, and the number of those missing")
def _(_folder):
    reading, writing = os.pipe()
    sent = 25_000
    process = subprocess.Popen(
        inside(A, NTAN, "capture", "-i", "v0", "-f", f"dst host {SILENT}", "--json", "--events",
               "packet,run", "--mem-limit", "32M"),
        stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    try:
        first = os.read(reading, 1)
        send(sent)
        time.sleep(1)
        collected = [first]
        reader = threading.Thread(target=lambda: collected.extend(iter(lambda: os.read(reading, 65536), b"")))
        reader.start()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_S) == 0
        reader.join()
        process.stderr.read()
    finally:
        end(process)
        os.close(reading)
    events = [json.loads(line) for line in b"".join(collected).splitlines()]
    finish = end_of(events)
    assert finish["packets"] == sent and finish["dropped_by_ntan"] > 0, finish
    assert len(of(events, "packet")) + finish["dropped_by_ntan"] == sent, finish


@case("when the only output fails, what is still in the ring is counted")
def _(folder):
    folder.chmod(0o777)
    sent = 20_000
    full = folder / "full.ndjson"
    os.mknod(full, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
    with Capture("-f", f"dst host {SILENT}", "--events", "packet", "-o", full, ready=False) as capture:
        time.sleep(1)
        capture.process.send_signal(signal.SIGSTOP)
        send(sent)
        capture.process.send_signal(signal.SIGCONT)
        capture.join(1)
    assert "full.ndjson: No space left on device" in said(capture), said(capture)
    assert f"ntan: {sent} packets, " in said(capture), said(capture)
    received, kernel, _, lost = map(int, FOUR.findall(said(capture))[-1])
    assert (received, kernel, lost) == (sent, 0, sent), said(capture)


@case("files named by the time go on when one of them could not be had")
def _(folder):
    folder.chmod(0o777)
    logs = folder / "logs"
    logs.mkdir()
    logs.chmod(0o777)
    with Capture("-f", f"dst host {SILENT}", "--events", "packet", "-o", logs / "%s.ndjson", ready=False) as capture:
        time.sleep(1)
        send(5)
        settle(capture, 5)
        logs.rename(folder / "old")
        time.sleep(1.2)
        send(5)
        settle(capture, 10)
        logs.mkdir()
        logs.chmod(0o777)
        time.sleep(1.2)
        send(5)
        settle(capture, 15)
        capture.finish(1)
    counts = [sum(len(file.read_text().splitlines()) for file in part.iterdir()) for part in (folder / "old", logs)]
    lost = int(FOUR.findall(said(capture))[-1][3])
    assert counts[0] == counts[1] == lost == 5, (counts, said(capture))
    assert "No such file or directory" in said(capture) and "no events" not in said(capture), said(capture)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Runs what $NTAN has for a scan that it named: extract, explain and --fail-on.

Prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line. Needs no privilege and no network.
"""

import json
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
import time

from harness import (
    LIMIT_S, NTAN, SAMPLE, Skip, case, events, lines, long_capture, main, names, ntan, packets, sample, says,
)


@case("extract: the command that a scan carries cuts out packets that name the same scan")
def _(folder):
    path = sample(folder, "a day.pcap")
    before = [event for event in events("read", path.name, cwd=folder) if event["event"] == "scan"]
    assert before
    words = shlex.split(before[-1]["scan"]["extract"])
    assert words[:4] == ["ntan", "extract", "-r", "a day.pcap"], words
    done = ntan(*words[1:], cwd=folder)
    assert not done.stdout and b" packets written to scan-" in done.stderr, done.stderr
    cut = folder / words[-1]
    after = [event for event in events("read", cut) if event["event"] == "scan"]
    for key in ("id", "kind", "technique", "probes", "first_ts", "last_ts"):
        assert after[-1]["scan"][key] == before[-1]["scan"][key], (key, before[-1], after[-1])
    source = before[-1]["src_ip"]
    assert all(source in (event["src_ip"], event["dst_ip"]) for event in events(
        "read", cut, "--events", "flow")), "only what the source took part in"


def two_links(path, whole):
    """The packets of a pcap file as pcapng: every second one of IPv4 without its Ethernet header."""
    def block(kind, body):
        size = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + size + body + size
    nanoseconds = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    out += [block(1, struct.pack("<HHI", link, 0, 0) + nanoseconds) for link in (1, 101)]
    at, packet = 24, 0
    while at < len(whole):
        seconds, fraction, size, _ = struct.unpack_from("<IIII", whole, at)
        frame = whole[at + 16:at + 16 + size]
        at, packet = at + 16 + size, packet + 1
        raw = packet % 2 and frame[12:14] == b"\x08\x00"
        if raw:
            frame = frame[14:]
        time = seconds * 10 ** 9 + fraction
        head = struct.pack("<IIIII", 1 if raw else 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame))
        out.append(block(6, head + frame + b"\0" * (-len(frame) % 4)))
    path.write_bytes(b"".join(out))
    return path


@case("extract: the command that a scan carries takes packets of several link types")
def _(folder):
    path = two_links(folder / "day.pcapng", SAMPLE.sample())
    before = [event for event in events("read", path.name, cwd=folder) if event["event"] == "scan"]
    words = shlex.split(before[-1]["scan"]["extract"])
    done = ntan(*words[1:], cwd=folder)
    assert done.stderr.count(b"\n") == 1, done.stderr
    after = [event for event in events("read", folder / words[-1]) if event["event"] == "scan"]
    for key in ("id", "probes", "hosts", "ports"):
        assert after[-1]["scan"][key] == before[-1]["scan"][key], (key, before[-1], after[-1])


@case("extract: of a run that read a part, the command that a scan carries reads the same part")
def _(folder):
    path = sample(folder)
    whole = [event for event in events("read", path) if event["event"] == "scan"][-1]["scan"]
    for limit in (["-c", "60"], ["--duration", "1900ms"], ["--filesize", "9k"]):
        read = events("read", path.name, *limit, cwd=folder)
        before = [event for event in read if event["event"] == "scan"][-1]["scan"]
        assert before["probes"] < whole["probes"], (before, whole)
        words = shlex.split(before["extract"])
        ntan(*words[1:], cwd=folder)
        after = [event for event in events("read", folder / words[-1]) if event["event"] == "scan"]
        for key in ("id", "probes", "hosts", "ports", "last_ts"):
            assert after[-1]["scan"][key] == before[key], (key, before, after[-1])
        text = ntan("explain", before["id"], "-r", path, *limit).stdout.decode()
        assert f"in the end: probes {before['probes']} " in text, text


@case("extract: each flow gives as many packets as its record says, and the same record again")
def _(folder):
    path = sample(folder)
    flows = [event for event in events("read", path) if event["event"] == "flow"]
    assert len(flows) > 5
    for event in flows:
        cut = folder / "flow.pcap"
        ntan("extract", "-r", path, "--flow", event["flow_id"], "-w", cut, "-q")
        flow = event["flow"]
        assert len(packets(cut)) == flow["src_pkts"] + flow["dst_pkts"], flow
        again = [other for other in events("read", cut) if other["event"] == "flow"]
        assert [other["flow_id"] for other in again] == [event["flow_id"]]
        assert again[0]["flow"]["src_bytes"] == flow["src_bytes"]
        cut.unlink()


@case("extract: --checksums cuts the flows that a run with it has told of")
def _(folder):
    capture = SAMPLE.Capture()
    connection = SAMPLE.Connection(capture, SAMPLE.CLIENT, 40000, SAMPLE.WEB, 80)
    connection.open()
    connection.send(True, SAMPLE.RST | SAMPLE.ACK)
    broken = bytearray(capture.out[-1])
    broken[16 + 14 + 20 + 14] ^= 1  # of the window: the sum is wrong, and the server goes on
    capture.out[-1] = bytes(broken)
    capture.wait(50_000)
    connection.send(True, SAMPLE.PSH | SAMPLE.ACK, b"here I am")
    path = folder / "broken.pcap"
    path.write_bytes(b"".join(capture.out))
    for words, wanted in ((["--checksums"], [5]), ([], [4, 1])):
        flows = events("read", path, "--events", "flow", *words)
        assert [each["flow"]["src_pkts"] + each["flow"]["dst_pkts"] for each in flows] == wanted, (words, flows)
        ntan("extract", "-r", path, "--flow", flows[0]["flow_id"], "-w", folder / "flow.pcap", *words)
        assert len(packets(folder / "flow.pcap")) == wanted[0], words
        (folder / "flow.pcap").unlink()


@case("extract: packets on standard output, and from several files")
def _(folder):
    path = sample(folder)
    flow = next(event for event in events("read", path) if event["event"] == "flow")
    whole = ntan("extract", path, "--flow", flow["flow_id"], "-w", "-").stdout
    (folder / "out.pcap").write_bytes(whole)
    assert packets(folder / "out.pcap")
    empty = folder / "empty.pcap"
    empty.write_bytes(SAMPLE.sample()[:24])
    both = ntan("extract", "-r", empty, "-r", path, "--flow", flow["flow_id"], "-w", "-", "-q")
    assert both.stdout == whole and not both.stderr, both.stderr


@case("exit code 3: extract and explain tell once of a file that is no capture, and do their work")
def _(folder):
    path = sample(folder)
    text = folder / "notes.txt"
    text.write_bytes(b"hello, this is text\n" * 9)
    before = events("read", path)
    flow = next(event for event in before if event["event"] == "flow")["flow_id"]
    scan = next(event for event in before if event["event"] == "scan")["scan"]["id"]
    for words in (["extract", "--flow", flow, "-w", "-"], ["explain", scan]):
        whole = ntan(*words, "-r", path).stdout
        assert whole
        for files in (["-r", path, "-r", text], ["-r", text, "-r", path]):
            done = ntan(*words, *files, code=3)
            assert done.stdout == whole
            assert done.stderr.count(b"notes.txt") == 1, done.stderr


@case("extract: a closed pipe ends quietly with 0")
def _(folder):
    path = long_capture(folder, 300)
    flow = next(event for event in events("read", path, "--events", "flow"))["flow_id"]
    reading, writing = os.pipe()
    os.close(reading)
    done = ntan("extract", path, "--flow", flow, "-w", "-", stdout=writing)
    os.close(writing)
    assert not done.stderr, done.stderr


@case("exit code 5: an id that nothing has; the scans that there are stand below")
def _(folder):
    path = sample(folder)
    scan = next(event for event in events("read", path) if event["event"] == "scan")
    out = folder / "out.pcap"
    text = says("extract", "-r", path, "--scan", "0" * 16, "-w", out, code=5,
                words=["no scan 0000000000000000"])
    assert scan["scan"]["id"] in text, text
    says("extract", "-r", path, "--flow", "0" * 16, "-w", out, code=5, words=["no flow"])
    says("extract", "-r", path, "--flow", scan["scan"]["id"], "-w", out, code=5, words=["is the id of a scan"])
    flow = next(event for event in events("read", path) if event["event"] == "flow")["flow_id"]
    for words in (["extract", "--scan", flow, "-w", out], ["explain", flow]):
        says(*words, "-r", path, code=5, words=[f"no scan {flow}", "is the id of a flow"])
    assert not out.exists()


@case("exit code 2: extract says what is missing, and does not destroy what it reads")
def _(folder):
    path = sample(folder)
    flow = next(event for event in events("read", path) if event["event"] == "flow")["flow_id"]
    says("extract", "--flow", flow, "-w", "x", code=2, words=["needs a file"])
    says("extract", "-r", "-", "--flow", flow, "-w", "x", code=2, words=["standard input"])
    says("extract", "-r", path, "-w", "x", code=2, words=["id of a scan or a flow"])
    says("extract", "-r", path, "--flow", flow, "--scan", flow, "-w", "x", code=2, words=["exclude"])
    says("extract", "-r", path, "--flow", flow, code=2, words=["-w FILE"])
    says("extract", "-r", path, "--flow", "123", "-w", "x", code=2, words=["16 hex digits"])
    says("extract", "-r", path, "--flow", flow, "-w", path, code=2, words=["is read"])
    os.link(path, folder / "other.pcap")
    says("extract", "-r", path, "--flow", flow, "-w", folder / "other.pcap", code=2)
    assert path.read_bytes() == SAMPLE.sample()


@case("explain: the walk ends at the alarm, with the sums of the event and the same probes")
def _(folder):
    path = sample(folder)
    opened = next(event for event in events("read", path) if event["event"] == "scan")
    scan = opened["scan"]
    text = ntan("explain", scan["id"], "-r", path).stdout.decode()
    assert text.startswith(f"scan {scan['id']}: {scan['kind']} {scan['technique']}, "), text
    assert f"\nby {opened['src_ip']}\n{scan['why']}: " in text, text
    steps = re.findall(r"^ +(\d+)  \S+Z  (\S+) .* ([+-][\d.]+) +([\d.-]+) +[\d.-]+ +\d+/\d+", text, re.M)
    shown = [(int(number), target) for number, target, _, _ in steps]
    for probe in scan["sample"]:
        assert (probe["packet"], f"{probe['dst_ip']}:{probe['port']}") in shown, (probe, shown)
    assert float(steps[-1][3]) == round(scan["score"], 2), (steps[-1], scan["score"])
    assert abs(sum(float(step) for _, _, step, _ in steps) - scan["score"]) < 0.05, steps
    assert f"{scan['threshold']:.2f}" in text, text


@case("explain --json: the steps and the verdict say what the text says, and satisfy the schema")
def _(folder):
    path = sample(folder)
    scan = next(event for event in events("read", path) if event["event"] == "scan")["scan"]
    text = ntan("explain", scan["id"], "-r", path).stdout.decode()
    told = events("explain", scan["id"], "-r", path, "--json")
    assert set(names(told[:-1])) == {"scan_step"} and told[-1]["event"] == "scan_verdict", told
    steps = [event["scan_step"] for event in told[:-1]]
    verdict = told[-1]["scan_verdict"]
    shown = re.findall(r"^ +(\d+)  (\S+Z)  \S+ .* ([+-][\d.]+) +([\d.-]+) +[\d.-]+ +(\d+/\d+)", text, re.M)
    assert shown == [(str(step["packet"]), step["first_ts"], f"{step['step']:+.2f}", f"{step['sum']:.2f}",
                      f"{step['bad']}/{step['results']}") for step in steps], (shown, steps)
    against_client = verdict["checks"][0]
    assert against_client["value"] == steps[-1]["sum"] == scan["score"], (verdict, steps[-1])
    assert against_client["bound"] == verdict["threshold"] == scan["threshold"], verdict
    bounds = re.findall(r"([\d.]+) >= ([\d.]+)$", text, re.M)
    assert (f"{steps[-1]['sum']:.2f}", f"{verdict['threshold']:.2f}") == bounds[0], (bounds, verdict)
    assert f"score {verdict['score']:.1f} against {verdict['threshold']:.1f}" in text, (text, verdict)
    assert [event["ts"] for event in told] == sorted(event["ts"] for event in told)
    assert not ntan("explain", scan["id"], "-r", path, "--json").stderr
    try:
        import jsonschema
    except ImportError as error:
        raise Skip("no python3-jsonschema") from error
    validator = jsonschema.Draft202012Validator(json.loads(ntan("schema").stdout))
    for event in told:
        validator.validate(event)
        jsonschema.Draft202012Validator(json.loads(ntan("schema", event["event"]).stdout)).validate(event)


@case("extract: what a signal stops does not look whole")
def _(folder):
    path = long_capture(folder, 500)
    scan = next(event for event in events("read", path, "--events", "scan"))["scan"]["id"]
    with subprocess.Popen([NTAN, "extract", path, "--scan", scan, "-w", "-"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        begun = os.read(process.stdout.fileno(), 1)
        time.sleep(0.3)  # the pipe is full
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1, (process.returncode, said)
    (folder / "part.pcap").write_bytes(begun + out)
    told = re.fullmatch(r"ntan: error: stopped: (\d+) of (\d+) packets written to standard output\n", said.decode())
    assert told, said
    assert len(packets(folder / "part.pcap")) == int(told[1]) < int(told[2])


@case("exit code 5: nothing to explain")
def _(folder):
    path = sample(folder)
    says("explain", "0" * 16, "-r", path, code=5, words=["no scan 0000000000000000", "scans that there are"])
    says("explain", "0" * 16, "-r", path, "-f", "udp port 53", code=5, words=["no scan was found at all"])


@case("exit code 10: --fail-on names a scan that is there, whether or not it is written")
def _(folder):
    path = sample(folder)
    scan = [event for event in events("read", path) if event["event"] == "scan"][-1]["scan"]
    assert scan["severity"] == "medium", scan
    done = ntan("read", path, "--fail-on", "scan", code=10)
    assert names(lines(done.stdout))[-1] == "run_end", "the events are complete"
    done = ntan("read", path, "--fail-on", "scan:medium", "--format", "none", "-q", code=10)
    assert not done.stdout and not done.stderr, (done.stdout, done.stderr)
    ntan("read", path, "--fail-on", "scan:high")
    ntan("read", path, "--fail-on", "scan", "-f", "udp port 53")
    ntan("read", path, "--fail-on", "scan", "--events", "dns", code=10)


if __name__ == "__main__":
    sys.exit(main("cli"))

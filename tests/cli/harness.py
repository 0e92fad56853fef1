"""What the scripts beside it share: a list of cases, ways to run $NTAN, and captures to run it on."""

import importlib.util
import json
import re
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from cases import NTAN, ROOT, Skip, case, main  # noqa: E402  pylint: disable=wrong-import-position,unused-import

LIMIT_S = 60


def load_sample():
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "scripts/make_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLE = load_sample()


def ntan(*arguments, stdin=b"", code=0, **more):
    """Runs to the end; checks the exit code; never shares a terminal."""
    more.setdefault("stdout", subprocess.PIPE)
    if "stdin" not in more and not hasattr(stdin, "fileno"):
        more["input"] = stdin
    elif hasattr(stdin, "fileno"):
        more["stdin"] = stdin
    done = subprocess.run([NTAN, *map(str, arguments)], stderr=subprocess.PIPE, timeout=LIMIT_S,
                          check=False, **more)
    assert done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}: {done.stderr}"
    return done


def says(*arguments, code, words=(), **more):
    """Fails with `code` and one `ntan: error:` line that holds all words; stdout stays empty."""
    done = ntan(*arguments, code=code, **more)
    text = done.stderr.decode()
    assert text.startswith("ntan: error: "), text
    for word in words:
        assert word in text, f"{word!r} is not in {text!r}"
    assert not done.stdout, done.stdout
    return text


def lines(data):
    return [json.loads(line) for line in data.decode("utf-8", "strict").splitlines()]


def analysis(*arguments, **more):
    """All lines but those of the run, without what names the input's files."""
    out = ntan(*arguments, "--events", "-run", **more).stdout
    return re.sub(rb',"extract":"[^"]*"', b"", out)


def events(*arguments, **more):
    return lines(ntan(*arguments, **more).stdout)


def names(found):
    return [event["event"] for event in found]


def sample(folder, name="sample.pcap"):
    path = folder / name
    path.write_bytes(SAMPLE.sample())
    return path


def long_capture(folder, copies, apart=4, first=24):
    """The sample, or what begins at an octet of it, again and again, so many seconds apart."""
    whole = SAMPLE.sample()
    out = [whole[:24]]
    for copy in range(copies):
        at = first % len(whole)
        while at < len(whole):
            seconds, _, size, _ = struct.unpack_from("<IIII", whole, at)
            out.append(struct.pack("<I", seconds + apart * copy) + whole[at + 4:at + 16 + size])
            at += 16 + size
    path = folder / "long.pcap"
    path.write_bytes(b"".join(out))
    return path


def packets(path):
    """Records of a pcap file as (time, octets)."""
    whole = path.read_bytes()
    assert whole[:4] == struct.pack("<I", 0xa1b23c4d), whole[:4]
    found, at = [], 24
    while at < len(whole):
        seconds, nanoseconds, size, _ = struct.unpack_from("<IIII", whole, at)
        found.append((seconds, nanoseconds, whole[at + 16:at + 16 + size]))
        at += 16 + size
    return found


# Octets of which each misleads somebody who reads them as they are.
HOSTILE = b"\x1b]0;owned\x07\x1b[31m\x00\r\n\"',;=cmd|' /C calc'!A0\\" + \
    "\u202e\u200b\u0085é".encode() + b"\xff\xfe\xc3\x28\x7f"


def hostile_capture():
    capture = SAMPLE.Capture()
    for port, label in ((50001, HOSTILE[:60]), (50002, b"=cmd|' /C calc'!A0"), (50003, b"a.b\\c\0d")):
        name = bytes([len(label)]) + label + b"\x07example\x00"
        question = name + struct.pack("!HH", 1, 1)
        head = struct.pack("!HHHHHH", port & 0xFFFF, 0x0100, 1, 0, 0, 0)
        capture.udp(SAMPLE.CLIENT, port, SAMPLE.ROUTER, 53, head + question)
        capture.wait(5)
        text = bytes([len(HOSTILE)]) + HOSTILE
        answer = b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(text)) + text
        head = struct.pack("!HHHHHH", port & 0xFFFF, 0x8180, 1, 1, 0, 0)
        capture.udp(SAMPLE.ROUTER, 53, SAMPLE.CLIENT, port, head + question + answer)
        capture.wait(5)
    agent = HOSTILE.replace(b"\r\n", b"").replace(b"\0", b"")
    connection = SAMPLE.Connection(capture, SAMPLE.CLIENT, 40081, SAMPLE.WEB, 80)
    connection.open()
    connection.send(True, SAMPLE.PSH | SAMPLE.ACK,
                    b"GET /" + agent.replace(b" ", b"") + b" HTTP/1.1\r\nHost: =1+1\r\nUser-Agent: " +
                    agent + b"\r\nReferer: +1\r\n\r\n")
    capture.wait(5)
    connection.send(False, SAMPLE.PSH | SAMPLE.ACK,
                    b"HTTP/1.1 200 \x1b[2J" + b"\r\nServer: @x\x1b[0m\r\nContent-Length: 0\r\n\r\n")
    connection.close()
    return b"".join(capture.out)


def hostile_file(folder):
    path = folder / "hostile.pcap"
    path.write_bytes(hostile_capture())
    return path

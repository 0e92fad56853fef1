#!/usr/bin/python3
"""Gives $NTAN traffic made to deceive who reads its output.

Prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line. Needs no privilege and no network.
"""

import csv
import io
import random
import subprocess
import sys

from harness import LIMIT_S, NTAN, SAMPLE, case, events, hostile_file, lines, main, ntan


def forbidden(text):
    """Code points that act on a terminal or reorder text."""
    return [hex(ord(c)) for c in text
            if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0
            or c in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"]


@case("hostile text: JSON stays one valid object a line, reversible and free of controls")
def _(folder):
    out = ntan("read", hostile_file(folder), "--events", "all").stdout
    text = out.decode("utf-8", "strict")
    assert not forbidden(text), forbidden(text)
    found = lines(out)
    queries = [event["dns"]["query"] for event in found if event["event"] == "dns"]
    assert len(queries) == 3, queries
    http = next(event["http"] for event in found if event["event"] == "http")
    assert "\\x1b]0;owned\\x07" in http["user_agent"], http
    assert "\\xff\\xfe" in http["user_agent"] and "é" in http["user_agent"], http
    assert "\u202e" in http["user_agent"], http


@case("hostile text: CSV stays strict, a cell a field and a row an event")
def _(folder):
    path = hostile_file(folder)
    for name in ("dns", "http", "flow", "packet"):
        out = ntan("read", path, "--events", name, "--csv").stdout.decode("utf-8", "strict")
        assert not forbidden(out), (name, forbidden(out))
        rows = list(csv.reader(io.StringIO(out, newline=""), strict=True))
        assert all(len(row) == len(rows[0]) for row in rows), name
        assert len(rows) - 1 == len(events("read", path, "--events", name)), name


@case("hostile text: --csv-safe leaves no cell that a spreadsheet would compute")
def _(folder):
    path = hostile_file(folder)
    guarded = 0
    for name in ("dns", "http"):
        out = ntan("read", path, "--events", name, "--csv", "--csv-safe").stdout.decode()
        for row in list(csv.reader(io.StringIO(out, newline=""), strict=True))[1:]:
            guarded += sum(cell.startswith("'") for cell in row)
            assert not [cell for cell in row if cell[:1] in ("=", "+", "@", "\t")], row
    assert guarded > 0


@case("hostile text: no control octet reaches a terminal, in tables or messages")
def _(folder):
    for words in (["--table"], ["--table", "--color", "never"], ["--table", "--events", "all"]):
        out = ntan("read", hostile_file(folder), *words).stdout.decode("utf-8", "strict")
        assert not forbidden(out), forbidden(out)
    name = "x\x1b[31m\x07\u202e.pcap"
    for arguments in (["read", folder / name], ["read", "--events", name, folder / "x"], [name],
                      ["read", f"--{name}"], ["read", folder / "x", "-o", name],
                      ["schema", name], ["read", folder / "x", "--duration", name],
                      ["read", "-r", hostile_file(folder), "-f", name], ["capture", "-i", name]):
        done = subprocess.run([NTAN, *map(str, arguments)], capture_output=True, timeout=LIMIT_S,
                              check=False, stdin=subprocess.DEVNULL)
        assert done.returncode in (2, 3, 4, 5), done
        assert not forbidden(done.stderr.decode("utf-8", "strict")), (arguments, done.stderr)


@case("noise: packets of random octets end without harm, each in one bucket")
def _(folder):
    import random
    rng = random.Random(1)
    capture = SAMPLE.Capture()
    for _ in range(3000):
        capture.frame(bytes(rng.randrange(256) for _ in range(12)) +
                      rng.choice([b"\x08\x00\x45", b"\x86\xdd\x60", b"\x08\x06", b"\x81\x00", b""]) +
                      bytes(rng.randrange(256) for _ in range(rng.randrange(120))))
        capture.wait(1)
    path = folder / "noise.pcap"
    path.write_bytes(b"".join(capture.out))
    end = events("read", path, "--events", "all")[-1]["run_end"]
    assert end["packets"] == 3000 and sum(row["packets"] for row in end["ledger"]) == 3000, end


if __name__ == "__main__":
    sys.exit(main("cli"))

#!/usr/bin/python3
"""Floods that fill every table: tests/limits/long_limits.py

Five million flows from random addresses go through `ntan read -`. Peak memory stays within --mem-limit
and what the process itself takes, every packet is counted, and 1,000 connections that were there
before and speak once more after the flood keep all their packets in one record.
"""

import json
import os
import random
import re
import resource
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

NTAN = os.environ.get("NTAN", str(Path(__file__).resolve().parents[2] / "build/release/ntan"))
FLOWS = 5_000_000
ESTABLISHED = 1_000
LIMIT_MIB, OWN_MIB = 128, 32
FIN, SYN, PSH, ACK = 1, 2, 8, 16
START = 1_700_000_000


def packet(microseconds, src, dst, src_port, dst_port, seq, ack, flags, payload=b""):
    """A record of a pcap file. Header checksums are right: a random identification would not be."""
    size = 40 + len(payload)
    words = (0x4500 + size + 0x4000 + 0x4006 + (src >> 16) + (src & 0xFFFF) + (dst >> 16) + (dst & 0xFFFF))
    while words >> 16:
        words = (words & 0xFFFF) + (words >> 16)
    return struct.pack("<IIII", START + microseconds // 1_000_000, microseconds % 1_000_000, size, size) + struct.pack(
        "!HHHHBBHIIHHIIBBHHH", 0x4500, size, 0, 0x4000, 64, 6, ~words & 0xFFFF, src, dst, src_port, dst_port,
        seq, ack, 0x50, flags, 64240, 0, 0) + payload


def connection(number, server=0xC6336401):
    return 0x0A000000 + number, server, 40000, 9000


def before():
    for number in range(ESTABLISHED):
        client, server, port, service = connection(number)
        at = number * 10
        yield packet(at, client, server, port, service, 100, 0, SYN)
        yield packet(at + 1, server, client, service, port, 500, 101, SYN | ACK)
        yield packet(at + 2, client, server, port, service, 101, 501, ACK)
        yield packet(at + 3, client, server, port, service, 101, 501, PSH | ACK, b"x" * 100)
        yield packet(at + 4, server, client, service, port, 501, 201, PSH | ACK, b"y" * 200)


def flood():
    dice = random.Random(1)
    for number in range(FLOWS):
        word = dice.getrandbits(64)
        yield packet(1_000_000 + number, word & 0xFFFFFFFF, 0xC6336402, word >> 48, word >> 32 & 0xFFFF,
                     number, 0, SYN)


def after():
    for number in range(ESTABLISHED):
        client, server, port, service = connection(number)
        at = 2_000_000 + FLOWS + number * 10
        yield packet(at, client, server, port, service, 201, 701, PSH | ACK, b"z" * 10)


def feed(pipe):
    pipe.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    block = bytearray()
    for part in (before, flood, after):
        for record in part():
            block += record
            if len(block) > 1 << 20:
                pipe.write(block)
                block.clear()
    pipe.write(block)
    pipe.close()


def run(events):
    """Totals of run_end, records of established flows that are whole, peak memory in MiB."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([NTAN, "read", "-", "--json", "--events", events, "--mem-limit",
                                    f"{LIMIT_MIB}M", "--max-flows", "1000000"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=errors)
        feeder = threading.Thread(target=feed, args=(process.stdin,))
        feeder.start()
        whole, flows, end = 0, [0, 0], {}
        packets = re.compile(rb'"src_pkts":(\d+),"dst_pkts":(\d+)')
        for line in process.stdout:
            if line.startswith(b'{"v":1,"event":"flow"'):
                found = packets.search(line)
                total = int(found[1]) + int(found[2])
                flows[0] += b'"final":true' in line
                flows[1] += total if b'"final":true' in line else 0
                if b'"dst_ip":"198.51.100.1"' in line and b'"src_payload":110,"dst_payload":200' in line:
                    whole += total == 6
            elif line.startswith(b'{"v":1,"event":"run_end"'):
                end = json.loads(line)["run_end"]
        feeder.join()
        code = process.wait()
    return code, whole, flows, end, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main():
    if not Path(NTAN).exists():
        print("skip limits: no ntan is built ($NTAN names one)")
        return 0
    code, whole, flows, end, peak = run("flow,run_end")
    ledger = sum(row["packets"] for row in end.get("ledger", []))
    sent = ESTABLISHED * 6 + FLOWS
    checks = {
        "limits: a flood of 5,000,000 SYNs ends well": code == 0,
        "limits: every packet of the flood is in the ledger": end.get("packets") == ledger == sent,
        "limits: every packet of the flood is in a final record": flows == [end.get("flows"), sent],
        "limits: what was given up is said": "flows" in end.get("limits_hit", []),
        f"limits: {ESTABLISHED} established flows outlive the flood": whole == ESTABLISHED,
        f"limits: memory stays under {LIMIT_MIB} + {OWN_MIB} MiB": peak <= LIMIT_MIB + OWN_MIB,
    }
    for name, passed in checks.items():
        print(f"{'ok' if passed else 'not ok'} {name}")
    print(f"peak {peak:.0f} MiB, {whole} whole, {flows}, {end}", file=sys.stderr)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

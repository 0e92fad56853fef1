"""Packets by the million for long_limits.py: blocks of equal records whose words are set by stride.

Python makes a few hundred thousand packets a second one by one, and millions this way: the analysis is
what a case waits for. Addresses and identifications are set without making header checksums wrong: a
word and its complement in the place of two zeros add nothing.
"""

import random
import struct
from array import array

START = 1_700_000_000
FIN, SYN, PSH, ACK = 1, 2, 8, 16
TCP, UDP, ICMP = 6, 17, 1
BLOCK = 8_192
FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
RECORD = 16
ETHERNET = 14
MACS = bytes.fromhex("020000000001020000000002")
FLIPPED = bytes(255 - value for value in range(256))


def checksum(octets):
    total = sum(array("H", octets + b"\0" * (len(octets) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("=H", ~total & 0xFFFF)


def ethernet(kind, packet):
    return MACS + struct.pack("!H", kind) + packet


def ipv4(proto, payload, src=0x0A000001, dst=0xC6336401, identification=0, fragment=0x4000):
    head = bytearray(struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(payload), identification, fragment, 64, proto, 0,
                                 src, dst))
    head[10:12] = checksum(bytes(head))
    return ethernet(0x0800, bytes(head) + payload)


def tcp(flags, payload=b"", seq=0, ack=0, src_port=40000, dst_port=80):
    return struct.pack("!HHIIBBHHH", src_port, dst_port, seq, ack, 0x50, flags, 64240, 0, 0) + payload


def udp(payload, src_port=40000, dst_port=53):
    return struct.pack("!HHHH", src_port, dst_port, 8 + len(payload), 0) + payload


class Trace:
    """Writes blocks into a pipe and keeps the time: a packet a `step` of microseconds."""

    def __init__(self, pipe, step=1, seed=1):
        self.pipe, self.step, self.now, self.sent = pipe, step, 0, 0
        self.dice = random.Random(seed)
        pipe.write(FILE_HEADER)

    def block(self, frame, count=BLOCK):
        return Block(frame, count, self.dice)

    def put(self, block):
        times = range(self.now, self.now + block.count * self.step, self.step) if self.step else [self.now] * block.count
        block.words(-RECORD, [START + time // 1_000_000 for time in times], "little")
        block.words(4 - RECORD, [time % 1_000_000 for time in times], "little")
        self.pipe.write(block.octets)
        self.now += block.count * self.step
        self.sent += block.count


class Block:
    """`count` records of one frame. Places are those of the frame."""

    def __init__(self, frame, count, dice):
        self.count, self.dice = count, dice
        self.size = RECORD + len(frame)
        self.octets = bytearray((struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame) * count)

    def set(self, at, octets, width):
        """Big-endian words of `width` octets, one a record."""
        for i in range(width):
            self.octets[RECORD + at + i::self.size] = octets[i::width]

    def words(self, at, values, order="big"):
        octets = array("I", values)
        if order == "big":
            octets.byteswap()
        self.set(at, octets.tobytes(), 4)

    def random(self, at, width):
        self.set(at, self.dice.randbytes(width * self.count), width)

    def letters(self, at, width):
        """Text of a to p."""
        table = bytes(ord("a") + value % 16 for value in range(256))
        self.set(at, self.dice.randbytes(width * self.count).translate(table), width)

    def random_word(self, at, complement_at):
        """Two octets, and where they make up for it in the checksum."""
        octets = self.dice.randbytes(2 * self.count)
        self.set(at, octets, 2)
        self.set(complement_at, octets.translate(FLIPPED), 2)


IP = ETHERNET
PORTS = ETHERNET + 20
SRC, DST, ID = IP + 12, IP + 16, IP + 4


def connections(first, count):
    """Ports of so many connections between two hosts, as words."""
    return [(number & 0xFFFF) << 16 | 9000 + (number >> 16) for number in range(first, first + count)]


def fragments(trace, packets):
    """First and middle fragments of datagrams that never have more, IPv4 and IPv6, large and small."""
    blocks = []
    for size in (24, 1400):
        for offset in (0, 64):
            body = udp(b"x" * (size - 8)) if offset == 0 else b"x" * size
            four = trace.block(ipv4(UDP, body, 0, 0, 0, 0x2000 + offset))
            six = trace.block(ethernet(0x86DD, struct.pack(
                "!IHBB16s16sBBHI", 6 << 28, 8 + size, 44, 64, b"\x20\x01" + b"\0" * 14, b"\x20\x01" + b"\1" * 14,
                UDP, 0, offset << 3 | 1, 0) + body))
            blocks += [(four, six)]
    while trace.sent < packets:
        for four, six in blocks:
            four.random_word(ID, SRC)
            four.random_word(SRC + 2, DST)
            trace.put(four)
            six.random(ETHERNET + 8 + 8, 8)
            six.random(ETHERNET + 44, 4)
            trace.put(six)


def holes(trace, connection_count, segments=5, payload=1400):
    """Connections that lose their first octets, and wait for them with what follows."""
    there, back = (0x0A000001, 0xC6336401), (0xC6336401, 0x0A000001)
    syn = trace.block(ipv4(TCP, tcp(SYN, seq=100), *there))
    answer = trace.block(ipv4(TCP, tcp(SYN | ACK, seq=500, ack=101), *back))
    ack = trace.block(ipv4(TCP, tcp(ACK, seq=101, ack=501), *there))
    late = [trace.block(ipv4(TCP, tcp(ACK, bytes([65 + i]) * payload, 1101 + 2 * i * payload, 501), *there))
            for i in range(segments)]
    for first in range(0, connection_count, BLOCK):
        ports = connections(first, BLOCK)
        for block in (syn, ack, *late):
            block.words(PORTS, ports)
        answer.words(PORTS, [(word & 0xFFFF) << 16 | word >> 16 for word in ports])
        for block in (syn, answer, ack, *late):
            trace.put(block)


def dns(kind):
    """A question after a name of 24 letters, and one of two answers."""
    name = b"\x18" + b"a" * 24 + b"\x07example\x03com\0"
    question = name + b"\0\1\0\1"
    if kind == "query":
        return b"\0\0\1\0\0\1\0\0\0\0\0\0" + question
    return b"\0\0\x81\x80\0\1\0\1\0\0\0\0" + question + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"


DNS_ID = PORTS + 8
DNS_NAME = DNS_ID + 13


class Names:
    """DNS: every question of a client of its own after a name of its own; half of them are answered."""

    def __init__(self, trace):
        self.trace = trace
        self.query = trace.block(ipv4(UDP, udp(dns("query")), 0x0A000000, 0x00000035))
        self.answer = trace.block(ipv4(UDP, udp(dns("answer"), 53, 40000), 0x00000035, 0x0A000000))

    def put(self):
        query, answer, dice = self.query, self.answer, self.trace.dice
        high, ids = dice.randbytes(2 * BLOCK), dice.randbytes(2 * BLOCK)
        names = dice.randbytes(24 * BLOCK).translate(bytes(97 + value % 16 for value in range(256)))
        # What the client's address gains the server's loses, so that checksums hold.
        for block, client, server in ((query, SRC + 2, DST), (answer, DST + 2, SRC)):
            block.set(client, high, 2)
            block.set(server, high.translate(FLIPPED), 2)
            block.set(DNS_ID, ids, 2)
            block.set(DNS_NAME, names, 24)
        self.trace.put(query)
        if dice.random() < 0.5:
            self.trace.put(answer)


class Pages:
    """HTTP: connections with a request for a host of its own and an answer."""

    def __init__(self, trace):
        request = b"GET /aaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaa.example.com\r\n\r\n"
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        there, back = (0x0A000002, 0xC6336402), (0xC6336402, 0x0A000002)
        self.trace, self.first = trace, 0
        self.places = [PORTS + 20 + request.index(b"aaaaaaaa"), PORTS + 20 + request.index(b"Host: ") + 6]
        self.request = trace.block(ipv4(TCP, tcp(PSH | ACK, request, 101, 501), *there))
        self.forth = [trace.block(ipv4(TCP, tcp(SYN, seq=100), *there)),
                      trace.block(ipv4(TCP, tcp(ACK, seq=101, ack=501), *there)), self.request]
        self.back = [trace.block(ipv4(TCP, tcp(SYN | ACK, seq=500, ack=101), *back)),
                     trace.block(ipv4(TCP, tcp(PSH | ACK, answer, 501, 101 + len(request)), *back))]

    def put(self):
        ports = connections(self.first, BLOCK)
        self.first += BLOCK
        for block in self.forth:
            block.words(PORTS, ports)
        for block in self.back:
            block.words(PORTS, [(word & 0xFFFF) << 16 | word >> 16 for word in ports])
        for place, width in zip(self.places, (16, 24)):
            self.request.letters(place, width)
        for block in (self.forth[0], self.back[0], *self.forth[1:], self.back[1]):
            self.trace.put(block)


class Pings:
    """ICMP: echo requests of random identity that nobody answers, and errors about packets nobody sent."""

    def __init__(self, trace):
        self.trace = trace
        self.echo = trace.block(ipv4(ICMP, b"\x08\0\0\0\0\0\0\0" + b"x" * 32, 0x0A000000, 0xC6330000))
        quoted = ipv4(UDP, udp(b""), 1, 0xC6330000)[ETHERNET:]
        self.error = trace.block(ipv4(ICMP, b"\x03\x03\0\0\0\0\0\0" + quoted))

    def put(self):
        self.echo.random(PORTS + 4, 4)
        self.echo.random_word(SRC + 2, DST + 2)
        self.trace.put(self.echo)
        self.error.random_word(PORTS + 8 + 12, PORTS + 8 + 18)
        self.error.random(PORTS + 8 + 20, 4)
        self.trace.put(self.error)


class Neighbours:
    """ARP: who has any address, told to any address; a third is answered."""

    def __init__(self, trace):
        self.trace = trace
        body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + MACS[6:] + b"\x0a\0\0\1" + b"\0" * 6 + b"\x0a\0\0\2"
        self.asked = trace.block(ethernet(0x0806, body + b"\0" * 18))
        self.told = trace.block(ethernet(0x0806, body[:7] + b"\2" + body[8:] + b"\0" * 18))

    def put(self):
        for block in (self.asked, self.told) if self.trace.dice.random() < 0.3 else (self.asked,):
            block.random(ETHERNET + 8, 10)
            block.random(ETHERNET + 24, 4)
            self.trace.put(block)


class Kinds:
    """Ether types, IP protocols and ports of every number: rows of the protocol tables."""

    def __init__(self, trace):
        self.trace = trace
        self.types = trace.block(ethernet(0x9999, b"x" * 46))
        self.ports = trace.block(ipv4(UDP, udp(b"x" * 26), 0x0A000000, 0xC6330000))
        self.protocols = [trace.block(ipv4(proto, b"x" * 26, 0x0A000004 + proto), 64) for proto in range(60, 255)]

    def put(self):
        self.types.random(ETHERNET - 2, 2)
        self.ports.random(PORTS, 4)
        self.ports.random_word(SRC + 2, DST + 2)
        for block in (self.types, self.ports, *self.protocols):
            self.trace.put(block)


def events(trace, packets):
    """What makes an event of nearly every packet."""
    kinds = [kind(trace) for kind in (Names, Pages, Pings, Neighbours)]
    while trace.sent < packets:
        for kind in kinds:
            kind.put()


def names(trace, packets):
    """What makes a row of a table of nearly every packet."""
    kinds = [kind(trace) for kind in (Names, Pages, Kinds)]
    while trace.sent < packets:
        for kind in kinds:
            kind.put()


def flows(trace, packets, established):
    """Connections that live, a flood of SYNs from anywhere, and a word more on each connection."""
    at = range(established)
    ends = [(0x0A010000 | 1, 0xC6336403), (0xC6336403, 0x0A010000 | 1)]
    there = [number << 16 | 9000 for number in at]
    back = [9000 << 16 | number for number in at]
    for way, flags, payload, seq, ack in ((0, SYN, b"", 100, 0), (1, SYN | ACK, b"", 500, 101), (0, ACK, b"", 101, 501),
                                          (0, PSH | ACK, b"x" * 100, 101, 501), (1, PSH | ACK, b"y" * 200, 501, 201)):
        block = trace.block(ipv4(TCP, tcp(flags, payload, seq, ack), *ends[way]), established)
        block.words(PORTS, back if way else there)
        trace.put(block)
    flood = trace.block(ipv4(TCP, tcp(SYN), 0, 0xC6336402))
    done = 0
    while done < packets:
        flood.random(PORTS, 4)
        flood.random_word(SRC, SRC + 2)
        flood.random(PORTS + 4, 4)
        trace.put(flood)
        done += BLOCK
    block = trace.block(ipv4(TCP, tcp(PSH | ACK, b"z" * 10, 201, 701), *ends[0]), established)
    block.words(PORTS, there)
    trace.put(block)

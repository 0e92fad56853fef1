#!/usr/bin/python3
"""Writes the sample capture that scripts/run.sh shows: scripts/make_sample.py FILE

A few seconds of a small network, the same octets every time: ARP, ping, a DNS look-up, an HTTP
exchange with a lost and retransmitted segment, a TLS handshake, and a SYN scan. Addresses are the
documentation ranges of RFC 5737, names those of RFC 2606, MAC addresses those of RFC 7042.
"""

import struct
import sys
from pathlib import Path

START_NS = 1_700_000_000 * 1_000_000_000
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

CLIENT, ROUTER, WEB, SCANNER = "192.0.2.10", "192.0.2.1", "198.51.100.80", "203.0.113.66"
MACS = {
    CLIENT: bytes.fromhex("00005e005310"),
    ROUTER: bytes.fromhex("00005e005301"),
}
BROADCAST = b"\xff" * 6


def ip(text):
    return bytes(int(part) for part in text.split("."))


def mac(address):
    """Whoever is not on the local link is reached through the router."""
    return MACS.get(address, MACS[ROUTER])


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Capture:
    """A classic pcap file with nanosecond times, Ethernet."""

    def __init__(self):
        self.now = START_NS
        self.ip_id = 0
        self.out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)]

    def wait(self, milliseconds):
        self.now += int(milliseconds * 1_000_000)

    def frame(self, data):
        data = data.ljust(60, b"\0")
        seconds, nanoseconds = divmod(self.now, 1_000_000_000)
        self.out.append(struct.pack("<IIII", seconds, nanoseconds, len(data), len(data)) + data)

    def ipv4(self, src, dst, protocol, payload, ttl=64):
        self.ip_id += 1
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), self.ip_id, 0x4000, ttl,
                           protocol, 0, ip(src), ip(dst))
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        self.frame(mac(dst) + mac(src) + b"\x08\x00" + head + payload)

    def udp(self, src, src_port, dst, dst_port, payload, ttl=64):
        size = 8 + len(payload)
        head = struct.pack("!HHHH", src_port, dst_port, size, 0)
        total = checksum(pseudo_header(src, dst, 17, size) + head + payload) or 0xFFFF
        self.ipv4(src, dst, 17, head[:6] + struct.pack("!H", total) + payload, ttl)

    def icmp(self, src, dst, kind, code, rest, ttl=64):
        body = struct.pack("!BBH", kind, code, 0) + rest
        self.ipv4(src, dst, 1, body[:2] + struct.pack("!H", checksum(body)) + body[4:], ttl)


def pseudo_header(src, dst, protocol, size):
    return ip(src) + ip(dst) + struct.pack("!BBH", 0, protocol, size)


def tcp_segment(src, dst, ports, seq, ack, flags, payload=b"", options=b"", window=64240):
    size = 20 + len(options) + len(payload)
    head = struct.pack("!HHIIBBHHH", ports[0], ports[1], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                       (20 + len(options)) // 4 << 4, flags, window, 0, 0) + options
    total = checksum(pseudo_header(src, dst, 6, size) + head + payload)
    return head[:16] + struct.pack("!H", total) + head[18:] + payload


# MSS 1460, SACK permitted, window scale 7, as a Linux client sends them.
SYN_OPTIONS = bytes.fromhex("020405b4 0402 0101 03030700".replace(" ", ""))


class Connection:
    """A TCP connection between the client and a server 10 ms away."""

    def __init__(self, capture, client, client_port, server, server_port):
        self.capture = capture
        self.ends = {True: (client, server, (client_port, server_port)),
                     False: (server, client, (server_port, client_port))}
        self.seq = {True: 0x1000_0000 + client_port, False: 0x2000_0000 + client_port}

    def send(self, from_client, flags, payload=b"", options=b"", lost=False):
        """One segment; a lost one was sent but is not in the capture."""
        src, dst, ports = self.ends[from_client]
        ack = 0 if flags == SYN else self.seq[not from_client]
        if not lost:
            segment = tcp_segment(src, dst, ports, self.seq[from_client], ack, flags, payload, options)
            self.capture.ipv4(src, dst, 6, segment, 64 if from_client else 54)
        self.seq[from_client] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def open(self):
        self.send(True, SYN, options=SYN_OPTIONS)
        self.capture.wait(10)
        self.send(False, SYN | ACK, options=SYN_OPTIONS)
        self.capture.wait(0.1)
        self.send(True, ACK)

    def close(self):
        self.capture.wait(1)
        self.send(True, FIN | ACK)
        self.capture.wait(10)
        self.send(False, FIN | ACK)
        self.capture.wait(0.1)
        self.send(True, ACK)


def arp(capture):
    def body(operation, src, dst, dst_mac):
        return (struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac(src) + ip(src) + dst_mac +
                ip(dst))

    capture.frame(BROADCAST + mac(CLIENT) + b"\x08\x06" + body(1, CLIENT, ROUTER, b"\0" * 6))
    capture.wait(0.3)
    capture.frame(mac(CLIENT) + mac(ROUTER) + b"\x08\x06" + body(2, ROUTER, CLIENT, mac(CLIENT)))


def ping(capture):
    for number in range(1, 4):
        rest = struct.pack("!HH", 0x4E54, number) + bytes(range(56))
        capture.icmp(CLIENT, ROUTER, 8, 0, rest)
        capture.wait(0.4 + number / 10)
        capture.icmp(ROUTER, CLIENT, 0, 0, rest)
        capture.wait(200)


def dns_name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def dns(capture, port, ident, name, address):
    """A look-up; without an address the answer is NXDOMAIN."""
    question = dns_name(name) + struct.pack("!HH", 1, 1)
    capture.udp(CLIENT, port, ROUTER, 53,
                struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + question)
    capture.wait(8)
    flags, answer = 0x8183, b""
    if address:
        flags = 0x8180
        answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + ip(address)
    header = struct.pack("!HHHHHH", ident, flags, 1, 1 if address else 0, 0, 0)
    capture.udp(ROUTER, 53, CLIENT, port, header + question + answer)


def http(capture):
    """Three segments of answer; the second gets lost before the capture and is sent again."""
    page = b"".join(b"<li>item %03d of a page that needs three segments</li>\n" % i
                    for i in range(60))
    request = (b"GET /items HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: sample/1.0\r\n"
               b"Accept: text/html\r\n\r\n")
    answer = (b"HTTP/1.1 200 OK\r\nServer: sample\r\nContent-Type: text/html\r\n"
              b"Content-Length: %d\r\n\r\n" % len(page)) + page
    pieces = [answer[at:at + 1400] for at in range(0, len(answer), 1400)]
    connection = Connection(capture, CLIENT, 40080, WEB, 80)
    connection.open()
    connection.send(True, PSH | ACK, request)
    capture.wait(22)
    lost_at = None
    for number, piece in enumerate(pieces):
        lost = number == 1
        if lost:
            lost_at = connection.seq[False]
        connection.send(False, PSH | ACK, piece, lost=lost)
        capture.wait(0.2)
    after = connection.seq[False]
    connection.seq[False] = lost_at
    connection.send(True, ACK)  # a duplicate: still waiting for the second segment
    capture.wait(210)
    connection.send(False, PSH | ACK, pieces[1])
    connection.seq[False] = after
    capture.wait(0.1)
    connection.send(True, ACK)
    connection.close()


def tls_vector(size_octets, data):
    return len(data).to_bytes(size_octets, "big") + data


def tls_extension(kind, data):
    return struct.pack("!H", kind) + tls_vector(2, data)


def tls_record(kind, version, data):
    return struct.pack("!BH", kind, version) + tls_vector(2, data)


def client_hello(name):
    extensions = b"".join([
        tls_extension(0, tls_vector(2, b"\0" + tls_vector(2, name.encode()))),
        tls_extension(10, tls_vector(2, bytes.fromhex("001d00170018"))),
        tls_extension(11, tls_vector(1, b"\0")),
        tls_extension(13, tls_vector(2, bytes.fromhex("040308040401050308050501"))),
        tls_extension(16, tls_vector(2, tls_vector(1, b"h2") + tls_vector(1, b"http/1.1"))),
        tls_extension(43, tls_vector(1, bytes.fromhex("03040303"))),
        tls_extension(51, tls_vector(2, bytes.fromhex("001d") + tls_vector(2, bytes(range(32))))),
    ])
    body = (b"\x03\x03" + bytes(range(32, 64)) + tls_vector(1, bytes(range(64, 96))) +
            tls_vector(2, bytes.fromhex("130113021303c02bc02f")) + tls_vector(1, b"\0") +
            tls_vector(2, extensions))
    return tls_record(22, 0x0301, b"\x01" + tls_vector(3, body))


def server_hello():
    extensions = (tls_extension(43, b"\x03\x04") +
                  tls_extension(51, bytes.fromhex("001d") + tls_vector(2, bytes(range(96, 128)))))
    body = (b"\x03\x03" + bytes(range(128, 160)) + tls_vector(1, bytes(range(64, 96))) +
            bytes.fromhex("1301") + b"\0" + tls_vector(2, extensions))
    return tls_record(22, 0x0303, b"\x02" + tls_vector(3, body))


def tls(capture):
    """From the server's hello on, TLS 1.3 is opaque: any octets stand for what is encrypted."""
    opaque = [tls_record(23, 0x0303, bytes((i * 37 + size) % 256 for i in range(size)))
              for size in (900, 74, 180, 640)]
    change_cipher_spec = tls_record(20, 0x0303, b"\x01")
    connection = Connection(capture, CLIENT, 40443, WEB, 443)
    connection.open()
    connection.send(True, PSH | ACK, client_hello("www.example.com"))
    capture.wait(14)
    connection.send(False, PSH | ACK, server_hello() + change_cipher_spec + opaque[0])
    capture.wait(1)
    connection.send(True, PSH | ACK, change_cipher_spec + opaque[1] + opaque[2])
    capture.wait(18)
    connection.send(False, PSH | ACK, opaque[3])
    connection.close()


SCANNED_PORTS = [
    21, 22, 23, 25, 53, 80, 81, 88, 110, 111, 113, 119, 135, 139, 143, 161, 179, 389, 427, 443, 445,
    465, 514, 515, 548, 554, 587, 631, 636, 873, 990, 993, 995, 1025, 1433, 1723, 3306, 3389, 5900,
    8080,
]
OPEN_PORTS = {22, 631}
SILENT_PORTS = {135, 139, 445}


def scan(capture):
    """As `nmap -sS` does it: a bare SYN with an MSS only, and RST by the kernel where a port is open."""
    for number, port in enumerate(SCANNED_PORTS):
        seq, answer_seq = 0x3000_0000, 0x4000_0000 + number
        there, back = (51515, port), (port, 51515)
        capture.ipv4(SCANNER, CLIENT, 6, tcp_segment(
            SCANNER, CLIENT, there, seq, 0, SYN, options=bytes.fromhex("020405b4"), window=1024), 47)
        capture.wait(0.2)
        if port in OPEN_PORTS:
            capture.ipv4(CLIENT, SCANNER, 6, tcp_segment(
                CLIENT, SCANNER, back, answer_seq, seq + 1, SYN | ACK,
                options=bytes.fromhex("020405b4")))
            capture.wait(20)
            capture.ipv4(SCANNER, CLIENT, 6, tcp_segment(
                SCANNER, CLIENT, there, seq + 1, 0, RST, window=0), 47)
        elif port not in SILENT_PORTS:
            capture.ipv4(CLIENT, SCANNER, 6, tcp_segment(
                CLIENT, SCANNER, back, 0, seq + 1, RST | ACK, window=0))
        capture.wait(4)


def sample():
    capture = Capture()
    arp(capture)
    capture.wait(5)
    ping(capture)
    dns(capture, 50001, 0x1A2B, "www.example.com", WEB)
    capture.wait(2)
    http(capture)
    capture.wait(300)
    tls(capture)
    capture.wait(150)
    dns(capture, 50002, 0x3C4D, "missing.example.com", None)
    capture.wait(400)
    scan(capture)
    return b"".join(capture.out)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: scripts/make_sample.py FILE")
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sample())


if __name__ == "__main__":
    main()

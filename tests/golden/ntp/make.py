import struct

from make_sample import CLIENT, ROUTER, WEB, Capture, ip

EPOCH = 2_208_988_800


def stamp(ns):
    """A time of the capture as NTP has it."""
    seconds, rest = divmod(ns, 1_000_000_000)
    return (seconds + EPOCH << 32 | (rest << 32) // 1_000_000_000) & (1 << 64) - 1


def packet(first, stratum=0, reference_id=bytes(4), reference=0, origin=0, receive=0, transmit=0, poll=6):
    delays = (0x0800, 0x0400) if stratum else (0, 0)
    return (struct.pack("!BBBbII", first, stratum, poll, -23 if stratum else 0, *delays) + reference_id +
            struct.pack("!QQQQ", reference, origin, receive, transmit))


def answer(out, origin, ahead_ns=0, **changed):
    """What the server says 100 us after it was asked, 10 ms before now."""
    received = out.now - 10_000_000 + ahead_ns
    facts = {"first": 0x24, "stratum": 2, "reference_id": ip("198.51.100.7"),
             "reference": stamp(received - 60_000_000_000), "origin": origin, "receive": stamp(received),
             "transmit": stamp(received + 100_000)}
    return packet(**{**facts, **changed})


def capture():
    out = Capture()

    def ask(data, server=ROUTER):
        out.udp(CLIENT, 40123, server, 123, data)

    def reply(data, server=ROUTER):
        out.udp(server, 123, CLIENT, 40123, data)

    ask(packet(0x23, transmit=0x1111))
    out.wait(20)
    reply(answer(out, 0x1111, 500_000_000 - 50_000))

    out.wait(1000)
    for _ in range(2):
        ask(packet(0x23, transmit=0x2222), WEB)
        out.wait(1000)
    out.wait(10_000)
    ask(packet(0x23, transmit=0x3333))
    out.wait(20)
    reply(answer(out, 0x3333, first=0xE4, stratum=0, reference_id=b"RATE", poll=10))

    out.wait(1000)
    ask(bytes.fromhex("1700032a00000000") + bytes(40), WEB)
    for number in range(3):
        out.wait(1)
        reply(bytes([0xD7, number, 3, 42]) + struct.pack("!HH", 6, 72) + bytes(432), WEB)

    out.wait(1000)
    ask(packet(0x23, transmit=0x4444) + struct.pack("!HH", 0x0104, 400) + bytes(36))

    out.now = (2_085_978_496 + 7) * 1_000_000_000
    out.udp(ROUTER, 123, "192.0.2.255", 123,
            packet(0x25, 1, b"GPS\0", stamp(out.now - 16_000_000_000), transmit=stamp(out.now)))
    return b"".join(out.out)

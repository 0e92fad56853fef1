import struct

from make_sample import CLIENT, ROUTER, Capture, ip

NOBODY, EVERYBODY, SERVER, RELAY = "0.0.0.0", "255.255.255.255", "198.51.100.67", "203.0.113.1"
DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6


def option(code, value):
    return bytes([code, len(value)]) + value


def message(kind, xid, host, options=b"", assigned=NOBODY, client=NOBODY, relay=NOBODY, flags=0):
    reply = kind in (OFFER, ACK, NAK)
    head = struct.pack("!BBBBIHH", 2 if reply else 1, 1, 6, 0, xid, 0, flags)
    head += ip(client) + ip(assigned) + ip(NOBODY) + ip(relay)
    head += (bytes.fromhex("00005e0053") + bytes([host])).ljust(16, b"\0") + bytes(192)
    if kind is None:
        return head + bytes(64)
    return head + bytes.fromhex("63825363") + option(53, bytes([kind])) + options + b"\xff"


def granted(server):
    return (option(54, ip(server)) + option(51, struct.pack("!I", 3600)) +
            option(1, ip("255.255.255.0")) + option(3, ip(ROUTER)) + option(6, ip(ROUTER)) +
            option(15, b"example.net"))


def capture():
    out = Capture()
    asks = option(12, b"printer") + option(60, b"maker 1.0") + option(55, bytes([1, 3, 6, 15]))
    wants = option(50, ip(CLIENT)) + option(54, ip(ROUTER))

    def ask(data, client=NOBODY, server=EVERYBODY):
        out.udp(client, 68, server, 67, data)

    for _ in range(2):
        ask(message(DISCOVER, 0x1001, 0x10, asks, flags=0x8000))
        out.wait(4000)
    out.wait(-3997)
    out.udp(ROUTER, 67, EVERYBODY, 68, message(OFFER, 0x1001, 0x10, granted(ROUTER), CLIENT))
    out.wait(1)
    ask(message(REQUEST, 0x1001, 0x10, wants + asks, flags=0x8000))
    out.wait(2)
    out.udp(ROUTER, 67, EVERYBODY, 68, message(ACK, 0x1001, 0x10, granted(ROUTER), CLIENT))
    out.wait(30000)
    ask(message(REQUEST, 0x1001, 0x10, asks, client=CLIENT), CLIENT, ROUTER)
    out.wait(2)
    out.udp(ROUTER, 67, CLIENT, 68, message(ACK, 0x1001, 0x10, granted(ROUTER), CLIENT))

    out.wait(1000)
    ask(message(DISCOVER, 0x2002, 0x20))
    out.wait(1)
    out.udp(RELAY, 67, SERVER, 67, message(DISCOVER, 0x2002, 0x20, relay=RELAY))
    out.wait(10)
    answer = message(OFFER, 0x2002, 0x20, granted(SERVER), "203.0.113.20", relay=RELAY)
    out.udp(SERVER, 67, RELAY, 67, answer)
    out.wait(1)
    out.udp(RELAY, 67, "203.0.113.20", 68, answer)

    out.wait(1000)
    ask(message(REQUEST, 0x3003, 0x30, option(50, ip("203.0.113.30"))))
    out.wait(2)
    out.udp(ROUTER, 67, EVERYBODY, 68,
            message(NAK, 0x3003, 0x30, option(54, ip(ROUTER)) + option(56, b"wrong network")))

    out.wait(1000)
    ask(message(None, 0x4004, 0x40))
    out.wait(1000)
    ask(message(DISCOVER, 0x5005, 0x50, option(12, b"printer") + bytes([12, 200])))
    return b"".join(out.out)

import struct

from make_sample import CLIENT, ROUTER, WEB, Capture, dns, dns_name, ip


def query(ident, name):
    return struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + dns_name(name) + struct.pack("!HH", 1, 1)


def answer(ident, name):
    return (struct.pack("!HHHHHH", ident, 0x8180, 1, 1, 0, 0) + dns_name(name) +
            struct.pack("!HH", 1, 1) + b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + ip(WEB))


def capture():
    out = Capture()
    dns(out, 50001, 1, "www.example.com", WEB)
    dns(out, 50002, 2, "missing.example.com", None)
    out.udp(CLIENT, 50003, ROUTER, 53, query(3, "slow.example.com"))
    out.wait(1000)
    out.udp(CLIENT, 50003, ROUTER, 53, query(3, "slow.example.com"))
    out.wait(30)
    out.udp(ROUTER, 53, CLIENT, 50003, answer(3, "slow.example.com"))
    out.wait(1)
    dns(out, 50004, 4, "twice.example.com", WEB)
    out.wait(1)
    out.udp(ROUTER, 53, CLIENT, 50004, answer(4, "twice.example.com"))
    out.wait(1)
    out.udp(CLIENT, 50005, ROUTER, 53, query(5, "silent.example.com"))
    out.wait(1)
    out.udp(ROUTER, 53, CLIENT, 50006, answer(6, "unasked.example.com"))
    out.wait(11000)
    out.udp(CLIENT, 9, ROUTER, 9, b"clock")
    return b"".join(out.out)

import struct

from make_sample import BROADCAST, CLIENT, ROUTER, Capture, arp, ip, mac


def request(out, sender, target):
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac(sender) + ip(sender) + bytes(6) + ip(target)
    out.frame(BROADCAST + mac(sender) + b"\x08\x06" + body)


def capture():
    out = Capture()
    arp(out)
    out.wait(100)
    request(out, CLIENT, "192.0.2.99")
    out.wait(100)
    request(out, ROUTER, ROUTER)
    out.wait(6000)
    out.udp(CLIENT, 9, ROUTER, 9, b"clock")
    return b"".join(out.out)

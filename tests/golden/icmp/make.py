import struct

from make_sample import CLIENT, ROUTER, WEB, Capture


def capture():
    out = Capture()
    for number in (1, 2):
        rest = struct.pack("!HH", 0x1234, number) + bytes(56)
        out.icmp(CLIENT, ROUTER, 8, 0, rest)
        out.wait(3)
        if number == 1:
            out.icmp(ROUTER, CLIENT, 0, 0, rest)
            out.wait(997)
    out.udp(CLIENT, 40000, WEB, 33434, b"anyone?")
    sent = out.out[-1][16 + 14:][:28 + 7]  # the datagram without pcap and Ethernet headers
    out.wait(10)
    out.icmp(WEB, CLIENT, 3, 3, bytes(4) + sent)
    out.wait(7000)
    out.udp(CLIENT, 9, ROUTER, 9, b"clock")
    return b"".join(out.out)

import struct

from make_sample import CLIENT, ROUTER, WEB, Capture, checksum, ip, mac

FAR = "198.51.100.9"


def datagram(src, src_port, dst, dst_port):
    body = struct.pack("!HHHH", src_port, dst_port, 13, 0) + b"inner"
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0, 64, 17, 0, ip(src), ip(dst))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def capture():
    out = Capture()
    ethernet = mac(WEB) + mac(CLIENT) + b"\x08\x00"
    there = datagram("10.1.0.1", 5000, "10.1.0.2", 6000)
    back = datagram("10.1.0.2", 6000, "10.1.0.1", 5000)
    vxlan = struct.pack("!II", 0x08000000, 42 << 8)
    out.udp(CLIENT, 50000, FAR, 4789, vxlan + ethernet + there)
    out.wait(1)
    out.udp(FAR, 50001, CLIENT, 4789, vxlan + ethernet + back)
    out.wait(1)
    out.ipv4(CLIENT, ROUTER, 47, struct.pack("!HH", 0, 0x0800) + datagram("10.2.0.1", 5000, "10.2.0.2", 6000))
    out.wait(1)
    out.frame(ethernet[:12] + struct.pack("!HHH", 0x8100, 7, 0x0800) + datagram("10.3.0.1", 5000, "10.3.0.2", 6000))
    return b"".join(out.out)

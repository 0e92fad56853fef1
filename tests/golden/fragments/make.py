import struct

from make_sample import CLIENT, WEB, Capture, checksum, ip, mac


def send(out, ident, at, more, part):
    word = (0x2000 if more else 0) | at // 8
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), ident, word, 64, 17, 0, ip(CLIENT),
                       ip(WEB))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    out.frame(mac(WEB) + mac(CLIENT) + b"\x08\x00" + head + part)
    out.wait(1)


def datagram(port):
    return struct.pack("!HHHH", port, 7777, 3008, 0) + b"y" * 3000


def capture():
    out = Capture()
    pieces = [(at, datagram(40001)[at:at + 1480]) for at in range(0, 3008, 1480)]
    for at, part in (pieces[2], pieces[0], pieces[1]):
        send(out, 1, at, at + len(part) < 3008, part)
    for at in (0, 1480):
        send(out, 2, at, True, datagram(40002)[at:at + 1480])
    return b"".join(out.out)

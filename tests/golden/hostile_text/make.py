import struct

from make_sample import ACK, CLIENT, PSH, ROUTER, WEB, Capture, Connection

LABELS = [b'a"b', b"\x1b[2J", b"line\r\nend", b"nul\0", b"\xff\xfe", b"back\\slash", b"dot.dot",
          "\u202egpj".encode()]


def capture():
    out = Capture()
    name = b"".join(bytes([len(label)]) + label for label in LABELS) + b"\0"
    question = name + struct.pack("!HH", 1, 1)
    out.udp(CLIENT, 50001, ROUTER, 53, struct.pack("!HHHHHH", 1, 0x0100, 1, 0, 0, 0) + question)
    out.wait(8)
    out.udp(ROUTER, 53, CLIENT, 50001, struct.pack("!HHHHHH", 1, 0x8183, 1, 0, 0, 0) + question)
    connection = Connection(out, CLIENT, 40080, WEB, 80)
    connection.open()
    connection.send(True, PSH | ACK, b'GET /"\x1b]0;title\x07/\xe2\x80\xae\xff\\ HTTP/1.1\r\n'
                    b'Host: =cmd|"/c calc"!A1\r\nUser-Agent: \xc3\xa4\x85\x7f\r\n\r\n')
    out.wait(10)
    connection.send(False, PSH | ACK, b"HTTP/1.1 200 \x1b[31mOK\r\nContent-Length: 0\r\n\r\n")
    connection.close()
    return b"".join(out.out)

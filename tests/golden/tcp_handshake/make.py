from make_sample import ACK, CLIENT, PSH, RST, SYN, WEB, Capture, Connection


def opened(capture, port, retries):
    connection = Connection(capture, CLIENT, port, WEB, 7000)
    for _ in range(retries):
        connection.send(True, SYN)
        connection.seq[True] -= 1
        capture.wait(1000)
    connection.send(True, SYN)
    capture.wait(20)
    connection.send(False, SYN | ACK)
    capture.wait(5)
    connection.send(True, ACK)
    return connection


def capture():
    out = Capture()
    connection = opened(out, 40001, 0)
    connection.send(True, PSH | ACK, b"hello")
    out.wait(20)
    connection.send(False, PSH | ACK, b"welcome")
    connection.close()
    opened(out, 40002, 1)
    refused = Connection(out, CLIENT, 40003, WEB, 7001)
    refused.send(True, SYN)
    out.wait(20)
    refused.send(False, RST | ACK)
    Connection(out, CLIENT, 40004, WEB, 7002).send(True, SYN)
    out.wait(6000)
    out.icmp(CLIENT, WEB, 13, 0, bytes(16))  # moves the clock past the first connection's end
    return b"".join(out.out)

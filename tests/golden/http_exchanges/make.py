from make_sample import ACK, CLIENT, PSH, WEB, Capture, Connection


def capture():
    out = Capture()
    connection = Connection(out, CLIENT, 40080, WEB, 80)
    connection.open()
    connection.send(True, PSH | ACK, b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
                    b"HEAD /d HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
    out.wait(20)
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000
    answer += b"HTTP/1.1 404 Not Found\r\nContent-Length: 5000\r\n\r\n"
    pieces = [answer[at:at + 1000] for at in range(0, len(answer), 1000)]
    connection.send(False, PSH | ACK, pieces[0])
    hole = connection.seq[False]
    connection.send(False, PSH | ACK, pieces[1], lost=True)
    connection.send(False, PSH | ACK, pieces[2])
    end = connection.seq[False]
    out.wait(100)
    connection.seq[False] = hole
    connection.send(False, PSH | ACK, pieces[1])
    connection.seq[False] = end
    connection.close()
    return b"".join(out.out)

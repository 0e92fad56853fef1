from make_sample import WEB, Capture, dns, scan


def capture():
    out = Capture()
    for number in range(5):
        dns(out, 50000 + number, number, f"n{number}.example.com", WEB)
    scan(out)
    return b"".join(out.out)

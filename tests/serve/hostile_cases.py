"""Requests of foreign pages, of other users and of clients that mean harm."""

import contextlib
import itertools
import json
import os
import signal
import socket
import sys
import time

import live_cases
from harness import (
    NOBODY, PATIENCE_S, Server, Skip, Stream, as_user, case, need_root, ntan, run, sample, until,
)
from replay_cases import summary_line

STATE = "/api/v1/state"


def raw(server, octets, patience=3):
    """Sends octets as they are. The status of the reply; None if the connection ends without one."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(octets)
        got = b""
        with contextlib.suppress(ConnectionResetError, TimeoutError):
            while b"\r\n" not in got and (part := client.recv(4096)):
                got += part
        return int(got.split()[1]) if got.startswith(b"HTTP/") else None


def request(target, *headers, method="GET", body="", host="localhost:PORT"):
    head = [f"{method} {target} HTTP/1.1", *([f"Host: {host}"] if host is not None else []), *headers]
    if body and not any(line.lower().startswith(("content-length", "transfer")) for line in headers):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head) + "\r\n\r\n" + body


def post(*headers, body="{}", target="/api/v1/capture/stop", **more):
    return request(target, *headers, method="POST", body=body, **more)


JSON = ("Content-Type: application/json", "X-Ntan: 1")
# None: the connection may end without a reply.
BAD, GONE = 400, None

HOSTILE = [
    # A name that was made to point here.
    ("another host", request(STATE, host="evil.example"), {421}),
    ("another host with our port", request(STATE, host="evil.example:PORT"), {421}),
    ("our name within another", request(STATE, host="localhost.evil.example:PORT"), {421}),
    ("our address within another", request(STATE, host="127.0.0.1.evil.example:PORT"), {421}),
    ("our name before an at sign", request(STATE, host="localhost:PORT@evil.example"), {421}),
    ("no port", request(STATE, host="localhost"), {421}),
    ("another port", request(STATE, host="localhost:1"), {421}),
    ("an empty host", request(STATE, host=""), {421, BAD}),
    ("no host", request(STATE, host=None), {421, BAD}),
    ("two hosts", request(STATE, "Host: evil.example"), {421, BAD}),
    ("the same host twice", request(STATE, "Host: localhost:PORT"), {421, BAD}),
    ("an absolute address", request("http://evil.example" + STATE), {BAD, 404, 421}),
    ("HTTP/1.0 without a host", f"GET {STATE} HTTP/1.0\r\n\r\n", {421, BAD}),
    # Paths.
    ("dots", request("/../../../../etc/passwd"), {404, BAD}),
    ("escaped dots", request("/..%2f..%2f..%2fetc%2fpasswd"), {404, BAD}),
    ("two slashes", request("//etc/passwd"), {404, BAD}),
    # The path ends there, for who judges it and for who answers alike.
    ("an escaped zero", request("/%00/../api/v1/state"), {200, 404, 501, BAD}),
    ("a zero in a table's name", request("/api/v1/table/fl%00ows"), {404, BAD}),
    ("a path of 20 kB", request("/" + "a" * 20_000), {404, 414, BAD}),
    ("escapes that are none", request("/api/v1/table/flows?q=%zz%"), {200, BAD}),
    # The head's form.
    ("a header of 1 MB", request(STATE, "X-Long: " + "a" * 1_000_000), {431, 413, BAD, GONE}),
    ("ten thousand headers", request(STATE, *[f"X-{n}: a" for n in range(10_000)]), {431, 413, BAD, GONE}),
    ("another method", request(STATE, method="DELETE"), {405}),
    ("a method nobody knows", request(STATE, method="BREW"), {405}),
    ("TRACE", request("/", method="TRACE"), {405}),
    ("OPTIONS of another origin", request(STATE, "Origin: http://evil.example",
                                          "Access-Control-Request-Method: POST", method="OPTIONS"), {405, 403}),
    ("CONNECT", request("evil.example:443", method="CONNECT"), {405, BAD}),
    ("no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + "\r\n\r\n", {BAD, GONE}),
    ("zeros", "\0" * 300 + "\r\n\r\n", {BAD, GONE}),
    ("HTTP of the future", f"GET {STATE} HTTP/9.9\r\nHost: localhost:PORT\r\n\r\n", {505, BAD, GONE}),
    # Lengths that contradict each other.
    ("length and chunks", post(*JSON, "Content-Length: 4", "Transfer-Encoding: chunked",
                               body="0\r\n\r\nGET / HTTP/1.1\r\n\r\n"), {BAD, GONE}),
    ("chunks of another name", post(*JSON, "Transfer-Encoding: xchunked"), {BAD, 501, GONE}),
    ("chunks twice", post(*JSON, "Transfer-Encoding: chunked, identity"), {BAD, 501, GONE}),
    ("a chunk without a size", post(*JSON, "Transfer-Encoding: chunked", body="zz\r\n{}\r\n0\r\n\r\n"), {BAD, GONE}),
    ("a chunk of all there is", post(*JSON, "Transfer-Encoding: chunked", body="ffffffffffffffffff\r\n{}"),
     {BAD, 413, GONE}),
    ("a negative length", post(*JSON, "Content-Length: -5"), {BAD, GONE}),
    ("a length that is no number", post(*JSON, "Content-Length: 2x"), {BAD, GONE}),
    ("two lengths", post(*JSON, "Content-Length: 2", "Content-Length: 90"), {BAD, GONE}),
    ("a body of 1 MB", post(*JSON, body=" " * 1_000_000), {413}),
    # Pages of other sites, and forms.
    ("a read of another origin", request(STATE, "Origin: http://evil.example"), {403}),
    ("a change of another origin", post(*JSON, "Origin: http://evil.example"), {403}),
    ("another scheme", post(*JSON, "Origin: https://localhost:PORT"), {403}),
    ("another port's page", post(*JSON, "Origin: http://localhost:1"), {403}),
    ("a sandboxed page", post(*JSON, "Origin: null"), {403}),
    ("cross-site metadata", request(STATE, "Sec-Fetch-Site: cross-site"), {403}),
    ("same-site metadata", post(*JSON, "Sec-Fetch-Site: same-site"), {403}),
    ("a form", post("Content-Type: application/x-www-form-urlencoded", body="a=b"), {403}),
    ("plain text", post("Content-Type: text/plain", "X-Ntan: 1"), {403}),
    ("a change without the mark", post("Content-Type: application/json"), {403}),
    ("a change without a type", post("X-Ntan: 1"), {403}),
    ("a change by GET", request("/api/v1/capture/stop", *JSON), {404, 405}),
    # Contents.
    ("an expression that is none", request("/api/v1/table/events?q=/(((/"), {422}),
    ("an expression that explodes", request("/api/v1/table/events?q=/((a{1000}){1000}){1000}/"), {422}),
    ("an expression for backtracking", request("/api/v1/table/events?q=/(a*)*(a*)*(a*)*b$/"), {200}),
    ("a search of a thousand words", request("/api/v1/table/events?q=" + "a+" * 1000), {422, BAD}),
    ("a limit that is none", request("/api/v1/table/flows?limit=-1"), {422}),
    ("members that are none", request("/api/v1/table/flows?sort=-a.b.c%2b%2b"), {200}),
    ("a sort by a thousand members", request("/api/v1/table/flows?sort=" + "%2b" * 1000), {422}),
    ("a hundred parameters", request("/api/v1/table/flows?" + "&".join(f"a{n}=1" for n in range(100))), {200}),
    ("a file as a scan's id", request("/api/v1/export/pcap?scan=../../etc/passwd"), {409, 422}),
    ("an option as a scan's id", request("/api/v1/export/pcap?scan=-w/tmp/ntan-injected"), {409, 422}),
    ("an option as a flow's id", request("/api/v1/export/pcap?flow=--help"), {409, 422}),
    ("brackets without end", post(*JSON, body="[" * 60_000, target="/api/v1/capture/start"), {BAD}),
    ("no JSON", post(*JSON, body="{" * 9, target="/api/v1/filter/check"), {BAD}),
    ("an option as an interface", post(*JSON, body='{"interface":"--help"}', target="/api/v1/capture/start"),
     {422, 409}),
]


@contextlib.contextmanager
def running():
    """A server whose run goes on; live where that can be."""
    if live_cases.STAGE["missing"]:
        with Server() as server:
            yield server
        return
    with Server("-i", "v0") as server, live_cases.Traffic():
        server.wait_open()
        yield server
        state = server.stop_and_wait()
        totals = state["totals"]
        assert totals["packets"] > 0 and state["status"] == "stopped", state["status"]
        assert totals["dropped_by_kernel"] == totals["dropped_by_ntan"] == 0, totals


@case(f"hostile: {len(HOSTILE)} requests get the status they deserve, and the run goes on")
def _(_folder):
    wrong = []
    with running() as server:
        before = server.state()["status"]
        for name, text, allowed in HOSTILE:
            begin = time.monotonic()
            status = raw(server, text.replace("PORT", str(server.port)).encode("latin-1"))
            took = time.monotonic() - begin
            if status not in allowed or (took > 2.5 and status is not None):
                wrong.append((name, status, allowed, took))
            begin = time.monotonic()
            assert server.state()["status"] == before, name
            assert time.monotonic() - begin < 1, name
        reply = server.get(STATE)
        assert not [name for name in reply.headers if name.lower().startswith("access-control")]
        check_headers(server)
    assert not wrong, wrong


def check_headers(server):
    """Every reply says what a browser may do with it: the page's, the data's, and a refusal."""
    for path in ("/", STATE, "/nothing"):
        headers = server.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, (path, policy)
        assert "unsafe" not in policy and headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
    assert server.get(STATE).headers["Cache-Control"] == "no-store"


ASK = """
import http.client, json, sys
port, method, path, token = int(sys.argv[1]), *sys.argv[2:5]
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
headers = {"Host": f"localhost:{port}", "Content-Type": "application/json", "X-Ntan": "1"}
if token:
    headers["Authorization"] = token
connection.request(method, path, "{}" if method == "POST" else None, headers)
print(connection.getresponse().status)
"""


def ask_as(user, server, method, path, token=""):
    done = run(*as_user(user), sys.executable, "-c", ASK, server.port, method, path, token)
    return int(done.stdout)


@case("hostile: another user of this machine needs the token, for all but the page's own files")
def _(_folder):
    need_root()
    with Server(env={"SUDO_UID": "12345", "SUDO_GID": "12345"}) as server:
        right = f"Bearer {server.token}"
        for path in (STATE, "/api/v1/stream", "/metrics", "/api/v1/export/json", "/api/v1/interfaces"):
            assert ask_as(NOBODY, server, "GET", path) == 401, path
            for wrong in ("Bearer " + "0" * 32, right[:-1], right + "0", server.token, "Basic " + server.token,
                          "bearer", "Bearer "):
                assert ask_as(NOBODY, server, "GET", path, wrong) == 401, (path, wrong)
        assert ask_as(NOBODY, server, "POST", "/api/v1/capture/stop") == 401
        assert ask_as(NOBODY, server, "POST", "/api/v1/capture/stop", right) == 409
        assert ask_as(NOBODY, server, "GET", STATE, right) == 200
        assert ask_as(12345, server, "GET", STATE) == 200, "who called sudo"
        assert ask_as(NOBODY, server, "GET", "/") in (200, 501)
    with Server() as server:
        other = Server()
        with other:
            assert other.token != server.token


SEND_AND_GO = """
import socket, sys
port = int(sys.argv[1])
for _ in range(20):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall((f"POST /api/v1/capture/stop HTTP/1.1\\r\\nHost: localhost:{port}\\r\\nX-Ntan: 1\\r\\n"
                        "Content-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}").encode())
"""


@case("hostile: a user who is gone before the server looks is nobody, not root")
def _(_folder):
    need_root()
    if live_cases.STAGE["missing"]:
        raise Skip(live_cases.STAGE["missing"])
    with Server("-i", "v0", env={"SUDO_UID": "12345", "SUDO_GID": "12345"}) as server:
        server.wait_open()
        # Sockets without a process belong to user 0 in the kernel's table.
        server.process.send_signal(signal.SIGSTOP)
        run(*as_user(NOBODY), sys.executable, "-c", SEND_AND_GO, server.port)
        server.process.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        assert server.state()["status"] == "running", "another user has stopped the run"


def slow(server, head):
    """A client that sends an octet every half second and never comes to the point."""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
    client.sendall(head)
    return client


def is_over(client):
    """Whether the other side has ended the connection."""
    client.setblocking(False)
    try:
        return client.recv(65536) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@case("hostile: 100 clients that never finish a request are cut off, 200 listeners get every tick meanwhile")
def _(_folder):
    with running() as server, contextlib.ExitStack() as stack:
        host = f"Host: localhost:{server.port}\r\n"
        heads = [f"GET {STATE} HTTP/1.1\r\n{host}X-Slow: ",
                 f"POST /api/v1/capture/stop HTTP/1.1\r\n{host}X-Ntan: 1\r\nContent-Type: application/json\r\n"
                 "Content-Length: 60000\r\n\r\n"]
        crowd = [stack.enter_context(slow(server, heads[n % 2].encode())) for n in range(100)]
        streams = [stack.enter_context(Stream(server)) for _ in range(200)]
        slowest, begin = 0, time.monotonic()
        while time.monotonic() - begin < 14:
            for client in crowd:
                with contextlib.suppress(OSError):
                    client.send(b" ")
            asked = time.monotonic()
            server.state()
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.5)
        left = sum(not is_over(client) for client in crowd)
        assert left == 0, f"{left} of 100 slow clients are still there"
        assert slowest < 1, f"the state took {slowest} s"
        ids = [[tick.id for tick in stream.ticks()] for stream in streams]
        assert all(len(each) >= 12 and each == list(range(each[0], each[0] + len(each))) for each in ids), ids
        gaps = [b.moment - a.moment for stream in streams for a, b in zip(stream.ticks(), stream.ticks()[1:])]
        assert max(gaps) < 2, max(gaps)
        assert f"ntan_page_streams {len(streams)}\n" in server.get("/metrics").body.decode()


@case("hostile: a listener that does not read is cut off, the others go on")
def _(folder):
    template = json.loads(next(line for line in ntan("read", sample(folder), "--json").stdout.splitlines()
                               if b'"event":"summary"' in line))
    template["summary"]["servers"] = [{"metric": "tcp_rtt_server", "ip": f"2001:db8::{n}", "port": 443, "n": n}
                                      for n in range(80)]
    second = itertools.count()
    reading, writing = os.pipe()
    with Server("--events", "-", stdin=reading) as server, Stream(server) as stream:
        os.close(reading)
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        deaf.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
        until(lambda: b"page_streams 2\n" in server.get("/metrics").body, "the deaf listener")

        def gone():
            os.write(writing, summary_line(json.dumps(template), next(second)))
            time.sleep(0.2)
            return b"page_streams 1\n" in server.get("/metrics").body

        until(gone, "the deaf listener is cut off", 30)
        count = len(stream.ticks())
        until(lambda: len(stream.ticks()) > count + 1, "further ticks")
        assert 5_000 < max(len(tick.text) for tick in stream.ticks()) <= 16_384
        deaf.close()
        os.close(writing)

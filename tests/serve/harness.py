"""What the cases beside it share: a list of cases, running servers, HTTP and event streams."""

import contextlib
import http.client
import importlib.util
import json
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from cases import NTAN, ROOT, Skip, case, main  # noqa: E402  pylint: disable=wrong-import-position,unused-import

PATIENCE_S = 20
NOBODY = pwd.getpwnam("nobody").pw_uid
FIRST_PORT = 18080


def load(path):
    """A module of another folder."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*words, check=True, **more):
    if "input" not in more:
        more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([*map(str, words)], capture_output=True, timeout=60, check=check, **more)


def ntan(*words, code=0, **more):
    """Runs ntan to its end; checks the exit code."""
    done = run(NTAN, *words, check=False, **more)
    assert done.returncode == code, f"{words}: exit {done.returncode}, not {code}: {done.stderr}"
    return done


def sample(folder):
    path = folder / "sample.pcap"
    run(sys.executable, ROOT / "scripts/make_sample.py", path)
    return path


def end(process):
    """Ends one process of ours."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
    process.wait()


def until(condition, what, patience=PATIENCE_S):
    """What the condition gives once that is true."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {patience} s: {what}")


def free_port():
    """One that neither loopback address has in use, below those that the kernel gives away."""
    global FIRST_PORT  # pylint: disable=global-statement
    while True:
        FIRST_PORT += 1
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", FIRST_PORT))
            return FIRST_PORT


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def error(self):
        """The one sentence of a refusal, and its hints."""
        told = self.json()
        assert set(told) == {"error", "hints"} and told["error"], told
        return told["error"], told["hints"]


class Server:
    """A running `ntan serve`."""

    def __init__(self, *words, wrap=(), env=None, binary=NTAN, stdin=subprocess.DEVNULL):
        self.port = free_port()
        command = [*wrap, binary, "serve", *words, "--listen", self.port]
        self.process = subprocess.Popen([*map(str, command)], stdin=stdin, env={**os.environ, **(env or {})},
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.errors = []
        self.reader = threading.Thread(target=self.collect_errors, daemon=True)
        self.reader.start()
        try:
            until(lambda: "#t=" in self.said() or self.process.poll() is not None, "the page's address")
            assert self.process.poll() is None, self.said()
        except AssertionError:
            end(self.process)
            raise
        self.token = re.search(r"#t=([0-9a-f]{32})", self.said()).group(1)
        self.host = f"localhost:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)

    def collect_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.decode())

    def said(self):
        return "".join(self.errors)

    def ask(self, method, path, body=None, headers=None, patience=PATIENCE_S):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            connection.request(method, path, body, {"Host": self.host, **(headers or {})})
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, body=None):
        return self.ask("POST", path, json.dumps(body or {}),
                        {"Content-Type": "application/json", "X-Ntan": "1"})

    def state(self):
        reply = self.get("/api/v1/state")
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json()

    def totals(self):
        return self.state()["totals"]

    def rows(self, table, query="limit=1000"):
        reply = self.get(f"/api/v1/table/{table}?{query}")
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json()["rows"]

    def start(self, **wanted):
        return self.post("/api/v1/capture/start", wanted)

    def stop(self):
        return self.post("/api/v1/capture/stop")

    def wait_for(self, *statuses, patience=PATIENCE_S):
        return until(lambda: next((state for state in [self.state()] if state["status"] in statuses), None),
                     f"status {statuses}, now {self.state()['status']} {self.state().get('failure')}", patience)

    def wait_open(self):
        """Until the run has begun to read packets."""
        until(lambda: self.totals()["events"] > 0, f"the capture is open: {self.said()}")

    def stop_and_wait(self):
        """Ends the run; all that it had to tell is there when another could begin."""
        reply = self.stop()
        assert reply.status == 200, reply.body
        events = -1
        while events != (events := self.totals()["events"]):
            time.sleep(0.3)
        return self.wait_for("stopped")

    def export(self, path):
        reply = self.get(f"/api/v1/export/{path}")
        assert reply.status == 200, (path, reply.status, reply.body)
        assert reply.body and "attachment" in reply.headers["Content-Disposition"], path
        return reply.body

    def facts(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    def resident_kb(self):
        return int(self.facts()["VmRSS"].split()[0])

    def finish(self, code=0):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=PATIENCE_S) == code, (self.process.returncode, self.said())


class Message:
    """One server-sent event, and when it was there."""

    def __init__(self, block, moment):
        fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if ": " in line)
        self.name = fields.get("event", "")
        self.id = int(fields["id"]) if "id" in fields else None
        self.text = fields.get("data", "")
        self.moment = moment

    def json(self):
        return json.loads(self.text)


class Stream:
    """Listens to /api/v1/stream in a thread of its own."""

    def __init__(self, server, query="", **headers):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
        head = f"GET /api/v1/stream{query} HTTP/1.1\r\nHost: {server.host}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.socket.sendall(head.encode() + b"\r\n")
        self.messages = []
        self.ended = False
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(timeout=PATIENCE_S)
        self.socket.close()

    def collect(self):
        reply = http.client.HTTPResponse(self.socket)
        with contextlib.suppress(OSError, http.client.HTTPException, AttributeError, ValueError):
            reply.begin()
            assert reply.status == 200 and reply.headers["Content-Type"] == "text/event-stream"
            block = b""
            while line := reply.readline():
                if line == b"\n":
                    self.messages.append(Message(block, time.monotonic()))
                    block = b""
                else:
                    block += line
        self.ended = True

    def named(self, name):
        return [message for message in self.messages if message.name == name]

    def ticks(self):
        return self.named("tick")

    def wait(self, name, wanted=lambda data: True, patience=PATIENCE_S):
        """The data of the first message of that name that is wanted."""
        return until(lambda: next((data for data in (message.json() for message in self.named(name))
                                   if wanted(data)), None), f"{name} in the stream", patience)


def lines(octets):
    return [json.loads(line) for line in octets.decode("utf-8", "strict").splitlines()]


def unprivileged(folder):
    """A copy of the program, and what makes it run as somebody who may do nothing."""
    folder.chmod(0o755)
    binary = folder / "ntan"
    binary.write_bytes(Path(NTAN).read_bytes())
    binary.chmod(0o755)
    return binary, as_user(NOBODY)


def as_user(number):
    return ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups"]


def need_root():
    if os.geteuid() != 0:
        raise Skip("not root")

"""A terminal that a program writes to, as somebody who looks at it sees it."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading


class Terminal:
    """Runs a program whose three streams are a terminal; `rows` are those that it has left, top down."""

    def __init__(self, command, columns=120, env=None):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                                        env={**os.environ, "TERM": "xterm", **(env or {})})
        os.close(theirs)
        self.ours = ours
        self.octets = b""
        self.reader = threading.Thread(target=self.collect, daemon=True)
        self.reader.start()

    def collect(self):
        # The kernel tells the end by an error.
        with contextlib.suppress(OSError):
            while piece := os.read(self.ours, 65536):
                self.octets += piece

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        os.close(self.ours)

    def join(self, seconds=60):
        code = self.process.wait(timeout=seconds)
        self.reader.join(timeout=seconds)
        return code

    @property
    def text(self):
        return self.octets.decode()

    @property
    def rows(self):
        rows, row, column = [], "", 0
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[^\x1b]", self.text):
            if part == "\n":
                rows.append(row)
                row, column = "", 0
            elif part == "\r":
                column = 0
            elif part == "\x1b[K":
                row = row[:column]
            elif part[0] != "\x1b":
                row = row[:column] + part + row[column + 1:]
                column += 1
        return [*rows, row]

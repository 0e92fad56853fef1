"""Cases on two namespaces of their own: what one is, and how all are run and reported."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from network import NTAN, link, set_up, start_servers

CASES = []


class Skip(Exception):
    """The case cannot be tried here."""


def case(name, *tools):
    """The decorated function checks one claim in a folder of its own; it needs these programs."""

    def register(function):
        CASES.append((name, tools, function))
        return function

    return register


def skip_all(reason):
    for name, _, _ in CASES:
        print(f"skip live: {name} {reason}")
    return 0


def attempt(name, tools, function):
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        print(f"skip live: {name} no {missing[0]}", flush=True)
        return True
    with tempfile.TemporaryDirectory() as folder:
        try:
            function(Path(folder))
            print(f"ok live: {name}", flush=True)
        except Skip as reason:
            print(f"skip live: {name} {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            print(f"not ok live: {name}", flush=True)
            traceback.print_exc()
            return False
    return True


def main():
    if os.geteuid() != 0:
        return skip_all("not root")
    for tool in ("ip", "ss", "ethtool"):
        if not shutil.which(tool):
            return skip_all(f"no {tool}")
    if not os.access(NTAN, os.X_OK):
        print(f"not ok live: {NTAN} cannot be run")
        return 1
    # So that what was set up goes away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        set_up()
        link("x0", "y0")
    except subprocess.CalledProcessError as error:
        return skip_all(f"no namespaces ({error.stderr.decode().strip()})")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        start_servers(Path(folder))
        chosen = sys.argv[1:]
        for name, tools, function in CASES:
            if not chosen or any(word in name for word in chosen):
                good = attempt(name, tools, function) and good
    return 0 if good else 1

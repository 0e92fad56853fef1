"""Cases of the scripts that try the program: what one is, and how all are run and reported."""

import os
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NTAN = os.environ.get("NTAN", str(ROOT / "build/release/ntan"))

CASES = []


class Skip(Exception):
    """The case cannot be tried here."""


def case(name):
    """The decorated function checks one claim in a folder of its own."""
    def add(function):
        CASES.append((name, function))
        return function
    return add


def main(part):
    """Tries all cases, or those whose names hold a word of the command line; the exit code."""
    failed = False
    if not os.access(NTAN, os.X_OK):
        print(f"not ok {part}: {NTAN} cannot be run")
        return 1
    chosen = sys.argv[1:]
    for name, function in CASES:
        if chosen and not any(word in name for word in chosen):
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                function(Path(folder))
                print(f"ok {part}: {name}", flush=True)
            except Skip as reason:
                print(f"skip {part}: {name} {reason}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed = True
                print(f"not ok {part}: {name}", flush=True)
                traceback.print_exc()
    return 1 if failed else 0

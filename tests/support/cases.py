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


def attempt(part, name, function):
    """Tries one case and says how it went; whether that was well."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            function(Path(folder))
            print(f"ok {part}: {name}", flush=True)
        except Skip as reason:
            print(f"skip {part}: {name} {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            print(f"not ok {part}: {name}", flush=True)
            traceback.print_exc()
            return False
    return True


def main(part):
    """Tries all cases, or those whose names hold a word of the command line; the exit code."""
    good = True
    if not os.access(NTAN, os.X_OK):
        print(f"not ok {part}: {NTAN} cannot be run")
        return 1
    chosen = sys.argv[1:]
    for name, function in CASES:
        if not chosen or any(word in name for word in chosen):
            good = attempt(part, name, function) and good
    return 0 if good else 1

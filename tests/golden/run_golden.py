#!/usr/bin/python3
"""Golden cases: tests/golden/run_golden.py [--update] [CASE...]

Each folder here is a case: README says what it shows, make.py builds the input (a function
`capture()` that returns the octets of a file) or in.hex spells it (`#` to the end of a line is a
comment), cmd holds the arguments of ntan, out what standard output must be. A second line `exit N`
in cmd expects another exit code than 0. `$NTAN` names the program.

Prints `ok NAME` or `not ok NAME` a case, and the difference to stderr. --update writes out anew: read
the difference before you commit it.
"""

import difflib
import importlib.util
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def program():
    if "NTAN" in os.environ:
        return os.environ["NTAN"]
    for preset in ("release", "dev"):
        path = ROOT / "build" / preset / "ntan"
        if path.exists():
            return str(path)
    sys.exit("golden: no ntan is built; $NTAN names one")


def input_of(case):
    spelled = case / "in.hex"
    if spelled.exists():
        lines = (line.partition("#")[0] for line in spelled.read_text().splitlines())
        return bytes.fromhex("".join(lines))
    spec = importlib.util.spec_from_file_location(f"golden_{case.name}", case / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.capture()


def run(case, ntan):
    """Standard output, exit code, and the code that is expected."""
    arguments, *rest = (case / "cmd").read_text().splitlines()
    expected = int(rest[0].removeprefix("exit ")) if rest else 0
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in.pcap").write_bytes(input_of(case))
        done = subprocess.run([ntan, *shlex.split(arguments)], cwd=folder, capture_output=True,
                              timeout=60, check=False)
    return done.stdout.decode(), done.returncode, expected


def check(case, ntan, update):
    out, code, expected = run(case, ntan)
    if code != expected:
        print(f"not ok golden: {case.name}")
        print(f"{case.name}: exit code {code} instead of {expected}", file=sys.stderr)
        return False
    if update:
        (case / "out").write_text(out)
    wanted = (case / "out").read_text() if (case / "out").exists() else ""
    if out == wanted:
        print(f"ok golden: {case.name}")
        return True
    print(f"not ok golden: {case.name}")
    sys.stderr.writelines(difflib.unified_diff(wanted.splitlines(True), out.splitlines(True),
                                               f"{case.name}/out", "ntan"))
    return False


def main():
    sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]
    sys.dont_write_bytecode = True
    arguments = sys.argv[1:]
    update = "--update" in arguments
    names = [name for name in arguments if name != "--update"]
    cases = sorted(path.parent for path in HERE.glob("*/cmd") if not names or path.parent.name in names)
    if len(cases) < max(1, len(names)):
        sys.exit("golden: no such case")
    ntan = program()
    results = [check(case, ntan, update) for case in cases]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()

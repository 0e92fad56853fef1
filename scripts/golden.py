#!/usr/bin/python3
"""Runs the golden cases, or writes what they expect anew: scripts/golden.py [--update] [CASE...]

The same as tests/golden/run_golden.py, which says what a case is.
"""

import os
import sys
from pathlib import Path

RUNNER = Path(__file__).resolve().parent.parent / "tests" / "golden" / "run_golden.py"

if __name__ == "__main__":
    os.execv(RUNNER, [str(RUNNER), *sys.argv[1:]])

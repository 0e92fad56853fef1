#!/usr/bin/python3
"""The page under a minute of ten thousand events a second: the case of tests/serve/run_serve.py, twelve times as long."""

import os
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "run_serve.py"

os.execve(sys.executable, [sys.executable, str(SCRIPT), "ten thousand a second"], {**os.environ, "NTAN_EVENT_SECONDS": "60"})

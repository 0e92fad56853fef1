#!/usr/bin/python3
"""Runs `$NTAN serve` and `$NTAN report` as their users and their enemies would.

Live cases and hostile users need root; they get a network of their own, which goes away at the end.
Prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line. Arguments select cases by words of their names.
"""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import stage
import hostile_cases  # pylint: disable=unused-import
import live_cases
import report_cases  # pylint: disable=unused-import
import replay_cases  # pylint: disable=unused-import
import harness


def main():
    # So that what was set up goes away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    live_cases.STAGE["missing"] = stage.enter()
    with tempfile.TemporaryDirectory() as folder:
        if not live_cases.STAGE["missing"]:
            try:
                stage.set_up(Path(folder))
            except subprocess.CalledProcessError as error:
                live_cases.STAGE["missing"] = f"no namespaces ({error.stderr.decode().strip()})"
        return harness.main("serve")


if __name__ == "__main__":
    sys.exit(main())

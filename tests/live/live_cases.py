"""Cases on two namespaces of their own: what one is, and how all are run and reported."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from network import link, set_up, start_servers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import cases  # noqa: E402  pylint: disable=wrong-import-position
from cases import Skip  # noqa: E402  pylint: disable=wrong-import-position


def case(name, *tools):
    """The decorated function checks one claim in a folder of its own; it needs these programs."""

    def register(function):
        def with_tools(folder):
            missing = [tool for tool in tools if not shutil.which(tool)]
            if missing:
                raise Skip(f"no {missing[0]}")
            function(folder)

        cases.case(name)(with_tools)
        return function

    return register


def skip_all(reason):
    for name, _ in cases.CASES:
        print(f"skip live: {name} {reason}")
    return 0


def main():
    if os.geteuid() != 0:
        return skip_all("not root")
    for tool in ("ip", "ss", "ethtool"):
        if not shutil.which(tool):
            return skip_all(f"no {tool}")
    # So that what was set up goes away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        set_up()
        link("x0", "y0")
    except subprocess.CalledProcessError as error:
        return skip_all(f"no namespaces ({error.stderr.decode().strip()})")
    with tempfile.TemporaryDirectory() as folder:
        start_servers(Path(folder))
        return cases.main("live")

#!/usr/bin/python3
"""Turns a JUnit file of CTest into lines: scripts/ctest_lines.py FILE PREFIX

Prints `ok PREFIX: NAME`, `not ok PREFIX: NAME` or `skip PREFIX: NAME reason` a line to stdout, and the
end of what a failed case wrote to stderr.
"""

import sys
import xml.etree.ElementTree as xml

SHOWN_LINES = 30


def verdict(case):
    """CTest also calls a case skipped whose program is missing: that is a failure."""
    if case.get("status") == "run":
        return "ok", ""
    skipped = case.find("skipped")
    if skipped is not None and skipped.get("message", "").startswith("SKIP_"):
        return "skip", " nothing to run"
    if case.get("status") == "disabled":
        return "skip", " disabled"
    return "not ok", ""


def main():
    path, prefix = sys.argv[1:]
    cases = xml.parse(path).getroot().findall("testcase")
    if not cases:
        print(f"not ok {prefix}: no test case was found")
    for case in cases:
        word, reason = verdict(case)
        print(f"{word} {prefix}: {case.get('name')}{reason}")
        if word == "not ok":
            output = (case.findtext("system-out") or "").rstrip().splitlines()
            print(*output[-SHOWN_LINES:], sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()

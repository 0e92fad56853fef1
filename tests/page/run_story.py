#!/usr/bin/python3
"""The live page, the program and real traffic together, in a network namespace of their own.

Prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line. Needs root for the namespace, npm for playwright, Debian's
chromium, nmap and curl; NTAN names the program (build/release/ntan without it).
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from run_page import BUILD, CHROMIUM, LIMIT_S, ROOT, TESTS, Skip, modules

NTAN = os.environ.get("NTAN") or str(ROOT / "build/release/ntan")
PORT = 8080
INSIDE = "NTAN_STORY_INSIDE"


def report(name, good):
    print(f"{'ok' if good else 'not ok'} page: {name}", flush=True)
    return good


def wait_for(url):
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                return json.load(reply)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")


def events(*words):
    done = subprocess.run([NTAN, "read", "--json", *words], capture_output=True, text=True, check=True, timeout=LIMIT_S)
    return [json.loads(line) for line in done.stdout.splitlines()]


def look_into(folder):
    """The files are what the page has shown."""
    lines = [json.loads(line) for line in (folder / "events.ndjson").read_text().splitlines()]
    rows = list(csv.DictReader((folder / "events.csv").open(newline="")))
    requests = [line for line in lines if line["event"] == "http"]
    good = report("NDJSON and CSV hold the same requests",
                  len(rows) == len(requests) > 0 and [row["http_uri"] for row in rows] == [line["http"]["uri"] for line in requests])
    told = {line["scan"]["id"] for line in lines if line["event"] == "scan"}
    again = {line["scan"]["id"] for line in events(folder / "scan.pcap", "--events", "scan")}
    good &= report("the PCAP of a scan names the same scan", again and again <= told)
    totals = events(folder / "all.pcap", "--events", "run_end")[-1]["run_end"]
    end = [line for line in lines if line["event"] == "run_end"][-1]["run_end"]
    good &= report("the PCAP holds every packet of the run", totals["packets"] == end["packets"] > 100)
    good &= report("own traffic is in none of them",
                   all(PORT not in (line.get("src_port"), line.get("dst_port")) for line in lines))
    return good


def inside():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    test_modules = Path(os.environ[INSIDE])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "stderr").open("w") as errors:
            server = subprocess.Popen([NTAN, "serve", "--listen", str(PORT)], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        try:
            state = wait_for(f"http://localhost:{PORT}/api/v1/state")
            good = report("the server waits for Start", state["status"] == "idle")
            done = subprocess.run(["node", TESTS / "story.mjs", f"http://localhost:{PORT}/", folder], check=False,
                                  stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                                  env={**os.environ, "NTAN_PAGE_MODULES": str(test_modules), "NTAN_CHROMIUM": CHROMIUM})
            good &= done.returncode == 0
            good = good and look_into(folder)
        finally:
            server.terminate()
            left = server.wait(timeout=10)
        good &= report("the server ends when it is told to", left == 0)
        if not good:
            print((folder / "stderr").read_text(), file=sys.stderr)
        return 0 if good else 1


def outside():
    for tool in ("npm", "node", "nmap", "curl", "unshare", "ip"):
        if not shutil.which(tool):
            raise Skip(f"no {tool}")
    if not CHROMIUM:
        raise Skip("chromium is not installed")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        raise Skip("no network namespace can be made")
    page_modules = modules(TESTS, BUILD / "page-tests")
    if b"ntan-data" not in Path(NTAN).read_bytes():
        raise Skip("this ntan was built without its page")
    return subprocess.run(["unshare", "-n", sys.executable, __file__], check=False, timeout=LIMIT_S,
                          env={**os.environ, INSIDE: str(page_modules)}).returncode


def main():
    if os.environ.get(INSIDE):
        return inside()
    try:
        return outside()
    except Skip as reason:
        print(f"skip page: a capture from Start to files ({reason})")
        return 0


if __name__ == "__main__":
    sys.exit(main())

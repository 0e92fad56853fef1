#!/usr/bin/python3
"""Bundles the live page and tries it in chromium, against a mock server that speaks the same API.

Prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line; arguments choose cases by words of their names. Needs
npm (and once a network for it) and Debian's chromium; no privilege.
"""

import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "src/serve/page"
TESTS = ROOT / "tests/page"
BUILD = ROOT / "build"
CHROMIUM = os.environ.get("NTAN_CHROMIUM") or shutil.which("chromium") or ""
LIMIT_S = 600


class Skip(Exception):
    """The page cannot be tried here."""


def modules(source, folder):
    """What `npm ci` brings for the lock file in `source`, fetched once."""
    inputs = [source / name for name in ("package.json", "package-lock.json", ".npmrc")]
    wanted = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in inputs)
    stamp = folder / "fetched"
    if not stamp.exists() or stamp.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        for path in inputs:
            shutil.copy(path, folder)
        done = subprocess.run(["npm", "ci", "--loglevel=error"], cwd=folder, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=False)
        if done.returncode:
            print(done.stdout + done.stderr, file=sys.stderr)
            raise Skip("npm could not fetch what it needs")
        stamp.write_text(wanted)
    return folder / "node_modules"


def bundle(page_modules, out):
    subprocess.run(["node", PAGE / "bundle.mjs", page_modules, out], check=True, stdin=subprocess.DEVNULL,
                   timeout=LIMIT_S)


def report(name, claim):
    """One result line for a claim that is a function or a truth."""
    good = claim() if callable(claim) else claim
    print(f"{'ok' if good else 'not ok'} page: {name}", flush=True)
    return good


def types_agree(page_modules, test_modules):
    """The compiler looks for uPlot's types beside the sources, so they are checked where it is."""
    scratch = BUILD / "page-types"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for path in [*PAGE.glob("*.ts"), PAGE / "tsconfig.json"]:
        shutil.copy(path, scratch)
    (scratch / "node_modules").symlink_to(page_modules)
    return subprocess.run(["node", test_modules / "typescript/bin/tsc", "-p", scratch], check=False,
                          stdin=subprocess.DEVNULL, timeout=LIMIT_S).returncode == 0


def names_no_host():
    """Lock files are the same whatever registry they were made with."""
    files = [folder / name for folder in (PAGE, TESTS) for name in ("package-lock.json", "package.json", ".npmrc")]
    return not any(b"://" in path.read_bytes() or b"resolved" in path.read_bytes().replace(
        b"omit-lockfile-registry-resolved", b"") for path in files)


def try_all(words):
    if not shutil.which("npm") or not shutil.which("node"):
        raise Skip("npm is not installed")
    page_modules = modules(PAGE, BUILD / "page")
    test_modules = modules(TESTS, BUILD / "page-tests")
    out, again = BUILD / "page-tests/bundle", BUILD / "page-tests/bundle-again"
    bundle(page_modules, out)
    good = True
    if not words:
        bundle(page_modules, again)
        names = ["app.css", "app.js", "index.html", "page_assets.cpp"]
        good &= report("the same sources make the same bundle", filecmp.cmpfiles(out, again, names, shallow=False)[0] == names)
        good &= report("types agree", lambda: types_agree(page_modules, test_modules))
        good &= report("lock files name no address", names_no_host)
    if not CHROMIUM:
        raise Skip("chromium is not installed")
    done = subprocess.run(["node", TESTS / "page_test.mjs", out, *words], check=False, stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                          env={**os.environ, "NTAN_PAGE_MODULES": str(test_modules), "NTAN_CHROMIUM": CHROMIUM})
    return good and done.returncode == 0


def main():
    try:
        return 0 if try_all(sys.argv[1:]) else 1
    except Skip as reason:
        print(f"skip page: in a browser ({reason})")
        return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Checks what the documents say against what the program does.

    scripts/check_docs.py [BUILD]       BUILD holds the ntan to ask; default build/release

- man/*.[1-8] are clean for `mandoc -T lint`.
- Its option lists name the same options as --help of the program and of its commands.
- ntan-serve(7) names the same metrics, columns, messages and addresses as src/serve.
- README.md: each block marked `console` is run in a scratch folder that has sample.pcap and the
  project's files. A line `$ COMMAND` has to exit 0 (a final line `# exit N` asks for N) and to print the
  lines below it; a line `...` stands for any lines, `…` within a line for any text. A command without
  lines below it may print anything.

Prints `ok NAME`, `not ok NAME: why` or `skip NAME reason` a line; exit 1 if something is not ok.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANUALS = sorted((ROOT / "man").glob("*.[1-8]"))
MAN = ROOT / "man" / "ntan.1"
README = ROOT / "README.md"
TIMEOUT_S = 120

# Commands that would start this very check again.
NOT_RUN = re.compile(r"(^|[ /])(scripts/test\.sh|\.ci/run|check_docs\.py)")


class Report:
    def __init__(self):
        self.failed = False

    def ok(self, name):
        print(f"ok {name}")

    def not_ok(self, name, why):
        self.failed = True
        print(f"not ok {name}: {why}")

    def skip(self, name, reason):
        print(f"skip {name} {reason}")


# --- the manual page


def check_lint(report):
    name = "docs: manual pages are clean"
    run = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *map(str, MANUALS)], capture_output=True,
                         text=True, check=False)
    if run.returncode or not MANUALS:
        report.not_ok(name, run.stdout.replace(str(ROOT) + "/", "").strip() or "there are none")
    else:
        report.ok(name)


def manual_options(text):
    """Options of `.It Fl f , Fl -filter Ar BPF` lines, as {"-f", "--filter"}."""
    options = set()
    for line in text.splitlines():
        if re.match(r"\.It\b.*\bFl\b", line):
            words = line.split()
            options |= {"-" + after.replace("\\-", "-") for word, after in zip(words, words[1:])
                        if word == "Fl"}
    return options


def help_options(text):
    """Options at the start of indented help lines: `  -f, --filter BPF   text`."""
    options = set()
    for line in text.splitlines():
        match = re.match(r"\s+(-{1,2}[A-Za-z0-9][\w-]*(?:(?:,\s*|\s*/\s*)-{1,2}[A-Za-z0-9][\w-]*)*)", line)
        if match:
            options |= set(re.findall(r"(?<![\w-])-{1,2}[A-Za-z0-9][\w-]*", match.group(1)))
    return options


def help_commands(text):
    """Names below a heading such as `Commands:` or `Subcommands:`."""
    commands, inside = [], False
    for line in text.splitlines():
        if re.match(r"\S*commands:?\s*$", line, re.IGNORECASE):
            inside = True
        elif line and not line[0].isspace():
            inside = False
        elif inside and (match := re.match(r"\s{1,4}([a-z][\w-]*)\b", line)):
            commands.append(match.group(1))
    return commands


def help_of(ntan, *command):
    run = subprocess.run([str(ntan), *command, "--help"], capture_output=True, text=True, check=False,
                         stdin=subprocess.DEVNULL, timeout=TIMEOUT_S)
    return run.stdout


def check_options(report, ntan):
    name = "docs: manual page and --help name the same options"
    if not MAN.exists():
        report.skip(name, "no man/ntan.1")
        return
    if not ntan.exists():
        report.skip(name, f"no {ntan.relative_to(ROOT) if ntan.is_relative_to(ROOT) else ntan}")
        return
    top = help_of(ntan)
    helped = help_options(top)
    for command in help_commands(top):
        helped |= help_options(help_of(ntan, command))
    described = manual_options(MAN.read_text(encoding="utf-8"))
    if not helped:
        report.not_ok(name, "--help shows no option")
    elif helped == described:
        report.ok(name)
    else:
        report.not_ok(name, f"only in --help: {sorted(helped - described)}; "
                      f"only in man/ntan.1: {sorted(described - helped)}")


def manual_items(text):
    """Words of `.It Cm a , b` lines."""
    return {word for line in text.splitlines() if line.startswith(".It Cm ")
            for word in line.split()[2:] if word not in (",", "Cm")}


def served_names(source):
    """What the code of the page's interface calls things; `source` gives a file's text by its name."""
    metrics = source("metrics_text.cpp")
    api = source("api.cpp")
    names = set(re.findall(r'metrics\.(?:counter|gauge|head)\(\s*"(\w+)"', metrics))
    names |= set(re.findall(r'string_view name = "(\w+)"', metrics))
    paths = re.findall(r'path == "(/\w+)"', api) + re.findall(r'\{"(?:GET|POST)", "([\w/]+)", &Api::', api)
    return ({f"ntan_{name}" for name in names}
            | set(re.findall(r'\{\.name = "(\w+)"', source("history.h")))
            | set(re.findall(r'append_message\(\w+, "(\w+)"', api))
            | {path if path.startswith("/") else f"/api/v1/{path}" for path in paths})


def described_names(text):
    items = manual_items(text) - {"GET", "POST"}
    return {re.sub(r"/[A-Z]+$", "/", item) for item in items}


def check_served_names(report):
    name = "docs: ntan-serve(7) and src/serve name the same things"
    manual = ROOT / "man" / "ntan-serve.7"
    known = served_names(lambda file: (ROOT / "src" / "serve" / file).read_text(encoding="utf-8"))
    described = described_names(manual.read_text(encoding="utf-8"))
    if known == described:
        report.ok(name)
    else:
        report.not_ok(name, f"only in src/serve: {sorted(known - described)}; "
                      f"only in the manual: {sorted(described - known)}")


# --- the README's console blocks


class Step:
    """One command of a console block with what it is to print."""

    def __init__(self, line, command):
        self.line = line
        self.command = command
        self.expected = []
        self.status = 0


def console_steps(text):
    steps, inside = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = not inside and line[3:].strip().split()[:1] == ["console"]
        elif not inside:
            continue
        elif line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif steps and steps[-1].command.endswith("\\"):
            steps[-1].command += "\n" + line.removeprefix("> ")
        elif steps and (match := re.fullmatch(r"# exit (\d+)", line)):
            steps[-1].status = int(match.group(1))
        elif steps:
            steps[-1].expected.append(line)
    return steps


def matches(expected, printed):
    """Whether `printed` is `expected`, whose `...` lines stand for any lines."""
    pattern = ""
    for line in expected:
        if line.strip() in ("...", "…"):
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ \t]*\n"
    text = printed if printed.endswith("\n") or not printed else printed + "\n"
    return re.fullmatch(pattern, text) is not None


def run_step(report, step, folder, environment):
    name = f"docs: README.md:{step.line} $ {step.command.splitlines()[0]}"
    if NOT_RUN.search(step.command):
        report.skip(name, "would run this check again")
        return
    try:
        run = subprocess.run(["bash", "-o", "pipefail", "-c", step.command], cwd=folder,
                             env=environment, capture_output=True, text=True, check=False,
                             stdin=subprocess.DEVNULL, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        report.not_ok(name, f"still running after {TIMEOUT_S} s")
        return
    if run.returncode != step.status:
        tail = (run.stderr or run.stdout).strip().splitlines()[-1:]
        report.not_ok(name, f"exit {run.returncode}, not {step.status} {' '.join(tail)}")
    elif step.expected and not matches(step.expected, run.stdout):
        report.not_ok(name, f"printed {run.stdout[:400]!r}")
    else:
        report.ok(name)


def check_readme(report, ntan):
    name = "docs: README.md console blocks"
    steps = console_steps(README.read_text(encoding="utf-8")) if README.exists() else []
    if not steps:
        report.skip(name, "none yet" if README.exists() else "no README.md")
        return
    if not ntan.exists():
        report.skip(name, "ntan is not built")
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in ROOT.iterdir():
            if path.name != ".git":
                Path(folder, path.name).symlink_to(path)
        subprocess.run([ROOT / "scripts" / "make_sample.py", Path(folder, "sample.pcap")], check=True)
        environment = os.environ | {"PATH": f"{ntan.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        for step in steps:
            run_step(report, step, folder, environment)


def self_test():
    assert manual_options(".It Fl f , Fl -filter Ar BPF\n.It Fl \\-json\n.Fl x\n") == {
        "-f", "--filter", "--json"}
    assert described_names(".It Cm a , b\n.It Cm GET /x/NAME\n.Cm c\n") == {"a", "b", "/x/"}
    sources = {"metrics_text.cpp": 'metrics.head("m", string_view name = "n"', "history.h": '{.name = "t",',
               "api.cpp": 'append_message(out, "tick" (path == "/x") {"GET", "state", &Api::a} {"POST", "table/", &Api::b}'}
    assert served_names(sources.get) == {"ntan_m", "ntan_n", "t", "tick", "/x", "/api/v1/state", "/api/v1/table/"}
    helped = "Options:\n  -h,--help   Print\n  -f, --filter BPF  as in --other\nCommands:\n  read  a\n"
    assert help_options(helped) == {"-h", "--help", "-f", "--filter"}
    assert help_commands(helped) == ["read"]
    steps = console_steps("```console\n$ a \\\n> b\nx\n...\n$ false\n# exit 1\n```\n```text\n$ no\n```\n")
    assert [(s.line, s.command, s.expected, s.status) for s in steps] == [
        (2, "a \\\nb", ["x", "..."], 0), (6, "false", [], 1)]
    assert matches(["x", "...", "n … m"], "x\ny\nz\nn 12 m\n")
    assert matches(["..."], "")
    assert not matches(["x"], "x\ny\n")
    assert not matches(["n … m"], "n 12 k\n")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return
    build = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT / "build" / "release"
    report = Report()
    check_lint(report)
    check_options(report, build / "ntan")
    check_served_names(report)
    check_readme(report, build / "ntan")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()

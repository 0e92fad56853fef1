"""Reports of captures and of saved events."""

import base64
import hashlib
import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

from harness import NTAN, ROOT, Skip, as_user, case, lines, need_root, ntan, run, sample, unprivileged

MOST_OCTETS = 2_500_000
SHARED = ROOT.parent / "shared"


def corpus(part, name):
    """A capture that is kept beside the repository."""
    folder = Path(os.environ.get("NTAN_CORPUS", SHARED / "corpus")).parent
    path = folder / part / "captures" / name
    if not path.exists():
        path = SHARED / part / "captures" / name
    if not path.exists():
        raise Skip(f"no {name}")
    return path


def report(*words, form="json"):
    """A report on disk, as octets."""
    target = Path(words[0]).parent / f"report.{form}"
    ntan("report", *words, "-o", target)
    octets = target.read_bytes()
    target.unlink()
    return octets


def figures(octets):
    """What a report says, without what names its input."""
    told = json.loads(octets)
    state = told["state"]
    for name in ("mode", "file", "filter"):
        state.pop(name, None)
    text = json.dumps({**told, "title": ""}, sort_keys=True)
    return re.sub(r', "extract": "[^"]*"|"extract": "[^"]*", ', "", text)


class Page(HTMLParser):
    """The scripts, styles and addresses of a page."""

    def __init__(self, octets):
        super().__init__()
        self.inside = None
        self.policy = ""
        self.parts = {"script": [], "style": [], "data": []}
        self.addresses = []
        self.handlers = []
        self.feed(octets.decode("utf-8", "strict"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.addresses += [found[name] for name in ("src", "href") if name in found]
        self.handlers += [name for name in found if name.startswith("on") or name == "style"]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        self.inside = "data" if found.get("type") == "application/json" else tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside in self.parts:
            self.parts[self.inside].append(data)


def hash_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


@case("report: the same figures of a capture and of the events saved from it, in every form")
def _(folder):
    path = sample(folder)
    saved = folder / "events.ndjson"
    saved.write_bytes(ntan("read", path, "--json", "--summary-every", "1s", "--summary-total").stdout)
    assert figures(report(path)) == figures(report(saved))
    by_hand = lines(saved.read_bytes())
    told = json.loads(report(saved))
    totals, end = told["state"]["totals"], by_hand[-1]["run_end"]
    assert totals["packets"] == end["packets"] and totals["bytes"] == end["bytes"], totals
    assert totals["flows"] == end["flows"] and totals["events"] == len(by_hand), totals
    rows = told["state"]["history"]["rows"]
    assert sum(row[told["state"]["history"]["columns"].index("packets")] for row in rows) == end["packets"]
    for table, kind in (("flows", "flow"), ("dns", "dns"), ("http", "http"), ("tls", "tls")):
        events = [event for event in by_hand if event["event"] == kind]
        assert told["tables"][table]["seen"] == len(events), table
        assert all(row in events for row in told["tables"][table]["rows"]), table
    markdown = report(path, form="md").decode()
    for label, value in (("packets", end["packets"]), ("bytes on the wire", end["bytes"]),
                         ("flows", end["flows"]), ("scans", 1), ("events", len(by_hand))):
        assert f"| {label} | {value} |" in markdown, (label, value, markdown)
    assert markdown.replace("sample.pcap", "") == report(saved, form="md").decode().replace("events.ndjson", "")
    page = Page(report(path, form="html"))
    assert figures("".join(page.parts["data"])) == figures(report(saved))


@case("report: figures of the whole run are those of a run without windows, or say that they are not")
def _(folder):
    path = sample(folder)
    whole = lines(ntan("read", path, "--json", "--events", "summary").stdout)[-1]["summary"]
    state = json.loads(report(path))["state"]
    assert state["figures_of"] == "run" and state["summary"] == {**whole, "whole_run": True}, state["summary"]
    assert state["talkers"] == [{"ip": one["ip"], "bytes": one["bytes"], "pkts": one["pkts"]}
                                for one in whole["talkers"]], state["talkers"]
    told = {(one["level"], one["name"]): one["pkts"] for one in state["protocols"]}
    assert told == {(one["level"], one["name"]): one["pkts"] for one in whole["protocols"]}, told
    markdown = report(path, form="md").decode()
    for row in whole["latency"]:
        metric = row["metric"].replace("_", "\\_")
        assert f"| {metric} | {row['n']} | {row['p50_us']} | {row['p95_us']} |" in markdown, (row, markdown)
    saved = folder / "windows.ndjson"
    saved.write_bytes(ntan("read", path, "--json", "--summary-every", "1s").stdout)
    state = json.loads(report(saved))["state"]
    assert state["figures_of"] == "windows" and "whole_run" not in state["summary"], state["summary"]
    markdown = report(saved, form="md").decode()
    assert "## Latency" not in markdown and "Sums over windows" in markdown, markdown


@case("report: two make the same octets, and standard output those of a file")
def _(folder):
    path = sample(folder)
    for form in ("html", "md", "json"):
        assert report(path, form=form) == report(path, form=form), form
    assert ntan("report", path).stdout == report(path, form="md")
    assert ntan("report", "-r", path, "-o", "-").stdout == report(path, form="md")


@case("report: a page opens from disk, asks for nothing, and runs nothing but its own script")
def _(folder):
    octets = report(sample(folder), form="html")
    page = Page(octets)
    assert not [one for one in page.addresses if not one.startswith(("#", "data:"))], page.addresses
    assert not page.handlers, page.handlers
    assert len(page.parts["script"]) == 1 and len(page.parts["style"]) == 1, page.policy
    assert "default-src 'none'" in page.policy and "unsafe" not in page.policy, page.policy
    for part in ("script", "style"):
        assert f"{part}-src {hash_of(page.parts[part][0])}" in page.policy, (part, page.policy)
    assert json.loads("".join(page.parts["data"]))["report"] is True


@case("report: text from the network stays text")
def _(folder):
    hostile = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>|`*_[a](javascript:x)\u2028"
    event = {"v": 1, "event": "dns", "ts": "2026-01-01T00:00:00.000000Z", "src_ip": "10.0.0.1",
             "dns": {"id": 1, "query": hostile, "answered": True, "rtt_us": 5}}
    scan = {"v": 1, "event": "scan", "ts": "2026-01-01T00:00:00.000000Z", "src_ip": hostile,
            "scan": {"id": hostile, "phase": "open", "kind": hostile, "technique": "x", "severity": "high"}}
    path = folder / "hostile.ndjson"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (event, scan)), encoding="utf-8")
    page = Page(report(path, form="html"))
    told = json.loads("".join(page.parts["data"]))
    assert told["tables"]["dns"]["rows"][0]["dns"]["query"] == hostile
    assert len(page.parts["script"]) == 1 and not page.handlers, page.handlers
    row = next(line for line in report(path, form="md").decode().split("\n") if "high" in line)
    assert "<script" not in row.replace("\\<", "") and len(re.findall(r"(?<!\\)\|", row)) == 10, row


@case("report: of the largest capture, and of scans in noise, it stays small")
def _(folder):
    for part, name in (("corpus", "mix-example.pcap"), ("corpus", "mix-emix.pcap"),
                       ("scanlab", "x_slow_h_30s_noise.pcap"), ("scanlab", "m_syn_in_noise.pcap")):
        path = folder / name
        path.symlink_to(corpus(part, name))
        octets = report(path, form="html")
        assert len(octets) <= MOST_OCTETS, (name, len(octets))
        end = lines(ntan("read", path, "--json", "--events", "run_end").stdout)[-1]["run_end"]
        told = json.loads("".join(Page(octets).parts["data"]))
        assert told["state"]["totals"]["packets"] == end["packets"], (name, end)
        assert not told["state"].get("scans_left_out"), name
        if part == "scanlab":
            assert told["state"]["scans"], name


@case("report: many events are held to what a page can show")
def _(folder):
    path = folder / "many.ndjson"
    template = json.loads(next(line for line in ntan("read", sample(folder), "--json").stdout.splitlines()
                               if b'"event":"scan"' in line))
    with path.open("w", encoding="ascii") as out:
        for number in range(3000):
            template["scan"]["id"] = f"{number:016x}"
            template["src_ip"] = f"10.0.{number // 250}.{number % 250}"
            out.write(json.dumps(template) + "\n")
    octets = report(path, form="html")
    state = json.loads("".join(Page(octets).parts["data"]))["state"]
    assert len(octets) <= MOST_OCTETS, len(octets)
    assert state["totals"]["scans"] == 3000 and state["scans_left_out"] + len(state["scans"]) == 3000


@case("report: several captures, or several files of events, are one report")
def _(folder):
    path = sample(folder)
    other = folder / "other.pcap"
    ntan("read", path, "-f", "udp", "--format", "none", "-w", other)
    for number, each in enumerate((path, other)):
        (folder / f"{number}.ndjson").write_bytes(ntan("read", each, "--json", "--summary-every", "1s").stdout)
    ends = [lines((folder / f"{number}.ndjson").read_bytes())[-1]["run_end"] for number in range(2)]
    for words in ((path, other), (folder / "0.ndjson", folder / "1.ndjson")):
        totals = json.loads(report(*words))["state"]["totals"]
        assert totals["packets"] == sum(end["packets"] for end in ends), (words, totals)
    filtered = json.loads(report(path, "-f", "udp"))["state"]["totals"]
    assert filtered["packets"] == ends[1]["packets"], filtered


@case("report: exit codes and complaints")
def _(folder):
    path = sample(folder)
    saved = folder / "events.ndjson"
    saved.write_bytes(ntan("read", path, "--json").stdout)
    (folder / "text").write_bytes(b"hello, this is text\n" * 9)
    (folder / "empty").write_bytes(b"")
    (folder / "lines.ndjson").write_bytes(b"{}\n{\n")
    for words, code, told in (
            ([folder / "none.pcap"], 5, "No such file"),
            ([folder / "text"], 3, "text"),
            ([folder / "empty"], 3, "empty"),
            ([folder / "lines.ndjson"], 3, "no events"),
            ([path, saved], 2, "not of both"),
            ([path, "-o", folder / "x.pdf"], 2, "x.pdf"),
            ([path, "-f", "udp prt 53"], 2, "port"),
            ([saved, "-f", "udp"], 2, "filter"),
            (["-"], 2, "standard input"),
            ([], 2, ""),
            ([path, "-o", folder / "no/such/x.html"], 5, "x.html"),
            ([path, folder / "none.pcap"], 5, "none.pcap")):
        done = ntan("report", *words, code=code)
        assert done.stderr.startswith(b"ntan: error: ") and told in done.stderr.decode(), (words, done.stderr)
        assert not done.stdout, (words, done.stdout)
    assert sorted(each.name for each in folder.glob("*.html")) == []
    with open("/dev/full", "wb") as full:
        done = subprocess.run([NTAN, "report", str(path)], stdout=full, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert done.returncode == 1 and b"No space left" in done.stderr, done
    cut = folder / "cut.pcap"
    cut.write_bytes(path.read_bytes()[:-10])
    done = ntan("report", cut)
    assert b"ntan: warning: " in done.stderr and b"| packets | 112 |" in done.stdout, done.stderr
    # Who is sent the report has not seen the warning.
    assert b"\n| input | cut off in the middle of a packet |\n" in done.stdout, done.stdout
    mixed = folder / "mixed.ndjson"
    mixed.write_bytes(saved.read_bytes() + b"garbage\n" * 3)
    done = ntan("report", mixed)
    assert b"3 lines" in done.stderr and b"| lines that are no events | 3 |" in done.stdout, done


@case("report: a path that may not be written, a reader that goes away")
def _(folder):
    path = sample(folder)
    done = run("bash", "-o", "pipefail", "-c", '"$0" report "$1" -o - | head -c 10', NTAN, path)
    assert done.stdout and not done.stderr, done
    need_root()
    binary, wrap = unprivileged(folder)
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    path.chmod(0o644)
    done = run(*wrap, binary, "report", path, "-o", closed / "x.html", check=False)
    assert done.returncode == 4 and b"Permission denied" in done.stderr, done
    hidden = closed / "hidden.pcap"
    hidden.write_bytes(path.read_bytes())
    done = run(*as_user(65534), binary, "report", hidden, check=False)
    assert done.returncode == 4 and b"hidden.pcap" in done.stderr, done

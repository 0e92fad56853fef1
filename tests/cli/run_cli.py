#!/usr/bin/python3
"""Runs $NTAN as a user would: exit codes, messages, files and pipes.

Prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line. Needs no privilege and no network.
"""

import csv
import gzip
import io
import json
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from harness import (
    LIMIT_S, NTAN, ROOT, SAMPLE, Skip, analysis, case, events, hostile_capture, lines, long_capture, main,
    names, ntan, sample, says,
)


# Exit codes and complaints.


@case("exit code 0: a capture is read, with nothing on standard error")
def _(folder):
    done = ntan("read", sample(folder))
    assert done.stderr == b"", done.stderr
    found = lines(done.stdout)
    assert names(found)[0] == "run_start" and names(found)[-1] == "run_end"
    assert {"arp", "icmp", "dns", "http", "tls", "scan", "flow", "summary"} <= set(names(found))
    end = found[-1]["run_end"]
    assert end["stop_reason"] == "end_of_input", end
    assert sum(row["packets"] for row in end["ledger"]) == end["packets"]
    assert sum(row["bytes"] for row in end["ledger"]) == end["bytes"]
    assert end["events"] == len(found) - 1
    assert [event["ts"] for event in found] == sorted(event["ts"] for event in found)


@case("exit code 1: standard output is full")
def _(folder):
    with open("/dev/full", "wb") as full:
        done = ntan("read", sample(folder), "-o", folder / "all.ndjson", "--json", stdout=full, code=1)
    assert b"cannot write standard output: No space left on device" in done.stderr, done.stderr
    found = lines((folder / "all.ndjson").read_bytes())
    assert names(found)[-1] == "run_end", "the other output must be complete"


@case("exit code 1: an input that fails on the way, or at once")
def _(folder):
    whole = sample(folder).read_bytes()
    for sent in (0, 2000):
        with socket.create_server(("127.0.0.1", 0)) as server, \
                socket.create_connection(server.getsockname()) as near:
            far, _ = server.accept()
            with far:
                process = subprocess.Popen([NTAN, "read", "-", "--events", "run_end"], stdin=far,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            near.sendall(whole[:sent])
            time.sleep(0.3)
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        out, errors = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 1, (sent, process.returncode, errors)
        assert b"Connection reset by peer" in errors, errors
        assert (b'"input_damaged":true' in out) == (sent > 0), out
    done = subprocess.run(["sh", "-c", 'exec "$@" < .', "sh", NTAN, "read", "-"], cwd=folder,
                          capture_output=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 3 and done.stderr == b"ntan: error: stdin is a directory\n", done


@case("exit code 3: a report to standard output ends as one to a file")
def _(folder):
    text = folder / "text"
    text.write_text("no capture\n", encoding="ascii")
    path = sample(folder)
    ntan("report", path, text, "-o", folder / "r.md", code=3)
    assert ntan("report", path, text, code=3).stdout


@case("exit code 1: help and schema say so too when standard output is full")
def _(_folder):
    for words in (["--help"], ["schema"], ["--version"], ["interfaces"]):
        with open("/dev/full", "wb") as full:
            done = ntan(*words, stdout=full, code=1)
        assert b"standard output" in done.stderr, (words, done.stderr)


@case("exit code 1: a full device behind -o is named, standard output is complete")
def _(folder):
    link = folder / "full.ndjson"
    try:
        os.mknod(link, 0o666 | 0o020000, os.makedev(1, 7))
        open(link, "wb").close()
    except PermissionError as error:
        raise Skip("cannot make a device file") from error
    done = ntan("read", sample(folder), "--json", "-o", link, code=1)
    assert f"cannot write {link}: No space left on device".encode() in done.stderr, done.stderr
    assert names(lines(done.stdout))[-1] == "run_end"


@case("exit code 1: a full device behind -w is named, the events are complete")
def _(folder):
    link = folder / "full.pcap"
    try:
        os.mknod(link, 0o666 | 0o020000, os.makedev(1, 7))
        open(link, "wb").close()
    except PermissionError as error:
        raise Skip("cannot make a device file") from error
    done = ntan("read", sample(folder), "-w", link, code=1)
    assert f"cannot write {link}".encode() in done.stderr, done.stderr
    assert names(lines(done.stdout))[-1] == "run_end"


@case("exit code 1: the limit on the size of files is like a full device, and records stay whole")
def _(folder):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    for words, name in ((("--events", "-run", "-o"), "x.ndjson"), (("-w",), "x.pcap")):
        done = ntan("read", sample(folder), *words, folder / name, code=1, preexec_fn=limit)
        assert b"File too large" in done.stderr and name.encode() in done.stderr, done.stderr
        assert 2000 < (folder / name).stat().st_size <= 3000
    assert len(lines((folder / "x.ndjson").read_bytes())) > 3
    end = lines(ntan("read", folder / "x.pcap", "--events", "run_end").stdout)[0]["run_end"]
    assert end["packets"] > 3 and not end.get("input_truncated"), end


@case("exit code 2: misspelt commands, options and events are guessed")
def _(folder):
    path = sample(folder)
    says("captre", code=2, words=["captre", "did you mean 'capture'?"])
    says("read", "--cuont", "3", path, code=2, words=["--cuont", "did you mean '--count'?"])
    says("read", "--events", "dsn", path, code=2, words=["'dsn'", "did you mean 'dns'?"])
    says("schema", "htpp", code=2, words=["did you mean 'http'?"])


@case("exit code 2: values that cannot be are refused")
def _(folder):
    path = sample(folder)
    for words in (["-c", "0"], ["-c", "x"], ["-c", "-1"], ["--duration", "5x"], ["--duration", "0s"],
                  ["--filesize", "0"], ["--summary-every", "10ms"], ["--mem-limit", "1k"],
                  ["--format", "xml"], ["--top", "0"], ["-o", "-"], ["-o", "x.bin"],
                  ["-o", "{host}.csv"], ["--json", "--csv"], ["-q", "-v"], ["-c"],
                  ["--color", "maybe"], ["--home", "300.0.0.0/8"], ["--events", ""],
                  ["-f", "ip", "-F", "x"]):
        says("read", path, *words, code=2)
    says("read", "-", "-", code=2, words=["only once"])
    says(code=2)


@case("exit code 2: a bad filter shows where, before anything is written")
def _(folder):
    path = sample(folder)
    text = says("-r", path, "-o", folder / "x.ndjson", "udp", "prot", "53", code=2,
                words=["bad filter 'udp prot 53'", "did you mean", "'port'"])
    complaint = text.splitlines()
    filter_at = next(i for i, line in enumerate(complaint) if line.strip() == "udp prot 53")
    assert complaint[filter_at + 1].index("^") == complaint[filter_at].index("prot"), text
    assert not (folder / "x.ndjson").exists()
    says("read", path, "-f", "dns.query", code=2)


@case("exit code 2: of a filter that fills a file, what is around the wrong word is shown")
def _(folder):
    hosts = "\n or ".join(f"host 10.0.{i // 200}.{i % 200}" for i in range(1000))
    (folder / "filter").write_text(f"{hosts}\n or udp prot 53 or {hosts}\n")
    text = says("read", "-r", sample(folder), "-F", folder / "filter", code=2, words=["bad filter 'host 10.0.0.0 "])
    assert max(map(len, text.splitlines())) < 160, text
    shown, marks = text.splitlines()[1:3]
    at = marks.index("^^^^")
    assert shown[at:at + 4] == "prot" and "did you mean" in marks, text


@case("exit code 2: standard output by the name of its link names how it is meant")
def _(folder):
    text = says("read", sample(folder), "-w", "/dev/stdout", code=2, words=["/dev/stdout", "symbolic link"])
    assert "-w -" in text, text


@case("exit code 2: CSV of several events names the remedies")
def _(folder):
    path = sample(folder)
    says("read", path, "--csv", code=2, words=["--events dns --csv", "{event}.csv"])
    says("read", path, "-o", folder / "x.csv", code=2, words=["{event}.csv", "--events dns"])
    assert not (folder / "x.csv").exists()


@case("exit code 3: what is no capture is told apart")
def _(folder):
    for name, data, word in (("empty", b"", "empty"), ("text", b"hello, this is text\n" * 9, "text"),
                             ("zeros", bytes(500), ""), ("noise", bytes(range(255, 0, -1)) * 9, ""),
                             ("short", b"\xd4\xc3\xb2\xa1", "")):
        path = folder / name
        path.write_bytes(data)
        says("read", path, code=3, words=[name, word])
        says("read", "-", stdin=data, code=3, words=[word])
    done = subprocess.run([NTAN, "read", folder], capture_output=True, timeout=LIMIT_S, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode in (1, 3) and done.stderr.startswith(b"ntan: error: "), done


@case("exit code 3: one file that is no capture does not keep the others from being read")
def _(folder):
    good = sample(folder)
    packets = events("read", good)[-1]["run_end"]["packets"]
    text = folder / "notes.txt"
    text.write_bytes(b"hello, this is text\n" * 9)
    other = folder / "captures"
    other.mkdir()
    for files in ((text, good), (good, text), (other, good), (good, other)):
        done = ntan("read", *files, code=3)
        name = b"captures is a directory" if other in files else b"notes.txt"
        assert b"ntan: warning: " in done.stderr and name in done.stderr, done.stderr
        end = lines(done.stdout)[-1]["run_end"]
        assert end["packets"] == packets and end["input_damaged"] is True, end


@case("no packets: offline it is said, and why")
def _(folder):
    good = sample(folder)
    done = ntan("read", good, "-f", "tcp port 1")
    assert b"no packet matched the filter 'tcp port 1'" in done.stderr, done.stderr
    empty = folder / "empty.pcap"
    empty.write_bytes(SAMPLE.sample()[:24])
    for words in ([], ["-f", "tcp port 1"]):
        done = ntan("read", empty, *words)
        assert b"there are no packets in the input" in done.stderr, done.stderr
        assert b"filter" not in done.stderr, done.stderr


@case("-w: a file without packets has the link type of the input")
def _(folder):
    raw = folder / "raw.pcap"
    raw.write_bytes(SAMPLE.sample()[:20] + (101).to_bytes(4, "little"))
    for name in ("out.pcap", "out.pcapng"):
        ntan("read", raw, "-w", folder / name)
        with open(folder / name, "rb") as file:
            written = file.read()
        at = 20 if name.endswith("pcap") else 28 + 8
        assert written[at:at + 2] == (101).to_bytes(2, "little"), written


@case("tables: flows and packets where they are named, and no colour in files")
def _(folder):
    good = sample(folder)
    def words(*options):
        out = ntan("read", good, "--table", *options).stdout.decode().splitlines()
        return {line.split()[1] for line in out if line[2:3] == ":" and line[5:6] == ":"}
    assert words("--events", "flow,packet") == {"flow", "packet"}
    assert not words("--events", "all") & {"flow", "packet"}
    assert not words() & {"flow", "packet"}
    table = folder / "x.txt"
    done = subprocess.run(["script", "-qec", f"{NTAN} read {good} -o {table}", "/dev/null"],
                          capture_output=True, timeout=LIMIT_S, check=True,
                          stdin=subprocess.DEVNULL)
    assert table.stat().st_size > 0 and b"\x1b" not in table.read_bytes(), done


@case("exit code 3: --strict refuses a capture that is cut off, without it all whole packets count")
def _(folder):
    whole = SAMPLE.sample()
    packets = events("read", sample(folder))[-1]["run_end"]["packets"]
    cut = folder / "cut.pcap"
    cut.write_bytes(whole[:-10])
    done = ntan("read", cut)
    assert b"ntan: warning: " in done.stderr and b"cut.pcap" in done.stderr, done.stderr
    end = lines(done.stdout)[-1]["run_end"]
    assert end["input_truncated"] is True and end["packets"] == packets - 1, end
    strict = ntan("read", cut, "--strict", code=3)
    assert lines(strict.stdout) == lines(done.stdout)


@case("exit code 3: --fail-empty, where no event was written")
def _(folder):
    path = sample(folder)
    ntan("read", path, "--events", "dns", "-f", "tcp port 1", "--fail-empty", code=3)
    ntan("read", path, "--events", "dns", "--fail-empty")


def without_rights(folder):
    """The program as somebody runs it whom the rights of files bind: root is let through."""
    if os.geteuid() != 0:
        return [NTAN]
    if not shutil.which("setpriv"):
        raise Skip("root, and no setpriv")
    folder.chmod(0o755)
    binary = folder / "ntan"
    shutil.copy(NTAN, binary)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary]


@case("exit code 4: another user than root cannot become one")
def _(folder):
    done = subprocess.run([*without_rights(folder), "read", "/dev/null", "-Z", "daemon"], capture_output=True,
                          check=False, stdin=subprocess.DEVNULL, timeout=LIMIT_S)
    assert done.returncode == 4 and b"only root can become 'daemon'" in done.stderr, done


@case("exit code 4: a path that may not be written")
def _(folder):
    path = sample(folder)
    path.chmod(0o644)
    closed = folder / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    program = without_rights(folder)
    for option in (["-o", closed / "x.ndjson"], ["-w", closed / "x.pcap"], ["-o", closed / "{event}-%Y.csv"]):
        done = subprocess.run([*program, "read", path, *map(str, option)], capture_output=True,
                              check=False, stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        assert done.returncode == 4, done
        assert f"cannot write {option[1]}: Permission denied".encode() in done.stderr, done.stderr


@case("where no thread can begin, one does the work of all")
def _(folder):
    if os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("prlimit"):
        raise Skip("needs root, setpriv and prlimit")
    path = sample(folder)
    folder.chmod(0o755)
    path.chmod(0o644)
    binary = folder / "ntan"
    shutil.copy(NTAN, binary)
    alone = ["setpriv", "--reuid=64321", "--regid=64321", "--clear-groups", "prlimit", "--nproc=1"]
    outputs = [subprocess.run([*words, binary, "read", path, "--json", "--threads", "4"], check=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S).stdout
               for words in ([], alone)]
    assert outputs[0] == outputs[1] != b""


@case("exit code 5: files that are not there")
def _(folder):
    says("read", folder / "none.pcap", code=5, words=["none.pcap", "No such file"])
    for name in ("no/such/x.ndjson", "no/such/{event}-%Y%m%d.csv"):
        says("read", sample(folder), "-o", folder / name, code=5, words=[name, "No such file"])
    says("read", sample(folder), "-F", folder / "none.bpf", code=5, words=["none.bpf"])


READERS = (["read"], ["extract", "--flow", "0" * 16, "-w", "-"], ["explain", "0" * 16], ["report"])


@case("exit code 4: a file that may not be read, by every command that reads")
def _(folder):
    path = sample(folder)
    path.chmod(0)
    program = without_rights(folder)
    for words in READERS:
        done = subprocess.run([*program, *words, path], capture_output=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        assert done.returncode == 4, done
        assert f"{path}: Permission denied".encode() in done.stderr, done.stderr


@case("exit code 5: a path that leads nowhere, by every command that reads")
def _(folder):
    for path, why in ((folder / "none.pcap", "No such file"), (sample(folder) / "x.pcap", "Not a directory")):
        for words in READERS:
            says(*words, path, code=5, words=[f"{path}: {why}"])
    says("read", sample(folder), "-o", sample(folder) / "x.ndjson", code=5, words=["Not a directory"])


@case("exit code 130: the second interrupt leaves at once")
def _(folder):
    reading, writing = os.pipe()
    with subprocess.Popen([NTAN, "read", "-"], stdin=reading, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        os.close(reading)
        os.write(writing, SAMPLE.sample()[:2000])
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)
        assert process.returncode == 0
        assert names(lines(out))[-1] == "run_end"
        assert lines(out)[-1]["run_end"]["stop_reason"] == "signal"
    os.close(writing)
    big = long_capture(folder, 300)
    with subprocess.Popen([NTAN, "read", big, "--events", "packet"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        time.sleep(0.5)  # blocked: nobody reads its output
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=5) == 130, process.returncode


# Output.


@case("a closed pipe ends quietly with 0")
def _(folder):
    big = long_capture(folder, 300)
    for words in (["--json"], ["--table"], ["--events", "packet", "--csv"]):
        with subprocess.Popen([NTAN, "read", big, "-o", folder / "all.ndjson", "--events",
                               "packet,dns,run", *words] if "--csv" not in words else
                              [NTAN, "read", big, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            process.stdout.readline()
            process.stdout.close()
            text = process.stderr.read()
            assert process.wait(timeout=LIMIT_S) == 0, (words, process.returncode, text)
            assert text == b"", text
    found = lines((folder / "all.ndjson").read_bytes())
    assert names(found)[-1] == "run_end", "the other output must be closed properly"


@case("a closed pipe ends quietly with 0, also of what is printed at once")
def _(_folder):
    for words in (["--help"], ["--version"], ["read", "--help"], ["help", "read"], ["schema"],
                  ["schema", "--format", "markdown"], ["interfaces"]):
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as gone:
            assert ntan(*words, stdout=gone).stderr == b"", words


@case("a closed standard stream gives its number to no other file")
def _(folder):
    path = sample(folder)
    whole = ntan("read", path, "--events", "dns").stdout
    (folder / "text").write_bytes(b"hello, this is text\n" * 9)
    close = {"<&-": 0, ">&-": 1, "2>&-": 2}

    def closed(*words, at, code=0):
        """What ntan says and prints with these streams closed, as far as they are open."""
        line = " ".join(at)
        done = subprocess.run(["sh", "-c", f'exec "$@" {line}', "sh", NTAN, *map(str, words)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT_S,
                              check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == code, (words, at, done)
        return done

    for at in (["<&-", ">&-", "2>&-"], ["<&-", "2>&-"], *([each] for each in close)):
        out = folder / "out.ndjson"
        # A warning about the second file is said, and not into the events.
        done = closed("read", path, folder / "text", "-o", out, "--events", "dns", at=at, code=3)
        assert out.read_bytes() == whole, (at, out.read_bytes())
        assert (b"warning" in done.stderr) == ("2>&-" not in at), (at, done.stderr)
    done = closed("read", path, at=[">&-"], code=1)
    assert done.stderr == b"ntan: error: cannot write standard output: Bad file descriptor\n", done.stderr
    done = closed("read", "-", at=["<&-"], code=1)
    assert done.stderr == b"ntan: error: stdin: cannot read: Bad file descriptor\n", done.stderr


@case("what reads its input several times refuses a pipe by whatever name")
def _(folder):
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    for command, words in (("extract", ["-r", pipe, "--flow", "0" * 16, "-w", folder / "x.pcap"]),
                           ("explain", ["0" * 16, "-r", pipe]), ("report", [pipe])):
        text = says(command, *words, code=2)
        assert text == (f"ntan: error: {command} reads its input several times: {pipe}, a pipe, will not do\n"
                        "  save what comes from it in a file first\n"), text
    assert not (folder / "x.pcap").exists()


@case("-o '{event}.csv' writes one strict CSV per event, the same as CSV on standard output")
def _(folder):
    path = sample(folder)
    out = folder / "out"
    out.mkdir()
    ntan("read", path, "-o", f"{out}/{{event}}.csv")
    wanted = names(events("read", path))
    for file in out.iterdir():
        rows = list(csv.reader(io.StringIO(file.read_text(), newline=""), strict=True))
        assert all(len(row) == len(rows[0]) for row in rows), file
        assert len(rows) - 1 == wanted.count(file.stem), file
        if file.stem == "run_end":
            continue  # it counts the events written
        alone = ntan("read", path, "--events", file.stem, "--csv").stdout
        assert alone == file.read_bytes(), file
    assert {file.stem for file in out.iterdir()} >= set(wanted)


@case("an output without events is named on standard error")
def _(folder):
    done = ntan("read", sample(folder), "-f", "icmp", "--events", "dns", "-o", folder / "d.csv")
    assert b"d.csv: no events" in done.stderr and b"icmp" in done.stderr, done.stderr
    assert (folder / "d.csv").read_text().startswith("v,"), "the header is there all the same"


@case("--events says exactly what is written")
def _(folder):
    path = sample(folder)
    everything = set(names(events("read", path)))
    table = (("dns", {"dns"}), ("run", {"run_start", "run_end"}), ("dns,run_end", {"dns", "run_end"}),
             ("-flow", everything - {"flow"}), ("all,-http", (everything | {"packet"}) - {"http"}),
             ("all", everything | {"packet"}))
    for words, wanted in table:
        assert set(names(events("read", path, f"--events={words}"))) == wanted, words
    assert "packet" not in everything


@case("-c, --duration and --filesize stop the run and say why")
def _(folder):
    path = sample(folder)
    end = events("read", path, "-c", "7")[-1]["run_end"]
    assert (end["stop_reason"], end["packets"]) == ("count", 7), end
    end = events("read", path, "--duration", "500ms")[-1]["run_end"]
    assert end["stop_reason"] == "duration" and 0 < end["packets"] < 30, end
    end = events("read", path, "--filesize", "1k")[-1]["run_end"]
    assert end["stop_reason"] == "file_size" and 0 < end["packets"] < 20, end


@case("--pace goes on in a silence: windows end, --duration stops, and what is said stays the same")
def _(folder):
    last_ten = -10 * (16 + 60)
    words = ("--summary-every", "1s")
    short = long_capture(folder, 2, 2, last_ten)
    assert analysis("read", short, "--pace", *words) == analysis("read", short, *words)
    found = events("read", long_capture(folder, 2, 3600, last_ten), "--pace", "--duration", "3s", *words)
    end = found[-1]["run_end"]
    assert (end["stop_reason"], end["packets"]) == ("duration", 10), end
    first, seconds = found[0]["ts"], [event["ts"][17:] for event in found if event["event"] == "summary"]
    assert first[17:] == "21.970200Z" and seconds == ["22.000000Z", "23.000000Z", "24.000000Z", "24.970200Z"], found
    assert end["last_ts"] == found[-2]["ts"], end
    # The next packet comes when the time is over.
    found = events("read", long_capture(folder, 2, 2, last_ten), "--pace", "--duration", "1s", *words)
    assert found[0]["ts"][17:] == "21.970200Z" and found[-1]["run_end"]["last_ts"][17:] == "22.970200Z", found


@case("-w writes the packets that passed the filter, -w - to standard output")
def _(folder):
    path = sample(folder)
    ntan("read", path, "-w", folder / "all.pcap", "-o", folder / "x.ndjson")
    assert (folder / "all.pcap").read_bytes()[24:] == path.read_bytes()[24:]
    piped = ntan("read", path, "-w", "-", "-f", "udp port 53").stdout
    ntan("read", path, "-w", folder / "dns.pcap", "-f", "udp port 53", "-o", folder / "y.ndjson")
    assert piped == (folder / "dns.pcap").read_bytes()
    again = ntan("read", "-", stdin=piped).stdout
    assert lines(again)[-1]["run_end"]["packets"] == 4
    dns = ntan("read", path, "--events", "dns").stdout
    assert ntan("read", "-", "--events", "dns", stdin=piped).stdout == dns, "ids survive a filter"
    ntan("read", path, "-w", folder / "all.pcapng", "-o", folder / "z.ndjson")
    assert analysis("read", folder / "all.pcapng") == analysis("read", path)
    says("read", path, "-w", "-", "--json", code=2, words=["-w -"])
    says("read", path, "-w", path, code=2)


@case("what is read is never written to, by whatever name")
def _(folder):
    path = sample(folder)
    before = path.read_bytes()
    (folder / "hard.pcap").hardlink_to(path)
    (folder / "soft.pcap").symlink_to(path)
    for other in ("hard.pcap", "soft.pcap", "./sample.pcap"):
        done = subprocess.run([NTAN, "read", path, "-w", f"{folder}/{other}"], capture_output=True,
                              check=False, stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        assert done.returncode != 0, other
        assert path.read_bytes() == before, other
    saved = folder / "events.json"
    saved.write_bytes(ntan("read", path, "--json").stdout)
    (folder / "same.json").hardlink_to(saved)
    before = saved.read_bytes()
    assert b"cannot be written to" in ntan("report", saved, "-o", folder / "same.json", code=2).stderr
    assert saved.read_bytes() == before


@case("of files, too, sudo's caller is who reads and whose the results are")
def _(folder):
    path = sample(folder)
    folder.chmod(0o777)
    if os.geteuid() != 0:
        return
    for words, env, owner in (([], {}, 0), (["--user", "nobody"], {}, 0),
                              ([], {"SUDO_UID": "12345", "SUDO_GID": "12346"}, 12345)):
        out = folder / f"{owner}-{len(words)}.ndjson"
        with subprocess.Popen([NTAN, "read", "-", "-o", out, *words], stdin=subprocess.PIPE,
                              env={**os.environ, **env}) as process:
            process.stdin.write(path.read_bytes()[:24])
            process.stdin.flush()
            deadline = time.monotonic() + LIMIT_S
            while not out.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            wanted = pwd.getpwnam("nobody").pw_uid if words else owner
            while time.monotonic() < deadline:
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                if re.search(rf"^Uid:\t{wanted}\t{wanted}\t", status, re.M):
                    break
                time.sleep(0.01)
            else:
                raise AssertionError(status)
            process.stdin.write(path.read_bytes()[24:])
            process.stdin.close()
            assert process.wait(LIMIT_S) == 0
        assert out.stat().st_uid == owner and out.stat().st_size > 0, out
    path.chmod(0o600)
    env = {**os.environ, "SUDO_UID": "12345", "SUDO_GID": "12346"}
    assert lines(ntan("read", path, "--json", env=env).stdout)[-1]["run_end"]["packets"] > 0
    assert b"--user root" in ntan("read", path, path, "--json", env=env, code=4).stderr
    assert ntan("read", path, path, "--json", "--user", "root", env=env).stdout


@case("a report that is interrupted is none")
def _(folder):
    events = folder / "events.ndjson"
    path = sample(folder)
    events.write_bytes(ntan("read", path, "--json").stdout * 20000)
    out = folder / "x.md"
    with subprocess.Popen([NTAN, "report", events, "-o", out], stderr=subprocess.PIPE) as process:
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        code = process.wait(LIMIT_S)
    assert code in (1, -signal.SIGINT, 128 + signal.SIGINT), (code, said)
    assert not out.exists()


@case("a named pipe without reader is waited for, until an interrupt says who is missing")
def _(folder):
    pipe = folder / "x.ndjson"
    os.mkfifo(pipe)
    with subprocess.Popen([NTAN, "read", sample(folder), "-o", pipe], stderr=subprocess.PIPE) as process:
        looks = 0  # in a row that found it asleep: nothing but the open lasts that long
        until = time.monotonic() + LIMIT_S
        while looks < 10 and time.monotonic() < until:
            time.sleep(0.01)
            state = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            looks = looks + 1 if state == "S" else 0
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().decode()
        code = process.wait(LIMIT_S)
    assert (code, said) == (1, f"ntan: error: cannot write {pipe}, which nobody reads: Interrupted system call\n"), said


@case("a pipe that pauses has its events read meanwhile, and ends with the same as the file")
def _(folder):
    path = sample(folder)
    octets = path.read_bytes()
    half = 24
    while half < len(octets) // 2:  # whole records
        half += 16 + struct.unpack_from("<I", octets, half + 8)[0]
    words = ("--json", "--events", "packet")
    with subprocess.Popen([NTAN, "read", "-", *words], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        process.stdin.write(octets[:half])
        process.stdin.flush()
        os.set_blocking(process.stdout.fileno(), False)
        seen = b""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline and not seen.endswith(b"\n"):
            seen += process.stdout.read() or b""
            time.sleep(0.01)
        assert seen.count(b"\n") > 5, seen
        os.set_blocking(process.stdout.fileno(), True)
        process.stdin.write(octets[half:])
        process.stdin.close()
        seen += process.stdout.read()
        assert process.wait(LIMIT_S) == 0
    assert seen == ntan("read", path, *words).stdout


@case("several files are one run in the order given; standard input may be one of them")
def _(folder):
    whole = SAMPLE.sample()
    # Two halves at a packet's border.
    at = 24
    while at < len(whole) // 2:
        at += 16 + struct.unpack_from("<I", whole, at + 8)[0]
    first, second = folder / "1.pcap", folder / "2.pcap"
    first.write_bytes(whole[:at])
    second.write_bytes(whole[:24] + whole[at:])
    wanted = analysis("read", sample(folder))
    assert analysis("read", first, second) == wanted
    assert analysis("-r", first, "-r", second) == wanted
    assert analysis("read", first, "-", stdin=second.read_bytes()) == wanted
    start = events("read", first, second)[0]["run_start"]
    assert start["sources"] == ["1.pcap", "2.pcap"], start


@case("gzip, zstd and lz4 captures are read as they are, from files and from a pipe")
def _(folder):
    path = long_capture(folder, 40)
    wanted = analysis("read", path)
    packed = {"gz": gzip.compress(path.read_bytes())}
    for suffix, tool in (("zst", ["zstd", "-c"]), ("lz4", ["lz4", "-c", "-B4"])):
        if shutil.which(tool[0]):
            packed[suffix] = subprocess.run(tool, input=path.read_bytes(), check=True,
                                            capture_output=True).stdout
    for suffix, data in packed.items():
        file = folder / f"sample.pcap.{suffix}"
        file.write_bytes(data)
        assert analysis("read", file) == wanted, suffix
        assert analysis("read", "-", stdin=data) == wanted, suffix
        file.write_bytes(data[:-20])
        ntan("read", file)
        ntan("read", file, "--strict", code=3)


@case("--nano gives nine digits, the default six")
def _(folder):
    path = sample(folder)
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{%d}Z"
    for words, digits in (([], 6), (["--micro"], 6), (["--nano"], 9)):
        for event in events("read", path, *words):
            assert re.fullmatch(pattern % digits, event["ts"]), event["ts"]


@case("words after the options are a filter for the bare forms, files for read")
def _(folder):
    path = sample(folder)
    bare = ntan("-r", path, "udp", "port", "53", "--events", "dns").stdout
    assert bare == ntan("read", path, "-f", "udp port 53", "--events", "dns").stdout
    assert ntan("read", path, "--events", "dns", "--", "udp", "port", "53").stdout == bare
    (folder / "filter.bpf").write_text("udp port 53\n")
    assert ntan("read", path, "-F", folder / "filter.bpf", "--events", "dns").stdout == bare
    assert ntan("replay", path, "--events", "dns").stdout == bare
    says("read", path, "udp", code=5, words=["udp"])


@case("two runs give the same bytes, under any locale, time zone and working folder")
def _(folder):
    path = sample(folder)
    for words in (["--json"], ["--table"], ["--events", "flow", "--csv"], ["--summary-every", "1s"]):
        one = ntan("read", path, *words).stdout
        two = ntan("read", path, *words, cwd="/", env={"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo"})
        assert one == two.stdout, words


@case("files beside, and none that was not named")
def _(folder):
    path = sample(folder)
    work = folder / "work"
    work.mkdir()
    ntan("read", path, cwd=work)
    assert not list(work.iterdir())


# Help and self-description.


@case("README: the recipe for connections that lost names those and no others")
def _(folder):
    if not shutil.which("jq"):
        raise Skip("no jq")
    sample(folder, "day.pcap")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    recipe = re.search(r"^\| connections that lost \| `(.*)` \|$", readme, re.MULTILINE).group(1)
    line = recipe.replace("\\|", "|").replace("ntan ", f"{NTAN} ", 1)
    done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, timeout=LIMIT_S, check=True)
    # The sample has two connections with data; the page of one came in four segments, the second late.
    assert done.stdout == b"192.0.2.10\t198.51.100.80\t0.25\t0\n", done.stdout


@case("every command has -h and --help, and --version is one line")
def _(_folder):
    for command in ([], ["capture"], ["read"], ["replay"], ["interfaces"], ["schema"]):
        brief = ntan(*command, "-h")
        full = ntan(*command, "--help")
        assert b"Usage: ntan" in brief.stdout and b"Usage: ntan" in full.stdout, command
        assert len(full.stdout) >= len(brief.stdout) and not brief.stderr and not full.stderr
        for text in (brief.stdout, full.stdout):
            assert max(map(len, text.decode().splitlines())) <= 100, command
    ntan("help", "read")
    version = ntan("--version").stdout.decode()
    assert re.fullmatch(r"ntan \d+\.\d+\.\d+.*\n", version), version


@case("interfaces: JSON and text list the same, loopback among them")
def _(_folder):
    found = lines(ntan("interfaces", "--json").stdout)
    listed = [one["name"] for one in found]
    text = ntan("interfaces").stdout.decode()
    assert "lo" in listed and all(name in text for name in listed)
    assert ntan("-D").stdout.decode() == text
    assert ntan("interfaces", "--json").stdout.endswith(b"\n")


@case("schema: every line emitted here satisfies it, and nothing is undescribed")
def _(folder):
    try:
        import jsonschema
    except ImportError as error:
        raise Skip("no python3-jsonschema") from error
    schema = json.loads(ntan("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    hostile = folder / "hostile.pcap"
    hostile.write_bytes(hostile_capture())
    for path in (sample(folder), hostile):
        for event in events("read", path, "--events", "all", "--summary-every", "1s"):
            errors = [error.message[:300] for error in validator.iter_errors(event)]
            assert not errors, (event["event"], errors[:3])
    bad = events("read", hostile, "--events", "dns")[0]
    bad["dns"]["unknown"] = 1
    assert not validator.is_valid(bad), "the schema must forbid unknown fields"
    for name in {"dns", "http", "flow", "summary"}:
        one = jsonschema.Draft202012Validator(json.loads(ntan("schema", name).stdout))
        for event in events("read", hostile, "--events", name):
            one.validate(event)
        assert f"{name}".encode() in ntan("schema", name, "--format", "markdown").stdout


if __name__ == "__main__":
    sys.exit(main("cli"))

"""Captures replayed on the page, and events that another ntan has written."""

import json
import os
import socket
import struct
import subprocess
import time

from harness import NTAN, Server, Stream, case, lines, ntan, sample, until


def run_end(*words):
    return lines(ntan("read", *words, "--json").stdout)[-1]["run_end"]


def check_totals(totals, end):
    """The page's totals are those of the last event."""
    for name in ("packets", "bytes", "flows"):
        assert totals[name] == end[name], (name, totals, end)
    assert totals["events"] == end["events"] + 1, (totals, end)
    assert totals["malformed_lines"] == 0, totals


@case("replay: the totals are those of run_end, and a new start gives them again, not their double")
def _(folder):
    path = sample(folder)
    end = run_end(path, "--summary-every", "1s", "--summary-total")
    with Server("-r", path) as server:
        for _ in range(2):
            state = server.wait_for("ended")
            assert state["mode"] == "replay" and state["file"] == "sample.pcap", state
            check_totals(state["totals"], end)
            assert state["figures_of"] == "run" and state["summary"]["packets"] == end["packets"], state
            assert [row["event"] for row in server.rows("scans")] == ["scan"] * len(server.rows("scans"))
            assert state["totals"]["scans"] == 1
            assert sum(row["pkts"] for row in state["protocols"] if row["level"] == "link") == end["packets"]
            assert server.start().status == 200
        server.wait_for("ended")
        assert server.stop().status == 409
        server.finish()


@case("replay: all files are named")
def _(folder):
    paths = []
    for name in "abcde":
        paths.append(folder / f"{name}.pcap")
        paths[-1].write_bytes(sample(folder).read_bytes())
    for many, name in ((2, "a.pcap, b.pcap"), (3, "a.pcap, b.pcap, c.pcap"), (5, "a.pcap, b.pcap, c.pcap and 2 more")):
        with Server(*(word for path in paths[:many] for word in ("-r", path))) as server:
            assert server.wait_for("ended")["file"] == name


@case("replay: its packets are exported whole, by scan and by flow")
def _(folder):
    path = sample(folder)
    with Server("-r", path) as server:
        server.wait_for("ended")
        (folder / "all.pcap").write_bytes(server.export("pcap"))
        assert (folder / "all.pcap").read_bytes() == path.read_bytes()
        whole = ntan("read", path, "--json", "--events", "-run").stdout
        assert ntan("read", folder / "all.pcap", "--json", "--events", "-run").stdout.replace(
            b"/all.pcap", b"/sample.pcap") == whole
        scan = server.rows("scans")[0]["scan"]["id"]
        flow = server.rows("flows", "sort=-flow.src_bytes&limit=1")[0]
        (folder / "scan.pcap").write_bytes(server.export(f"pcap?scan={scan}"))
        (folder / "flow.pcap").write_bytes(server.export(f"pcap?flow={flow['flow_id']}"))
        found = lines(ntan("read", folder / "scan.pcap", "--json", "--events", "scan").stdout)
        assert {one["scan"]["id"] for one in found} == {scan}, found
        found = lines(ntan("read", folder / "flow.pcap", "--json", "--events", "flow").stdout)
        assert {one["flow_id"] for one in found} == {flow["flow_id"]}, found


def long_sample(folder, copies=4):
    """The sample again and again, a second apart."""
    whole = sample(folder).read_bytes()
    out = [whole[:24]]
    for copy in range(copies):
        at = 24
        while at < len(whole):
            seconds, rest, size, _ = struct.unpack_from("<IIII", whole, at)
            out.append(struct.pack("<II", seconds + 4 * copy, rest) + whole[at + 8:at + 16 + size])
            at += 16 + size
    path = folder / "long.pcap"
    path.write_bytes(b"".join(out))
    return path


@case("replay: at its own pace it can be stopped half way, what was seen stays, and it begins anew")
def _(folder):
    path = long_sample(folder)
    end = run_end(path)
    with Server("-r", path, "--pace", "-f", "not arp") as server, Stream(server) as stream:
        until(lambda: server.totals()["packets"] > 0, "packets")
        assert server.start().status == 409
        state = server.stop_and_wait()
        assert 0 < state["totals"]["packets"] < end["packets"], state["totals"]
        assert state["filter"] == "not arp"
        assert server.export("json")
        (folder / "part.pcap").write_bytes(server.export("pcap"))
        assert run_end(folder / "part.pcap")["packets"] == state["totals"]["packets"], "packets that were not read"
        for wanted in ({"interface": "lo"}, {"filter": "tcp"}, {"snaplen": 64}, {"promisc": False}):
            assert server.start(**wanted).status == 422, wanted
        assert server.start().status == 200
        until(lambda: server.totals()["packets"] > 0, "packets again")
        assert server.state()["status"] == "running"
        until(lambda: any(tick.json()["row"] for tick in stream.ticks()), "a row in a tick")


@case("replay: what is no capture, or not there, is said")
def _(folder):
    (folder / "text").write_bytes(b"hello, this is text\n" * 9)
    # Nobody should find out on the page.
    for words, code, told in ((["-r", folder / "text"], 3, b"text"),
                              (["-r", folder / "none.pcap"], 5, b"No such file"),
                              (["-r", sample(folder), "-r", folder / "none.pcap"], 5, b"No such file")):
        assert told in ntan("serve", *words, code=code).stderr, words
    # What can be read once is left to the run.
    os.mkfifo(folder / "pipe")
    with Server("-r", folder / "pipe") as server:
        with open(folder / "pipe", "wb") as pipe:
            pipe.write(b"hello, this is text\n" * 9)
        failure = server.wait_for("failed")["failure"]
        assert "text" in failure["error"] and failure["exit_code"] == 3, failure
        assert server.get("/api/v1/export/pcap").status == 409
        assert server.get("/api/v1/export/json").status == 409
        assert server.get("/api/v1/export/report").status == 409
    for words in (["-r", "x.pcap", "-i", "lo"], ["--events", "x", "-r", "y"], ["--events", "x", "-f", "ip"],
                  ["--listen", "nowhere"], ["--listen", "99999"]):
        assert ntan("serve", *words, code=2).stderr.startswith(b"ntan: error: "), words
    assert b"No such file" in ntan("serve", "--events", folder / "none", code=5).stderr
    for name, octets in (("day.pcap", b"\xd4\xc3\xb2\xa1"), ("day.gz", b"\x1f\x8b\x08\0")):
        (folder / name).write_bytes(octets)
        assert b"holds packets" in ntan("serve", "--events", folder / name, code=2).stderr
    # Whether a run begins at once or not: nobody should find out on the page.
    for words, code, told in ((["-i", "no-such-0"], 5, b"ntan: error: there is no interface 'no-such-0'\n"),
                              (["-f", "udp prt 53"], 2, b"ntan: error: bad filter 'udp prt 53': "),
                              (["x.pcap"], 2, b"ntan: error: bad filter 'x.pcap': ")):
        done = ntan("serve", "--listen", "18079", *words, code=code)
        assert done.stderr.startswith(told), (words, done.stderr)


@case("replay: a damaged capture with a thousand warnings cuts no listener off")
def _(folder):
    whole = sample(folder).read_bytes()
    files = []
    for number in range(40):
        files.append(folder / f"{number}.pcap")
        files[-1].write_bytes(whole[:-(1 + number)])
    words = [word for file in files for word in ("-r", file)]
    with Server(*words) as server, Stream(server) as stream:
        for _ in range(3):
            server.wait_for("ended")
            assert server.start().status == 200
        state = server.wait_for("ended")
        assert len(state["notes"]) == 20, state["notes"]
        count = len(stream.ticks())
        until(lambda: len(stream.ticks()) > count or stream.ended, "another tick")
        assert not stream.ended, "the listener was cut off"


@case("replay: exports that nobody waits for any more hold no other up")
def _(folder):
    whole = sample(folder).read_bytes()
    big = folder / "big.pcap"
    big.write_bytes(whole[:24] + whole[24:] * (40_000_000 // len(whole)))
    with Server("-r", big) as server:
        server.wait_for("ended")
        flow = server.rows("flows", "limit=1")[0]["flow_id"]
        path = f"/api/v1/export/pcap?flow={flow}"
        for _ in range(3):
            for _ in range(4):
                with socket.create_connection(("127.0.0.1", server.port)) as client:
                    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
                    time.sleep(0.05)
        assert server.get(path).status == 200


@case("events: from a pipe and from a file, with the totals of run_end")
def _(folder):
    path = sample(folder)
    end = run_end(path, "--summary-every", "1s")
    written = folder / "events.ndjson"
    written.write_bytes(ntan("read", path, "--json", "--summary-every", "1s").stdout)
    with Server("--events", written) as server:
        state = server.wait_for("ended")
        assert state["mode"] == "events" and "ring" not in state, state
        check_totals(state["totals"], end)
        assert server.export("json") == written.read_bytes()
        flows = server.export("csv?event=flow")
        assert flows == ntan("read", path, "--csv", "--csv-safe", "--events", "flow").stdout
        for refused in (server.start(), server.stop(), server.get("/api/v1/export/pcap")):
            assert refused.status == 409 and refused.error()[0], refused.body
    writer = subprocess.Popen([NTAN, "read", path, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with Server("--events", "-", stdin=writer.stdout) as server:
        writer.stdout.close()
        check_totals(server.wait_for("ended")["totals"], run_end(path))
        writer.wait()


@case("events: two runs one after the other are added up")
def _(folder):
    path = sample(folder)
    once = ntan("read", path, "--json", "--summary-every", "1s").stdout
    end = lines(once)[-1]["run_end"]
    (folder / "twice.ndjson").write_bytes(once * 2)
    with Server("--events", folder / "twice.ndjson") as server:
        totals = server.wait_for("ended")["totals"]
        for name in ("packets", "bytes", "flows"):
            assert totals[name] == 2 * end[name], (name, totals, end)


GARBAGE = [
    b"", b"hello", b"{", b"[]", b"null", b"{}", b'{"v":1}', b"\x00\x01\x02", b"\xff\xfe",
    b'{"event":"dns","ts":"yesterday","dns":{}}', b'{"event":"dns","ts":"2026-01-01T00:00:00.000000Z"}',
    b'{"event":"dns","ts":"2026-01-01T00:00:00.000000Z","dns":[]}', b"[" * 5000, b'{"a":' * 5000,
    b'{"event":5,"ts":5}', b'"' + b"x" * 100_000, b"x" * 3_000_000,
]

# Events by their form alone: what they hold is of the wrong kind everywhere.
STRANGE = [
    b'{"event":"summary","ts":"2026-01-01T00:00:00.000000Z","summary":{"packets":-1,"bytes":"x","talkers":'
    b'[1,null,{"ip":5,"bytes":[]}],"protocols":{"a":1},"latency":[{"metric":7}],"interval_us":-5}}',
    b'{"event":"scan","ts":"2026-01-01T00:00:00.000000Z","scan":{"id":7,"ports":"many"}}',
    b'{"event":"scan","ts":"2026-01-01T00:00:00.000000Z","scan":{"id":"<script>alert(1)</script>"}}',
    b'{"event":"flow","ts":"2026-01-01T00:00:00.000000Z","flow":{"end_reason":{}}}',
    b'{"event":"run_end","ts":"2026-01-01T00:00:00.000000Z","run_end":{}}',
    b'{"event":"a\\"b\\n{}","ts":"2026-01-01T00:00:00.000000Z","a\\"b\\n{}":{}}',
]


@case("events: lines that are no events are counted and do no harm")
def _(folder):
    good = ntan("read", sample(folder), "--json").stdout
    end = lines(good)[-1]["run_end"]
    (folder / "mixed").write_bytes(b"\n".join(GARBAGE) + b"\n" + good + b"\n".join(GARBAGE))
    with Server("--events", folder / "mixed") as server:
        state = server.wait_for("ended")
        assert state["totals"]["malformed_lines"] > 2 * (len(GARBAGE) - 4), state["totals"]
        assert state["totals"]["packets"] == end["packets"], state["totals"]
        assert server.export("json") == good
    kinds = b"".join(b'{"event":"k%d","ts":"2026-01-01T00:00:00.000000Z","k%d":{}}\n' % (i, i) for i in range(500))
    (folder / "strange").write_bytes(b"\n".join(STRANGE) + b"\n" + kinds + b"\n".join(STRANGE))
    with Server("--events", folder / "strange") as server, Stream(server) as stream:
        server.wait_for("ended")
        until(lambda: len(stream.ticks()) >= 2, "ticks")
        for message in stream.messages:
            if message.text:
                message.json()
        for table in ("talkers", "flows", "dns", "scans", "events"):
            server.rows(table, "sort=-scan.ports&q=a")
        assert len(lines(server.export("json"))) == 2 * len(STRANGE) + 500
        for kind in ("scan", "flow", "summary", "run_end"):
            assert server.export(f"csv?event={kind}")
        metrics = server.get("/metrics").body.decode().splitlines()
        assert all(line.startswith(("#", "ntan_")) for line in metrics), metrics
        assert server.export("report").count(b"</script>") == 2, "packet data must not end the data's element"


# At most a minute: its end would be in the next one.
EVENT_SECONDS = int(os.environ.get("NTAN_EVENT_SECONDS", "5"))
DNS = ('{{"v":1,"event":"dns","ts":"2026-01-01T00:{:02}:{:02}.{:06}Z","flow_id":"{:016x}","src_ip":"10.0.{}.{}",'
       '"src_port":5353,"dst_ip":"10.0.0.53","dst_port":53,"proto":"udp","dns":{{"id":{},"query":'
       '"name-{}.example.test","type":"A","rcode":"NOERROR","answered":true,"rtt_us":1234}}}}\n')


def summary_line(template, second):
    event = json.loads(template)
    event["ts"] = f"2026-01-01T00:{second // 60:02}:{second % 60:02}.999999Z"
    record = event["summary"]
    record["interval_us"] = 1_000_000
    record["talkers"] = [{"ip": f"10.{second}.0.{n}", "bytes": 10**9 + n, "pkts": 10**6} for n in range(10)]
    return (json.dumps(event, separators=(",", ":")) + "\n").encode()


@case(f"events: ten thousand a second for {EVENT_SECONDS} seconds: ticks stay regular and small, memory bounded")
def _(folder):
    template = next(line for line in ntan("read", sample(folder), "--json").stdout.splitlines()
                    if b'"event":"summary"' in line)
    rate, seconds = 10_000, EVENT_SECONDS
    batches = []
    for tenth in range(seconds * 10):
        block = "".join(DNS.format(0, tenth // 10, tenth % 10 * 100_000 + n, tenth * 1000 + n, n % 250, n % 199, n,
                                   tenth * 1000 + n) for n in range(rate // 10)).encode()
        batches.append(block + (summary_line(template, tenth // 10) if tenth % 10 == 9 else b""))
    reading, writing = os.pipe()
    with Server("--events", "-", "--keep", "8", stdin=reading) as server, Stream(server) as stream:
        os.close(reading)
        before = server.resident_kb()
        begin = time.monotonic()
        slowest = 0
        for number, batch in enumerate(batches):
            time.sleep(max(0, begin + number / 10 - time.monotonic()))
            view = memoryview(batch)
            while view:
                view = view[os.write(writing, view):]
            if number % 10 == 5:
                asked = time.monotonic()
                server.state()
                slowest = max(slowest, time.monotonic() - asked)
        assert time.monotonic() - begin < seconds + 1, "it does not keep up"
        os.close(writing)
        state = server.wait_for("ended")
        grown = server.resident_kb() - before
        count = len(stream.ticks())
        until(lambda: len(stream.ticks()) > count, "the last tick")
        ticks = stream.ticks()
        check_resume(server, ticks)
    assert slowest < 1, slowest
    assert state["totals"]["events"] == rate * seconds + seconds, state["totals"]
    assert state["kept"]["bytes"] <= state["kept"]["capacity"] == 8 << 20, state["kept"]
    assert state["kept"]["given_up"] == state["totals"]["events"] - state["kept"]["events"] > 0, state["kept"]
    assert grown < 40_000, f"{grown} kB more for 8 MiB of events"
    gaps = sorted(b.moment - a.moment for a, b in zip(ticks, ticks[1:]))
    assert gaps[int(len(gaps) * 0.99)] < 1.5, gaps
    assert max(len(tick.text) for tick in ticks) <= 16_384
    assert sum(tick.json()["row"] is not None for tick in ticks) >= seconds - 1


def check_resume(server, ticks):
    """A client that comes back is told the rows since, once."""
    since = ticks[1]
    with Stream(server, f"?last={since.id}") as stream:
        refill = stream.wait("refill")
    end = refill["columns"].index("t")
    told = [row[end] for row in refill["rows"]]
    missed = [tick.json()["row"][end] for tick in ticks[2:] if tick.json()["row"]]
    assert told[-len(missed):] == missed and told == sorted(set(told)), (told, missed)
    with Stream(server, **{"Last-Event-ID": str(since.id)}) as stream:
        assert stream.wait("refill")["rows"] == refill["rows"]


@case("events: a writer that stops in the middle of a line is waited for, and the page goes on")
def _(folder):
    good = ntan("read", sample(folder), "--json").stdout
    reading, writing = os.pipe()
    with Server("--events", "-", stdin=reading) as server:
        os.close(reading)
        os.write(writing, good[:-100])
        until(lambda: server.totals()["events"] == good.count(b"\n") - 1, "all but the last line")
        assert server.state()["status"] == "running"
        os.write(writing, good[-100:])
        os.close(writing)
        state = server.wait_for("ended")
        assert state["totals"]["events"] == good.count(b"\n"), state["totals"]

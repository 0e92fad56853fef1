"""Live captures by the page: started, watched, stopped, exported."""

import csv
import io
import json
import shutil
import socket
import struct
import threading
import time
from pathlib import Path

import stage
from harness import (
    NOBODY, NTAN, ROOT, Server, Skip, Stream, case, lines, load, ntan, run, unprivileged, until,
)

STAGE = {"missing": "not set up"}


def live(*tools):
    """Skips where there is no network of our own, or a tool is not there."""
    if STAGE["missing"]:
        raise Skip(STAGE["missing"])
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"no {tool}")


class Traffic:
    """Pages asked for and datagrams, until the block ends."""

    def __init__(self):
        self.going = True
        self.thread = threading.Thread(target=self.make, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()

    def make(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while self.going:
                stage.curl()
                for _ in range(5):
                    out.sendto(b"x" * 100, (stage.SERVER, 9))
                time.sleep(0.1)


def packets_of(octets):
    """How many packets tcpdump finds in a capture file."""
    done = run("tcpdump", "-n", "-r", "-", "--count", input=octets)
    return int(done.stdout.split()[0])


def events_of(octets, folder, *words):
    path = folder / "exported.pcap"
    path.write_bytes(octets)
    return lines(ntan("read", path, "--json", *words).stdout)


def rows_of(octets):
    return list(csv.DictReader(io.StringIO(octets.decode("utf-8", "strict"), newline="")))


@case("live: interfaces are listed with their state, addresses and rate")
def _(_folder):
    live()
    with Server() as server, Traffic():
        assert server.state()["status"] == "idle", server.state()

        def found():
            listed = {one["name"]: one for one in server.get("/api/v1/interfaces").json()["interfaces"]}
            return listed if listed["v0"].get("bps", 0) > 0 else None

        listed = until(found, "traffic of v0")
        assert listed["lo"]["loopback"] is True and "127.0.0.1" in listed["lo"]["addresses"], listed
        v0 = listed["v0"]
        assert v0["up"] is True and v0["loopback"] is False and stage.CLIENT in v0["addresses"], v0
        assert len(v0["bps_history"]) <= 60 and v0["bps_history"][-1] == v0["bps"], v0


@case("live: filters are checked before they are used, and the word that is wrong is named")
def _(_folder):
    with Server() as server:
        good = server.post("/api/v1/filter/check", {"filter": "udp port 53"}).json()
        assert good["ok"] is True and good["instructions"] > 5, good
        assert server.post("/api/v1/filter/check", {"filter": ""}).json()["ok"] is True
        bad = server.post("/api/v1/filter/check", {"filter": "udp prt 53"}).json()
        assert bad["ok"] is False and "udp prt 53" in bad["error"], bad
        assert bad["word"] == "prt" and bad["offset"] == 4 and "port" in bad["suggestions"], bad
        assert server.post("/api/v1/filter/check", {"filter": "port 70000"}).json()["ok"] is False
        assert server.post("/api/v1/filter/check", {"filter": "(udp"}).json()["ok"] is False


@case("live: a run from Start to Stop: ticks, protocols, an alert, and data that stays")
def _(folder):
    live("curl", "dig", "nmap", "tcpdump", "dnsmasq")
    with Server() as server, Stream(server) as stream:
        assert server.stop().status == 409
        reply = server.start(interface="v0")
        assert reply.status == 200 and reply.json()["status"] == "running", reply.body
        again = server.start(interface="v0")
        assert again.status == 409 and "stop" in again.error()[0], again.body
        server.wait_open()
        with Traffic():
            for number in range(4):
                stage.dig(f"n{number}.example.test")
            until(lambda: len([tick for tick in stream.ticks() if tick.json().get("row")]) >= 4, "four rows")
        totals = [tick.json()["totals"] for tick in stream.ticks()]
        growing = sorted({one["packets"] for one in totals})
        assert len(growing) >= 4, totals
        assert [one["packets"] for one in totals] == sorted(one["packets"] for one in totals), totals
        moments = [tick.moment for tick in stream.ticks()]
        assert all(0.5 < b - a < 1.5 for a, b in zip(moments, moments[1:])), moments
        ids = [tick.id for tick in stream.ticks()]
        assert ids == list(range(ids[0], ids[0] + len(ids))), ids
        known = {one["name"] for one in stream.ticks()[-1].json()["protocols"]}
        assert {"ethernet", "ipv4", "tcp", "udp"} <= known, known

        stage.scan()
        alert = stream.wait("alert")
        assert alert["event"] == "scan" and alert["src_ip"] == stage.CLIENT, alert
        assert alert["scan"]["kind"] == "vertical", alert
        state = server.stop_and_wait()
        assert {"running", "stopped"} <= {message.json()["status"] for message in stream.named("state")}
        refused = server.stop()
        assert refused.status == 409 and refused.error()[0], refused.body
        check_kept(server, state, alert, folder)
        check_exports(server, state, folder)
        check_cuts(server, alert, folder)


def check_kept(server, state, alert, folder):
    """What is there after Stop."""
    totals = state["totals"]
    assert totals["packets"] > 400 and totals["scans"] == 1, totals
    for dropped in ("dropped_by_kernel", "dropped_by_interface", "dropped_by_ntan"):
        assert totals.get(dropped, 0) == 0, totals
    assert totals["received"] >= totals["packets"], totals
    assert state["ring"]["packets"] == totals["packets"] and state["ring"]["given_up"] == 0, state["ring"]
    assert state["kept"]["events"] == totals["events"] and totals["malformed_lines"] == 0, state["kept"]
    assert [scan["scan"]["id"] for scan in state["scans"]] == [alert["scan"]["id"]], state["scans"]
    assert state["scans"][0]["scan"]["phase"] == "close", state["scans"]
    rows = state["history"]["rows"]
    column = state["history"]["columns"].index
    # What came after the last whole second stands in the last row.
    assert sum(row[column("packets")] for row in rows) == totals["packets"], rows
    assert {row["ip"] for row in state["talkers"]} == {stage.CLIENT, stage.SERVER}, state["talkers"]
    names = {row["dns"]["query"] for row in server.rows("dns")}
    assert names == {f"n{number}.example.test" for number in range(4)}, names
    assert {row["http"]["uri"] for row in server.rows("http")} == {"/page"}
    assert len(server.rows("scans")) >= 2
    by_size = [row["flow"]["src_bytes"] for row in server.rows("flows", "sort=-flow.src_bytes")]
    assert by_size == sorted(by_size, reverse=True) and by_size, by_size
    assert server.rows("dns", "q=query:n3") == [row for row in server.rows("dns")
                                               if row["dns"]["query"].startswith("n3")]
    assert server.get("/api/v1/table/nothing").status == 404
    del folder


def settled(events):
    """Without when and why flows ended: after the last packet only a live run's clock goes on."""
    found = []
    for event in events:
        flow = dict(event.get("flow", {}))
        flow.pop("end_reason", None)
        ended = event["event"] == "flow"
        found.append({name: value for name, value in (event | {"flow": flow}).items()
                      if name != "flow_end_reason" and not (ended and name == "ts")})
    return sorted(found, key=lambda event: (event["flow_id"], event.get("ts", "")))


def check_exports(server, state, folder):
    """JSON, CSV and PCAP say the same, and the same as ntan of the exported packets."""
    schema = load(ROOT / "tests/corpus/event_schema.py").EventSchema(NTAN)
    events = lines(server.export("json"))
    assert len(events) == state["totals"]["events"], len(events)
    assert events[0]["event"] == "run_start" and events[-1]["event"] == "run_end", events[-1]
    for event in events:
        assert not schema.flaw(event), schema.flaw(event)
    pcap = server.export("pcap")
    assert packets_of(pcap) == state["totals"]["packets"]
    again = events_of(pcap, folder, "--summary-every", "1s")
    for kind in ("dns", "http", "flow"):
        online = [event for event in events if event["event"] == kind]
        assert settled(online) == settled(event for event in again if event["event"] == kind), kind
        by_page = rows_of(server.export(f"csv?event={kind}"))
        by_read = rows_of(ntan("read", folder / "exported.pcap", "--events", kind, "--csv").stdout)
        assert len(by_page) == len(online) > 0, kind
        assert settled(by_page) == settled(by_read), kind
    assert {event["event"] for event in events} >= {"dns", "http", "flow", "scan", "summary"}
    one = next(event for event in events if event["event"] == "dns")
    assert lines(server.export(f"json?event=dns&from={one['ts']}&to={one['ts']}")) == [one]
    assert lines(server.export(f"json?flow={one['flow_id']}")) == [
        event for event in events if event.get("flow_id") == one["flow_id"]]
    assert server.get("/api/v1/export/csv").status == 422
    assert server.get("/api/v1/export/json?from=yesterday").status == 422
    none = server.get("/api/v1/export/json?event=tls")
    assert none.status == 409 and none.error()[0], none.body
    page = server.export("report")
    assert page.lower().startswith(b"<!doctype html") and b"ntan-data" in page


def check_cuts(server, alert, folder):
    """The packets of one scan, and of one flow."""
    identity = alert["scan"]["id"]
    cut = events_of(server.export(f"pcap?scan={identity}"), folder)
    scans = [event for event in cut if event["event"] == "scan"]
    assert {scan["scan"]["id"] for scan in scans} == {identity}, scans
    whole = server.rows("scans", f"q=id:{identity}&limit=1")[0]["scan"]
    # Ports that were spoken to before the scan count in the cut alone, where that is not seen.
    assert scans[-1]["scan"]["refused"] == whole["refused"] > 150, (scans[-1], whole)
    flow = next(row for row in server.rows("flows") if row["flow"].get("app") == "http")
    octets = server.export(f"pcap?flow={flow['flow_id']}")
    assert packets_of(octets) == flow["flow"]["src_pkts"] + flow["flow"]["dst_pkts"]
    flows = [event for event in events_of(octets, folder) if event["event"] == "flow"]
    assert {event["flow_id"] for event in flows} == {flow["flow_id"]}, flows
    for unknown in ("scan=0123456789abcdef", "flow=0123456789abcdef", "flow=x%27;ls", "scan="):
        refused = server.get(f"/api/v1/export/pcap?{unknown}")
        assert refused.status in (409, 422) and refused.error()[0], (unknown, refused.status, refused.body)


@case("live: what cannot be started or exported is refused, with the reason")
def _(_folder):
    live()
    with Server() as server:
        bad = server.start(interface="v9")
        assert bad.status == 422, bad.body
        assert "'v9'" in bad.error()[0] and "v0" in bad.error()[1][0], bad.body
        bad = server.start(interface="v0", filter="udp prt 53")
        assert bad.status == 422 and any("'port'" in hint for hint in bad.error()[1]), bad.body
        # Of two filters that mean something only together, neither undoes what keeps the page out.
        bad = server.start(interface="v0", filter="udp) or (tcp")
        assert bad.status == 422, bad.body
        assert server.state()["status"] == "idle"
        assert server.post("/api/v1/capture/start", "no object").status == 400
        for form in ("json", "csv?event=dns", "pcap"):
            empty = server.get(f"/api/v1/export/{form}")
            assert empty.status == 409 and "start a capture first" in empty.error()[0], (form, empty.body)
        assert server.get("/api/v1/export/xml").status == 404
        assert server.start(interface="v0", filter="udp port 53").status == 200
        assert server.state()["filter"] == "udp port 53"
        assert server.stop_and_wait()["totals"]["packets"] == 0


@case("live: a duration ends a run by itself, and the next begins from nothing")
def _(_folder):
    live()
    with Server("-i", "v0", "-f", "udp port 9") as server:
        assert server.state()["status"] == "running" and server.state()["filter"] == "udp port 9"
        with Traffic():
            until(lambda: server.totals()["packets"] > 5, "packets")
            server.stop_and_wait()
            assert server.start(interface="v0", filter="tcp", duration_s=1).status == 200
            state = server.wait_for("ended")
        assert state["filter"] == "tcp" and state["totals"]["packets"] > 0, state
        assert {row["proto"] for row in server.rows("flows")} == {"tcp"}


@case("live: an interface that is down is refused, and what is kept stays")
def _(_folder):
    live()
    run("ip", "link", "add", "d8", "type", "veth", "peer", "name", "d9")
    with Server() as server:
        with Traffic():
            assert server.start(interface="v0").status == 200
            until(lambda: server.totals()["packets"] > 5, "packets")
            server.stop_and_wait()
        before = server.totals()["packets"]
        refused = server.start(interface="d8")
        assert refused.status == 422 and "d8 is down" in refused.error()[0], refused.body
        state = server.state()
        assert state["status"] == "stopped" and state["totals"]["packets"] == before, state


@case("live: what is received is told from what is sent, and what the processes take is said")
def _(_folder):
    live("curl")
    with Server() as server, Traffic():
        assert server.start(interface="v0").status == 200

        def known():
            state = server.state()
            columns = state["history"]["columns"]
            rows = [dict(zip(columns, row)) for row in state["history"]["rows"]]
            return (state, rows) if len(rows) > 2 and state.get("run_load") else None

        state, rows = until(known, "rows and the load")
        for row in rows:
            assert row["inbound_bytes"] + row["outbound_bytes"] <= row["bytes"], row
            assert row["inbound_pkts"] + row["outbound_pkts"] <= row["packets"], row
        # A page comes in; what asks for it, and the datagrams to nobody, go out.
        inbound, outbound = (sum(row[f"{way}_bytes"] for row in rows) for way in ("inbound", "outbound"))
        assert inbound > outbound > 0, (inbound, outbound)
        for load in (state["run_load"], state["page_load"]):
            assert 0 <= load["cpu_ratio"] < 1.5 and load["resident_bytes"] > 1_000_000, state
    with Server("--home", "192.0.2.0/24") as server, Traffic():
        assert server.start(interface="v0").status == 200
        until(lambda: server.totals()["packets"] > 20, "packets")
        state = server.stop_and_wait()
        at = state["history"]["columns"].index("inbound_bytes")
        assert {row[at] for row in state["history"]["rows"]} == {0}, "the networks that were named are ours"


@case("live: the page does not see its own requests")
def _(_folder):
    live()
    # The second changes what all behind it looks at.
    for expression in ({}, {"filter": "not vlan"}):
        see_no_own_requests(expression)


def see_no_own_requests(expression):
    with Server() as server:
        assert server.start(interface="lo", **expression).status == 200
        server.wait_open()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for _ in range(10):
                server.state()
                out.sendto(b"beside", ("127.0.0.1", 9999))
                time.sleep(0.02)
        until(lambda: server.totals()["packets"] >= 10, "the datagrams")
        state = server.stop_and_wait()
        assert state["own_traffic_excluded"] is True and str(server.port) in state["filter_effective"], state
        ports = {port for row in server.rows("flows") for port in (row.get("src_port"), row.get("dst_port"))}
        assert 9999 in ports and server.port not in ports, ports
        # Ethernet, IPv4, TCP: no record of the ring has the port either.
        assert struct.pack(">H", server.port) not in server.export("pcap")[24:]
        assert packets_of(server.export("pcap")) == state["totals"]["packets"]


@case("live: without permission the failure says what helps, and files still work")
def _(folder):
    live()
    binary, wrap = unprivileged(folder)
    with Server(wrap=wrap, binary=binary) as server:
        assert server.start(interface="v0").status in (200, 403)
        state = server.wait_for("failed")
        failure = state["failure"]
        assert failure["exit_code"] == 4 and "needs CAP_NET_RAW" in failure["error"], failure
        assert any("setcap cap_net_raw" in hint for hint in failure["hints"]), failure
        assert any("sudo ntan serve" in hint for hint in failure["hints"]), failure
        assert server.start(interface="v0").status in (200, 403), "it may be tried again"
        server.wait_for("failed")
        assert server.get("/api/v1/export/json").status == 409


@case("live: what runs has given all privileges up but the capture's, and starts again all the same")
def _(_folder):
    live()
    cases = [({}, NOBODY, None), ({"SUDO_UID": "12345", "SUDO_GID": "12346"}, 12345, 12346)]
    for env, user, group in cases:
        with Server(env=env) as server:
            facts = server.facts()
            assert facts["Uid"].split() == [str(user)] * 4, facts["Uid"]
            assert group is None or facts["Gid"].split() == [str(group)] * 4, facts["Gid"]
            assert "0" not in facts["Gid"].split() + facts["Groups"].split(), facts
            only = 1 << 13  # CAP_NET_RAW
            for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(facts[name], 16) == only, (name, facts[name])
            assert facts["NoNewPrivs"] == "1", facts
            for _ in range(2):
                assert server.start(interface="v0").status == 200
                server.wait_open()
                stage.curl()
                until(lambda: server.totals()["packets"] > 5, "packets")
                server.stop_and_wait()
            server.finish()


@case("live: CAP_NET_RAW on the file is enough")
def _(folder):
    live("setcap", "curl")
    binary, wrap = unprivileged(folder)
    run("setcap", "cap_net_raw=ep", binary)
    with Server("-i", "v0", wrap=wrap, binary=binary) as server:
        server.wait_open()
        stage.curl()
        until(lambda: server.totals()["packets"] > 5, "packets")


@case("live: no part of a filter is looked up in the network")
def _(_folder):
    live()
    run("ip", "route", "add", "default", "via", stage.SERVER)
    try:
        with Server("-i", "any", "-f", "udp port 53") as server:
            server.wait_open()
            begin = time.monotonic()
            verdict = server.post("/api/v1/filter/check", {"filter": "host www.example.com"}).json()
            assert time.monotonic() - begin < 1
            assert verdict["ok"] is False and "www.example.com" in verdict["error"], verdict
            assert server.post("/api/v1/filter/check", {"filter": "host localhost"}).json()["ok"] is True
            time.sleep(1)
            assert server.stop_and_wait()["totals"]["packets"] == 0, server.rows("dns")
    finally:
        run("ip", "route", "del", "default")


@case("live: the run ends with the page, however that ends")
def _(_folder):
    live()
    for how in ("finish", "kill"):
        with Server("-i", "v0") as server:
            server.wait_open()
            child = int(run("ps", "-o", "pid=", "--ppid", server.process.pid).stdout)
            if how == "finish":
                server.finish()
            else:
                server.process.kill()
            until(lambda: state_of(child) in (None, "Z"), "the run has ended")


def state_of(process):
    """`S`, `Z` and so on; None if there is no such process."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1][0]
    except FileNotFoundError:
        return None

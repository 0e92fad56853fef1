#!/usr/bin/python3
"""Compares ntan with tshark, Zeek and JA4 over captures that nobody of this project wrote.

Usage: tests/corpus/run_corpus.py [--show KIND [CAPTURE]]

The program is $NTAN. The captures are beside the repository ($NTAN_CORPUS, else ../shared/corpus); where they
are absent each group is reported as skipped. `--show` prints the facts that differ, with their values.
Flows are compared as sums per 5-tuple, because tools split and join them differently. A tunnelled frame counts in the
outer and in the inner conversation at tshark, here in the innermost; a fragment counts for the flow of its datagram.
"""

import collections
import concurrent.futures
import os
import sys

import differences
import event_schema
import events
import oracles
import zeek_facts

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MOST_WRONG = 0.01  # of the facts of a kind

COMPARED = {
    "totals": lambda run, tshark, _: (oracles.totals(tshark), events.totals(run)),
    "dns_query": lambda run, tshark, _: (oracles.dns(tshark)[0], events.dns(run)[0]),
    "dns_answer": lambda run, tshark, _: (oracles.dns(tshark)[1], events.dns(run)[1]),
    "http_request": lambda run, tshark, _: (oracles.http(tshark)[0], events.http(run)[0]),
    "http_response": lambda run, tshark, _: (oracles.http(tshark)[1], events.http(run)[1]),
    "tls_client_hello": lambda run, tshark, _: (oracles.tls(tshark)[0], events.tls(run)[0]),
    "tls_server_hello": lambda run, tshark, _: (oracles.tls(tshark)[1], events.tls(run)[1]),
    "tcp_conversation": lambda run, tshark, _: (oracles.conversations(tshark, "tcp"),
                                                events.conversations(run, "tcp")),
    "udp_conversation": lambda run, tshark, _: (oracles.conversations(tshark, "udp"),
                                                events.conversations(run, "udp")),
    "arp": lambda run, tshark, _: (oracles.arp(tshark), events.arp(run)),
    "icmp": lambda run, tshark, _: (oracles.icmp_packets(tshark), events.icmp_packets(run)),
    "zeek_dns": lambda run, _, zeek: zeek_facts.dns(zeek, run),
    "zeek_http": lambda run, _, zeek: zeek_facts.http(zeek, run),
    "zeek_tls": lambda run, _, zeek: zeek_facts.tls(zeek, run),
    "zeek_quic": lambda run, _, zeek: zeek_facts.quic(zeek, run),
    "zeek_ssh": lambda run, _, zeek: zeek_facts.ssh(zeek, run),
    "ssh": lambda run, tshark, _: (oracles.ssh(tshark), events.ssh(run)),
    "zeek_dhcp": lambda run, _, zeek: zeek_facts.dhcp(zeek, run),
    "dhcp": lambda run, tshark, _: (oracles.dhcp(tshark), events.dhcp(run)),
    "zeek_ntp": lambda run, _, zeek: zeek_facts.ntp(zeek, run),
    "zeek_conn_packets": lambda run, _, zeek: zeek_facts.conn(zeek, run, "orig_pkts", "resp_pkts"),
    "zeek_conn_state": lambda run, _, zeek: zeek_facts.conn(zeek, run, "conn_state"),
    "zeek_conn_history": lambda run, _, zeek: zeek_facts.conn(zeek, run, "history"),
}
GROUPS = ["read", "order", "ledger", "schema", "ja4", *COMPARED]


def fails(run):
    """A run that did not end as it should; None if it did."""
    listed = {row.capture: row.exit_code for row in differences.REFUSED}.get(run.capture, 0)
    if run.exit_code == listed:
        return None
    return (f"{run.capture}: exit code {run.exit_code}, listed {listed}, "
            f"{run.message.strip()[:200]}")


def never_run(runs):
    """Rows about captures that are not there."""
    names = {run.capture for run in runs}
    return [f"{row.capture}: listed, but not there" for row in differences.REFUSED
            if row.capture not in names]


def wrong_order(run):
    stamps = [event["ts"] for event in run.events]
    if stamps != sorted(stamps):
        return f"{run.capture}: not sorted by ts"
    return None


def wrong_ledger(run):
    """Final flows and buckets must each sum to the run's totals."""
    (_, end), = run.of("run_end")
    buckets = {entry["bucket"]: (entry["packets"], entry["bytes"]) for entry in end.get("ledger", [])}
    flows = [flow for _, flow in events.final_flows(run)]
    in_flows = (sum(flow.get("src_pkts", 0) + flow.get("dst_pkts", 0) for flow in flows),
                sum(flow.get("src_bytes", 0) + flow.get("dst_bytes", 0) for flow in flows))
    if in_flows != buckets.get("flow", (0, 0)):
        return f"{run.capture}: final flows hold {in_flows}, bucket flow {buckets.get('flow')}"
    sums = tuple(map(sum, zip(*buckets.values()))) or (0, 0)
    if sums != (end["packets"], end["bytes"]):
        return f"{run.capture}: buckets hold {sums}, read {end['packets'], end['bytes']}"
    return None


def report(name, flaws):
    print(f"{'not ok' if flaws else 'ok'} corpus: {name}")
    for flaw in flaws:
        print(f"# {flaw}")
    return not flaws


def found(oracle, ours):
    return sum((oracle & ours).values())


def compare(kind, runs, facts, listed):
    """Reports one kind over all captures against the list of known differences."""
    flaws, wanted, seen = [], 0, 0
    for run in runs:
        theirs, ours = facts[run.capture]
        one_sided = kind.startswith("zeek") or kind == "ja4"
        missing = sum((theirs - ours).values())
        extra = 0 if one_sided else sum((ours - theirs).values())
        wanted += sum(theirs.values())
        seen += found(theirs, ours)
        known = listed.pop((run.capture, kind), (0, 0))
        if (missing, extra) != known:
            flaws.append(f"{run.capture}: {missing} missing, {extra} extra; listed {known}")
    wrong = sum(row.missing for row in differences.DIFFERENCES
                if row.kind == kind and row.reason == "ntan")
    if wrong > wanted * MOST_WRONG:
        flaws.append(f"{wrong} of {wanted} missing without an excuse")
    return report(f"{kind}, {seen} of {wanted} found", flaws)


def show(facts, kind, only):
    for capture, (theirs, ours) in facts.items():
        if only in (None, capture):
            for sign, side in (("-", theirs - ours), ("+", ours - theirs)):
                for fact, count in sorted(side.items(), key=repr):
                    if sign == "-" or not kind.startswith("zeek"):
                        print(capture, f"{sign}{count}", fact)


def run_all(program, folder):
    captures = os.path.join(folder, "captures")
    with open(os.path.join(folder, "captures.tsv"), encoding="utf-8") as table:
        names = [line.split("\t")[0] for line in table][1:]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda name: events.Run(program, os.path.join(captures, name)),
                             sorted(names)))


def invariants(runs, readable, schema):
    """The checks without a list of exceptions."""
    lines = (schema.flaw(event) and f"{run.capture}: {schema.flaw(event)}"
             for run in runs for event in run.events)
    return all([
        report("read", [*filter(None, map(fails, runs)), *never_run(runs)]),
        report("order", list(filter(None, map(wrong_order, readable)))),
        report("ledger", list(filter(None, map(wrong_ledger, readable)))),
        report("schema", list(filter(None, lines))[:20]),
    ])


def facts_of(kind, readable, folder, tshark, zeek):
    if kind == "ja4":
        return {run.capture: (oracles.ja4(oracles.read(folder, run.capture, "ja4")),
                              events.tls(run)[2]) for run in readable}
    return {run.capture: COMPARED[kind](run, tshark[run.capture], zeek[run.capture])
            for run in readable}


def listed_differences():
    listed = collections.defaultdict(lambda: (0, 0))
    for row in differences.DIFFERENCES:
        missing, extra = listed[(row.capture, row.kind)]
        listed[(row.capture, row.kind)] = (missing + row.missing, extra + row.extra)
    return dict(listed)


def main(arguments):
    folder = os.environ.get("NTAN_CORPUS", os.path.join(ROOT, "..", "shared", "corpus"))
    if not os.path.isdir(folder):
        for group in GROUPS:
            print(f"skip corpus: {group} (no captures at {folder})")
        return 0
    runs = run_all(os.environ["NTAN"], folder)
    readable = [run for run in runs if run.exit_code == 0]
    tshark = {run.capture: oracles.read(folder, run.capture, "tshark") for run in readable}
    zeek = {run.capture: oracles.read(folder, run.capture, "zeek") for run in readable}
    if arguments[:1] == ["--show"]:
        kind, only = arguments[1], (arguments[2:] or [None])[0]
        show(facts_of(kind, readable, folder, tshark, zeek), kind, only)
        return 0
    listed = listed_differences()
    good = [invariants(runs, readable, event_schema.EventSchema(os.environ["NTAN"]))]
    good += [compare(kind, readable, facts_of(kind, readable, folder, tshark, zeek), listed)
             for kind in ["ja4", *COMPARED]]
    good.append(report("every listed difference was looked at",
                       [f"{capture}: {kind}" for capture, kind in listed]))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

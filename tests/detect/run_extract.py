#!/usr/bin/python3
"""Cuts scans and flows out of real captures with $NTAN, and reads what was cut.

Usage: tests/detect/run_extract.py

- Every scan that ntan names in ../shared/scanlab (or $NTAN_SCANLAB): a file cut down to its packets must name
  the same scan: id, kind, technique and number of probes, and no other.
- Some flows of every capture in ../shared/corpus (or $NTAN_CORPUS), those of fragments and ICMP errors first: the
  file must hold the packets that the flow's record counts, and give the same record.

A difference is listed with its reason in EXPLAINED. Prints `ok NAME`, `not ok NAME: why` or `skip NAME reason`.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NTAN = os.environ.get("NTAN", str(ROOT / "build/release/ntan"))
SCANLAB = Path(os.environ.get("NTAN_SCANLAB", ROOT.parent / "shared/scanlab"))
CORPUS = Path(os.environ.get("NTAN_CORPUS", ROOT.parent / "shared/corpus"))
FLOWS_EACH = 4
# Not what the flow did: how the run ended, and how many interim records there were while other traffic moved the
# clock on.
NOT_OF_THE_FLOW = ("end_reason", "seq")

GROUP = "the id of a group of decoys: the cut holds its members' scans too"
CLOCK = "a packet of another flow with a later time had moved the trace clock on before this flow"
EXPLAINED = {
    "v_syn_decoy.pcap 87feed4605865ccb": GROUP,
    "format-gopacket-le-test202.pcapng 56f42fbd9cba82ca": CLOCK,
    "scan-445_scan.pcap": CLOCK,
}


def run(*arguments):
    done = subprocess.run([NTAN, *map(str, arguments)], capture_output=True, timeout=300, check=False)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()


def events(path, kind):
    _, out, _ = run("read", path, "--events", kind, "--json")
    return [json.loads(line) for line in out.splitlines()]


def scans(path):
    """The last event of each scan, by id."""
    return {event["scan"]["id"]: event["scan"] for event in events(path, "scan")}


def flows(path):
    return {event["flow_id"]: event["flow"] for event in events(path, "flow") if event["flow"]["final"]}


def wrong_scan(path, scan, folder):
    cut = Path(folder, "cut.pcapng")
    code, _, message = run("extract", "-r", path, "--scan", scan["id"], "-w", cut)
    if code:
        return f"exit {code}: {message}"
    found = scans(cut)
    if list(found) != [scan["id"]]:
        return f"the cut names {sorted(found)}"
    for key in ("kind", "technique", "probes", "hosts", "ports"):
        if found[scan["id"]][key] != scan[key]:
            return f"{key}: {scan[key]}, in the cut {found[scan['id']][key]}"
    return None


def wrong_flow(path, flow_id, flow, folder):
    cut = Path(folder, "cut.pcapng")
    code, _, message = run("extract", "-r", path, "--flow", flow_id, "-w", cut)
    if code or "told apart" in message:
        return f"exit {code}: {message}"
    found = flows(cut)
    if list(found) != [flow_id]:
        return f"the cut holds {sorted(found)}"
    again = found[flow_id]
    keys = (set(again) | set(flow)).difference(NOT_OF_THE_FLOW)
    wrong = {key: (flow.get(key), again.get(key)) for key in sorted(keys) if flow.get(key) != again.get(key)}
    return str(wrong) if wrong else None


def scans_of(path):
    """Names of the cases of a capture, with what is wrong or None."""
    with tempfile.TemporaryDirectory() as folder:
        return [(f"{path.name} {scan_id}", wrong_scan(path, scan, folder))
                for scan_id, scan in scans(path).items()]


def flows_of(path):
    found = flows(path)
    special = [key for key, flow in found.items() if flow.get("fragments") or flow.get("icmp_errors")]
    picked = list(dict.fromkeys(special[:FLOWS_EACH] + sorted(found)[:FLOWS_EACH]))
    with tempfile.TemporaryDirectory() as folder:
        return [(f"{path.name} {flow_id}", wrong_flow(path, flow_id, found[flow_id], folder))
                for flow_id in picked]


def compare(name, folder, cases_of):
    paths = sorted(folder.glob("captures/*.pcap*"))
    if not paths:
        print(f"skip {name} no captures beside the project")
        return False
    count, wrong = 0, []
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for cases in pool.map(cases_of, paths):
            count += len(cases)
            wrong += [case for case in cases if case[1]]
    unexplained = []
    for case, why in wrong:
        reason = EXPLAINED.get(case) or EXPLAINED.get(case.split()[0])
        print(f"# {case}: {why}: {reason or 'NOT EXPLAINED'}")
        if not reason:
            unexplained.append(case)
    if unexplained or not count:
        print(f"not ok {name}: {len(unexplained)} of {count} not explained")
        return True
    print(f"ok {name} ({count}, {len(wrong)} explained)")
    return False


def main():
    failed = compare("extract: a scan's packets alone name the same scan", SCANLAB, scans_of)
    failed |= compare("extract: a flow's packets alone give the same record", CORPUS, flows_of)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

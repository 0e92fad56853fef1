"""What the comparisons over the corpus share: where things are, how every capture is compared, how it is told."""

import concurrent.futures
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("NTAN", os.path.join(ROOT, "build/release/ntan"))
CORPUS = os.environ.get("NTAN_CORPUS", os.path.join(os.path.dirname(ROOT), "shared/corpus"))


def captures():
    """Paths in order; none where the corpus is absent."""
    folder = os.path.join(CORPUS, "captures")
    if not os.path.isdir(folder):
        return []
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith((".pcap", ".pcapng")))


def over(paths, compare):
    """What `compare` says of each path, in order."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compare, paths))


def skip(kinds, tools):
    for kind in kinds:
        print(f"skip metrics: {kind} no captures at {CORPUS}, or no {tools}")
    return 0


def report(name, flaws):
    print(f"{'not ok' if flaws else 'ok'} metrics: {name}")
    for flaw in flaws:
        print(f"# {flaw}")
    return not flaws


def judge(kind, comparisons, listed):
    """Whether each capture differs as often as is listed. Takes what it looked at from `listed`."""
    flaws = []
    for one in comparisons:
        known = listed.pop((one.capture, kind), 0)
        if len(one.differing[kind]) != known:
            flaws.append(f"{one.capture}: {len(one.differing[kind])} differ, listed {known}")
    return report(kind, flaws)


def nothing_left(listed):
    return report("every listed difference is there", [str(key) for key in listed])


def shown(comparisons):
    """With `--show [CAPTURE]`: prints all that differs."""
    if sys.argv[1:2] != ["--show"]:
        return False
    only = sys.argv[2] if len(sys.argv) > 2 else None
    for one in comparisons:
        if only in (None, one.capture):
            for kind, differing in one.differing.items():
                for difference in differing:
                    print(one.capture, kind, *difference)
    return True

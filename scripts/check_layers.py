#!/usr/bin/python3
"""Checks who includes whom in src/, and which folders may know which third party. A file's own
header comes first, so that it is seen to need nothing before it.

    scripts/check_layers.py [ROOT]      prints file:line for each violation; exit 1 if there is one
    scripts/check_layers.py --self-test plants violations in a scratch tree and expects them found
"""

import re
import sys
import tempfile
from pathlib import Path

# Folder -> folders and single headers it may include besides its own. A new folder needs an entry.
LAYERS = {
    "base": set(),
    "event": {"base"},
    "wire": {"base"},
    "source": {"base"},
    "app": {"event", "base"},
    "flow": {"wire", "event", "base"},
    "detect": {"flow", "event", "base"},
    "sink": {"event", "base"},
    "stats": {"event", "base"},
    "serve": {"event", "base"},
    "run": {"base", "event", "wire", "source", "app", "flow", "detect", "sink", "stats", "serve"},
    "cli": {"run/options.h", "base"},
    "main": {"cli", "run", "base"},
}

# System header -> the folders and files of src/ that may include it; first match decides.
FENCES = [
    (r"pcap(\.h|/.*)", {"source"}),
    (r"CLI/.*", {"cli"}),
    (r"fmt/.*", {"base", "event", "sink", "cli", "source", "run", "serve"}),
    (r"openssl/.*", {"base/digest.cpp", "app"}),
    (r"(zlib|zstd|lz4|lz4frame)\.h", {"source", "sink"}),
    (r"microhttpd\.h", {"serve/http_library.h"}),
    (r"simdjson.*", {"serve"}),
    (r"re2/.*", {"serve/event_search.cpp"}),
    (r"(catch2|benchmark)/.*", set()),
    (r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|barrier|latch)", {"run"}),
    (r"atomic", {"run", "source"}),
    (r"regex", set()),
    (r"arpa/inet\.h", {"base", "source", "sink", "run"}),  # address text; no I/O
    (r"sys/mman\.h", {"base/pages.cpp", "run", "source", "sink"}),  # memory from the kernel
    (r"(sys|net|netinet|netpacket|arpa|linux)/.*|(unistd|fcntl|poll|netdb|ifaddrs)\.h",
     {"source", "sink", "run", "cli", "main", "base/descriptor.cpp", "serve/http_server.cpp",
      "serve/peer_user.cpp"}),
]

INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def allowed(entries, folder, file):
    return folder in entries or file in entries


def judge_ours(src, folder, target):
    """What is wrong with `#include "target"` in `folder`, or None."""
    if target.startswith((".", "/")) or "/" not in target:
        return "an include of ours is rooted at src/, as in \"wire/udp.h\""
    if not (src / target).is_file():
        return "no such file in src/"
    other = target.split("/")[0]
    if other == folder or allowed(LAYERS[folder], other, target):
        return None
    return f"{folder}/ may not include {other}/"


def judge_theirs(folder, file, target):
    """What is wrong with `#include <target>` in `file`, or None."""
    for pattern, entries in FENCES:
        if re.fullmatch(pattern, target):
            if allowed(entries, folder, file):
                return None
            where = ", ".join(sorted(entries)) or "no file of src/"
            return f"<{target}> is for {where}"
    return None


def judge_lines(src, folder, file, lines):
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        ours, theirs = match.groups()
        flaw = judge_ours(src, folder, ours) if ours else judge_theirs(folder, file, theirs)
        if flaw:
            yield f"src/{file}:{number}: {flaw}"


def judge_first(src, file, lines):
    """A line about a header of the file's name that something comes before."""
    own = file.removesuffix(".cpp") + ".h"
    if own == file or not (src / own).is_file():
        return
    includes = ((number, match) for number, line in enumerate(lines, 1) if (match := INCLUDE.match(line)))
    number, first = next(includes, (1, None))
    if not first or first.group(1) != own:
        yield f'src/{file}:{number}: "{own}" comes first'


def violations(root):
    src = root / "src"
    for path in sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cpp")):
        file = path.relative_to(src).as_posix()
        folder = file.split("/")[0] if "/" in file else path.stem
        if folder not in LAYERS:
            yield f"src/{file}:1: folder {folder}/ has no entry in scripts/check_layers.py"
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        if path.suffix == ".h" and "#pragma once" not in lines:
            yield f"src/{file}:1: a header starts with #pragma once"
        yield from judge_first(src, file, lines)
        yield from judge_lines(src, folder, file, lines)


def self_test():
    planted = {
        "base/a.h": "#pragma once\n",
        "wire/fine.cpp": '#include "base/a.h"\n#include <vector>\n',
        "base/up.cpp": '#include "base/a.h"\n#include "wire/b.h"\n',
        "base/late.h": "#pragma once\n",
        "base/late.cpp": '#include <vector>\n#include "base/late.h"\n',
        "base/never.h": "#pragma once\n",
        "base/never.cpp": "\n",
        "wire/b.h": "#pragma once\n#include <pcap/pcap.h>\n",
        "wire/relative.cpp": '#include "../base/a.h"\n',
        "wire/lost.cpp": '#include "base/lost.h"\n',
        "cli/parse.cpp": '#include "run/options.h"\n#include "run/engine.h"\n',
        "run/options.h": "#pragma once\n",
        "run/engine.h": "#pragma once\n#include <mutex>\n",
        "source/live.cpp": "#include <pcap.h>\n",
        "sink/json.cpp": "#include <pcap.h>\n",
        "util/any.h": "#pragma once\n",
        "event/bare.h": "\n",
        "main.cpp": '#include "run/engine.h"\n#include "wire/b.h"\n',
    }
    expected = [
        "base/late.cpp:1", "base/never.cpp:1", "base/up.cpp:2", "cli/parse.cpp:2", "event/bare.h:1", "main.cpp:2", "sink/json.cpp:1",
        "util/any.h:1", "wire/b.h:2", "wire/lost.cpp:1", "wire/relative.cpp:1",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in planted.items():
            path = Path(scratch, "src", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found = [line.split(": ")[0].removeprefix("src/") for line in violations(Path(scratch))]
    if found != expected:
        sys.exit(f"check_layers.py --self-test: expected {expected}, found {found}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return
    root = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parent.parent
    found = list(violations(root))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

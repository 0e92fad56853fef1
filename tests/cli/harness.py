"""What the scripts beside it share: a list of cases, ways to run $NTAN, and captures to run it on."""

import importlib.util
import json
import re
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from cases import NTAN, ROOT, Skip, case, main  # noqa: E402  pylint: disable=wrong-import-position,unused-import

LIMIT_S = 60


def load_sample():
    spec = importlib.util.spec_from_file_location("make_sample", ROOT / "scripts/make_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLE = load_sample()


def ntan(*arguments, stdin=b"", code=0, **more):
    """Runs to the end; checks the exit code; never shares a terminal."""
    more.setdefault("stdout", subprocess.PIPE)
    if "stdin" not in more and not hasattr(stdin, "fileno"):
        more["input"] = stdin
    elif hasattr(stdin, "fileno"):
        more["stdin"] = stdin
    done = subprocess.run([NTAN, *map(str, arguments)], stderr=subprocess.PIPE, timeout=LIMIT_S,
                          check=False, **more)
    assert done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}: {done.stderr}"
    return done


def says(*arguments, code, words=(), **more):
    """Fails with `code` and one `ntan: error:` line that holds all words; stdout stays empty."""
    done = ntan(*arguments, code=code, **more)
    text = done.stderr.decode()
    assert text.startswith("ntan: error: "), text
    for word in words:
        assert word in text, f"{word!r} is not in {text!r}"
    assert not done.stdout, done.stdout
    return text


def lines(data):
    return [json.loads(line) for line in data.decode("utf-8", "strict").splitlines()]


def analysis(*arguments, **more):
    """All lines but those of the run, without what names the input's files."""
    out = ntan(*arguments, "--events", "-run", **more).stdout
    return re.sub(rb',"extract":"[^"]*"', b"", out)


def events(*arguments, **more):
    return lines(ntan(*arguments, **more).stdout)


def names(found):
    return [event["event"] for event in found]


def sample(folder, name="sample.pcap"):
    path = folder / name
    path.write_bytes(SAMPLE.sample())
    return path


def long_capture(folder, copies):
    """The sample again and again, four seconds apart."""
    whole = SAMPLE.sample()
    out = [whole[:24]]
    for copy in range(copies):
        at = 24
        while at < len(whole):
            seconds, _, size, _ = struct.unpack_from("<IIII", whole, at)
            out.append(struct.pack("<I", seconds + 4 * copy) + whole[at + 4:at + 16 + size])
            at += 16 + size
    path = folder / "long.pcap"
    path.write_bytes(b"".join(out))
    return path


def packets(path):
    """Records of a pcap file as (time, octets)."""
    whole = path.read_bytes()
    assert whole[:4] == struct.pack("<I", 0xa1b23c4d), whole[:4]
    found, at = [], 24
    while at < len(whole):
        seconds, nanoseconds, size, _ = struct.unpack_from("<IIII", whole, at)
        found.append((seconds, nanoseconds, whole[at + 16:at + 16 + size]))
        at += 16 + size
    return found

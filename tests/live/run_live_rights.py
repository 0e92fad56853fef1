#!/usr/bin/python3
"""Who may capture with $NTAN, and as whom it goes on, in a network namespace of its own.

Needs root and iproute2. Prints `ok NAME`, `not ok NAME` or `skip NAME reason` a line. Arguments select cases by words
of their names.
"""

import pwd
import shutil
import sys
from pathlib import Path

from live_cases import Skip, case, main
from network import A, NTAN, ROOT, Capture, dig, inside, run, said


def status(process):
    text = Path(f"/proc/{process.pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


@case("started by root it becomes nobody without any privilege; its files are root's")
def _(folder):
    with Capture("--json", "-o", folder / "x.ndjson", "-w", folder / "x.pcap") as capture:
        facts = status(capture.process)
        capture.finish()
    nobody = pwd.getpwnam("nobody")
    assert facts["Uid"].split() == [str(nobody.pw_uid)] * 4, facts["Uid"]
    assert facts["Gid"].split() == [str(nobody.pw_gid)] * 4, facts["Gid"]
    assert facts["Groups"].split() in ([], [str(nobody.pw_gid)]), facts["Groups"]
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(facts[name], 16) == 0, (name, facts[name])
    assert facts["NoNewPrivs"] == "1", facts
    for name in ("x.ndjson", "x.pcap"):
        file = (folder / name).stat()
        assert file.st_uid == 0 and file.st_mode & 0o007 == 0, (name, file)
        assert file.st_size > 0


@case("under sudo it becomes the caller, and the files are the caller's")
def _(folder):
    folder.chmod(0o777)
    env = {"SUDO_UID": "12345", "SUDO_GID": "12346", "SUDO_USER": "somebody"}
    with Capture("--json", "-o", folder / "x.ndjson", "-w", folder / "x.pcap", env=env) as capture:
        facts = status(capture.process)
        capture.finish()
    assert facts["Uid"].split() == ["12345"] * 4 and facts["Gid"].split() == ["12346"] * 4, facts
    assert int(facts["CapEff"], 16) == 0
    for name in ("x.ndjson", "x.pcap"):
        file = (folder / name).stat()
        assert (file.st_uid, file.st_gid) == (12345, 12346), (name, file)
    with Capture("--json", env={"SUDO_UID": "0", "SUDO_GID": "0"}) as capture:
        assert status(capture.process)["Uid"].split()[0] == str(pwd.getpwnam("nobody").pw_uid)
        capture.finish()
    with Capture("--json", "--user", "daemon") as capture:
        assert status(capture.process)["Uid"].split()[0] == str(pwd.getpwnam("daemon").pw_uid)
        capture.finish()


@case("a root without the right to change its user is told how to go on", "setpriv")
def _(_folder):
    kept = "-all,+net_raw"
    wrap = ("setpriv", f"--bounding-set={kept}", f"--inh-caps={kept}")
    with Capture("--events", "run", wrap=wrap, ready=False) as capture:
        capture.join(4)
    assert "cannot become nobody: needs CAP_SETUID and CAP_SETGID" in said(capture), said(capture)
    assert "--user root" in said(capture), said(capture)
    with Capture("--events", "run", "--user", "root", wrap=wrap) as capture:
        assert int(status(capture.process)["CapEff"], 16) == 0
        capture.finish()


@case("names that come after root was given up must be writable then, checked at the start")
def _(folder):
    done = run(*inside(A, NTAN, "capture", "-i", "v0", "--duration", "1s", "-o",
                       folder / "%Y-{event}.ndjson"), check=False)
    assert done.returncode == 4 and b"--user" in done.stderr, done


def unprivileged(folder):
    if not shutil.which("setpriv"):
        raise Skip("no setpriv")
    folder.chmod(0o755)
    binary = folder / "ntan"
    shutil.copy(NTAN, binary)
    binary.chmod(0o755)
    return binary, ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@case("CAP_NET_RAW on the file is enough", "setcap", "dig")
def _(folder):
    binary, wrap = unprivileged(folder)
    run("setcap", "cap_net_raw=ep", binary)
    with Capture("--json", "-f", "udp port 53", wrap=wrap, binary=binary) as capture:
        dig("www.example.test")
        capture.wait(lambda event: event["event"] == "dns")
        facts = status(capture.process)
        capture.finish()
    assert int(facts["CapEff"], 16) == int(facts["CapPrm"], 16) == 0, facts
    assert facts["Uid"].split() == ["65534"] * 4


@case("exit code 4: without permission, with what helps; reading still works")
def _(folder):
    binary, wrap = unprivileged(folder)
    done = run(*inside(A, *wrap, binary, "capture", "-i", "v0", "-f", "udp port 53"), check=False)
    text = done.stderr.decode()
    assert done.returncode == 4, done
    assert "cannot capture on v0: needs CAP_NET_RAW" in text, text
    assert "sudo ntan capture -i v0 -f 'udp port 53'" in text, text
    assert f"setcap cap_net_raw=ep {binary}" in text, text
    assert "reading files needs no privilege" in text, text
    sample = folder / "s.pcap"
    run(sys.executable, ROOT / "scripts/make_sample.py", sample)
    sample.chmod(0o644)
    run(*wrap, binary, "read", sample)


if __name__ == "__main__":
    sys.exit(main())

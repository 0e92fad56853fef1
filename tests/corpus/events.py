"""What ntan says of a capture, as counted facts: tuples that an oracle can name too."""

import collections
import ipaddress
import json
import os
import re
import subprocess

RUN_SECONDS = 20

DNS_TYPES = {
    "A": 1, "NS": 2, "MD": 3, "MF": 4, "CNAME": 5, "SOA": 6, "MB": 7, "MG": 8, "MR": 9, "NULL": 10,
    "WKS": 11, "PTR": 12, "HINFO": 13, "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18,
    "SIG": 24, "KEY": 25, "AAAA": 28, "LOC": 29, "NXT": 30, "SRV": 33, "NAPTR": 35, "KX": 36,
    "CERT": 37, "A6": 38, "DNAME": 39, "OPT": 41, "APL": 42, "DS": 43, "SSHFP": 44, "IPSECKEY": 45,
    "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52,
    "SMIMEA": 53, "HIP": 55, "CDS": 59, "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63,
    "SVCB": 64, "HTTPS": 65, "SPF": 99, "EUI48": 108, "EUI64": 109, "TKEY": 249, "TSIG": 250,
    "IXFR": 251, "AXFR": 252, "MAILB": 253, "MAILA": 254, "ANY": 255, "URI": 256, "CAA": 257,
}
DNS_RCODES = {
    "NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5,
    "YXDOMAIN": 6, "YXRRSET": 7, "NXRRSET": 8, "NOTAUTH": 9, "NOTZONE": 10, "BADVERS": 16,
    "BADKEY": 17, "BADTIME": 18, "BADMODE": 19, "BADNAME": 20, "BADALG": 21, "BADTRUNC": 22,
    "BADCOOKIE": 23,
}
ARP_OPERATIONS = {"request": 1, "reply": 2}
TLS_VERSIONS = {"SSLv3": 0x300, "TLSv1.0": 0x301, "TLSv1.1": 0x302, "TLSv1.2": 0x303,
                "TLSv1.3": 0x304}


class Run:
    """One `ntan read CAPTURE --json`: `lines` (text), `events` (parsed), `exit_code`, `message`."""

    def __init__(self, program, capture):
        try:
            done = subprocess.run([program, "read", capture, "--json"], capture_output=True,
                                  timeout=RUN_SECONDS, check=False)
            self.exit_code, self.message = done.returncode, done.stderr.decode(errors="replace")
            output = done.stdout
        except subprocess.TimeoutExpired:
            self.exit_code, self.message = None, f"not done after {RUN_SECONDS} s"
            output = b""
        self.capture = os.path.basename(capture)
        self.lines = output.decode("utf-8", errors="strict").splitlines()
        self.events = [json.loads(line) for line in self.lines]

    def of(self, name):
        """(envelope, object) of each event of that name."""
        return [(event, event[name]) for event in self.events if event["event"] == name]


def address(text):
    return ipaddress.ip_address(text).compressed


def ends(ip_a, port_a, ip_b, port_b):
    """A 5-tuple without direction."""
    return tuple(sorted([(address(ip_a), port_a), (address(ip_b), port_b)]))


def ends_of(event):
    return ends(event["src_ip"], event.get("src_port"), event["dst_ip"], event.get("dst_port"))


def number_of(name, table, prefix):
    if name is None:
        return None
    if name.startswith(prefix) and name[len(prefix):].isdigit():
        return int(name[len(prefix):])
    return table[name]


def dns_type(name):
    return number_of(name, DNS_TYPES, "TYPE")


def dns_rcode(name):
    return number_of(name, DNS_RCODES, "RCODE")


def dns_answers(records):
    """(type, data) of each answer; data only where every tool writes it alike.

    Records that the tshark oracle does not list are left out: SRV, and those without data (RFC 2136 2.4).
    """
    kept = ("A", "AAAA", "CNAME", "NS", "PTR")
    return tuple(sorted(
        (dns_type(record["type"]), plain(record.get("data", "")) if record["type"] in kept else "")
        for record in records
        if record["type"] != "SRV" and (record.get("data") or record["type"] not in kept)))


def plain(text):
    """Undoes the escapes of ntan's text, then those of RFC 1035 5.1."""
    return re.sub(r"\\(\d{3})", lambda found: chr(int(found[1])), text.replace("\\\\", "\\"))


def dns(run):
    """Queries and answers: what `retries` and `duplicate_answers` stand for is counted out."""
    queries, answers = collections.Counter(), collections.Counter()
    for event, message in run.of("dns"):
        asked = (ends_of(event), message["id"], message.get("query"), dns_type(message.get("type")))
        if message.get("queried"):
            queries[asked] += 1 + message.get("retries", 0)
        if message.get("answered"):
            answer = asked + (dns_rcode(message.get("rcode")),
                              dns_answers(message.get("answers", [])))
            answers[answer] += 1 + message.get("duplicate_answers", 0)
    return queries, answers


def http(run):
    requests, responses = collections.Counter(), collections.Counter()
    for event, exchange in run.of("http"):
        if "method" in exchange:
            requests[(ends_of(event), exchange["method"], exchange.get("host"),
                      exchange.get("uri"), exchange.get("user_agent"))] += 1
        for status in exchange.get("informational", []):
            responses[(ends_of(event), status, None)] += 1
        if "status" in exchange:
            responses[(ends_of(event), exchange["status"], exchange.get("content_type"))] += 1
    return requests, responses


def tls(run):
    """ClientHello, ServerHello and JA4 facts of TLS."""
    clients, servers, ja4 = (collections.Counter() for _ in range(3))
    for event, handshake in run.of("tls"):
        if "ja3" in handshake:
            clients[(ends_of(event), handshake.get("sni"), handshake["ja3"])] += 1
        if "ja4" in handshake:
            ja4[(ends_of(event), handshake["ja4"])] += 1
        if "cipher" in handshake:
            servers[(ends_of(event), TLS_VERSIONS.get(handshake.get("version")),
                     handshake["cipher"], handshake.get("ja3s"))] += 1
    return clients, servers, ja4


def ssh(run):
    """Who identified itself how, in either direction."""
    return collections.Counter((ends_of(event), opening[side])
                               for event, opening in run.of("ssh")
                               for side in ("client", "server") if side in opening)


DHCP_TYPES = {"DISCOVER": 1, "OFFER": 2, "REQUEST": 3, "DECLINE": 4, "ACK": 5, "NAK": 6, "RELEASE": 7,
              "INFORM": 8, "BOOTREQUEST": None, "BOOTREPLY": None}


def dhcp(run):
    """What each message says of the client and its address."""
    return collections.Counter(
        (ends_of(event), DHCP_TYPES[message["type"]], message["xid"], message.get("mac"),
         message.get("assigned_ip"), message.get("host_name"), message.get("requested_ip"),
         message.get("server_id")) for event, message in run.of("dhcp"))


def final_flows(run):
    return [(event, flow) for event, flow in run.of("flow") if flow["final"]]


def conversations(run, proto):
    """One fact for each 5-tuple: packets and bytes each way, over all its flows."""
    sums = {}
    for event, flow in final_flows(run):
        if event["proto"] == proto:
            source = (address(event["src_ip"]), event["src_port"])
            target = (address(event["dst_ip"]), event["dst_port"])
            add_conversation(sums, source, target,
                             (flow.get("src_pkts", 0), flow.get("src_bytes", 0)),
                             (flow.get("dst_pkts", 0), flow.get("dst_bytes", 0)))
    return conversation_facts(sums)


def add_conversation(sums, source, target, sent, received):
    key = tuple(sorted([source, target]))
    if source != key[0] or (source == target and sent < received):
        sent, received = received, sent
    total = sums.setdefault(key, [0, 0, 0, 0])
    for at, value in enumerate(sent + received):
        total[at] += value


def conversation_facts(sums):
    return collections.Counter((key, *total) for key, total in sums.items())


def totals(run):
    (_, end), = run.of("run_end")
    return collections.Counter({(end["packets"], end["bytes"]): 1})


def arp(run):
    """(operation, the two addresses) of each message."""
    facts = collections.Counter()
    for _, message in run.of("arp"):
        pair = tuple(sorted([message.get("sender_ip", ""), message.get("target_ip", "")]))
        operation = number_of(message["op"], ARP_OPERATIONS, "OP")
        if message.get("queried"):
            facts[(1, pair)] += 1 + message.get("retries", 0)
        if message.get("answered"):
            facts[(2, pair)] += 1
        if "queried" not in message and "answered" not in message:
            facts[(operation, pair)] += 1
    return facts


def icmp_packets(run):
    """One fact: how many packets were ICMP, errors included."""
    packets = sum(flow.get("src_pkts", 0) + flow.get("dst_pkts", 0)
                  for event, flow in final_flows(run) if event["proto"] in ("icmp", "icmpv6"))
    for _, end in run.of("run_end"):
        packets += sum(entry["packets"] for entry in end.get("ledger", [])
                       if entry["bucket"] == "icmp_error")
    return collections.Counter({("icmp packets",): packets})

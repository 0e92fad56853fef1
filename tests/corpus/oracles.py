"""What tshark, Zeek and the JA4 tool say of a capture, as the facts that events.py makes of ntan."""

import collections
import json
import os

from events import (add_conversation, address, conversation_facts, ends)

ROOT_NAME = "<Root>"
DNS_DATA = {1: "a", 2: "ns", 5: "cname", 12: "ptr.domain_name", 28: "aaaa"}

# The suites that occur in these captures.
CIPHERS = {
    0x0004: "TLS_RSA_WITH_RC4_128_MD5", 0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA", 0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256", 0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA", 0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
}


def read(folder, capture, tool):
    """The records of one oracle file; none where there is no file."""
    path = os.path.join(folder, "oracle", f"{capture}.{tool}.jsonl")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def of(records, kind):
    return [record for record in records if record["kind"] == kind]


def ends_of(record):
    return ends(record["src"], record["sport"], record["dst"], record["dport"])


def totals(records):
    (record,) = of(records, "totals")
    return collections.Counter({(record.get("packets", 0), record.get("bytes", 0)): 1})


def domain_name(name):
    return "." if name == ROOT_NAME else name


def answer(record):
    data = (record.get("data") or {}).get(DNS_DATA.get(record["type"]), [""])
    text = data[0]
    if record["type"] in (1, 28) and text:
        text = address(text)
    return record["type"], domain_name(text)


def dns(records):
    queries, answers = collections.Counter(), collections.Counter()
    for message in of(records, "dns"):
        if message.get("in_icmp"):
            continue
        question = message["queries"][0] if message["queries"] else {}
        asked = (ends_of(message), message["id"], domain_name(question.get("name")),
                 question.get("type"))
        if message["qr"]:
            data = tuple(sorted(answer(record) for record in message["answers"]
                                if record["type"] != 33))
            answers[asked + (message["rcode"], data)] += 1
        else:
            queries[asked] += 1
    return queries, answers


def http(records):
    """Requests and responses; an empty field is an absent one, as it is in events."""
    requests, responses = collections.Counter(), collections.Counter()
    for message in of(records, "http"):
        if message["is_request"]:
            requests[(ends_of(message), message["method"], message["host"] or None,
                      message["uri"] or None, message["user_agent"] or None)] += 1
        else:
            responses[(ends_of(message), message["status"], message["content_type"])] += 1
    return requests, responses


def tls_version(hello):
    if hello["supported_versions"]:
        return int(hello["supported_versions"][0], 16)
    return int(hello["legacy_version"], 16) if hello["legacy_version"] else None


def tls(records):
    """ClientHello and ServerHello facts of TLS over TCP and QUIC; DTLS is not read by ntan."""
    clients, servers = collections.Counter(), collections.Counter()
    for hello in of(records, "tls"):
        if hello["over"] not in ("tls", "quic"):
            continue
        if hello["handshake"] == "client_hello":
            clients[(ends_of(hello), hello["sni"], hello["ja3"])] += 1
        else:
            cipher = CIPHERS.get(int(hello["cipher"], 16)) if hello["cipher"] else None
            servers[(ends_of(hello), tls_version(hello), cipher, hello["ja3s"])] += 1
    return clients, servers


def ssh(records):
    """Who identified itself how, in either direction."""
    return collections.Counter((ends_of(message), message["banner"])
                               for message in of(records, "ssh") if message["banner"])


def dhcp(records):
    """What each message says of the client and its address."""
    return collections.Counter(
        (ends_of(message), message["msg_type"], int(message["xid"], 16), message["client_mac"],
         None if message["your_ip"] == "0.0.0.0" else message["your_ip"], message["hostname"],
         message["requested_ip"], message["server_id"]) for message in of(records, "dhcp"))


def ja4(records):
    """JA4 of each ClientHello; streams of other protocols have none."""
    return collections.Counter(
        (ends(record["src"], int(record["src_port"]), record["dst"], int(record["dst_port"])),
         record["ja4"]) for record in records if record.get("ja4"))


def conversations(records, proto):
    sums = {}
    for talk in of(records, f"{proto}_conv"):
        sides = [(talk[side].get("packets", 0), talk[side].get("bytes", 0))
                 for side in ("a2b", "b2a")]
        add_conversation(sums, (address(talk["a"]), talk["a_port"]),
                         (address(talk["b"]), talk["b_port"]), *sides)
    return conversation_facts(sums)


def arp(records):
    facts = collections.Counter()
    for message in of(records, "arp"):
        pair = tuple(sorted([message["sender_ip"] or "", message["target_ip"] or ""]))
        facts[(message["op"], pair)] += 1
    return facts


def icmp_packets(records):
    return collections.Counter(
        {("icmp packets",): sum(record["packets"] for record in of(records, "icmp"))})


def zeek(records, log, grades="AB"):
    """The distinct records of one log in tests that ran default or merely loaded scripts."""
    found = {}
    for entry in records:
        if entry["log"] == log and entry["grade"][0] in grades and "record" in entry:
            record = entry["record"]
            if "id.orig_h" in record or "uids" in record:
                found[json.dumps({key: value for key, value in record.items() if key != "uid"},
                                 sort_keys=True)] = record
    return list(found.values())


def zeek_ends(record):
    return ends(record["id.orig_h"], record["id.orig_p"], record["id.resp_h"],
                record["id.resp_p"])

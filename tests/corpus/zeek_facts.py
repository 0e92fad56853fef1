"""Facts that Zeek's logs and ntan's events can both state; only what Zeek logged is asked for."""

import collections
import datetime
import urllib.parse

import events
import oracles


def distinct(facts):
    return collections.Counter(set(facts))


def dns(records, run):
    theirs = distinct((oracles.zeek_ends(entry), entry["trans_id"], entry["query"], entry["qtype"],
                       entry["rcode"], tuple(entry["answers"] or ()))
                      for entry in oracles.zeek(records, "dns"))
    ours = distinct((events.ends_of(event), message["id"], message.get("query"),
                     events.dns_type(message.get("type")),
                     events.dns_rcode(message.get("rcode")),
                     tuple(answer.get("data", "") for answer in message.get("answers", [])))
                    for event, message in run.of("dns"))
    return theirs, ours


def http(records, run):
    theirs = distinct((oracles.zeek_ends(entry), entry["method"], entry["host"], entry["uri"],
                       entry["status_code"])
                      for entry in oracles.zeek(records, "http"))
    ours = distinct((events.ends_of(event), message.get("method"), message.get("host"),
                     unescaped(message.get("uri")), message.get("status"))
                    for event, message in run.of("http"))
    return theirs, ours


def unescaped(uri):
    """A request target as Zeek logs it: %XX undone, what is not ASCII as \\xHH."""
    if uri is None:
        return None
    return urllib.parse.unquote_to_bytes(uri).decode("ascii", errors="backslashreplace")


def tls(records, run):
    theirs = distinct((oracles.zeek_ends(entry), entry["server_name"],
                       entry["version"], entry["cipher"])
                      for entry in oracles.zeek(records, "ssl"))
    ours = distinct((events.ends_of(event), message.get("sni"),
                     message.get("version", "").replace(".", ""), message.get("cipher"))
                    for event, message in run.of("tls"))
    return theirs, ours


def ssh(records, run):
    theirs = distinct((oracles.zeek_ends(entry), entry["client"], entry["server"], entry["kex_alg"],
                       entry["host_key_alg"], entry["cipher_alg"], entry["compression_alg"])
                      for entry in oracles.zeek(records, "ssh") if entry.get("client"))
    ours = distinct((events.ends_of(event), opening.get("client"), opening.get("server"),
                     opening.get("kex"), opening.get("host_key"), opening.get("cipher"),
                     opening.get("compression"))
                    for event, opening in run.of("ssh"))
    return theirs, ours


def dhcp(records, run):
    """One fact an exchange, as Zeek puts the messages of one number together: the last of each kind that was told."""
    theirs = distinct((entry["mac"], tuple(entry["msg_types"]), entry["host_name"], entry["client_fqdn"],
                       entry["domain"], entry["requested_addr"], entry["assigned_addr"],
                       entry["lease_time"], entry["client_message"], entry["server_message"])
                      for entry in oracles.zeek(records, "dhcp"))
    exchanges = collections.defaultdict(list)
    for _, message in run.of("dhcp"):
        exchanges[message["xid"]].append(message)
    return theirs, distinct(map(dhcp_exchange, exchanges.values()))


def dhcp_exchange(messages):
    answers = [message for message in messages if message["type"] in ("OFFER", "ACK", "NAK")]
    questions = [message for message in messages if message not in answers]

    def last(name, those):
        told = [message[name] for message in those if name in message]
        return told[-1] if told else None

    return (messages[0].get("mac"), tuple(message["type"] for message in messages),
            last("host_name", questions), last("fqdn", questions), last("domain", answers),
            last("requested_ip", questions), last("assigned_ip", answers), last("lease_s", answers),
            last("message", questions), last("message", answers))


def ntp(records, run):
    """Questions and answers by themselves. Zeek's only test of NTP has a script, which only prints."""
    entries = oracles.zeek(records, "ntp", grades="ABD")
    theirs = distinct((oracles.zeek_ends(entry), entry["version"], entry["mode"]) + (
        (entry["stratum"], entry["ref_id"].replace("\\x00", ""), entry["poll"], round(entry["root_delay"] * 1e6),
         round(entry["root_disp"] * 1e6), int(entry["ref_time"] * 1e3), int(entry["xmt_time"] * 1e3))
        if entry["mode"] == 4 else ()) for entry in entries)
    ours = collections.Counter()
    for event, message in run.of("ntp"):
        ends = events.ends_of(event)
        if message.get("queried"):
            ours[(ends, message["version"], 3)] = 1
        if message.get("answered"):
            ours[(ends, message["version"], 4, message.get("stratum"), message.get("ref_id"),
                  message.get("poll_s"), message["root_delay_us"], message["root_dispersion_us"],
                  milliseconds(message["ref_time"]), milliseconds(message["xmt_time"]))] = 1
    return theirs, ours


def milliseconds(text):
    """Of a time as ntan writes it. Zeek rounds microseconds, ntan does not."""
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1e3)


def quic(records, run):
    versions = {"1": "v1", "quicv2": "v2"}
    theirs = distinct((oracles.zeek_ends(entry), versions.get(entry["version"], entry["version"]),
                       entry["client_initial_dcid"], entry["client_scid"] or None,
                       entry["server_scid"] or None, entry["server_name"])
                      for entry in oracles.zeek(records, "quic") if "version" in entry)
    ours = distinct((events.ends_of(event), connection["version"], connection.get("dcid"),
                     connection.get("client_scid"), connection.get("server_scid"),
                     connection.get("sni"))
                    for event, connection in run.of("quic"))
    return theirs, ours


def conn(records, run, *columns):
    """Facts of connections: originator, responder and the wanted columns."""
    names = {"orig_pkts": "src_pkts", "resp_pkts": "dst_pkts", "conn_state": "state",
             "history": "history"}
    empty = {"orig_pkts": 0, "resp_pkts": 0}
    theirs = distinct(
        (entry["proto"], events.address(entry["id.orig_h"]), entry["id.orig_p"],
         events.address(entry["id.resp_h"]), entry["id.resp_p"],
         *(entry.get(column) for column in columns))
        for entry in oracles.zeek(records, "conn")
        if entry.get("proto") in ("tcp", "udp") and all(column in entry for column in columns))
    ours = distinct(
        (event["proto"], events.address(event["src_ip"]), event["src_port"],
         events.address(event["dst_ip"]), event["dst_port"],
         *(flow.get(names[column], empty.get(column)) for column in columns))
        for event, flow in events.final_flows(run) if event["proto"] in ("tcp", "udp"))
    return theirs, ours

"""Where ntan's pairs of questions and answers differ from tshark's, by capture and kind, how often, and why.

The test fails on a difference that is not listed and on a row that is no longer true.
"""

import typing


class Difference(typing.NamedTuple):
    capture: str
    kind: str
    count: int
    why: str


FIVE_SECONDS = ("tshark takes a copy more than 5 s after the query for a query of its own; resolvers repeat after just that, "
                "and ntan waits 10 s")

DIFFERENCES = [
    Difference("dns-edns-ecs.pcap", "dns_retries", 1, FIVE_SECONDS),
    Difference("frag-ipv6-fragmented-dns.pcap", "dns_retries", 1, FIVE_SECONDS),
    Difference("frag-ipv6-fragmented-dns.pcap", "dns_time", 1, FIVE_SECONDS),
    Difference("tunnel-gre-sample.pcap", "dns_retries", 1, FIVE_SECONDS),
    Difference("dnssec_synthetic.pcap", "dns_time", 2,
               "tshark gives a time only where it can read all records; in two answers the signatures are cut short"),
    Difference("tunnel-Teredo.pcap", "icmp_srt", 1,
               "an echo request inside of Teredo that tests the way to a peer: tshark names it otherwise and counts no echo"),
    Difference("link-null_loopback.pcap", "dns_unsolicited", 1,
               "a frame whose address family (0x0008000f) is none; tshark reads half of it as an Ethertype"),
]

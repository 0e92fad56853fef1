"""Every known difference between ntan and the other tools, with its reason.

A row says: in this capture, `missing` facts of the oracle are not found in ntan's output, and `extra` facts of
ntan are not found in the oracle. A fact that both have with different values counts once on each side. The test
fails on a difference that is not listed, and on a row that is no longer true.

Reasons: `tshark` or `zeek`: the oracle is wrong or sees less. `definition`: both are right about different things.
`scope`: a protocol that ntan does not read. `ntan`: ntan is wrong; at most one in a hundred may be of this kind.
"""

import typing


class Difference(typing.NamedTuple):
    capture: str
    kind: str
    missing: int
    extra: int
    reason: str
    why: str


class Refusal(typing.NamedTuple):
    """A capture that ntan ends with that exit code; any other code of it, and any other capture's, is a failure."""
    capture: str
    exit_code: int
    why: str


REFUSED = [
    Refusal("format-solaris.snoop", 3, "snoop, not pcap or pcapng"),
]

DIFFERENCES = [Difference(*row) for row in (
    ("format-gopacket-le-test202.pcapng", "totals", 1, 1, "tshark",
     "counts three blocks that are not packets as frames; capinfos counts 8"),
    ("dns-invalid-names.pcap", "dns_query", 3, 0, "definition",
     "no question can be read: an anomaly here, a message there"),
    ("bad-dns_stack_overflow.pcap", "dns_answer", 1, 0, "definition",
     "no name can be read: an anomaly here, a message there"),
    ("dns_fwdptr.pcap", "dns_answer", 1, 0, "definition",
     "the name has a forward pointer: an anomaly here, a message there"),
    ("link-null_loopback.pcap", "dns_answer", 1, 0, "scope",
     "the address family is an EtherType; tshark guesses, here it is non_ip"),
    ("link-null_loopback.pcap", "udp_conversation", 1, 0, "scope",
     "the address family is an EtherType; tshark guesses, here it is non_ip"),
    ("http-4KHttpRequests.pcap", "http_request", 0, 252, "tshark",
     "requests whose head, body or predecessor was not captured whole are not dissected"),
    ("http-methods.pcap", "http_request", 1, 1, "definition",
     "OPTIONS HTTP/1.1: the version is the target there, here there is none"),
    ("mix-emix.pcap", "http_request", 4, 0, "scope",
     "HTTP inside SOCKS"),
    ("mix-emix.pcap", "http_response", 4, 0, "scope",
     "HTTP inside SOCKS"),
    ("mix-example.pcap", "http_request", 0, 1, "tshark",
     "the oracle leaves out a SUBSCRIBE that tshark itself shows"),
    ("vlan-collisions.pcap", "http_request", 0, 2, "tshark",
     "takes one 5-tuple in several VLANs for repeats of one connection"),
    ("vlan-collisions.pcap", "http_response", 0, 2, "tshark",
     "takes one 5-tuple in several VLANs for repeats of one connection"),
    ("http-bro.org.pcap", "http_response", 0, 6, "tshark",
     "the oracle leaves out responses behind a gap; tshark alone shows five of them"),
    ("tunnel-gtp1_gn_normal_incl_fragmentation.pcap", "http_response", 0, 1, "tshark",
     "a response with a gap is not dissected"),
    ("tls-ssl-v2.pcap", "tls_client_hello", 1, 0, "definition",
     "SSLv2 is reported, but has no JA3"),
    ("tls-ssl-v2.pcap", "tls_server_hello", 1, 0, "definition",
     "SSLv2 is reported, but has no JA3S"),
    ("tls-https-to-http.pcap", "tls_client_hello", 0, 1, "tshark",
     "takes port 80 for HTTP and misses the ClientHello"),
    ("mix-emix.pcap", "tls_client_hello", 1, 0, "definition",
     "the server asks for a second hello: two there, one handshake here"),
    ("mix-emix.pcap", "tls_server_hello", 1, 0, "definition",
     "the server asks for a second hello: two there, one handshake here"),
    ("quic_vn.pcap", "tls_client_hello", 0, 1, "tshark",
     "does not decrypt the Initial that follows a Version Negotiation"),
    ("misc-ssh-on-port-80.pcap", "ssh", 0, 2, "tshark",
     "takes port 80 for HTTP"),
    ("tcp_handshake_synthetic.pcap", "ssh", 0, 1, "tshark",
     "the identification comes one octet a segment"),
    ("frag_http_req.pcap", "tcp_conversation", 1, 1, "definition",
     "fragments count for the flow of their datagram"),
    ("fragmented-syn.pcap", "tcp_conversation", 1, 1, "definition",
     "fragments count for the flow of their datagram"),
    ("tunnel-gtp1_gn_normal_incl_fragmentation.pcap", "tcp_conversation", 1, 1, "definition",
     "fragments of the tunnel count for the flow inside"),
    ("dns-edns-ecs.pcap", "udp_conversation", 4, 4, "definition",
     "fragments count for the flow of their datagram"),
    ("frag-ip6_fragments.pcap", "udp_conversation", 2, 2, "definition",
     "fragments count for the flow of their datagram"),
    ("frag-ipv6-fragmented-dns.pcap", "udp_conversation", 1, 1, "definition",
     "fragments count for the flow of their datagram"),
    ("fragmented-1.pcap", "udp_conversation", 1, 0, "definition",
     "the fragments contradict each other: fragment_incomplete"),
    ("tunnel-geneve.pcap", "udp_conversation", 2, 0, "definition",
     "a tunnelled frame counts for the innermost flow only"),
    ("tunnel-gtp-iphone.pcap", "udp_conversation", 1, 0, "definition",
     "a tunnelled frame counts for the innermost flow only"),
    ("tunnel-gtp1_gn_normal_incl_fragmentation.pcap", "udp_conversation", 1, 0, "definition",
     "a tunnelled frame counts for the innermost flow only"),
    ("tunnel-Teredo.pcap", "udp_conversation", 2, 0, "definition",
     "a tunnelled frame counts for the innermost flow only"),
    ("tunnel-vxlan.pcap", "udp_conversation", 4, 0, "definition",
     "a tunnelled frame counts for the innermost flow only"),
    ("mix-emix.pcap", "udp_conversation", 1, 0, "definition",
     "a tunnelled frame counts for the innermost flow only"),
    ("link-linux_dlt_sll2.pcap", "arp", 1, 0, "definition",
     "RARP is not ARP: other_l2"),
    ("misc-arp-leak.pcap", "arp", 2, 2, "definition",
     "hardware size 255: no address is read"),
    ("dns-txt-multiple.pcap", "zeek_dns", 1, 0, "zeek",
     "has no type for an answer without query, and its own form of TXT"),
    ("dns53.pcap", "zeek_dns", 1, 0, "zeek",
     "has no type for an answer without query"),
    ("http-methods.pcap", "zeek_http", 1, 0, "definition",
     "a request line without a target: an empty one there, none here"),
    ("http-methods.pcap", "zeek_http", 1, 0, "zeek",
     "a request line of nothing but its method is not read"),
    ("http-methods.pcap", "zeek_http", 8, 0, "zeek",
     "takes GET /HTTP/1.1 for HTTP/0.9, and does not read the response to it"),
    ("http_09.pcap", "zeek_http", 4, 0, "scope",
     "HTTP/0.9"),
    ("misc-dhcp.pcap", "zeek_conn_history", 2, 0, "definition",
     "Zeek marks a turned connection with ^; here `orient` tells how it was decided"),
    ("tunnel-gtp1_gn_normal_incl_fragmentation.pcap", "zeek_conn_packets", 2, 0, "definition",
     "a fragment and a tunnelled frame count for the innermost flow"),
    ("tunnel-gtp1_gn_normal_incl_fragmentation.pcap", "zeek_conn_state", 1, 0, "definition",
     "the flow of the tunnel itself is not a flow here"),
    ("tunnel-gtp1_gn_normal_incl_fragmentation.pcap", "zeek_conn_history", 2, 0, "definition",
     "the flow of the tunnel is not a flow here; the gap is noted one packet earlier"),
    ("format-pcapng-multi-interface.pcapng", "zeek_conn_history", 2, 0, "definition",
     "Zeek was told to ignore checksums; here they get their letter C"),
    ("tunnel-mpls-in-vlan.pcap", "zeek_conn_history", 3, 0, "definition",
     "Zeek was told to ignore checksums; here they get their letter C"),
    ("http-wikipedia.pcap", "zeek_conn_history", 1, 0, "definition",
     "Zeek marks a turned connection with ^; here `orient` tells how it was decided"),
    ("tcp-missing-syn.pcap", "zeek_conn_history", 1, 0, "definition",
     "Zeek marks a turned connection with ^; here `orient` tells how it was decided"),
)]

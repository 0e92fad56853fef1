"""In how many directions ntan's TCP figures differ from another tool's, by capture and kind, and why.

The test fails on a difference that is not listed and on a row that is no longer true. Reasons: `tcptrace` or
`tshark`: that tool is wrong or sees less. `definition`: both are right about different things.
"""

import typing


class Difference(typing.NamedTuple):
    capture: str
    kind: str
    directions: int
    reason: str
    why: str


COPIES = "packets captured twice are told by their datagram numbers and left out; there they are repeats"
KARN = ("nothing under way is timed once a segment repeats octets or fills a hole; there only what is known to have "
        "been sent twice is left out")
VLANS = "flows of different VLANs are different flows; there they are one"
IDLE = "the SYN came again after the flow had been given up: a flow of its own"
FOUR = "four timestamps wait for their echo at most; one that comes while they do is not timed"

DIFFERENCES = [Difference(*row) for row in (
    ("format-pcapng-example.pcapng", "rtt_n", 1, "tcptrace", "loses track where the clock jumps by 46 years"),
    ("misc-smtp.pcap", "rtt_n", 1, "definition", KARN),
    ("mix-emix.pcap", "rtt_n", 9, "definition", COPIES + "; " + KARN),
    ("mix-example.pcap", "rtt_n", 2, "definition", KARN),
    ("tcp-one_tcp_stream_max_seq.pcap", "rtt_n", 1, "definition", KARN),
    ("tcp-reassembly-synthetic.pcap", "rtt_n", 4, "definition", KARN),
    ("tcp-reassembly.pcap", "rtt_n", 1, "definition", KARN),
    ("tcp-rst-inject-rae.pcap", "rtt_n", 1, "tcptrace", "takes the injected RST for the end and begins anew"),
    ("tcp-wireshark-retrans.pcap", "rtt_n", 2, "definition", COPIES),
    ("tcp_handshake_synthetic.pcap", "rtt_n", 1, "definition",
     "the answer to a SYN without ACK flag is timed"),
    ("tls13_psk_succesfull.pcap", "rtt_n", 1, "definition",
     "the FIN came behind a later ACK: what fills a hole is not timed"),
    ("vlan-collisions.pcap", "rtt_n", 2, "definition", VLANS),
    ("link-nflog-http.pcap", "repeats", 1, "definition", COPIES),
    ("mix-emix.pcap", "repeats", 105, "definition", IDLE + "; " + COPIES),
    ("tcp-reassembly-synthetic.pcap", "repeats", 1, "definition", COPIES),
    ("tcp-wireshark-retrans.pcap", "repeats", 2, "definition", COPIES),
    ("tcp_handshake_synthetic.pcap", "repeats", 2, "definition", COPIES),
    ("vlan-collisions.pcap", "repeats", 2, "definition", VLANS),
    ("ipv6-v6.pcap", "spurious", 1, "definition", "a FIN that was acknowledged counts too, without data"),
    ("tcp-fin_retransmission.pcap", "spurious", 1, "definition", "a FIN that was acknowledged counts too"),
    ("tcp-wireshark-retrans.pcap", "spurious", 2, "definition", COPIES),
    ("tcp_handshake_synthetic.pcap", "spurious", 1, "definition", "a SYN-ACK that was acknowledged counts too"),
    ("vlan-collisions.pcap", "spurious", 1, "definition", VLANS),
    ("tcp-wireshark-retrans.pcap", "keepalive", 1, "definition", COPIES),
    ("vlan-collisions.pcap", "keepalive", 1, "definition", VLANS),
    ("http-4KHttpRequests.pcap", "unique", 1, "definition",
     "segments 3 MB beyond the receiver's window are not believed"),
    ("vlan-collisions.pcap", "unique", 2, "definition", VLANS),
    ("mix-emix.pcap", "repeated", 4, "definition", COPIES),
    ("tcp-wireshark-retrans.pcap", "repeated", 2, "definition", COPIES),
    ("vlan-collisions.pcap", "repeated", 2, "definition", VLANS),
    ("format-pcapng-example.pcapng", "rtt_ts_n", 2, "definition",
     "the clock reads the year 586524: held at 2115, where a packet that goes back is as old as the next"),
    ("format-pcapng-example.pcapng", "rtt_ts_values", 20, "definition", "the clock reads the year 586524: held at 2115"),
    ("mix-example.pcap", "rtt_ts_n", 5, "definition", FOUR),
    ("tcp-wireshark-retrans.pcap", "rtt_ts_values", 1, "definition",
     "the SYN came again before there was data, and when it came first was not kept"),
    ("vlan-collisions.pcap", "rtt_ts_n", 2, "definition", VLANS),
)]

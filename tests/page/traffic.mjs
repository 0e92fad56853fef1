// Made-up traffic for the mock server: lively, and the same for the same seed.

export const COLUMNS = ["t", "interval_us", "packets", "bytes", "bps", "pps", "peak_1s_bps", "flows_new", "flows_active",
  "hs_rtt_p50_us", "hs_rtt_p95_us", "rtt_p50_us", "rtt_p95_us", "dns_p50_us", "dns_p95_us", "ttfb_p50_us", "ttfb_p95_us",
  "data_segs", "rtx", "rtx_control", "ooo", "zero_win", "resets", "capture_missed_bytes", "dns_queries", "dns_unanswered", "http_requests",
  "tls_handshakes", "dropped_by_kernel", "dropped_by_interface", "scans", "events",
  "inbound_pkts", "inbound_bytes", "outbound_pkts", "outbound_bytes"];

/** What a hostile peer would put into names: markup, script, quotes, text that turns around. */
export const HOSTILE = [
  "<img src=x onerror=\"window.hacked=1\">", "<script>window.hacked=1</script>", "\"><svg/onload=window.hacked=1>",
  "javascript:window.hacked=1", "' or 1=1 --", "exe.\u202egpj.evil.example", "zero\u200bwidth.example", "tag\u{e0041}ged.example", "{{7*7}}${7*7}",
];

/** A small generator (mulberry32), since Math.random has no seed. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

const iso = (seconds) => new Date(seconds * 1000).toISOString().replace(/(\.\d{3})Z$/, "$1000Z");
const hex = (roll) => Array.from({ length: 16 }, () => Math.floor(roll() * 16).toString(16)).join("");
const pick = (roll, list) => list[Math.floor(roll() * list.length)];

export function rowAt(roll, t, seconds, calm, directed = true) {
  const wave = 1 + 0.5 * Math.sin(t / 47) + 0.25 * Math.sin(t / 7.3);
  const burst = roll() < 0.03 ? 2.5 : 1;
  const bps = Math.round((9e6 + 26e6 * wave * (0.75 + 0.5 * roll())) * burst);
  const packets = Math.round((bps * seconds) / 8 / (620 + 200 * roll()));
  const segments = Math.round(packets * 0.55);
  const jam = burst > 1 ? 6 : 1;
  const latency = (base, spread) => Math.round(base * (1 + spread * roll() * jam));
  const some = (value) => (roll() < 0.93 ? value : null);
  const p50 = some(latency(18000, 0.25));
  const dns = roll() < 0.8 ? latency(9000, 1.6) : null;
  const ttfb = roll() < 0.6 ? latency(62000, 1.1) : null;
  const octets = Math.round((bps * seconds) / 8);
  const sent = 0.08 + 0.1 * roll();
  const ways = directed ? [Math.round(packets * 0.6), Math.round(octets * (0.98 - sent)), Math.round(packets * 0.38), Math.round(octets * sent)] : [null, null, null, null];
  return [t, seconds * 1e6, packets, Math.round((bps * seconds) / 8), bps, Math.round(packets / seconds), Math.round(bps * (seconds > 1 ? 1.6 : 1)),
    Math.round(14 * seconds * roll()), 190 + Math.round(40 * wave), p50, p50 && latency(p50 * 2.2, 0.9), p50, p50 && latency(p50 * 2, 0.8),
    dns && Math.round(dns / 2.4), dns, ttfb && Math.round(ttfb / 2), ttfb, segments, Math.round(segments * 0.002 * roll() * jam), 0,
    Math.round(segments * 0.0008 * roll() * jam), roll() < 0.04 ? 1 : 0, Math.round(3 * roll() * roll() * roll() * seconds), 0, Math.round(9 * seconds * roll()),
    roll() < 0.06 ? 1 : 0, Math.round(4 * seconds * roll()), Math.round(6 * seconds * roll()), calm ? 0 : roll() < 0.01 ? 40 : 0, 0, 0, Math.round(30 * seconds), ...ways];
}

/** Oldest first: an hour of minutes, twenty of ten seconds, then seconds. */
export function historyUntil(roll, now, seconds = 900, directed = true) {
  const rows = [];
  for (let back = seconds + 1200 + 3600; back > seconds + 1200; back -= 60) {
    rows.push(rowAt(roll, now - back + 60, 60, true, directed));
  }
  for (let back = seconds + 1200; back > seconds; back -= 10) {
    rows.push(rowAt(roll, now - back + 10, 10, true, directed));
  }
  for (let back = seconds - 1; back >= 0; back -= 1) {
    rows.push(rowAt(roll, now - back, 1, true, directed));
  }
  return rows;
}

const CLIENTS = ["10.0.0.23", "10.0.0.31", "10.0.0.58", "10.0.0.104", "2001:db8:7::1f4a", "10.0.1.7"];
const SERVERS = ["192.0.2.80", "198.51.100.14", "203.0.113.201", "2001:db8:99::443", "192.0.2.11"];
const NAMES = ["www.example.org", "api.shop.example", "cdn.media.example", "mail.example.net", "updates.example.com", "login.example.org"];

function envelope(roll, event, t, port, proto) {
  const src = pick(roll, CLIENTS);
  const six = src.includes(":");
  return {
    v: 1, event, ts: iso(t), flow_id: hex(roll), community_id: "1:wCb3OG7yAFWelaUydu0D+125CLM=", src_ip: src, src_port: 32768 + Math.floor(roll() * 28000),
    dst_ip: pick(roll, SERVERS.filter((ip) => ip.includes(":") === six)), dst_port: port, proto,
  };
}

const MAKERS = {
  flow(roll, t, name) {
    const [app, port] = pick(roll, [["tls", 443], ["http", 80], ["dns", 53], ["ssh", 22], ["smtp", 25]]);
    const tcp = app !== "dns";
    const line = envelope(roll, "flow", t, port, tcp ? "tcp" : "udp");
    const lasted = Math.round(10 ** (3 + 4.6 * roll()));
    const rtx = roll() < 0.2 ? Math.ceil(roll() * 6) : 0;
    line.flow = {
      first_ts: iso(t - lasted / 1e6), last_ts: iso(t), duration_us: lasted, seq: 0, final: true, end_reason: pick(roll, ["fin", "fin", "rst", "idle"]),
      state: pick(roll, ["SF", "SF", "SF", "S0", "RSTO", "REJ"]), history: "ShADadFf", orient: "syn", app, app_source: "content",
      src_pkts: 8, dst_pkts: 11, src_bytes: Math.round(10 ** (2.3 + 3 * roll())), dst_bytes: Math.round(10 ** (2.5 + 4.4 * roll())), peak_1s_bps: 41000,
      ...(tcp ? { hs_rtt_us: Math.round(9000 + 40000 * roll()), connect_us: Math.round(lasted / 9), src_rtx: 0, dst_rtx: rtx, dst_loss_ratio: rtx / 100 } : {}),
    };
    void name;
    return line;
  },
  dns(roll, t, name) {
    const line = envelope(roll, "dns", t, 53, "udp");
    const answered = roll() > 0.07;
    line.dns = {
      id: Math.floor(roll() * 65536), query: name, type: pick(roll, ["A", "AAAA", "HTTPS", "MX"]), queried: true, answered,
      ...(answered ? {
        rcode: roll() < 0.12 ? "NXDOMAIN" : roll() < 0.03 ? "SERVFAIL" : "NOERROR", rtt_us: Math.round(800 + 40000 * roll() ** 3), answer_count: 2,
        answers: [{ name, type: "CNAME", ttl: 300, data: `edge.${name}` }, { name: `edge.${name}`, type: "A", ttl: 60, data: "192.0.2.80" }],
      } : { retries: 2 }), rd: true,
    };
    return line;
  },
  http(roll, t, name) {
    const line = envelope(roll, "http", t, 80, "tcp");
    const ttfb = Math.round(20000 + 200000 * roll() ** 2);
    line.http = {
      method: pick(roll, ["GET", "GET", "POST", "HEAD"]), host: name, uri: pick(roll, ["/", "/index.html", "/api/v2/items?limit=50&sort=-created", "/img/logo.svg"]),
      version: "1.1", status: pick(roll, [200, 200, 200, 304, 301, 404, 503]), user_agent: name.includes("<") ? name : "curl/8.5.0", content_type: "text/html",
      response_body_bytes: Math.round(10 ** (2 + 3 * roll())), ttfb_us: ttfb, total_us: Math.round(ttfb * 1.4), depth: 1, complete: true,
    };
    return line;
  },
  tls(roll, t, name) {
    const line = envelope(roll, "tls", t, 443, "tcp");
    const failed = roll() < 0.05;
    line.tls = {
      sni: name, version: pick(roll, ["TLSv1.3", "TLSv1.3", "TLSv1.2"]), cipher: "TLS_AES_128_GCM_SHA256", alpn_offered: ["h2", "http/1.1"],
      ja3: "e4d448cdfe06dc1243c1eb026c74ac9a", ja4: "t13d1516h2_8daaf6152771_02713d6af862", resumed: roll() < 0.3, established: !failed,
      ...(failed ? { alert: "handshake_failure" } : { handshake_us: Math.round(22000 + 60000 * roll()) }),
    };
    return line;
  },
  anomaly(roll, t) {
    const line = envelope(roll, "anomaly", t, 80, "tcp");
    line.anomaly = { layer: "tcp", reason: pick(roll, ["bad_checksum", "overlap_differs", "bad_length"]), detail: "segment of 1448 octets" };
    return line;
  },
};

/** An event about `name`, or about one of the usual names. */
export function eventLine(roll, t, kind, name = pick(roll, NAMES)) {
  return MAKERS[kind](roll, t, name);
}

/** Each in its turn, so that a case that waits for one sees it come. */
export const hostileName = (number) => HOSTILE[number % HOSTILE.length];

export function someEvents(roll, now, count, hostile) {
  const lines = [];
  for (let i = 0; i < count; i += 1) {
    const kind = pick(roll, ["flow", "flow", "flow", "dns", "dns", "dns", "http", "tls", "tls", "anomaly"]);
    lines.push(eventLine(roll, now - i * 0.8, kind, hostile && i % 2 === 0 ? hostileName(i / 2) : undefined));
  }
  return lines;
}

const SCANS = [
  { src: "203.0.113.66", dst: "10.0.0.23", kind: "vertical", technique: "tcp_syn", severity: "high", ports: 1000, hosts: 1, ranges: ["1-1024"], why: "row", rate: 312.4 },
  { src: "198.51.100.9", kind: "horizontal", technique: "tcp_connect", severity: "medium", ports: 1, hosts: 64, ranges: ["445"], why: "column", rate: 20.8 },
  { kind: "distributed_horizontal", technique: "tcp_syn", severity: "high", ports: 1, hosts: 60, ranges: ["23"], why: "distributed", rate: 44.9, members: 61 },
  { src: "10.0.0.58", kind: "host_discovery", technique: "icmp_echo", severity: "low", ports: 0, hosts: 254, ranges: [], why: "column", rate: 9.7 },
  { src: "2001:db8:7::1f4a", dst: "2001:db8:99::443", kind: "vertical", technique: "udp", severity: "medium", ports: 44, hosts: 1, ranges: ["20-60", "161", "500", "1900"], why: "row", rate: 1.2 },
];

export function scanLine(roll, number, t, phase = "close") {
  const shape = SCANS[number % SCANS.length];
  const first = t - 4;
  const targets = shape.dst ? [shape.dst] : Array.from({ length: Math.min(64, shape.hosts) }, (_, i) => `192.0.2.${i + 1}`);
  const probes = Math.max(1, shape.ports) * shape.hosts;
  const silent = Math.round(probes * 0.2);
  const half = Math.max(1, Math.round(probes * 0.01));
  let sum = 0;
  const sample = Array.from({ length: 16 }, (_, i) => {
    const outcome = i % 5 === 4 ? "half_open" : i % 3 === 2 ? "silent" : "refused";
    const step = { refused: 1.76, silent: 1.3, half_open: 2.5 }[outcome];
    sum = Math.round((sum + step) * 100) / 100;
    return { ts: iso(first + i * 0.003), dst_ip: targets[shape.dst ? 0 : i % targets.length], port: shape.ports > 1 ? 20 + i : 445, outcome, step, sum, packet: 41200 + i * 2 };
  });
  return {
    v: 1, event: "scan", ts: iso(t), ...(shape.src ? { src_ip: shape.src } : {}), ...(shape.dst ? { dst_ip: shape.dst } : {}),
    proto: shape.technique.startsWith("tcp") ? "tcp" : shape.technique === "udp" ? "udp" : "icmp",
    scan: {
      id: (number + 1).toString(16).padStart(16, "f"), phase, seq: 1, reopened: false, kind: shape.kind, technique: shape.technique, why: shape.why,
      detect_ts: iso(first + 0.02), first_ts: iso(first), last_ts: iso(t), score: 80.4, threshold: 11.5, confidence: 0.9997, severity: shape.severity,
      targets, hosts: shape.hosts, ports: shape.ports, probes, port_ranges: shape.ranges, refused: probes - silent - half, half_open: half, silent,
      connect: 0, data: 0, stealth: 0, open: targets.slice(0, 3).map((ip) => `${ip}:443`), rate_pps: shape.rate, ttl: [57, 58], src_ports: [56843, 56844], sample,
      ...(shape.members ? { members: targets.slice(0, 20), members_total: shape.members } : {}), visibility: "two_way", capture_ok: true,
      guards: number % 2 ? ["peer_prone"] : undefined, extract: "ntan extract -r x.pcap --scan f -w scan.pcap",
    },
  };
}

export function talkersOf(roll, scale) {
  return [...CLIENTS, ...SERVERS].map((ip, i) => ({ ip, bytes: Math.round((scale * (1 + roll() * 0.02)) / (i + 1) ** 1.4), pkts: Math.round(scale / (i + 1) ** 1.4 / 700) }));
}

export function protocolsOf(scale) {
  const one = (level, name, part, flows) => ({ level, name, pkts: Math.round((scale * part) / 680), bytes: Math.round(scale * part), flows });
  return [one("link", "ethernet", 1), one("network", "ipv4", 0.86, 4100), one("network", "ipv6", 0.139, 800), one("transport", "tcp", 0.71, 2300),
    one("transport", "udp", 0.274, 2400), one("transport", "icmp", 0.011, 12), one("transport", "icmpv6", 0.004, 9),
    ...[["tls", 0.46], ["quic", 0.22], ["http", 0.12], ["ssh", 0.06], ["dns", 0.031], ["smtp", 0.02], ["ntp", 0.004], ["mdns", 0.003], ["unknown", 0.05], ["rtp", 0.02], ["other", 0.01]]
      .map(([name, part]) => one("application", name, part, Math.round(900 * part) + 3))];
}

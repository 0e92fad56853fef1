// Which columns each table has.

import { bytes, count, endpoint, micros, moment, words } from "./format";
import type { EventLine, TableName } from "./model";
import { valueAt } from "./search";

export interface Column {
  head: string;
  /** Path in the line: what is sorted by, and shown unless `text` says otherwise. */
  path: string;
  kind?: "number" | "mono" | "wide";
  text?: (line: EventLine) => string;
  /** A bar behind the value, as long as it is against the greatest of its column. */
  bar?: boolean;
  /** Marks a value that deserves a second look. */
  bad?: (line: EventLine) => boolean;
}

export interface TableDefinition {
  name: TableName;
  label: string;
  columns: Column[];
  sort: string;
  empty: string;
}

const get = <T>(line: EventLine, path: string): T | undefined => valueAt(line, path) as T | undefined;

const at = (path: string, format: (value: number | undefined) => string) =>
  (line: EventLine): string => format(get<number>(line, path));

const number = (head: string, path: string, format: (value: number | undefined) => string = count): Column =>
  ({ head, path, kind: "number", text: at(path, format) });

const when: Column = { head: "Time", path: "ts", text: (line) => moment(line.ts) };
const source: Column = { head: "Source", path: "src_ip", kind: "mono", text: (line) => endpoint(line.src_ip, line.src_port) };
const client: Column = { head: "Client", path: "src_ip", kind: "mono", text: (line) => endpoint(line.src_ip) };
const target: Column = { head: "Destination", path: "dst_ip", kind: "mono", text: (line) => endpoint(line.dst_ip, line.dst_port) };
const server: Column = { head: "Server", path: "dst_ip", kind: "mono", text: (line) => endpoint(line.dst_ip) };

/** The few words that say what an event is about. */
export function gist(line: EventLine): string {
  const own = (line[line.event] ?? {}) as Record<string, unknown>;
  const told = (...names: string[]): string =>
    names.map((name) => own[name]).filter((value) => value !== undefined && typeof value !== "object").join(" ");
  switch (line.event) {
    case "flow": return `${told("app", "state", "end_reason")} ${bytes(Number(own.src_bytes ?? 0) + Number(own.dst_bytes ?? 0))}`;
    case "dns": return `${told("type", "query")} ${own.answered === false ? "no answer" : told("rcode")}`;
    case "http": return told("method", "host", "uri", "status");
    case "tls": return `${told("sni", "version")}${own.established === true ? "" : ` ${told("alert") || "not established"}`}`;
    case "quic": return `${told("version", "sni")}${own.established === true ? "" : ` ${told("error") || "not established"}`}`;
    case "ssh": return told("client", "server");
    case "ntp": return `${words(told("mode", "opcode"))} ${told("stratum", "ref_id", "kiss")}${own.answered === false ? " no answer" : ""}`;
    case "dhcp": return told("type", "mac", "host_name", "assigned_ip", "message");
    case "scan": return words(told("severity", "kind", "technique", "phase"));
    case "anomaly": return told("layer", "reason", "detail");
    case "icmp": return `${words(told("type", "code_name"))} ${told("target", "quoted_dst_ip")}`;
    case "arp": return told("op", "sender_ip", "target_ip");
    case "summary": return `${count(Number(own.packets ?? 0))} packets, ${bytes(Number(own.bytes ?? 0))}`;
    default: return Object.entries(own).filter(([, value]) => typeof value !== "object").slice(0, 4)
      .map(([name, value]) => `${words(name)} ${String(value)}`).join(", ");
  }
}

/** Of some questions nobody waits for an answer. */
function whetherAnswered(answered: boolean | undefined): string {
  if (answered === undefined) return "–";
  return answered ? "answered" : "no answer";
}

function answer(line: EventLine): string {
  const answers = get<{ data?: string }[]>(line, "dns.answers");
  if (!Array.isArray(answers)) {
    return "";
  }
  const [first] = answers;
  return first ? `${first.data ?? ""}${answers.length > 1 ? ` +${answers.length - 1}` : ""}` : "";
}

export const TABLES: TableDefinition[] = [
  {
    name: "talkers", label: "Talkers", sort: "-bytes", empty: "No address has sent anything yet.",
    columns: [{ head: "Address", path: "ip", kind: "mono" }, { ...number("Sent", "bytes", bytes), bar: true }, { ...number("Packets", "pkts"), bar: true }],
  },
  {
    name: "flows", label: "Flows", sort: "", empty: "No flow has ended or lasted a minute yet.",
    columns: [when, { head: "Application", path: "flow.app" }, source, target, { head: "Proto", path: "proto" },
      { head: "State", path: "flow.state" }, number("Lasted", "flow.duration_us", micros), number("Sent", "flow.src_bytes", bytes),
      number("Received", "flow.dst_bytes", bytes), number("Handshake", "flow.hs_rtt_us", micros),
      { ...number("Rtx →", "flow.src_rtx"), bad: (line) => (get<number>(line, "flow.src_rtx") ?? 0) > 0 },
      { ...number("Rtx ←", "flow.dst_rtx"), bad: (line) => (get<number>(line, "flow.dst_rtx") ?? 0) > 0 }],
  },
  {
    name: "dns", label: "DNS", sort: "", empty: "No DNS message was seen yet.",
    columns: [when, client, server, { head: "Query", path: "dns.query", kind: "wide" }, { head: "Type", path: "dns.type" },
      {
        head: "Result", path: "dns.rcode",
        text: (line) => get<string>(line, "dns.rcode") ?? whetherAnswered(get<boolean>(line, "dns.answered")),
        bad: (line) => get<string>(line, "dns.rcode") === "SERVFAIL" || get<boolean>(line, "dns.answered") === false,
      },
      number("Time to answer", "dns.rtt_us", micros), { head: "Answer", path: "dns.answer_count", kind: "wide", text: answer }],
  },
  {
    name: "http", label: "HTTP", sort: "", empty: "No HTTP request was seen in the clear yet.",
    columns: [when, client, { head: "Method", path: "http.method" }, { head: "Host", path: "http.host", kind: "wide" },
      { head: "URI", path: "http.uri", kind: "wide" },
      { ...number("Status", "http.status", (v) => (v === undefined ? "–" : String(v))), bad: (line) => (get<number>(line, "http.status") ?? 0) >= 400 },
      number("First byte", "http.ttfb_us", micros), number("Total", "http.total_us", micros), number("Body", "http.response_body_bytes", bytes)],
  },
  {
    name: "tls", label: "TLS", sort: "", empty: "No TLS handshake was seen yet.",
    columns: [when, client, target, { head: "Server name", path: "tls.sni", kind: "wide" }, { head: "Version", path: "tls.version" },
      number("Handshake", "tls.handshake_us", micros),
      {
        head: "Outcome", path: "tls.established",
        text: (line) => (get<boolean>(line, "tls.established") ? (get<boolean>(line, "tls.resumed") ? "resumed" : "established") : words(get<string>(line, "tls.alert") ?? "not seen")),
        bad: (line) => get(line, "tls.alert") !== undefined,
      },
      { head: "JA4", path: "tls.ja4", kind: "mono" }],
  },
  {
    name: "anomalies", label: "Anomalies", sort: "", empty: "Nothing malformed or contradictory was seen.",
    columns: [when, source, target, { head: "Layer", path: "anomaly.layer" },
      { head: "Reason", path: "anomaly.reason", text: (line) => words(get<string>(line, "anomaly.reason") ?? "") },
      { head: "Detail", path: "anomaly.detail", kind: "wide" }],
  },
  {
    name: "events", label: "Events", sort: "", empty: "No event yet.",
    columns: [when, { head: "Event", path: "event" }, source, target, { head: "Proto", path: "proto" },
      { head: "About", path: "event", kind: "wide", text: gist }],
  },
];

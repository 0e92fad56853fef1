// A scan as the page shows it. Events may be somebody else's (`ntan serve --events`): what is absent or of another type
// is not shown, and takes nothing else with it.

import type { EventLine, Scan, ScanLine, ScanSample } from "./model";

type Members = Record<string, unknown>;

const isNumber = (value: unknown): value is number => typeof value === "number";
const isText = (value: unknown): value is string => typeof value === "string";

function numbers<K extends string>(from: Members, names: K[]): Partial<Record<K, number>> {
  return Object.fromEntries(names.filter((name) => isNumber(from[name])).map((name) => [name, from[name]])) as Partial<Record<K, number>>;
}

function texts<K extends string>(from: Members, names: K[]): Record<K, string> {
  return Object.fromEntries(names.map((name) => [name, isText(from[name]) ? from[name] : ""])) as Record<K, string>;
}

function list<T>(value: unknown, is: (item: unknown) => item is T): T[] | undefined {
  return Array.isArray(value) ? value.filter(is) : undefined;
}

function isSample(value: unknown): value is ScanSample {
  const probe = (typeof value === "object" ? value ?? {} : {}) as Members;
  return isNumber(probe.step) && isNumber(probe.sum) && isText(probe.ts);
}

export function readScan(line: EventLine): ScanLine {
  const from = (typeof line.scan === "object" ? line.scan ?? {} : {}) as Members;
  const scan: Scan = {
    ...texts(from, ["id", "phase", "kind", "kind_hint", "technique", "why", "detect_ts", "first_ts", "last_ts", "severity", "visibility"]),
    ...numbers(from, ["score", "threshold", "confidence", "hosts", "ports", "probes", "refused", "half_open", "silent", "connect", "data",
      "stealth", "rate_pps", "members_total"]),
    targets: list(from.targets, isText), port_ranges: list(from.port_ranges, isText), open: list(from.open, isText),
    members: list(from.members, isText), guards: list(from.guards, isText),
    ttl: list(from.ttl, isNumber), src_ports: list(from.src_ports, isNumber), sample: list(from.sample, isSample),
    capture_ok: typeof from.capture_ok === "boolean" ? from.capture_ok : undefined,
  };
  return { ...line, src_ip: isText(line.src_ip) ? line.src_ip : undefined, scan };
}

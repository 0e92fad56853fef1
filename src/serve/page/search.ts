// The search words of the tables, for the report: it has no server to ask. The same rules as GET /api/v1/table.

import type { EventLine, TableReply, Talker } from "./model";

type Line = EventLine | Talker;
type Test = (line: Line, text: string) => boolean;

/** `flow.src_bytes` of a line. */
export function valueAt(line: Line, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (value, name) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined), line);
}

function has(value: unknown, part: string): boolean {
  return value !== undefined && String(value).toLowerCase().includes(part);
}

function begins(value: unknown, part: string): boolean {
  return value !== undefined && String(value).toLowerCase().startsWith(part);
}

const PREFIXES: Record<string, (line: Line, wanted: string) => boolean> = {
  src: (line, wanted) => begins(valueAt(line, "src_ip") ?? valueAt(line, "ip"), wanted),
  dst: (line, wanted) => begins(valueAt(line, "dst_ip"), wanted),
  ip: (line, wanted) => ["src_ip", "dst_ip", "ip"].some((path) => begins(valueAt(line, path), wanted)),
  port: (line, wanted) => ["src_port", "dst_port"].some((path) => String(valueAt(line, path)) === wanted),
  sni: (line, wanted) => has(valueAt(line, "tls.sni"), wanted),
  query: (line, wanted) => has(valueAt(line, "dns.query"), wanted),
  host: (line, wanted) => has(valueAt(line, "http.host"), wanted),
  event: (line, wanted) => valueAt(line, "event") === wanted,
  proto: (line, wanted) => String(valueAt(line, "proto")).toLowerCase() === wanted,
  id: (line, wanted) => [valueAt(line, "flow_id"), valueAt(line, "scan.id")].some((id) => id === wanted),
};

/** Words, and `/regular expressions/` that may hold blanks. */
function cut(query: string): string[] {
  return query.match(/\/(?:\\.|[^/\\])+\/(?=\s|$)|\S+/g) ?? [];
}

function testOf(word: string): Test {
  if (word.length > 2 && word.startsWith("/") && word.endsWith("/")) {
    const expression = new RegExp(word.slice(1, -1), "i");
    return (_, text) => expression.test(text);
  }
  const colon = word.indexOf(":");
  const prefix = colon > 0 ? PREFIXES[word.slice(0, colon).toLowerCase()] : undefined;
  const wanted = word.slice(prefix ? colon + 1 : 0).toLowerCase();
  return prefix ? (line) => prefix(line, wanted) : (_, text) => text.toLowerCase().includes(wanted);
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) {
    return a === b ? 0 : a === undefined ? 1 : -1;
  }
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

/** What a server would answer to this query; throws SyntaxError for an expression that cannot be. */
export function searchLocally(whole: TableReply, query: string, sort: string, limit: number): TableReply {
  const tests = cut(query).map(testOf);
  const found = whole.rows.filter((line) => {
    const text = tests.length ? JSON.stringify(line) : "";
    return tests.every((test) => test(line, text));
  });
  if (sort) {
    const falling = sort.startsWith("-");
    const path = falling ? sort.slice(1) : sort;
    found.sort((a, b) => {
      const [x, y] = [valueAt(a, path), valueAt(b, path)];
      // What has no value stands last, whichever way is up.
      return x === undefined || y === undefined || !falling ? compare(x, y) : compare(y, x);
    });
  }
  return { ...whole, rows: found.slice(0, limit), matched: found.length };
}

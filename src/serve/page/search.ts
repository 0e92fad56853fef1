// The search words of the tables, for the report: it has no server to ask. The same rules as GET /api/v1/table, to
// which tests/serve/search_cases.json holds both.

import type { EventLine, TableReply, Talker } from "./model";

type Line = EventLine | Talker;
type Test = (line: Line, text: string) => boolean;

/** `flow.src_bytes` of a line. */
export function valueAt(line: Line, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (value, name) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined), line);
}

/** As the server compares: whatever the case, of texts only. */
type Compare = (value: unknown) => boolean;

const textOf = (value: unknown): string => (typeof value === "string" ? value.toLowerCase() : "");

interface Wanted {
  address: Compare;
  name: Compare;
  whole: Compare;
  port: Compare;
}

/** A `=` before it: addresses and names are whole. */
function wantedOf(value: string): Wanted {
  const exact = value.startsWith("=");
  const wanted = value.slice(exact ? 1 : 0).toLowerCase();
  const whole: Compare = (found) => textOf(found) === wanted;
  return {
    whole,
    address: exact ? whole : (found) => textOf(found).startsWith(wanted),
    name: exact ? whole : (found) => textOf(found).includes(wanted),
    port: (found) => /^\d+$/.test(wanted) && found === Number(wanted),
  };
}

/** Rows of talkers have one address. */
const PREFIXES: Record<string, (line: Line, wanted: Wanted) => boolean> = {
  src: (line, { address }) => address(textOf(valueAt(line, "ip")) || valueAt(line, "src_ip")),
  dst: (line, { address }) => address(valueAt(line, "dst_ip")),
  ip: (line, { address }) => (textOf(valueAt(line, "ip")) ? address(valueAt(line, "ip")) : ["src_ip", "dst_ip"].some((path) => address(valueAt(line, path)))),
  port: (line, { port }) => ["src_port", "dst_port"].some((path) => port(valueAt(line, path))),
  proto: (line, { whole }) => whole(valueAt(line, "proto")),
  sni: (line, { name }) => name(valueAt(line, "tls.sni")),
  query: (line, { name }) => name(valueAt(line, "dns.query")),
  host: (line, { name }) => name(valueAt(line, "http.host")),
  event: (line, { whole }) => whole(valueAt(line, "event")),
  id: (line, { whole }) => ["flow_id", "scan.id"].some((path) => whole(valueAt(line, path))),
};

const MOST_WORDS = 16;

/** Words between blanks; a regular expression goes to the slash before a blank or the end. */
function cut(query: string): string[] {
  const found: string[] = [];
  for (let rest = query.replace(/^ +/, ""); rest; rest = rest.replace(/^ +/, "")) {
    let end = rest.indexOf(" ");
    if (rest.startsWith("/")) {
      const close = rest.indexOf("/ ", 1);
      end = close > 0 ? close + 1 : rest.endsWith("/") ? rest.length : end;
    }
    end = end < 0 ? rest.length : end;
    found.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (found.length > MOST_WORDS) {
    throw new SyntaxError(`a search has at most ${MOST_WORDS} words`);
  }
  return found;
}

function testOf(word: string): Test {
  if (word.length > 2 && word.startsWith("/") && word.endsWith("/")) {
    const expression = new RegExp(word.slice(1, -1), "i");
    return (_, text) => expression.test(text);
  }
  const colon = word.indexOf(":");
  const field = word.slice(0, Math.max(colon, 0)).toLowerCase();
  if (Object.hasOwn(PREFIXES, field)) {
    const wanted = wantedOf(word.slice(colon + 1));
    return (line) => PREFIXES[field](line, wanted);
  }
  const part = word.toLowerCase();
  return (_, text) => text.toLowerCase().includes(part);
}

/** Numbers, and what is true or false, stand before texts, and those before what is neither. */
function rank(value: unknown): number {
  return typeof value === "number" || typeof value === "boolean" ? 0 : typeof value === "string" ? 1 : 2;
}

function compare(a: unknown, b: unknown): number {
  if (rank(a) !== rank(b)) {
    return rank(a) - rank(b);
  }
  return rank(a) === 0 ? Number(a) - Number(b) : rank(a) === 2 || a === b ? 0 : String(a) < String(b) ? -1 : 1;
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
      return rank(x) === 2 || rank(y) === 2 || !falling ? compare(x, y) : compare(y, x);
    });
  }
  return { ...whole, rows: found.slice(0, limit), matched: found.length };
}

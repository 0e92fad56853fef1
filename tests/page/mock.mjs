// A stand-in for `ntan serve`, for the tests of the page only: the same API with made-up traffic.

import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { COLUMNS, eventLine, historyUntil, hostileName, protocolsOf, random, rowAt, scanLine, someEvents, talkersOf } from "./traffic.mjs";

const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";
const FILES = { "/": ["index.html", "text/html; charset=utf-8"], "/app.js": ["app.js", "text/javascript; charset=utf-8"], "/app.css": ["app.css", "text/css; charset=utf-8"] };
const TABLES = { flows: "flow", dns: "dns", http: "http", tls: "tls", anomalies: "anomaly", events: "" };

export class Refusal extends Error {
  constructor(status, error, hints = []) {
    super(error);
    Object.assign(this, { status, hints });
  }
}

/** Everything a test may want to be otherwise. */
const DEFAULTS = {
  mode: "live", status: "running", hostile: false, seconds: 900, tickMs: 1000, token: "", filter: undefined, failure: undefined, notes: [],
  packets: 1, events: 600, scans: 5, mostScans: 1000, eventsPerTick: 3, streamStatus: 200, startRefusal: null, down: false, drops: 0, seed: 7, stateDelayMs: 0,
  directed: true, promisc: true,
};

export class Mock {
  constructor(folder, options = {}) {
    this.folder = folder;
    this.options = { ...DEFAULTS, ...options };
    this.streams = new Set();
    this.requests = [];
    this.reset();
    this.server = createServer((request, reply) => void this.serve(request, reply));
  }

  async listen(port = 0) {
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.timer = setInterval(() => this.tick(), this.options.tickMs);
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
    return this.url;
  }

  async close() {
    clearInterval(this.timer);
    for (const reply of this.streams) {
      reply.destroy();
    }
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  reset() {
    const { options } = this;
    this.roll = random(options.seed);
    this.now = Math.floor(Date.now() / 1000);
    this.tickNumber = 100;
    this.elapsed = options.status === "idle" ? 0 : options.seconds * 1e6;
    const quiet = options.packets === 0;
    this.rows = quiet ? [] : historyUntil(this.roll, this.now, options.seconds, options.directed);
    this.lines = quiet ? [] : someEvents(this.roll, this.now, options.events, options.hostile);
    this.scans = quiet ? [] : Array.from({ length: options.scans }, (_, i) => scanLine(this.roll, i, this.now - 200 + 37 * i, i === options.scans - 1 ? "open" : "close")).reverse();
    this.scale = quiet ? 0 : 4.1e9;
    this.started = this.now - options.seconds;
    this.progress = { bytes: 31_400_000, size: 104_857_600 };
  }

  runState() {
    const { mode, status, filter, failure, notes, drops, packets } = this.options;
    const idle = status === "idle";
    const totals = packets === 0 ? { packets: 0, bytes: 0, events: 0, flows: 0, flows_active: 0, scans: 0 } : {
      packets: Math.round(this.scale / 680), bytes: Math.round(this.scale), events: this.lines.length * 21, flows: 4913, flows_active: 212, scans: this.scans.length,
      scans_open: this.scans.filter(({ scan }) => scan.phase !== "close").length,
    };
    if (mode === "live" && !idle) {
      Object.assign(totals, { received: totals.packets + drops, dropped_by_kernel: drops, dropped_by_interface: 0, dropped_by_ntan: 0 });
    }
    Object.assign(totals, this.options.damage);
    return {
      version: "0.1.0", mode, status, ...(mode === "live" && !idle ? { interface: this.interface ?? "eth0" } : {}), ...(mode === "replay" ? { file: "a day at the office.pcap", progress: this.progress } : {}),
      filter, ...(mode === "live" && !idle ? { filter_effective: `${filter ? `(${filter}) and ` : ""}not (tcp port 8080 and host 127.0.0.1)`, own_traffic_excluded: true } : {}),
      ...(idle ? {} : { started_ts: new Date(this.started * 1000).toISOString(), elapsed_us: this.elapsed }), failure, notes, totals,
      kept: { events: this.lines.length, bytes: this.lines.length * 610, capacity: 67_108_864, given_up: 0 },
      ...(mode === "events" ? {} : { ring: { packets: totals.packets % 300_000, bytes: Math.min(this.scale, 182_000_000), capacity: 268_435_456, given_up: 0 } }),
      ...(mode === "live" ? { promisc: this.options.promisc } : {}),
      ...(status === "running" && mode !== "events" ? { run_load: { cpu_ratio: 0.031, resident_bytes: 31_457_280 } } : {}), page_load: { cpu_ratio: 0.004, resident_bytes: 8_388_608 },
      tick: this.tickNumber,
    };
  }

  state() {
    return { ...this.runState(), history: { columns: COLUMNS, rows: this.rows }, ...(this.rows.length ? { summary: { packets: 1 } } : {}), talkers: this.talkers(), protocols: this.protocols(), scans: this.scans.slice(0, this.options.mostScans) };
  }

  talkers() {
    return this.scale ? talkersOf(this.roll, this.scale) : [];
  }

  protocols() {
    return this.scale ? protocolsOf(this.scale) : [];
  }

  /** One second goes by. */
  tick() {
    const running = this.options.status === "running";
    let row = null;
    if (running) {
      this.elapsed += 1e6;
      this.now += 1;
      if (this.options.packets !== 0) {
        row = rowAt(this.roll, this.now, 1, this.options.drops === 0, this.options.directed);
        this.rows.push(row);
        this.rows.splice(0, Math.max(0, this.rows.length - 4500));
        this.scale += row[3];
        for (let i = 0; i < this.options.eventsPerTick; i += 1) {
          this.lines.unshift(eventLine(this.roll, this.now, ["flow", "dns", "tls", "http"][i % 4], this.options.hostile ? hostileName(this.tickNumber + i) : undefined));
        }
        this.lines.length = Math.min(this.lines.length, 1000);
      }
      if (this.options.mode === "replay") {
        this.progress.bytes = Math.min(this.progress.size, this.progress.bytes + 2_000_000);
      }
    }
    this.tickNumber += 1;
    const { status, elapsed_us, totals, kept, ring, progress, run_load, page_load } = this.runState();
    this.send("tick", { tick: this.tickNumber, row, status, elapsed_us, totals, kept, ring, progress, run_load, page_load, ...(row ? { summary: { packets: row[2] } } : {}), talkers: this.talkers(), protocols: this.protocols() });
  }

  /** A scan of its own id. */
  alert(number, phase = "open") {
    const line = scanLine(this.roll, number, this.now, phase);
    this.scans = [line, ...this.scans.filter(({ scan }) => scan.id !== line.scan.id)];
    this.send("alert", line);
    return line;
  }

  change(options) {
    Object.assign(this.options, options);
    this.send("state", this.runState());
  }

  send(event, value) {
    for (const reply of this.streams) {
      reply.write(`id: ${this.tickNumber}\nevent: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
    }
  }

  /** As when the program has ended: connections are cut, new ones refused. */
  setDown(down) {
    this.options.down = down;
    if (down) {
      this.server.closeAllConnections();
      this.streams.clear();
    }
  }

  async serve(request, reply) {
    const url = new URL(request.url, "http://x");
    this.requests.push(`${request.method} ${url.pathname}${url.search}`);
    if (this.options.down) {
      request.socket.destroy();
      return;
    }
    try {
      const body = request.method === "POST" ? await this.body(request) : null;
      this.route(request, url, body, reply);
    } catch (error) {
      const { status = 500, hints = [] } = error;
      this.json(reply, { error: error.message, hints }, status);
    }
  }

  async body(request) {
    if (request.headers["x-ntan"] !== "1" || request.headers["content-type"] !== "application/json") {
      throw new Refusal(403, "a POST needs X-Ntan and JSON");
    }
    let text = "";
    for await (const chunk of request) {
      text += chunk;
    }
    return JSON.parse(text);
  }

  route(request, url, body, reply) {
    const file = FILES[url.pathname];
    if (file) {
      reply.writeHead(200, { "Content-Type": file[1], "Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff" });
      createReadStream(join(this.folder, file[0])).pipe(reply);
      return;
    }
    if (this.options.token && request.headers.authorization !== `Bearer ${this.options.token}`) {
      throw new Refusal(401, "this address needs a token");
    }
    const path = url.pathname.replace("/api/v1/", "");
    const [kind, name] = path.split("/");
    if (path === "state") {
      const state = this.state();
      setTimeout(() => this.json(reply, state), this.options.stateDelayMs);
    } else if (path === "stream") {
      this.stream(request, reply);
    } else if (path === "interfaces") {
      this.json(reply, { interfaces: this.interfaces() });
    } else if (path === "filter/check") {
      this.json(reply, checkFilter(body.filter));
    } else if (kind === "capture") {
      this.json(reply, this.capture(name, body));
    } else if (kind === "table") {
      this.json(reply, this.table(name, url.searchParams));
    } else if (kind === "export") {
      this.exported(name, url.searchParams, reply);
    } else {
      throw new Refusal(404, "there is nothing here");
    }
  }

  json(reply, value, status = 200) {
    reply.writeHead(status, { "Content-Type": "application/json" });
    reply.end(JSON.stringify(value));
  }

  stream(request, reply) {
    if (this.options.streamStatus !== 200) {
      throw new Refusal(this.options.streamStatus, "no stream here");
    }
    reply.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    // What changed after the page had asked for the state reaches it too.
    reply.write(`retry: 2000\n\nevent: state\ndata: ${JSON.stringify(this.runState())}\n\n`);
    this.streams.add(reply);
    request.on("close", () => this.streams.delete(reply));
  }

  interfaces() {
    const wave = (scale, phase) => Array.from({ length: 60 }, (_, i) => Math.round(scale * (1 + Math.sin(i / 6 + phase) * 0.5 + this.roll() * 0.3)));
    const one = (name, more) => ({ name, up: true, loopback: false, default: false, addresses: [], bps: 0, bps_history: [], ...more });
    return [
      one("eth0", { default: true, addresses: ["10.0.0.23", "2001:db8:7::1f4a"], bps: 12_300_000, bps_history: wave(1e7, this.tickNumber / 6) }),
      one("wlan0", { addresses: ["192.168.1.40"], bps: 41_000, bps_history: wave(4e4, 2) }),
      one("lo", { loopback: true, addresses: ["127.0.0.1", "::1"], bps: 800, bps_history: wave(500, 4) }),
      one("eth1", { up: false, bps_history: Array(60).fill(0) }),
    ];
  }

  capture(name, body) {
    if (this.options.mode === "events") {
      throw new Refusal(409, "events from standard input cannot be started");
    }
    if (name === "start") {
      if (this.options.status === "running") {
        throw new Refusal(409, "a capture is running");
      }
      if (this.options.startRefusal) {
        throw this.options.startRefusal;
      }
      const verdict = checkFilter(body.filter ?? "");
      if (!verdict.ok) {
        throw new Refusal(422, `bad filter: ${verdict.error}`);
      }
      this.interface = body.interface;
      this.startBody = body;
      Object.assign(this.options, { status: "running", filter: body.filter, seconds: 5 });
      this.reset();
      this.started = Date.now() / 1000;
    } else {
      if (this.options.status !== "running") {
        throw new Refusal(409, "nothing is running");
      }
      this.options.status = "stopped";
    }
    this.send("state", this.runState());
    return this.runState();
  }

  table(name, words) {
    const all = name === "talkers" ? this.talkers() : name === "scans" ? this.scans : this.lines.filter(({ event }) => !TABLES[name] || event === TABLES[name]);
    const query = words.get("q") ?? "";
    if (query.startsWith("/") && query.length > 1) {
      try {
        new RegExp(query.slice(1, -1));
      } catch {
        throw new Refusal(422, "the regular expression has a bracket that is not closed");
      }
    }
    const found = all.filter((line) => query.split(/\s+/).filter(Boolean).every((word) => matches(line, word)));
    const sort = words.get("sort");
    if (sort) {
      const at = (line) => sort.replace(/^-/, "").split(".").reduce((value, part) => value?.[part], line);
      found.sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0) * (sort.startsWith("-") ? -1 : 1));
    }
    return { rows: found.slice(0, Number(words.get("limit") ?? 50)), matched: found.length, looked_at: this.options.lookedAt ?? all.length, held: all.length, seen: all.length * (name === "talkers" ? 1 : 21) };
  }

  exported(name, words, reply) {
    const event = words.get("event");
    const chosen = this.lines.filter((line) => !event || line.event === event);
    if (name === "pcap" ? this.scale === 0 : name !== "report" && chosen.length === 0) {
      throw new Refusal(409, `0 ${event ?? ""} events are held. 1832 packets read: tcp 1700, udp 132.`, ["the filter was 'tcp or udp'"]);
    }
    const [type, suffix, data] = {
      json: ["application/x-ndjson", "ndjson", chosen.map((line) => `${JSON.stringify(line)}\n`).join("")],
      csv: ["text/csv", "csv", `ts,src_ip\n${chosen.map(({ ts, src_ip }) => `${ts},${src_ip}\n`).join("")}`],
      pcap: ["application/vnd.tcpdump.pcap", "pcap", `pcap of ${words}`],
      report: ["text/html", "html", "<!doctype html><title>report</title>"],
    }[name];
    reply.writeHead(200, { "Content-Type": type, "Content-Disposition": `attachment; filename="ntan-${event ?? "all"}.${suffix}"` });
    reply.end(data);
  }
}

function matches(line, word) {
  const [, prefix, value] = /^(src|dst|ip|port|sni|proto|id):(.*)$/.exec(word) ?? [];
  const within = (text) => (value.startsWith("=") ? text === value.slice(1) : String(text ?? "").includes(value));
  switch (prefix) {
    case "src": return within(line.src_ip ?? line.ip);
    case "dst": return within(line.dst_ip);
    case "ip": return within(line.src_ip ?? line.ip) || within(line.dst_ip);
    case "port": return String(line.src_port) === value || String(line.dst_port) === value;
    case "sni": return within(line.tls?.sni);
    case "proto": return line.proto === value;
    case "id": return line.flow_id === value || line.scan?.id === value;
    default: return word.startsWith("/") ? new RegExp(word.slice(1, -1), "i").test(JSON.stringify(line)) : JSON.stringify(line).toLowerCase().includes(word.toLowerCase());
  }
}

function checkFilter(filter) {
  const offset = filter.search(/\bprt\b/);
  return offset < 0 ? { ok: true, instructions: filter ? 14 : 1 }
    : { ok: false, error: "'prt' is not a word of filters", word: "prt", offset, suggestions: ["port", "proto"] };
}

/** The page as one file, as `ntan report` makes it. */
export function reportHtml(files, data) {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return files.index
    .replace('<link rel="stylesheet" href="/app.css">', () => `<style>${files.css}</style>`)
    .replace('<script src="/app.js"></script>', () => `<script type="application/json" id="ntan-data">${json}</script><script>${files.js}</script>`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [folder, mode = "live", status = "running"] = process.argv.slice(2);
  console.log(await new Mock(folder, { mode, status }).listen(8099));
}

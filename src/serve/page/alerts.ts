// Scan alerts with their evidence.

import { focusedKey, focusKey, h, setText, show, svg } from "./dom";
import { count, dateAndTime, endpoint, micros, moment, percent, rate, timeOfDay, words } from "./format";
import type { Scan, ScanLine } from "./model";
import type { Store } from "./store";

const MOST_SHOWN = 20;
const MOST_IN_LOG = 10;
const MOST_TARGETS = 12;

export interface AlertActions {
  /** Absent where no packets can be had. */
  pcap?: (line: ScanLine) => void;
  filter: (words: string) => void;
  details: (line: ScanLine) => void;
}

const WHY: Record<string, string> = {
  row: "many ports of one host", column: "one port of many hosts", source: "many targets in no order",
  burst: "many malformed probes in a row", rate: "far more targets per second than the source is used to",
  distributed: "many sources that share the work", reverse: "resets that nobody had asked for",
};

const GUARDS: Record<string, string> = {
  traceroute: "looked like a traceroute", ftp_data: "belonged to FTP data connections", one_way: "answers were not visible",
  churn: "targets come and go", outage: "a service was down for everybody", peer_prone: "looked like a peer-to-peer node",
  sampled: "most packets are missing from the capture", fallback: "the same hosts were used over TCP",
  older: "looked like the end of older connections", dhcp_check: "a DHCP server asked whether addresses are free",
  call_back: "a server asked who calls it",
  media: "went with media streams", elsewhere: "the port worked at other hosts, or the host on other ports",
};

const VISIBILITY: Record<string, string> = {
  two_way: "both directions were seen", one_way: "only one direction was seen", answers_only: "only the answers were seen",
};

export function sourceOf(line: ScanLine): string {
  const total = line.scan.members_total ?? 0;
  return line.src_ip ?? (total > 0 ? `${count(total)} sources` : "several sources");
}

export function targetsOf({ scan }: ScanLine): string {
  const one = scan.hosts === 1 && scan.targets?.length === 1;
  const hosts = one ? (scan.targets as string[])[0] : `${count(scan.hosts)} hosts`;
  const ranges = scan.port_ranges ?? [];
  if (scan.ports === 0) {
    return hosts;
  }
  const ports = ranges.length > 0 && ranges.length <= 3
    ? `${scan.ports === 1 ? "port" : `${count(scan.ports)} ports:`} ${ranges.join(", ")}` : `${count(scan.ports)} ports`;
  return `${hosts}, ${ports}`;
}

function sentence(line: ScanLine): string {
  const { scan } = line;
  return `${scan.severity} severity: ${words(scan.kind)} scan, ${words(scan.technique)}, from ${sourceOf(line)} to ${targetsOf(line)}`;
}

function facts(pairs: [string, string | undefined][]): HTMLElement {
  return h("dl", { class: "facts" }, ...pairs.filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function shortList(items: (string | number)[] | undefined, total?: number): string | undefined {
  if (!items?.length) {
    return undefined;
  }
  const more = Math.max(total ?? 0, items.length) - Math.min(items.length, MOST_TARGETS);
  return items.slice(0, MOST_TARGETS).join(", ") + (more > 0 ? ` and ${count(more)} more` : "");
}

function sampleTable(scan: Scan, title: string): HTMLElement | null {
  const { sample = [], threshold = Infinity } = scan;
  if (!sample.length) {
    return null;
  }
  const heads = ["Packet", "Time", "Target", "Outcome", "Step", "Sum"];
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, h("table", { class: "sample" },
    h("caption", {}, "First probes: each adds its step to the sum, and the sum has to reach the threshold"),
    h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...sample.map((probe) => h("tr", { class: probe.sum >= threshold ? "over" : undefined },
      h("td", { class: "n" }, count(probe.packet)), h("td", {}, timeOfDay(probe.ts)), h("td", { class: "mono" }, endpoint(probe.dst_ip, probe.port)),
      h("td", {}, words(probe.outcome ?? "not known yet")), h("td", { class: "n" }, probe.step.toFixed(2)), h("td", { class: "n" }, probe.sum.toFixed(2)))))));
}

const SCORE_WIDTH = 260;
const SCORE_HEIGHT = 64;

/** How the sum came to the threshold, probe by probe. */
function scoreChart(scan: Scan): HTMLElement | null {
  const sums = (scan.sample ?? []).map(({ sum }) => sum);
  const { threshold } = scan;
  if (sums.length < 2 || threshold === undefined) {
    return null;
  }
  const most = Math.max(threshold, ...sums) * 1.1;
  const y = (sum: number): string => (SCORE_HEIGHT - (Math.max(0, sum) / most) * SCORE_HEIGHT).toFixed(1);
  const step = SCORE_WIDTH / (sums.length - 1);
  const over = sums.findIndex((sum) => sum >= threshold);
  return h("figure", { class: "score" },
    svg("svg", { viewBox: `0 0 ${SCORE_WIDTH} ${SCORE_HEIGHT}`, "aria-hidden": "true", preserveAspectRatio: "none" },
      svg("path", { class: "threshold", d: `M0 ${y(threshold)}H${SCORE_WIDTH}`, "vector-effect": "non-scaling-stroke" }),
      svg("polyline", { points: sums.map((sum, at) => `${(at * step).toFixed(1)},${y(sum)}`).join(" "), "vector-effect": "non-scaling-stroke" })),
    h("figcaption", {}, over < 0 ? `Sum of the first probes; the threshold is ${threshold}` : `The sum reached ${threshold} with probe ${over + 1}`));
}

function outcomes(scan: Scan): [string, string | undefined][] {
  const known: [string, number | undefined][] = [["refused", scan.refused], ["half open", scan.half_open], ["no answer", scan.silent],
    ["connected, no payload", scan.connect], ["with payload or answer", scan.data], ["stealth flags", scan.stealth]];
  return known.filter(([, n]) => n !== undefined && n > 0).map(([name, n]) => [name, count(n)]);
}

/** What is known of the scan beyond its headline. `where` tells one of several on the page from the others. */
export function evidence(line: ScanLine, where = ""): HTMLElement {
  const { scan } = line;
  const duration = (Date.parse(scan.last_ts) - Date.parse(scan.first_ts)) * 1000;
  return h("div", { class: "evidence" },
    h("div", { class: "evidence-columns" },
      h("section", {}, h("h3", {}, "Probes"), facts([["tried", count(scan.probes)], ...outcomes(scan),
        ["accepted", shortList(scan.open)], ["ports", shortList(scan.port_ranges)], ["targets", shortList(scan.targets, scan.hosts)]])),
      h("section", {}, h("h3", {}, "Why"), facts([
        ["test", scan.why && `${words(scan.why)}${WHY[scan.why] ? ` – ${WHY[scan.why]}` : ""}`],
        ["score", scan.score === undefined ? undefined : `${scan.score} of ${scan.threshold ?? "–"} needed`], ["confidence", percent(scan.confidence)],
        ["found", scan.detect_ts && `${timeOfDay(scan.detect_ts)}, ${micros((Date.parse(scan.detect_ts) - Date.parse(scan.first_ts)) * 1000)} after the first probe`],
        ["weighed less", shortList(scan.guards?.map((guard) => GUARDS[guard] ?? words(guard)))],
        ["visibility", VISIBILITY[scan.visibility] ?? words(scan.visibility)],
        ["capture", scan.capture_ok === undefined ? undefined : scan.capture_ok ? "kept up" : "did not keep up: some contacts were forgotten"]])),
      h("section", {}, h("h3", {}, "Source"), facts([
        ["lasted", Number.isNaN(duration) ? undefined : micros(duration)], ["rate", `${rate(scan.rate_pps)} probes/s`], ["hint", scan.kind_hint && words(scan.kind_hint)],
        ["TTL", shortList(scan.ttl)], ["source ports", shortList(scan.src_ports)], ["members", shortList(scan.members, scan.members_total)]]))),
    h("div", { class: "sample-box" },
      sampleTable(scan, `First probes${where}: ${words(scan.kind)} scan from ${sourceOf(line)} to ${targetsOf(line)}, ${dateAndTime(scan.first_ts)}`),
      scoreChart(scan)));
}

export class Alerts {
  private readonly list = h("ul", { class: "alert-list" });
  private readonly empty = h("p", { class: "empty" }, "No scan was found so far.");
  private readonly missing = h("p", { class: "muted", hidden: true });
  private readonly more = h("button", { type: "button", class: "small" });
  private readonly heading = h("h2", { id: "alerts-title" }, "Scan alerts");
  private readonly open = new Set<string>();
  private readonly shownLines = new Map<string, { line: ScanLine; item: HTMLElement; isOpen: boolean }>();
  private limit = MOST_SHOWN;

  constructor(private readonly store: Store, root: HTMLElement, log: HTMLElement, private readonly actions: AlertActions) {
    this.more.addEventListener("click", () => {
      this.limit += MOST_SHOWN;
      this.paint();
    });
    root.append(h("div", { class: "head" }, this.heading), this.missing, this.list, this.empty, this.more);
    store.onPaint(() => this.paint());
    store.onAlert((line, known) => {
      if (!known) {
        log.append(h("p", {}, sentence(line)));
        while (log.childElementCount > MOST_IN_LOG) {
          log.firstElementChild?.remove();
        }
      }
    });
  }

  private paint(): void {
    const lines = [...this.store.scans.values()].reverse();
    const shown = lines.slice(0, this.limit);
    const all = Math.max(lines.length, this.store.run?.totals?.scans ?? 0);
    setText(this.heading, all ? `Scan alerts (${count(all)})` : "Scan alerts");
    show(this.missing, all > lines.length);
    setText(this.missing, `The newest ${count(lines.length)} of ${count(all)} are here.`);
    show(this.empty, lines.length === 0);
    setText(this.empty, this.store.run?.totals?.scans === undefined ? "The events do not tell of any scan." : "No scan was found so far.");
    show(this.more, lines.length > shown.length);
    setText(this.more, `Show ${Math.min(MOST_SHOWN, lines.length - shown.length)} more of ${count(lines.length - shown.length)}`);
    this.update(shown);
  }

  /** Only what changed is built again: an open evidence keeps its place and the focus. */
  private update(shown: ScanLine[]): void {
    const ids = new Set(shown.map(({ scan }) => scan.id));
    for (const [id, entry] of this.shownLines) {
      if (!ids.has(id)) {
        entry.item.remove();
        this.shownLines.delete(id);
      }
    }
    const key = focusedKey(this.list);
    let rebuilt = false;
    for (const [at, line] of shown.entries()) {
      const { id } = line.scan;
      const known = this.shownLines.get(id);
      const isOpen = this.open.has(id);
      let item = known?.item;
      if (!item || known?.line !== line || known.isOpen !== isOpen) {
        const fresh = this.item(line, isOpen);
        item?.replaceWith(fresh);
        item = fresh;
        rebuilt = true;
        this.shownLines.set(id, { line, item, isOpen });
      }
      if (this.list.children[at] !== item) {
        this.list.insertBefore(item, this.list.children[at] ?? null);
      }
    }
    if (rebuilt) {
      focusKey(this.list, key);
    }
  }

  private item(line: ScanLine, isOpen: boolean): HTMLElement {
    const { scan } = line;
    const panel = `evidence-${scan.id}`;
    const who = `${words(scan.kind)} scan from ${sourceOf(line)}`;
    const button = (text: string, action: () => void): HTMLElement => h("button", {
      type: "button", class: "small", "data-key": `${scan.id} ${text}`, "aria-label": `${text}: ${who}`, onclick: action,
    }, text);
    const toggle = button("Evidence", () => {
      if (!this.open.delete(scan.id)) {
        this.open.add(scan.id);
      }
      this.paint();
    });
    toggle.setAttribute("aria-expanded", String(isOpen));
    toggle.setAttribute("aria-controls", panel);
    return h("li", { class: `alert ${scan.phase === "close" ? "over" : "going"}` },
      h("div", { class: "alert-line" },
        h("span", { class: `severity ${["low", "medium", "high", ""].includes(scan.severity) ? scan.severity : "high"}` }, scan.severity || "unknown"),
        h("span", { class: "what" }, h("strong", {}, words(scan.kind || "unknown")), ` ${words(scan.technique)}`),
        h("span", { class: "route mono" }, h("bdi", {}, sourceOf(line)), h("span", { class: "arrow", "aria-label": "to" }, " → "), h("bdi", {}, targetsOf(line))),
        h("span", { class: "since" }, `${moment(scan.first_ts).slice(0, -4)}, ${scan.phase === "close" ? "over" : "going on"}`),
        h("span", { class: "speed" }, `${rate(scan.rate_pps)}/s`),
        h("span", { class: "actions" }, toggle,
          this.actions.pcap && button("PCAP", () => this.actions.pcap?.(line)),
          line.src_ip === undefined ? null : button("Filter", () => this.actions.filter(`src:=${line.src_ip}`)),
          button("Details", () => this.actions.details(line)))),
      h("div", { id: panel, hidden: !isOpen }, isOpen ? evidence(line) : null));
  }
}

// All of one line: its fields, and ways to go on with it.

import { evidence } from "./alerts";
import { h } from "./dom";
import { bytes, count, dateAndTime, endpoint, micros, percent } from "./format";
import type { EventLine, TableName, Talker } from "./model";
import { readScan } from "./scan";
import { valueAt } from "./search";

export interface DrawerActions {
  /** Absent where no packets can be had. */
  pcap?: (parameters: Record<string, string>, near: HTMLElement) => void;
  find: (table: TableName, words: string) => void;
}

type Line = EventLine | Talker;

function isEvent(line: Line): line is EventLine {
  return "event" in line;
}

/** Protocols by the words of filters. */
const FILTER_WORDS = new Map([["tcp", "tcp"], ["udp", "udp"], ["sctp", "sctp"], ["icmp", "icmp"], ["icmpv6", "icmp6"], ["arp", "arp"]]);
const WITH_PORTS = ["tcp", "udp", "sctp"];

/** A filter for exactly these ends; empty where filters have no words for them, as inside of a tunnel. */
export function toBpf(line: Line): string {
  if (!isEvent(line)) {
    return `host ${line.ip}`;
  }
  if (line.tunnel !== undefined) {
    return "";
  }
  const parts: string[] = [];
  const word = FILTER_WORDS.get(line.proto ?? "");
  if (word) {
    parts.push(word);
  }
  for (const ip of [line.src_ip, line.dst_ip]) {
    if (ip) {
      parts.push(`host ${ip}`);
    }
  }
  if (line.event !== "scan" && WITH_PORTS.includes(line.proto ?? "")) {
    for (const port of [line.src_port, line.dst_port]) {
      if (port !== undefined) {
        parts.push(`port ${port}`);
      }
    }
  }
  // Each `vlan` moves what follows it behind one more tag.
  const tags = Array.isArray(line.vlan) ? line.vlan.map((id) => `vlan ${Number(id)}`) : [];
  return parts.length ? [...tags, ...parts].join(" and ") : "";
}

/** The jq that finds it again in saved NDJSON. */
export function toJq(line: Line): string {
  const text = (value: unknown): string => JSON.stringify(value);
  let wanted: string;
  if (!isEvent(line)) {
    wanted = `.src_ip == ${text(line.ip)} or .dst_ip == ${text(line.ip)}`;
  } else if (line.event === "scan") {
    wanted = `.scan.id == ${text(readScan(line).scan.id)}`;
  } else if (line.flow_id) {
    wanted = `.flow_id == ${text(line.flow_id)}`;
  } else {
    wanted = `.event == ${text(line.event)} and .ts == ${text(line.ts)}`;
  }
  return `jq -c 'select(${wanted.replaceAll("'", "'\\''")})'`;
}

/** The clipboard needs a secure context; without one a selected field is copied the old way. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea", { class: "unseen", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export function copyButton(label: string, text: string): HTMLButtonElement {
  const button = h("button", { type: "button", class: "small" }, label);
  button.addEventListener("click", () => void copy(text).then((done) => {
    button.textContent = done ? "Copied" : "Select and copy it by hand";
    window.setTimeout(() => {
      button.textContent = label;
    }, 1500);
  }));
  return button;
}

function readable(path: string, value: number): string {
  if (path.endsWith("_us")) {
    return micros(value);
  }
  if (path.endsWith("_bytes") || path.endsWith("_payload")) {
    return bytes(value);
  }
  return path.endsWith("_ratio") ? percent(value) : "";
}

function fieldRows(line: object, prefix = ""): HTMLElement[] {
  return Object.entries(line).flatMap(([name, value]): HTMLElement[] => {
    const path = prefix + name;
    if (Array.isArray(value) && value.some((item) => typeof item === "object" && item !== null)) {
      return value.flatMap((item, at) => (typeof item === "object" && item !== null ? fieldRows(item as object, `${path}[${at}].`) : []));
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return fieldRows(value, `${path}.`);
    }
    const text = Array.isArray(value) ? value.join(", ") : String(value);
    const note = typeof value === "number" ? readable(path, value) : "";
    return [h("div", {}, h("dt", {}, path), h("dd", {}, h("bdi", {}, text),
      note && note !== text ? h("span", { class: "readable" }, ` ${note}`) : null))];
  });
}

/** When it began, how long it lasted, and where in that its own moments lie. */
function timeline(line: EventLine): HTMLElement | null {
  const own = line[line.event] as Record<string, unknown> | undefined;
  if (typeof own?.first_ts !== "string" || typeof own.last_ts !== "string") {
    return null;
  }
  const begin = Date.parse(own.first_ts);
  const length = Math.max(1, Date.parse(own.last_ts) - begin);
  const bar = h("div", { class: "timeline-bar", "aria-hidden": "true" });
  const marks: [string, string | number | undefined][] = [
    ["found", own.detect_ts as string | undefined],
    ["connected", typeof own.connect_us === "number" ? begin + own.connect_us / 1000 : undefined],
  ];
  const legend: string[] = [];
  for (const [name, moment] of marks) {
    if (moment !== undefined) {
      const at = typeof moment === "number" ? moment : Date.parse(moment);
      const mark = h("span", { class: "timeline-mark" });
      mark.style.left = `${Math.min(100, Math.max(0, (100 * (at - begin)) / length))}%`;
      bar.append(mark);
      legend.push(`${name} after ${micros((at - begin) * 1000)}`);
    }
  }
  return h("div", { class: "timeline" }, h("span", {}, dateAndTime(own.first_ts)), h("span", {}, dateAndTime(own.last_ts)), bar,
    legend.length ? h("p", {}, legend.join(", ")) : null);
}

function titleOf(line: Line): string {
  if (!isEvent(line)) {
    return line.ip;
  }
  const ends = line.dst_ip ? ` ${endpoint(line.src_ip, line.src_port)} → ${endpoint(line.dst_ip, line.dst_port)}` : line.src_ip ? ` ${line.src_ip}` : "";
  return `${line.event}${ends}`;
}

export class Drawer {
  private opener: HTMLElement | null = null;
  private openerKey: string | null = null;

  constructor(private readonly dialog: HTMLDialogElement, private readonly actions: DrawerActions) {
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.close();
      }
    });
  }

  open(line: Line): void {
    if (!this.dialog.open || !this.dialog.contains(document.activeElement)) {
      this.opener = document.activeElement as HTMLElement | null;
      this.openerKey = this.opener?.getAttribute("data-key") ?? null;
    }
    const title = h("h2", { id: "drawer-title", tabindex: -1 }, titleOf(line));
    this.dialog.replaceChildren(
      h("div", { class: "drawer-head" }, title,
        h("button", { type: "button", class: "small", onclick: () => this.close() }, "Close")),
      this.buttons(line),
      h("div", { class: "drawer-body" }, isEvent(line) ? timeline(line) : null,
        isEvent(line) && line.event === "scan" ? evidence(readScan(line), " in the details") : null,
        isEvent(line) ? null : h("p", {}, `${bytes(line.bytes)} in ${count(line.pkts)} packets sent`),
        h("h3", {}, "All fields"), h("dl", { class: "fields" }, ...fieldRows(line))));
    if (!this.dialog.open) {
      this.dialog.show();
    }
    this.dialog.scrollTop = 0;
    title.focus({ preventScroll: true });
  }

  /** The focus returns to where it came from, even if that was built again meanwhile. */
  private close(): void {
    this.dialog.close();
    const again = this.opener?.isConnected ? this.opener
      : this.openerKey === null ? null : document.querySelector<HTMLElement>(`[data-key="${CSS.escape(this.openerKey)}"]`);
    again?.focus({ preventScroll: true });
  }

  private buttons(line: Line): HTMLElement {
    const bpf = toBpf(line);
    const box = h("div", { class: "drawer-actions" },
      bpf ? copyButton("Copy as BPF", bpf) : null, copyButton("Copy as jq", toJq(line)), copyButton("Copy JSON", JSON.stringify(line)));
    const flow = isEvent(line) ? line.flow_id : undefined;
    const scan = isEvent(line) && line.event === "scan" ? (valueAt(line, "scan.id") as string) : undefined;
    const wanted: Record<string, string> | null = scan ? { scan } : flow ? { flow } : null;
    if (wanted && this.actions.pcap) {
      box.append(h("button", { type: "button", class: "small", onclick: () => this.actions.pcap?.(wanted, box) }, "PCAP"));
    }
    if (flow) {
      box.append(h("button", { type: "button", class: "small", onclick: () => this.actions.find("events", `id:${flow}`) }, "Events of this flow"));
    }
    if (!isEvent(line)) {
      box.append(h("button", { type: "button", class: "small", onclick: () => this.actions.find("flows", `ip:=${line.ip}`) }, "Flows of this address"));
    }
    return box;
  }
}

// Beside the charts: the mix of protocols, and how the capture itself is doing.

import { choices } from "./charts";
import { h, setText, show } from "./dom";
import { bytes, count, percent } from "./format";
import type { Held, Load, ProtocolShare, RunState } from "./model";
import type { Store } from "./store";

const MOST_BARS = 10;

type Level = "transport" | "application";

interface Bar {
  item: HTMLElement;
  name: HTMLElement;
  fill: HTMLElement;
  share: HTMLElement;
  amount: HTMLElement;
}

function newBar(): Bar {
  const name = h("span", { class: "name" });
  const fill = h("span", { class: "fill" });
  const share = h("span", { class: "share" });
  const amount = h("span", { class: "amount" });
  const item = h("li", {}, name, share, amount, h("span", { class: "track", "aria-hidden": "true" }, fill));
  return { item, name, fill, share, amount };
}

export function mountProtocols(store: Store, root: HTMLElement): void {
  let level: Level = "application";
  const list = h("ol", { class: "bars" });
  const empty = h("p", { class: "empty" }, "No packets yet.");
  const note = h("p", { class: "muted" }, "Sums over windows: what was small in one of them counts as other, and what was not recognised yet as unknown.");
  const bars: Bar[] = [];
  const paint = (): void => {
    const shares = store.protocols.filter((share) => share.level === level).sort((a, b) => b.bytes - a.bytes);
    const total = shares.reduce((sum, share) => sum + share.bytes, 0);
    const shown = shares.length > MOST_BARS ? folded(shares) : shares;
    show(empty, shown.length === 0);
    show(note, shown.length > 0 && store.run?.figures_of === "windows");
    for (const [at, share] of shown.entries()) {
      bars[at] ??= newBar();
      const bar = bars[at];
      if (!bar.item.isConnected) {
        list.append(bar.item);
      }
      setText(bar.name, share.name);
      setText(bar.share, percent(total ? share.bytes / total : null));
      setText(bar.amount, bytes(share.bytes));
      bar.item.title = `${count(share.pkts)} packets${share.flows === undefined ? "" : `, ${count(share.flows)} flows`}`;
      bar.fill.style.width = `${total ? (100 * share.bytes) / total : 0}%`;
    }
    for (const bar of bars.splice(shown.length)) {
      bar.item.remove();
    }
  };
  root.append(
    h("div", { class: "head" }, h("h2", { id: "protocols-title" }, "Protocols"),
      choices<Level>("level", "Level of the protocols", [["L4", "transport"], ["L7", "application"]], level, (chosen) => {
        level = chosen;
        paint();
      })),
    list, empty, note);
  store.onPaint(paint);
}

function folded(shares: ProtocolShare[]): ProtocolShare[] {
  const kept = shares.filter(({ name }) => name !== "other").slice(0, MOST_BARS - 1);
  const rest = shares.filter((share) => !kept.includes(share));
  const add = (pick: (share: ProtocolShare) => number): number => rest.reduce((sum, share) => sum + pick(share), 0);
  return [...kept, { ...rest[0], name: "other", bytes: add((s) => s.bytes), pkts: add((s) => s.pkts), flows: rest.some((s) => s.flows !== undefined) ? add((s) => s.flows ?? 0) : undefined }];
}

interface HealthLine {
  label: string;
  read: (store: Store) => { text: string; bad?: boolean; full?: number };
}

function dropped(value: number | undefined): { text: string; bad?: boolean } {
  return value === undefined ? { text: "not told" } : { text: count(value), bad: value > 0 };
}

function fill(held: Held | undefined, what: string): { text: string; full?: number } {
  if (!held) {
    return { text: "none kept" };
  }
  const given = held.given_up ? `, ${count(held.given_up)} given up` : "";
  return {
    text: `${bytes(held.bytes)} of ${bytes(held.capacity)} · ${count(held.events ?? held.packets)} ${what}${given}`,
    full: held.capacity ? held.bytes / held.capacity : 0,
  };
}

/** A replay keeps none: they are in the file. */
function ofFile({ status }: RunState): string {
  return status === "stopped" ? "those of the file that were read" : "all of the file";
}

function load(value: Load | undefined): { text: string } {
  return { text: value ? `${percent(value.cpu_ratio)} of a core · ${bytes(value.resident_bytes)}` : "not running" };
}

const HEALTH: HealthLine[] = [
  { label: "Received", read: ({ run }) => ({ text: count(run?.totals?.received ?? run?.totals?.packets) }) },
  { label: "Dropped by the kernel", read: ({ run }) => dropped(run?.totals?.dropped_by_kernel) },
  { label: "Dropped by the interface", read: ({ run }) => dropped(run?.totals?.dropped_by_interface) },
  { label: "Dropped by ntan", read: ({ run }) => dropped(run?.totals?.dropped_by_ntan) },
  { label: "Packets for export", read: ({ run }) => (run?.mode === "replay" ? { text: ofFile(run) } : fill(run?.ring, "packets")) },
  { label: "Events kept", read: ({ run }) => fill(run?.kept, "events") },
  { label: "Open flows", read: ({ run }) => ({ text: count(run?.totals?.flows_active) }) },
  { label: "Analysis", read: ({ run }) => load(run?.run_load) },
  { label: "This page's server", read: ({ run }) => load(run?.page_load) },
];

export function mountHealth(store: Store, root: HTMLElement): void {
  const list = h("dl", { class: "health" });
  const lines = HEALTH.map(({ label }) => {
    const value = h("dd", {});
    const meter = h("progress", { max: 1, "aria-label": `${label}: how full` });
    const box = h("div", {}, h("dt", {}, label), value, h("dd", { class: "meter" }, meter));
    list.append(box);
    return { box, value, meter };
  });
  root.append(h("div", { class: "head" }, h("h2", { id: "health-title" }, "Health")), list);
  // Drops are told even while the view is paused.
  store.onPaint(() => {
    for (const [at, line] of HEALTH.entries()) {
      const { text, bad, full } = line.read(store);
      setText(lines[at].value, text);
      lines[at].box.classList.toggle("alarm", bad === true);
      show(lines[at].meter, full !== undefined);
      lines[at].meter.value = full ?? 0;
    }
  }, true);
}

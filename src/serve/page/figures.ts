// The strip of figures: what a glance has to tell.

import { h, setText } from "./dom";
import { bitRate, count, micros, percent, rate } from "./format";
import type { Row } from "./model";
import { directed, repeated, SECOND_US } from "./series";
import type { Store } from "./store";

/** Latencies and ratios are taken from the newest seconds: one alone often has no sample. */
const RECENT_US = 10e6;

interface Figure {
  label: string;
  value: string;
  detail: string;
  alarm?: boolean;
}

/** What has come to its end is told of as a whole. */
function isWhole(store: Store): boolean {
  return store.link === "report" || store.run?.status === "ended";
}

function recentRows(store: Store): Row[] {
  if (isWhole(store)) {
    return store.rows;
  }
  const found: Row[] = [];
  let covered = 0;
  if (store.silent) {
    return found;
  }
  for (let i = store.rows.length - 1; i >= 0 && covered < RECENT_US; i -= 1) {
    found.push(store.rows[i]);
    covered += store.value(store.rows[i], "interval_us") ?? 1e6;
  }
  return found;
}

function newest(store: Store, rows: Row[], name: string): number | null {
  for (const row of rows) {
    const value = store.value(row, name);
    if (value !== null) {
      return value;
    }
  }
  return null;
}

/** The summary of a run that has come to its end; undefined where only its windows are known. */
function wholeOf(store: Store): Record<string, unknown> | undefined {
  return isWhole(store) ? store.whole : undefined;
}

/** A latency in microseconds: of the whole run, of its worst window where no more is known, or the newest measured. */
function latency(store: Store, rows: Row[], metric: string, quantile: string, column: string): number | null {
  const whole = wholeOf(store);
  if (whole) {
    const all = (Array.isArray(whole.latency) ? whole.latency : []) as (Record<string, unknown> | null)[];
    return (all.find((one) => one?.metric === metric)?.[quantile] as number | undefined) ?? null;
  }
  return isWhole(store) ? greatest(store, rows, column) : newest(store, rows, column);
}

function greatest(store: Store, rows: Row[], name: string): number | null {
  return rows.reduce<number | null>((most, row) => {
    const value = store.value(row, name);
    return value !== null && (most === null || value > most) ? value : most;
  }, null);
}

/** From the begin of the first row to the end of the last: idle time that has no rows is time too. */
function lengthOf(store: Store, rows: Row[]): number {
  let begin = Infinity;
  let end = -Infinity;
  for (const row of rows) {
    const t = store.value(row, "t") ?? 0;
    begin = Math.min(begin, t * 1e6 - (store.value(row, "interval_us") ?? 0));
    end = Math.max(end, t * 1e6);
  }
  return end - begin;
}

function perSecond(store: Store, rows: Row[], name: string): number | null {
  const total = sum(store, rows, name);
  const whole = wholeOf(store);
  const interval = typeof whole?.interval_us === "number" ? whole.interval_us : lengthOf(store, rows);
  return total !== null && interval > 0 ? (total * 1e6) / Math.max(interval, SECOND_US) : null;
}

/** Members of a summary that have another name as columns of the history. */
const MEMBERS: Record<string, string> = { data_segs: "tcp_data_segs", rtx: "tcp_rtx", rtx_control: "tcp_rtx_control" };

function sum(store: Store, rows: Row[], name: string): number | null {
  const whole = wholeOf(store);
  if (whole) {
    const value = whole[MEMBERS[name] ?? name];
    return typeof value === "number" ? value : null;
  }
  return rows.reduce<number | null>((total, row) => {
    const value = store.value(row, name);
    return value === null ? total : (total ?? 0) + value;
  }, null);
}

/** Drops wherever they happen; null where nothing tells. */
export function drops(store: Store): number | null {
  const totals = store.run?.totals ?? {};
  const known = [totals.dropped_by_kernel, totals.dropped_by_interface, totals.dropped_by_ntan]
    .filter((value) => value !== undefined);
  return known.length ? known.reduce((a, b) => a + b, 0) : null;
}

function figures(store: Store): Figure[] {
  const rows = recentRows(store);
  const now = isWhole(store) ? rows : rows.slice(0, 1);
  const totals = store.run?.totals ?? {};
  const segments = sum(store, rows, "data_segs");
  const lost = drops(store);
  const of = isWhole(store) && !store.whole && rows.length > 0 ? ", worst window" : "";
  const scans = totals.scans ?? (store.scans.size || undefined);
  return [
    ...throughput(store, now),
    { label: "Flows", value: count(totals.flows_active ?? store.value(store.rows.at(-1), "flows_active")), detail: `${count(totals.flows)} in all` },
    { label: `Handshake p50${of}`, value: micros(latency(store, rows, "tcp_hs_rtt", "p50_us", "hs_rtt_p50_us")), detail: `p95 ${micros(latency(store, rows, "tcp_hs_rtt", "p95_us", "hs_rtt_p95_us"))}` },
    { label: `DNS p95${of}`, value: micros(latency(store, rows, "dns_rtt", "p95_us", "dns_p95_us")), detail: `${count(sum(store, rows, "dns_unanswered"))} unanswered` },
    { label: "Retransmitted", value: percent(repeated((name) => sum(store, rows, name))), detail: `${count(segments)} segments` },
    { label: "Scans", value: count(scans), detail: scans === undefined ? "not observed" : open(store), alarm: openScans(store) > 0 },
    { label: "Drops", value: count(lost), detail: lost === null ? "not told" : "packets and lines", alarm: lost !== null && lost > 0 },
  ];
}

/** Both ways where they are known, else all in one. */
function throughput(store: Store, now: Row[]): Figure[] {
  const bits = (name: string): string => bitRate(eightfold(perSecond(store, now, name)));
  const packets = rate(perSecond(store, now, "packets"));
  return directed(store) ? [
    { label: "Received", value: bits("inbound_bytes"), detail: `${bits("bytes")} in all` },
    { label: "Sent", value: bits("outbound_bytes"), detail: `${packets} packets/s` },
  ] : [
    { label: "Bandwidth", value: bits("bytes"), detail: `peak ${bitRate(greatest(store, store.rows, "peak_1s_bps"))}` },
    { label: "Packets/s", value: packets, detail: `${count(store.run?.totals?.packets)} in all` },
  ];
}

function eightfold(bytes: number | null): number | null {
  return bytes === null ? null : bytes * 8;
}

function openScans(store: Store): number {
  return store.run?.totals?.scans_open ?? [...store.scans.values()].filter(({ scan }) => scan.phase !== "close").length;
}

function open(store: Store): string {
  const n = openScans(store);
  return n ? `${count(n)} going on` : "none going on";
}

export function mountFigures(store: Store, root: HTMLElement): void {
  const list = h("dl", {});
  const tiles = figures(store).map(({ label }) => {
    const value = h("dd", { class: "big" });
    const detail = h("dd", { class: "detail" });
    const name = h("dt", {}, label);
    const tile = h("div", { class: "figure" }, name, value, detail);
    list.append(tile);
    return { tile, name, value, detail };
  });
  root.append(list);
  store.onPaint(() => {
    for (const [at, figure] of figures(store).entries()) {
      setText(tiles[at].name, figure.label);
      setText(tiles[at].value, figure.value);
      setText(tiles[at].detail, figure.detail);
      tiles[at].tile.classList.toggle("alarm", figure.alarm === true);
    }
  });
}

// What each chart shows, as functions of a history row.

import { bitRate, byteRate, bytes, count, micros, percent, rate } from "./format";
import type { Row } from "./model";
import type { Store } from "./store";

export type Unit = "bits" | "bytes" | "packets";

export interface Series {
  label: string;
  /** Number of the CSS variable --c1 … --c5. */
  colour: number;
  dash?: number[];
  area?: boolean;
  /** Counts of what is rare: bars, since a line would claim something between them. */
  bars?: boolean;
  /** Not in the legend while there is no value at all. */
  optional?: boolean;
  scale: "y" | "y2";
  value: (row: Row) => number | null;
  text: (value: number | null) => string;
}

export interface ChartDefinition {
  id: "bandwidth" | "latency" | "loss";
  title: string;
  series: Series[];
  axis: (value: number) => string;
  axis2?: (value: number) => string;
}

/** The first and last window of a capture are shorter; a rate over a part of a second is no rate per second. */
export const SECOND_US = 1e6;

type Get = (row: Row, name: string) => number | null;

/** Nothing is a ratio of nothing. */
function ratio(part: number | null, whole: number | null): number | null {
  return whole && part !== null ? part / whole : null;
}

/** The part of segments with data that were repeats; SYNs and FINs that are sent again are none of them. */
export function repeated(of: (name: string) => number | null): number | null {
  const repeats = of("rtx");
  const exact = ratio(repeats === null ? null : repeats - (of("rtx_control") ?? 0), of("data_segs"));
  return exact === null ? null : Math.min(1, exact);
}

function perSecond(get: Get, row: Row, name: string): number | null {
  const n = get(row, name);
  const interval = get(row, "interval_us");
  return n !== null && interval ? (n * 1e6) / Math.max(interval, SECOND_US) : null;
}

function eightfold(octets: number | null): number | null {
  return octets === null ? null : octets * 8;
}

function negative(value: number | null): number | null {
  return value === null ? null : -value;
}

/** Both ways, received above the axis and sent below it, where it is known who is who; else all in one. */
function bandwidth(get: Get, unit: Unit, directed: boolean): ChartDefinition {
  const text = { bits: bitRate, bytes: byteRate, packets: (v: number | null) => (v === null ? "–" : `${rate(v)}\u00a0pkt/s`) }[unit];
  const unsigned = (value: number | null): string => text(value === null ? null : Math.abs(value));
  const factor = unit === "bytes" ? 1 / 8 : 1;
  const scaled = (value: number | null): number | null => (value === null ? null : value * factor);
  const rateOf = (row: Row, packets: string, octets: string): number | null =>
    (unit === "packets" ? perSecond(get, row, packets) : scaled(eightfold(perSecond(get, row, octets))));
  const series: Series[] = directed ? [
    { label: "received", colour: 1, area: true, scale: "y", text, value: (row) => rateOf(row, "inbound_pkts", "inbound_bytes") },
    {
      label: "sent", colour: 3, area: true, dash: [8, 3], scale: "y", text: unsigned,
      value: (row) => negative(rateOf(row, "outbound_pkts", "outbound_bytes")),
    },
    { label: "all", colour: 4, dash: [2, 3], scale: "y", text, value: (row) => rateOf(row, "packets", "bytes") },
  ] : [{
    label: unit === "packets" ? "packets" : "mean", colour: 1, area: true, scale: "y", text,
    value: (row) => rateOf(row, "packets", "bytes"),
  }];
  if (unit !== "packets") {
    series.push({
      label: "fullest second", colour: 2, dash: [4, 3], scale: "y", text, optional: true,
      value: (row) => ((get(row, "interval_us") ?? 0) > SECOND_US ? scaled(get(row, "peak_1s_bps")) : null),
    });
  }
  return { id: "bandwidth", title: "Bandwidth", series, axis: unsigned };
}

function latency(get: Get): ChartDefinition {
  const one = (label: string, colour: number, column: string, dash?: number[]): Series =>
    ({ label, colour, dash, scale: "y", text: micros, value: (row) => get(row, column) });
  return {
    id: "latency", title: "Latency", axis: micros,
    series: [
      one("handshake p50", 1, "hs_rtt_p50_us"),
      one("handshake p95", 2, "hs_rtt_p95_us", [8, 3]),
      one("DNS p95", 3, "dns_p95_us", [2, 3]),
      one("first byte p95", 4, "ttfb_p95_us", [8, 3, 2, 3]),
    ],
  };
}

function loss(get: Get): ChartDefinition {
  const perS = (value: number | null): string => (value === null ? "–" : `${rate(value)}/s`);
  return {
    id: "loss", title: "Loss", axis: percent, axis2: perS,
    series: [
      { label: "retransmitted", colour: 2, scale: "y", text: percent, value: (row) => repeated((name) => get(row, name)) },
      { label: "out of order", colour: 1, dash: [8, 3], scale: "y", text: percent, value: (row) => ratio(get(row, "ooo"), get(row, "data_segs")) },
      { label: "zero windows", colour: 3, bars: true, scale: "y2", text: perS, value: (row) => perSecond(get, row, "zero_win") },
      { label: "resets", colour: 4, bars: true, scale: "y2", text: perS, value: (row) => perSecond(get, row, "resets") },
    ],
  };
}

/** Whether it is known of some traffic which way it went. */
export function directed(store: Store): boolean {
  const columns = [store.column("inbound_bytes"), store.column("outbound_bytes")];
  return store.rows.some((row) => columns.some((at) => (row[at] ?? 0) > 0));
}

export function definitions(store: Store, unit: Unit): ChartDefinition[] {
  const get: Get = (row, name) => store.value(row, name);
  return [bandwidth(get, unit, directed(store)), latency(get), loss(get)];
}

/** What the capture itself missed in these rows: a matter of this machine, not of the network. */
export function captureLoss(store: Store, rows: Row[]): string {
  const sum = (name: string): number | null =>
    rows.reduce<number | null>((total, row) => {
      const value = store.value(row, name);
      return value === null ? total : (total ?? 0) + value;
    }, null);
  const missed = sum("capture_missed_bytes");
  const dropped = sum("dropped_by_kernel");
  const parts = [
    missed === null ? "not observed" : `${bytes(Math.max(0, missed))} acknowledged that never came by`,
    dropped === null ? "" : `${count(dropped)} packets dropped by the kernel`,
  ];
  return parts.filter(Boolean).join(", ");
}

// The three charts, their common range of time and their common cursor.

import { bucketSize, intoBuckets } from "./buckets";
import { Chart, type ChartData, type Marker } from "./chart";
import { h, setText, show } from "./dom";
import { span } from "./format";
import type { Row } from "./model";
import { captureLoss, definitions, directed, type Unit } from "./series";
import type { Store } from "./store";

const RANGES: [string, number][] = [["1m", 60], ["5m", 300], ["15m", 900], ["6h", 21600], ["all", Infinity]];
const UNITS: [string, Unit][] = [["bits", "bits"], ["bytes", "bytes"], ["packets", "packets"]];
/** A pause longer than so many windows is drawn as a gap. */
const WINDOWS_OF_A_GAP = 3;
const MOST_POINTS = 300;
const SHORTEST_S = 10;
const YOUNG_S = 60;
/** A line passes over so many seconds without a measurement: not every second has a handshake. */
const PASSED_OVER_S = 15;

/** Native radio buttons in a row. */
export function choices<T>(
  name: string, label: string, options: [string, T][], chosen: T, onChange: (value: T) => void): HTMLFieldSetElement {
  return h("fieldset", { class: "choices" }, h("legend", { class: "unseen" }, label),
    ...options.map(([text, value]) => h("label", {},
      h("input", { type: "radio", name, value: text, checked: value === chosen, onchange: () => onChange(value) }), h("span", {}, text))));
}

/** Nulls between measurements that are near to each other become undefined, which uPlot draws over. */
function passOver(
  rows: (Row | null)[], t: number[], values: (number | null)[], seconds: number): (number | null | undefined)[] {
  const found: (number | null | undefined)[] = [...values];
  let last = -1;
  for (let at = 0; at < found.length; at += 1) {
    if (rows[at] === null) {
      last = -1;
    } else if (values[at] !== null) {
      if (last >= 0 && t[at] - t[last] <= seconds) {
        found.fill(undefined, last + 1, at);
      }
      last = at;
    }
  }
  return found;
}

export class Charts {
  private readonly charts: Chart[];
  private readonly reset = h("button", { type: "button", class: "small", onclick: () => this.zoom(null) }, "Reset zoom");
  private unit: Unit = "bits";
  private span = 300;
  private spanChosen = false;
  private readonly ranges: HTMLFieldSetElement;
  private zoomed: [number, number] | null = null;
  private drawn = "";
  /** When the run began that is drawn: a range of another one shows nothing of it. */
  private begun: string | undefined;
  private directed = false;

  constructor(private readonly store: Store, root: HTMLElement) {
    this.charts = definitions(store, this.unit).map((definition) => new Chart(definition));
    const [bandwidth] = this.charts;
    show(this.reset, false);
    this.ranges = choices("range", "Range of time", RANGES, this.span, (span) => {
      this.span = span;
      this.spanChosen = true;
      this.zoom(null);
    });
    bandwidth.tools.append(
      this.reset, choices("unit", "Unit of the bandwidth", UNITS, this.unit, (unit) => this.setUnit(unit)), this.ranges);
    for (const chart of this.charts) {
      chart.onZoom = (from, to) => this.zoom([from, to]);
    }
    root.append(...this.charts.map(({ element }) => element));
    store.onPaint(() => this.paint());
  }

  restyle(): void {
    this.charts.forEach((chart) => chart.restyle());
  }

  private setUnit(unit: Unit): void {
    this.unit = unit;
    this.charts[0].define(definitions(this.store, unit)[0]);
    this.drawn = "";
    this.paint();
  }

  private zoom(range: [number, number] | null): void {
    this.zoomed = range;
    show(this.reset, range !== null);
    this.drawn = "";
    this.paint();
  }

  private markers(): Marker[] {
    return [...this.store.scans.values()].map(({ scan }) => ({ t: Date.parse(scan.detect_ts) / 1000, severity: scan.severity }))
      .filter(({ t }) => !Number.isNaN(t));
  }

  /** A file is looked at as a whole, a live capture by its last minutes. */
  private suitSpan(): void {
    const { run, link } = this.store;
    if (!this.spanChosen && run && (run.mode === "replay" || link === "report")) {
      this.span = Infinity;
      this.spanChosen = true;
      for (const radio of this.ranges.querySelectorAll("input")) {
        radio.checked = radio.value === "all";
      }
    }
  }

  private paint(): void {
    this.suitSpan();
    const begun = this.store.run?.started_ts;
    if (begun !== this.begun) {
      this.begun = begun;
      this.zoomed = null;
      show(this.reset, false);
    }
    const key = `${this.store.historyVersion} ${this.store.scans.size}`;
    if (key === this.drawn) {
      return;
    }
    this.drawn = key;
    if (directed(this.store) !== this.directed) {
      this.directed = !this.directed;
      this.charts[0].define(definitions(this.store, this.unit)[0]);
    }
    const { rows, t, from, to, size } = this.visible();
    const markers = this.markers();
    for (const [at, definition] of definitions(this.store, this.unit).entries()) {
      const values = definition.series.map((series) => passOver(
        rows, t, rows.map((row) => (row ? series.value(row) : null)), Math.max(PASSED_OVER_S, 3 * size)));
      const data: ChartData = { t, values, from, to, markers };
      this.charts[at].set(data);
    }
    setText(this.charts[1].note, size > 1 ? `A point stands for ${span(size)}; its latencies are those of its worst window.` : "");
    const seen = rows.filter((row): row is Row => row !== null);
    setText(this.charts[2].note, `Capture loss, apart from it: ${captureLoss(this.store, seen)}.`);
  }

  /** Rows of the range; null stands for a gap. */
  private visible(): { rows: (Row | null)[]; t: number[]; from: number; to: number; size: number } {
    const { store } = this;
    const time = store.column("t");
    const all = store.rows;
    const last = all.at(-1)?.[time] ?? Date.now() / 1000;
    const first = all[0]?.[time] ?? last;
    const start = (store.value(all[0], "interval_us") ?? 0) / 1e6;
    // A run that is younger than the range need not leave most of it empty.
    const begin = Math.min(first - start, last - (Number.isFinite(this.span) ? YOUNG_S : SHORTEST_S));
    const [from, to] = this.zoomed ?? [Math.max(begin, last - this.span), last];
    const size = bucketSize(to - from, Math.max(MOST_POINTS, this.charts[0].width));
    const within = all.filter((row) => (row[time] ?? 0) >= from && (row[time] ?? Infinity) <= to);
    const rows: (Row | null)[] = [];
    const t: number[] = [];
    let before: number | null = null;
    for (const row of intoBuckets(store.columns, within, size)) {
      const now = row[time] as number;
      const interval = Math.max(size, (store.value(row, "interval_us") ?? 1e6) / 1e6);
      if (before !== null && now - before > WINDOWS_OF_A_GAP * interval) {
        rows.push(null);
        t.push(before + interval / 1000);
      }
      rows.push(row);
      t.push(now);
      before = now;
    }
    return { rows, t, from, to: to > from ? to : from + 1, size };
  }
}

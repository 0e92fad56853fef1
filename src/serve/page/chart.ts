// One chart: a canvas by uPlot, a legend with values, and the same figures as a table for those who do not see it.

import uPlot from "uplot";

import { h, setText, show } from "./dom";
import { secondsToTime, timeLabels } from "./format";
import type { ChartDefinition, Series } from "./series";

const SYNC_KEY = "ntan";
const TABLE_ROWS = 25;
const NARROW = 500;
const TABLE_EVERY_MS = 10_000;

export interface Marker {
  t: number;
  severity: string;
}

export interface ChartData {
  t: number[];
  /** Per series of the definition: null is a gap, undefined a value that the line may pass over. */
  values: (number | null | undefined)[][];
  from: number;
  to: number;
  markers: Marker[];
}

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A point between gaps, which no line would show. */
function lonePoints(values: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  const isGap = (at: number): boolean => at < 0 || at >= values.length || values[at] === null;
  for (let i = 0; i < values.length; i += 1) {
    if (typeof values[i] === "number" && isGap(i - 1) && isGap(i + 1)) {
      found.push(i);
    }
  }
  return found;
}

export class Chart {
  readonly element: HTMLElement;
  readonly tools = h("div", { class: "tools" });
  readonly note = h("p", { class: "chart-note" });
  onZoom: (from: number, to: number) => void = () => undefined;

  private readonly plot = h("div", { class: "plot" });
  private readonly legend = h("div", { class: "legend" });
  private readonly title = h("h2", {});
  private readonly table = h("table", {});
  private readonly pageText = h("span", {});
  private readonly tableBox: HTMLElement;
  private uplot: uPlot | null = null;
  private definition: ChartDefinition;
  private data: ChartData | null = null;
  private values: HTMLElement[] = [];
  private keys: HTMLElement[] = [];
  private page = 0;
  private tableAt = -Infinity;
  private tableIsEmpty = true;
  private height = 168;

  constructor(definition: ChartDefinition) {
    this.definition = definition;
    this.tableBox = this.buildTableBox();
    this.element = h("figure", { class: "chart", id: `chart-${definition.id}` },
      h("figcaption", {}, this.title, this.legend, this.tools), this.plot, this.note, this.tableBox);
    this.plot.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.resize()).observe(this.plot);
    this.define(definition);
  }

  define(definition: ChartDefinition): void {
    this.definition = definition;
    setText(this.title, definition.title);
    this.values = definition.series.map(() => h("span", { class: "value" }, "–"));
    this.keys = definition.series.map((series, at) =>
      h("span", { class: `key c${series.colour}` }, swatch(series), h("span", {}, series.label), this.values[at]));
    this.legend.replaceChildren(...this.keys);
    this.uplot?.destroy();
    this.uplot = null;
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "slider");
    this.plot.setAttribute("aria-label", `${definition.title} over time: cursor, moved by the arrow keys`);
    this.describe(0, 0);
  }

  set(data: ChartData): void {
    this.data = data;
    if (!this.uplot && this.plot.clientWidth > 0) {
      this.uplot = this.create();
    }
    this.uplot?.batch(() => {
      this.uplot?.setData([data.t, ...data.values] as uPlot.AlignedData, false);
      this.uplot?.setScale("x", { min: data.from, max: data.to });
    });
    this.showValues();
    this.definition.series.forEach((series, i) => {
      show(this.keys[i], !series.optional || data.values[i].some((value) => typeof value === "number"));
    });
    const now = performance.now();
    if ((now - this.tableAt > TABLE_EVERY_MS || this.tableIsEmpty) && !this.tableBox.contains(document.activeElement)) {
      this.fillTable();
    }
  }

  /** Colours have changed. */
  restyle(): void {
    this.define(this.definition);
    if (this.data) {
      this.set(this.data);
    }
  }

  /** Pixels from edge to edge; 0 while it is hidden. */
  get width(): number {
    return this.plot.clientWidth;
  }

  /** Where the cursor stands, or null. */
  get cursorIndex(): number | null {
    return this.uplot?.cursor.idx ?? null;
  }

  private create(): uPlot {
    const { definition } = this;
    const font = `11px ${css("--sans")}`;
    const axis = (more: uPlot.Axis): uPlot.Axis => ({
      stroke: () => css("--muted"), font, grid: { stroke: () => css("--grid"), width: 1 },
      ticks: { show: false }, gap: 6, ...more,
    });
    const narrow = this.plot.clientWidth < NARROW;
    const side = (format: (value: number) => string, scale: string, at: 1 | 3): uPlot.Axis => axis({
      scale, side: at, size: at === 1 && narrow ? 42 : 66, space: 34,
      grid: { show: at === 3, stroke: () => css("--grid"), width: 1 },
      values: (u, splits) => splits.map((value) => (value === null || u.data[0].length === 0 ? "" : format(value))),
    });
    const axes = [axis({ space: 90, size: 26, values: (_, splits, __, ___, step) => timeLabels(splits, step) }), side(definition.axis, "y", 3)];
    const scales: uPlot.Scales = { x: { time: true, auto: false }, y: { range: fromZero } };
    if (definition.axis2) {
      axes.push(side(definition.axis2, "y2", 1));
      scales.y2 = { range: fromZero };
    } else {
      // As wide as the charts with a second axis, so that one moment is at one place in all.
      axes.push({ scale: "y", side: 1, size: narrow ? 42 : 66, values: () => [], grid: { show: false }, ticks: { show: false } });
    }
    return new uPlot({
      width: this.plot.clientWidth, height: this.height, scales, axes,
      legend: { show: false },
      padding: [8, 0, 0, 0],
      cursor: {
        sync: { key: SYNC_KEY, setSeries: false },
        points: { size: 6 },
        drag: { x: true, y: false, setScale: false },
        y: false,
      },
      series: [{}, ...definition.series.map((series) => lineOf(series))],
      hooks: {
        setCursor: [() => this.showValues()],
        setSelect: [(u) => this.onSelect(u)],
        draw: [(u) => this.drawMarkers(u)],
      },
    }, [[], ...definition.series.map(() => [])] as uPlot.AlignedData, this.plot);
  }

  private resize(): void {
    const width = this.plot.clientWidth;
    if (this.uplot && width > 0 && width !== this.uplot.width) {
      this.uplot.setSize({ width, height: this.height });
    } else if (!this.uplot && this.data) {
      this.set(this.data);
    }
  }

  private onSelect(u: uPlot): void {
    if (u.select.width > 8) {
      const from = u.posToVal(u.select.left, "x");
      const to = u.posToVal(u.select.left + u.select.width, "x");
      u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      this.onZoom(from, to);
    }
  }

  private drawMarkers(u: uPlot): void {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    for (const { t, severity } of this.data?.markers ?? []) {
      const x = u.valToPos(t, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) {
        continue;
      }
      ctx.strokeStyle = ctx.fillStyle = css(`--sev-${severity}`) || css("--sev-high");
      ctx.lineWidth = ratio;
      ctx.setLineDash([2 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(x, bbox.top + bbox.height - 7 * ratio);
      ctx.lineTo(x - 5 * ratio, bbox.top + bbox.height);
      ctx.lineTo(x + 5 * ratio, bbox.top + bbox.height);
      ctx.fill();
    }
    ctx.restore();
  }

  /** Legend and what a screen reader says: at the cursor, else the newest. */
  private showValues(): void {
    const { data } = this;
    if (!data) {
      return;
    }
    const last = data.t.length - 1;
    const at = this.cursorIndex ?? last;
    this.definition.series.forEach((series, i) => setText(this.values[i], series.text(data.values[i]?.[at] ?? null)));
    this.describe(at, last);
  }

  private describe(at: number, last: number): void {
    const set = (name: string, value: string): void => this.plot.setAttribute(name, value);
    set("aria-valuemin", "0");
    set("aria-valuemax", String(Math.max(last, 0)));
    set("aria-valuenow", String(Math.max(Math.min(at, last), 0)));
    const when = this.data?.t[at];
    set("aria-valuetext", when === undefined ? "no data yet" : `${secondsToTime(when)}: ${
      this.definition.series.map((series, i) => `${series.label} ${this.values[i]?.textContent ?? ""}`).join(", ")}`);
  }

  private onKey(event: KeyboardEvent): void {
    const { data, uplot } = this;
    if (!data || !uplot || data.t.length === 0) {
      return;
    }
    const first = data.t.findIndex((t) => t >= data.from);
    const last = data.t.length - 1;
    const at = this.cursorIndex ?? last;
    const moves: Record<string, number> = {
      ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 10, PageDown: at + 10, Home: first, End: last,
    };
    const to = moves[event.key];
    if (to === undefined) {
      return;
    }
    event.preventDefault();
    const t = data.t[Math.max(first, Math.min(last, to))];
    // The third argument, to move the other charts' cursors along, is missing in uPlot's types.
    const setCursor = uplot.setCursor as (at: { left: number; top: number }, fire: boolean, publish: boolean) => void;
    setCursor({ left: uplot.valToPos(t, "x"), top: 10 }, true, true);
  }

  private buildTableBox(): HTMLElement {
    const turn = (by: number) => (): void => {
      this.page += by;
      this.fillTable();
    };
    return h("div", { class: "chart-table unseen" },
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${this.definition.title} as a table` }, this.table),
      h("p", { class: "pager" },
        h("button", { type: "button", onclick: turn(-1) }, "Newer"),
        h("button", { type: "button", onclick: turn(1) }, "Older"), this.pageText));
  }

  /** 25 rows, newest first. */
  private fillTable(): void {
    const { data, definition } = this;
    if (!data) {
      return;
    }
    this.tableAt = performance.now();
    const shown = data.t.map((_, i) => i).filter((i) => data.t[i] >= data.from && data.t[i] <= data.to).reverse();
    const pages = Math.max(1, Math.ceil(shown.length / TABLE_ROWS));
    this.page = Math.max(0, Math.min(this.page, pages - 1));
    const rows = shown.slice(this.page * TABLE_ROWS, (this.page + 1) * TABLE_ROWS);
    this.tableIsEmpty = rows.length === 0;
    this.table.replaceChildren(
      h("caption", {}, `${definition.title}, newest first`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Time"),
        ...definition.series.map(({ label }) => h("th", { scope: "col" }, label)))),
      h("tbody", {}, ...rows.map((i) => h("tr", {}, h("th", { scope: "row" }, secondsToTime(data.t[i])),
        ...definition.series.map((series, s) => h("td", {}, series.text(data.values[s][i] ?? null)))))));
    setText(this.pageText, `page ${this.page + 1} of ${pages}`);
  }
}

/** Zero is always in sight: a latency that never moves must not look like one that does. */
function fromZero(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const least = min === null || min >= 0 ? 0 : min * 1.12;
  return [least, max === null || max <= 0 ? (least < 0 ? 0 : 1) : max * 1.12];
}

const bars = uPlot.paths.bars?.({ size: [0.6, 3, 1], align: -1 });

function lineOf(series: Series): uPlot.Series {
  const colour = (): string => css(`--c${series.colour}`);
  if (series.bars) {
    return { scale: series.scale, stroke: colour, fill: colour, width: 0, alpha: 0.55, paths: bars, points: { show: false } };
  }
  return {
    scale: series.scale, stroke: colour, width: 1.5, dash: series.dash, spanGaps: false,
    fill: series.area ? () => css(`--c${series.colour}-area`) : undefined,
    points: { show: true, size: 4, fill: colour, filter: (u, at) => lonePoints(u.data[at]) },
  };
}

/** The line as drawn: colour and dashes. */
function swatch(series: Series): Element {
  const box = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  box.setAttribute("viewBox", "0 0 22 8");
  box.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", series.bars ? "M4 8V3M10 8V0M16 8V4" : "M0 4h22");
  if (series.dash) {
    line.setAttribute("stroke-dasharray", series.dash.join(" "));
  }
  box.append(line);
  return box;
}

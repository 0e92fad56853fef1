// Tabs of tables: searched and sorted by the server, in the report by the page itself.

import { ApiError, get } from "./api";
import { TABLES, type Column, type TableDefinition } from "./columns";
import { debounced, focusedKey, focusKey, h, setText, show } from "./dom";
import { count } from "./format";
import type { EventLine, ReportData, TableName, TableReply, Talker } from "./model";
import { searchLocally, valueAt } from "./search";
import type { Store } from "./store";

const ROWS = 50;
const MOST_ROWS = 500;
const REFRESH_MS = 2_000;
const SLOWEST_MS = 20_000;

type Line = EventLine | Talker;
type Answer = (name: TableName, query: string, sort: string, limit: number) => Promise<TableReply>;

/** Answers from the server. */
export const askServer: Answer = (name, query, sort, limit) => {
  const words = new URLSearchParams({ limit: String(limit) });
  if (query) {
    words.set("q", query);
  }
  if (sort) {
    words.set("sort", sort);
  }
  return get<TableReply>(`/api/v1/table/${name}?${words}`);
};

/** Answers from the report's own data. */
export function askReport({ state, tables }: ReportData): Answer {
  const replyOf = (rows: TableReply["rows"]): TableReply =>
    ({ rows, matched: rows.length, looked_at: rows.length, held: rows.length, seen: rows.length });
  const whole: Partial<Record<TableName, TableReply>> = { talkers: replyOf(state.talkers ?? []), ...tables };
  return (name, query, sort, limit) => {
    const all = whole[name] ?? replyOf([]);
    const report = { rows: all.rows.length, of: Math.max(all.matched, all.rows.length) };
    return Promise.resolve({ ...searchLocally(all, query, sort, limit), report });
  };
}

interface Open {
  sort: string;
  limit: number;
}

export class Tables {
  private readonly tabs = new Map<TableName, HTMLButtonElement>();
  private readonly search = h("input", {
    type: "search", id: "search", placeholder: "src: dst: port: sni: proto: /regex/ or any words", spellcheck: "false",
    "aria-describedby": "search-error",
  });
  private readonly error = h("p", { class: "error", id: "search-error", role: "status" });
  private readonly counted = h("p", { class: "counted" });
  private readonly empty = h("p", { class: "empty" });
  private readonly more = h("button", { type: "button", class: "small" }, "Show more");
  private readonly head = h("tr", {});
  private readonly body = h("tbody", {});
  private readonly panel: HTMLElement;
  private readonly opened = new Map<TableName, Open>(TABLES.map(({ name, sort }) => [name, { sort, limit: ROWS }]));
  private active: TableDefinition = TABLES[0];
  private rows: Line[] = [];
  private asked = 0;
  private askedAt = 0;
  /** What the run was when the rows were asked for. */
  private askedOf = "";
  private pending = false;
  private drawnColumns = "";

  constructor(
    private readonly store: Store, root: HTMLElement, private readonly answer: Answer, report: ReportData | null, private readonly onRow: (line: Line, table: TableName) => void) {
    const tablist = h("div", { role: "tablist", class: "tabs", "aria-label": "Tables" }, 
      ...TABLES.filter(({ name }) => !report || name === "talkers" || report.tables[name]).map((table) => this.tab(table)));
    this.panel = h("div", { role: "tabpanel", id: "table-panel" },
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Rows" },
        h("table", { class: "rows" }, h("thead", {}, this.head), this.body)),
      this.empty, h("div", { class: "under" }, this.counted, this.more));
    root.append(h("div", { class: "head" }, tablist,
      h("div", { class: "search" }, h("label", { for: "search" }, "Search"), this.search)), this.error, this.panel);
    this.search.addEventListener("input", debounced(250, () => void this.refresh()));
    this.more.addEventListener("click", () => {
      const open = this.open();
      open.limit = Math.min(MOST_ROWS, open.limit + ROWS);
      void this.refresh();
    });
    this.choose(this.active.name);
    if (!report) {
      store.onPaint(() => this.onTick(store));
    }
  }

  /** Opens a table with a search. */
  find(name: TableName, words: string): void {
    this.search.value = words;
    this.choose(name);
    this.panel.scrollIntoView({ block: "nearest" });
    this.search.focus({ preventScroll: true });
  }

  choose(name: TableName): void {
    this.active = TABLES.find((table) => table.name === name) ?? TABLES[0];
    for (const [other, tab] of this.tabs) {
      tab.setAttribute("aria-selected", String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
    }
    this.panel.setAttribute("aria-labelledby", `tab-${name}`);
    this.rows = [];
    this.body.replaceChildren();
    void this.refresh();
  }

  async refresh(): Promise<void> {
    const { name } = this.active;
    const { sort, limit } = this.open();
    const query = this.search.value.trim();
    this.asked += 1;
    const mine = this.asked;
    this.askedAt = performance.now();
    this.askedOf = this.moment();
    this.pending = true;
    try {
      const reply = await this.answer(name, query, sort, limit);
      if (mine === this.asked) {
        setText(this.error, "");
        this.search.removeAttribute("aria-invalid");
        this.paint(reply, query);
      }
    } catch (error) {
      if (mine === this.asked && (error instanceof ApiError || error instanceof SyntaxError)) {
        setText(this.error, error.message);
        this.search.setAttribute("aria-invalid", "true");
      }
    } finally {
      this.pending &&= mine !== this.asked;
    }
  }

  private open(): Open {
    return this.opened.get(this.active.name) as Open;
  }

  private moment(): string {
    const { run } = this.store;
    return `${run?.started_ts} ${run?.status} ${run?.totals?.events}`;
  }

  private onTick(store: Store): void {
    const running = store.run?.status === "running" && store.link !== "lost";
    const selecting = !(document.getSelection()?.isCollapsed ?? true) && this.panel.contains(document.getSelection()?.anchorNode ?? null);
    // What ends a run comes after it has been stopped.
    const behind = store.link !== "lost" && this.moment() !== this.askedOf;
    // An answer that takes longer is waited for.
    const due = performance.now() - this.askedAt > (this.pending ? SLOWEST_MS : REFRESH_MS);
    if ((running || behind || this.rows.length === 0) && !selecting && due) {
      void this.refresh();
    }
  }

  private tab({ name, label }: TableDefinition): HTMLElement {
    const tab = h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "table-panel", onclick: () => this.choose(name) }, label);
    tab.addEventListener("keydown", (event) => {
      const names = [...this.tabs.keys()];
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step !== undefined) {
        const next = names[(names.indexOf(name) + step + names.length) % names.length];
        this.choose(next);
        this.tabs.get(next)?.focus();
      }
    });
    this.tabs.set(name, tab);
    return tab;
  }

  private paint(reply: TableReply, query: string): void {
    this.rows = reply.rows;
    this.paintHead();
    const key = focusedKey(this.body);
    const greatest = this.active.columns.map(({ bar, path }) =>
      (bar ? Math.max(1, ...this.rows.map((line) => Number(valueAt(line, path) ?? 0))) : 0));
    this.body.replaceChildren(...this.rows.map((line, at) => this.row(line, at, greatest)));
    focusKey(this.body, key);
    show(this.empty, this.rows.length === 0);
    setText(this.empty, query ? nothingFound(reply, query) : this.active.empty);
    const kept = reply.seen > reply.held ? `${count(reply.held)} kept of ${count(reply.seen)} seen` : `${count(reply.held)} seen`;
    const parts = [`${count(this.rows.length)} shown${query ? ` of ${count(reply.matched)} that match` : ""}`, partOf(reply), kept];
    const summed = this.active.name === "talkers" && this.store.run?.figures_of === "windows"
      ? "; sums of the largest of each window: who was never among them is missing" : "";
    setText(this.counted, `${parts.filter(Boolean).join(", ")}${summed}`);
    show(this.more, reply.matched > this.rows.length && this.rows.length < MOST_ROWS);
  }

  private paintHead(): void {
    const { sort } = this.open();
    const drawn = `${this.active.name} ${sort}`;
    if (drawn === this.drawnColumns) {
      return;
    }
    this.drawnColumns = drawn;
    const key = focusedKey(this.head);
    this.head.replaceChildren(...this.active.columns.map((column) => this.headCell(column, sort)));
    focusKey(this.head, key);
  }

  private headCell(column: Column, sort: string): HTMLElement {
    const order = sort === column.path ? "ascending" : sort === `-${column.path}` ? "descending" : "none";
    return h("th", { scope: "col", class: column.kind === "number" ? "n" : undefined, "aria-sort": order },
      h("button", { type: "button", "data-key": column.head, onclick: () => this.sortBy(column) }, column.head,
        h("span", { class: "order", "aria-hidden": "true" }, { ascending: " ▲", descending: " ▼", none: "" }[order])));
  }

  /** Numbers begin with the greatest, text with the first; the third press returns to the table's own order. */
  private sortBy({ path, kind }: Column): void {
    const open = this.open();
    const cycle = kind === "number" || path === "ts" ? [`-${path}`, path, ""] : [path, `-${path}`, ""];
    open.sort = cycle[(cycle.indexOf(open.sort) + 1) % cycle.length] || (open.sort === this.active.sort ? cycle[0] : this.active.sort);
    void this.refresh();
  }

  private row(line: Line, at: number, greatest: number[]): HTMLElement {
    const act = (): void => this.onRow(line, this.active.name);
    const row = h("tr", {}, ...this.active.columns.map((column, i) => {
      const text = textOf(column, line);
      const bad = column.bad?.(line as EventLine) ?? false;
      const classes = [column.kind === "number" ? "n" : column.kind ?? "", bad ? "bad" : ""].join(" ").trim();
      return h("td", { class: classes || undefined, title: column.kind === "wide" ? text : undefined },
        i === 0 ? h("button", { type: "button", class: "row-link", "data-key": keyOf(line, at), onclick: (event) => {
          event.stopPropagation();
          act();
        } }, text) : h("bdi", {}, text), greatest[i] ? barOf(Number(valueAt(line, column.path) ?? 0) / greatest[i]) : null);
    }));
    row.addEventListener("click", () => {
      if (document.getSelection()?.isCollapsed ?? true) {
        act();
      }
    });
    return row;
  }
}

/** What was searched and sorted, where that is not all. */
function partOf({ report, looked_at, held }: TableReply): string {
  if (report && report.rows < report.of) {
    return `${count(report.rows)} of ${count(report.of)} are in this report`;
  }
  return !report && looked_at < held ? `searched and sorted are the newest ${count(looked_at)}` : "";
}

function nothingFound(reply: TableReply, query: string): string {
  const { report, looked_at, held } = reply;
  if (report && report.rows < report.of) {
    return `None of the ${count(report.rows)} rows in this report matches “${query}”; the other ${count(report.of - report.rows)} are not in it.`;
  }
  return !report && looked_at < held ? `None of the newest ${count(looked_at)} matches “${query}”; older ones were not searched.`
    : `Nothing that is kept matches “${query}”.`;
}

function barOf(part: number): HTMLElement {
  const fill = h("span", { class: "fill" });
  fill.style.width = `${100 * part}%`;
  return h("span", { class: "track", "aria-hidden": "true" }, fill);
}

function textOf(column: Column, line: Line): string {
  if (column.text) {
    return column.text(line as EventLine);
  }
  const value = valueAt(line, column.path);
  return value === undefined ? "–" : String(value);
}

function keyOf(line: Line, at: number): string {
  return "ip" in line ? String(line.ip) : `${String(line.ts)} ${String(line.flow_id ?? at)} ${String(line.event)}`;
}

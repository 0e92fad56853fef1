// What the page knows, and who is to be told: one repaint for all of it at a time.

import type {
  EventLine, History, Link, ProtocolShare, Row, RunState, ScanLine, State, Talker, Tick,
} from "./model";
import { readScan } from "./scan";

/** Rows beyond what the server sent before it is asked for the shorter history it keeps. */
const ROWS_OF_OUR_OWN = 600;
const MOST_ROWS = 6000;
/** As many as the server keeps. */
const MOST_SCANS = 1000;

type Painter = () => void;

/** A part of the page that fails must not take those after it along. */
function attempt(paint: Painter): void {
  try {
    paint();
  } catch (error) {
    console.error(error);
  }
}

export class Store {
  run: RunState | null = null;
  columns: string[] = [];
  rows: Row[] = [];
  /** The summary that is of the whole run; undefined while only windows are known. */
  whole: Record<string, unknown> | undefined;
  talkers: Talker[] = [];
  protocols: ProtocolShare[] = [];
  /** Newest last, by scan.id. */
  scans = new Map<string, ScanLine>();
  link: Link = "connecting";
  linkError = "";
  retryAt = 0;
  paused = false;
  /** The last second brought no figures: the newest row is not what happens now. */
  silent = false;
  /** Grows with each change of the history, so that charts are fed only then. */
  historyVersion = 0;

  /** The alerts since a state was asked for, by scan.id; null while none is. */
  private told: Map<string, ScanLine> | null = null;
  private rowsReceived = 0;
  private index = new Map<string, number>();
  private painters: { paint: Painter; whilePaused: boolean }[] = [];
  private scheduled = false;
  private alertListeners: ((line: ScanLine, known: boolean) => void)[] = [];

  /** `whilePaused`: also while the view is paused, as controls are. */
  onPaint(paint: Painter, whilePaused = false): void {
    this.painters.push({ paint, whilePaused });
  }

  onAlert(listener: (line: ScanLine, known: boolean) => void): void {
    this.alertListeners.push(listener);
  }

  changed(): void {
    if (this.scheduled) {
      return;
    }
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      for (const { paint, whilePaused } of this.painters) {
        if (whilePaused || !this.paused) {
          attempt(paint);
        }
      }
    });
  }

  /** Position of a history column, or -1. */
  column(name: string): number {
    return this.index.get(name) ?? -1;
  }

  value(row: Row | undefined, name: string): number | null {
    return row?.[this.column(name)] ?? null;
  }

  /** A state is asked for: alerts that are told until it is loaded may be newer than it. */
  expectState(): void {
    this.told = new Map();
  }

  load(state: State): void {
    const { history, summary, talkers, protocols, scans, ...run } = state;
    const told = this.run?.started_ts === state.started_ts ? this.told : null;
    this.told = null;
    this.run = run;
    this.silent = false;
    this.setHistory(history);
    this.whole = state.figures_of === "run" ? summary : undefined;
    this.talkers = talkers ?? [];
    this.protocols = protocols ?? [];
    this.scans = new Map((scans ?? []).slice(0, MOST_SCANS).reverse().map(readScan).map((line) => [line.scan.id, line]));
    for (const line of told?.values() ?? []) {
      const known = this.scans.get(line.scan.id);
      if (!known || line.ts > known.ts || (line.ts === known.ts && known.scan.phase !== "close")) {
        this.keep(line, this.scans);
      }
    }
    this.changed();
  }

  /** True if the history has outgrown what the server would send now. */
  applyTick(tick: Tick): boolean {
    if (!this.run) {
      return false;
    }
    const { row, summary, talkers, protocols, ...run } = tick;
    Object.assign(this.run, run);
    this.silent = row === null && tick.status === "running";
    const time = this.column("t");
    // A state may have it already.
    if (row && row[time] !== this.rows.at(-1)?.[time]) {
      this.rows.push(row);
      this.historyVersion += 1;
      if (this.rows.length > MOST_ROWS) {
        this.rows.splice(0, this.rows.length - MOST_ROWS);
      }
    }
    this.whole = tick.figures_of === "run" ? summary ?? this.whole : undefined;
    this.talkers = talkers ?? this.talkers;
    this.protocols = protocols ?? this.protocols;
    this.changed();
    return this.rows.length > this.rowsReceived + ROWS_OF_OUR_OWN;
  }

  applyRefill(refill: History): void {
    const order = this.columns.map((name) => refill.columns.indexOf(name));
    const time = this.column("t");
    const last = this.rows.at(-1)?.[time] ?? -Infinity;
    for (const row of refill.rows) {
      const ours = order.map((at) => (at < 0 ? null : row[at]));
      if ((ours[time] ?? -Infinity) > last) {
        this.rows.push(ours);
      }
    }
    this.historyVersion += 1;
    this.changed();
  }

  /** True if another run has begun: what was known of the former one no longer holds. */
  applyState(run: RunState): boolean {
    const restarted = this.run?.started_ts !== run.started_ts;
    this.run = run;
    this.changed();
    return restarted;
  }

  applyAlert(event: EventLine): void {
    const line = readScan(event);
    const known = this.keep(line, this.scans);
    if (this.told) {
      this.keep(line, this.told);
    }
    for (const listener of this.alertListeners) {
      listener(line, known);
    }
    this.changed();
  }

  setLink(link: Link, error = "", retryAt = 0): void {
    this.link = link;
    this.linkError = error;
    this.retryAt = retryAt;
    this.changed();
  }

  /** As the newest of them; true if an earlier line of the same scan has gone. */
  private keep(line: ScanLine, scans: Map<string, ScanLine>): boolean {
    const known = scans.delete(line.scan.id);
    scans.set(line.scan.id, line);
    if (scans.size > MOST_SCANS) {
      scans.delete(scans.keys().next().value as string);
    }
    return known;
  }

  private setHistory(history: History): void {
    this.columns = history.columns;
    this.rows = history.rows;
    this.rowsReceived = history.rows.length;
    this.index = new Map(history.columns.map((name, at) => [name, at]));
    this.historyVersion += 1;
  }
}

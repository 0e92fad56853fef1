// Keeps the store up to date: one stream for all tabs of this browser, none while the tab is hidden.
//
// The tab that holds the Web Lock reads the stream and passes its messages on to the others, since a browser opens
// only six connections to a host and each stream takes one. Where locks or channels are missing (they need a secure
// context) each tab reads a stream of its own. A server whose stream cannot be read is polled.

import { ApiError, get, openStream } from "./api";
import type { EventLine, History, Link, RunState, State, Tick } from "./model";
import { readStream, type ServerMessage } from "./sse";
import type { Store } from "./store";

const CHANNEL = "ntan-stream";
const SILENCE_MS = 10_000;
const POLL_MS = 2_000;
const LONGEST_WAIT_MS = 10_000;
/** The leader says so often that it lives. */
const BEAT_MS = 3_000;

/** Ticks that are kept while a state is on its way; beyond them another state is asked for. */
const MOST_TOLD = 60;

/** Between two looks at the state for what the stream leaves out. */
const CATCH_UP_TICKS = 5;

type Passed =
  | { kind: "message"; message: ServerMessage }
  | { kind: "link"; link: Link; error: string; retryAt: number }
  | { kind: "beat" };

export class Feed {
  private abort: AbortController | null = null;
  private channel: BroadcastChannel | null = null;
  private lastTick: number | undefined;
  /** Rows or alerts came faster than the stream tells them: the state has them. */
  private behind = false;
  private loading: Promise<void> | null = null;
  /** The ticks since the state was asked for that is on its way. */
  private told: Tick[] = [];
  private heardAt = -Infinity;
  private leads = false;
  private retryNow: (() => void) | null = null;

  constructor(private readonly store: Store) {}

  /** Follows the tab's visibility from now on. */
  start(): void {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
    window.addEventListener("pagehide", () => this.close());
    window.addEventListener("pageshow", () => document.hidden || this.open());
    if (!document.hidden) {
      this.open();
    }
  }

  /** Ends a wait for the next attempt. */
  retry(): void {
    this.heardAt = -Infinity;
    if (this.retryNow) {
      this.retryNow();
    } else {
      this.close();
      this.open();
    }
  }

  /** Asks for the whole state again; several calls at once share one request. */
  reload(): Promise<void> {
    this.loading ??= this.loadState().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  private open(): void {
    if (this.abort) {
      return;
    }
    this.abort = new AbortController();
    this.heardAt = -Infinity;
    const { signal } = this.abort;
    if (navigator.locks && typeof BroadcastChannel !== "undefined") {
      this.channel = new BroadcastChannel(CHANNEL);
      this.channel.onmessage = (event: MessageEvent<Passed>) => this.onPassed(event.data);
      void this.follow(signal);
      navigator.locks.request(CHANNEL, { signal }, () => this.lead(signal)).catch(() => undefined);
    } else {
      void this.lead(signal);
    }
  }

  private close(): void {
    this.abort?.abort();
    this.abort = null;
    this.channel?.close();
    this.channel = null;
    this.leads = false;
  }

  private async loadState(): Promise<void> {
    this.store.expectState();
    this.told = [];
    const state = await get<State>("/api/v1/state", this.abort?.signal);
    this.lastTick = state.tick;
    this.behind = false;
    const told = this.store.run?.started_ts === state.started_ts ? this.told : [];
    this.told = [];
    this.store.load(state);
    for (const tick of told) {
      if (tick.tick > (state.tick ?? 0)) {
        this.onTick(tick);
      }
    }
  }

  /** Until this tab leads: its own first state, then a look at the server whenever the leader falls silent. */
  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.leads) {
      if (performance.now() - this.heardAt > 3 * BEAT_MS) {
        try {
          await this.reload();
          if (!this.leads) {
            this.store.setLink("open");
          }
        } catch (error) {
          this.report(error, POLL_MS, signal);
        }
        this.heardAt = performance.now();
      }
      await this.wait(POLL_MS, signal);
    }
  }

  private async lead(signal: AbortSignal): Promise<void> {
    this.leads = true;
    const beat = window.setInterval(() => this.pass({ kind: "beat" }), BEAT_MS);
    let failures = 0;
    while (!signal.aborted) {
      let opened = false;
      try {
        await this.reload();
        this.tell("open");
        await this.readUntilItEnds(signal, () => {
          opened = true;
          failures = 0;
        });
      } catch (error) {
        failures += 1;
        if (signal.aborted) {
          break;
        }
        if (error instanceof ApiError && error.status !== 401 && failures > 2 && !opened) {
          await this.poll(signal);
          continue;
        }
        this.report(error, Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures), signal);
      }
      await this.wait(Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures), signal);
    }
    window.clearInterval(beat);
  }

  private async readUntilItEnds(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const quiet = new AbortController();
    const stop = (): void => quiet.abort();
    signal.addEventListener("abort", stop);
    let watchdog = window.setTimeout(stop, SILENCE_MS);
    try {
      const body = await openStream(this.lastTick, quiet.signal);
      onOpen();
      await readStream(body, (message) => {
        this.pass({ kind: "message", message });
        this.onMessage(message);
      }, () => {
        window.clearTimeout(watchdog);
        watchdog = window.setTimeout(stop, SILENCE_MS);
      });
      throw new Error("the stream has ended");
    } finally {
      window.clearTimeout(watchdog);
      signal.removeEventListener("abort", stop);
    }
  }

  /** For half a minute; then the stream is tried again. */
  private async poll(signal: AbortSignal): Promise<void> {
    for (let left = 15; left > 0 && !signal.aborted; left -= 1) {
      try {
        await this.reload();
        this.tell("polling");
      } catch (error) {
        this.report(error, POLL_MS, signal);
        return;
      }
      await this.wait(POLL_MS, signal);
    }
  }

  private onMessage({ event, data }: ServerMessage): void {
    const value: unknown = JSON.parse(data);
    if (event === "tick") {
      this.onTick(value as Tick);
    } else if (event === "alert") {
      this.store.applyAlert(value as EventLine);
    } else if (event === "refill") {
      this.store.applyRefill(value as History);
      this.lastTick = undefined;
      this.refresh();  // for the alerts of what was missed
    } else if (event === "state" && (this.store.applyState(value as RunState) || this.loading)) {
      this.refresh();
    }
  }

  private onTick(tick: Tick): void {
    if (this.loading && this.told.length < MOST_TOLD) {
      this.told.push(tick);
    }
    const last = this.lastTick;
    if (last !== undefined && tick.tick <= last && last - tick.tick < 5) {
      return;  // seen already: the leader's stream began before our state
    }
    this.lastTick = tick.tick;
    const missed = last !== undefined && tick.tick !== last + 1;
    this.behind ||= Boolean(tick.rows_left_out ?? tick.alerts_left_out);
    const catchUp = this.behind && (tick.status !== "running" || tick.tick % CATCH_UP_TICKS === 0);
    if (this.store.applyTick(tick) || missed || catchUp) {
      this.refresh();
    }
  }

  /** Asks for a state that is made from now on. */
  refresh(): void {
    // A state that is under way may have been made before what calls for another.
    const former = this.loading ?? Promise.resolve();
    // The stream's own end reports a lost server.
    former.catch(() => undefined).then(() => this.reload()).catch(() => undefined);
  }

  private onPassed(passed: Passed): void {
    this.heardAt = performance.now();
    if (this.leads) {
      return;
    }
    if (passed.kind === "message") {
      if (this.store.run) {
        this.onMessage(passed.message);
      }
    } else if (passed.kind === "link") {
      const wasLost = this.store.link === "lost";
      this.store.setLink(passed.link, passed.error, passed.retryAt);
      if (passed.link === "polling" || (passed.link === "open" && wasLost)) {
        this.refresh();
      }
    }
  }

  private pass(passed: Passed): void {
    if (this.leads) {
      this.channel?.postMessage(passed);
    }
  }

  private tell(link: Link, error = "", retryAt = 0): void {
    this.store.setLink(link, error, retryAt);
    this.pass({ kind: "link", link, error, retryAt });
  }

  private report(error: unknown, wait: number, signal: AbortSignal): void {
    if (signal.aborted) {
      return;
    }
    if (error instanceof ApiError && error.status === 401) {
      this.tell("unauthorized", error.message);
    } else {
      const text = error instanceof ApiError ? error.message : "";
      this.tell("lost", text, Date.now() + wait);
    }
  }

  private wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        window.clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        this.retryNow = null;
        resolve();
      };
      const timer = window.setTimeout(finish, ms);
      signal.addEventListener("abort", finish);
      this.retryNow = finish;
    });
  }
}

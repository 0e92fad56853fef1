// The header: what is looked at, Start and Stop, how the run stands.

import { ApiError, post } from "./api";
import { h, setText, show } from "./dom";
import { FilterField } from "./filter";
import { bitRate, bytes, clock, percent } from "./format";
import type { Interfaces } from "./interfaces";
import type { RunState } from "./model";
import { RunOptionsField } from "./run_options";
import { sparkline } from "./sparkline";
import type { Store } from "./store";

const STATUS_TEXT: Record<string, string> = {
  idle: "not started", running: "live", stopped: "stopped", failed: "failed", ended: "ended",
};

export class Controls {
  readonly filter: FilterField;
  /** What the last Start or Stop was refused with. */
  refused: ApiError | null = null;

  private readonly options: RunOptionsField;
  private readonly select = h("select", { id: "interface" });
  private readonly spark = h("span", { class: "spark" });
  private readonly sourceName = h("span", { class: "source-name mono" });
  private readonly picker: HTMLElement;
  private readonly startButton = h("button", { type: "button", class: "primary", onclick: () => void this.start() }, "Start");
  private readonly stopButton = h("button", { type: "button", onclick: () => void this.stop() }, "Stop");
  private readonly pauseButton = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.pause() }, "Pause view");
  private readonly dot = h("span", { class: "dot", "aria-hidden": "true" });
  private readonly statusText = h("span", { class: "status-text" });
  private readonly elapsed = h("span", { class: "elapsed", role: "timer", "aria-label": "Elapsed" });
  private readonly progress = h("progress", { max: 1, "aria-label": "Part of the file that was read" });
  private readonly progressText = h("span", { class: "muted" });
  private drawnOptions = "";
  private filterShown = false;
  private busy = false;

  constructor(private readonly store: Store, private readonly interfaces: Interfaces, places: Record<"source" | "filter" | "run" | "status", HTMLElement>) {
    this.picker = h("span", { class: "picker" }, h("label", { for: "interface" }, "Interface"), this.select, this.spark);
    places.source.append(this.picker, this.sourceName);
    this.filter = new FilterField(places.filter, () => (this.store.run?.mode === "live" ? this.interfaces.chosen : undefined), () => void this.start());
    places.run.append(this.startButton, this.stopButton, this.pauseButton);
    this.options = new RunOptionsField(places.run);
    places.status.append(this.dot, this.statusText, this.elapsed, this.progress, this.progressText);
    this.select.addEventListener("change", () => this.interfaces.choose(this.select.value));
    store.onPaint(() => this.paint(), true);
  }

  async start(): Promise<void> {
    const { run } = this.store;
    if (run?.status === "running" || run?.mode === "events" || this.store.link === "report") {
      return;
    }
    const filter = this.filter.value;
    const live = run?.mode === "live";
    if (live && !this.options.check()) {
      return;
    }
    const body = live ? { interface: this.interfaces.chosen, ...(filter ? { filter } : {}), ...this.options.value } : {};
    await this.command("start", body);
  }

  async stop(): Promise<void> {
    await this.command("stop", {});
  }

  private async command(name: "start" | "stop", body: object): Promise<void> {
    if (this.busy) {
      return;
    }
    this.busy = true;
    this.store.changed();
    try {
      this.store.applyState(await post<RunState>(`/api/v1/capture/${name}`, body));
      this.refused = null;
      if (name === "start") {
        this.unpause();
        this.onStarted();
      }
    } catch (error) {
      this.refused = error instanceof ApiError ? error : new ApiError(0, "the server cannot be reached", []);
      if (this.refused.status === 422 && this.filter.value && /filter|syntax/i.test(this.refused.message)) {
        this.filter.refuse(this.refused);
      }
    } finally {
      this.busy = false;
      this.store.changed();
    }
  }

  /** Set by the page: the data of the former run no longer holds. */
  onStarted: () => void = () => undefined;

  private pause(): void {
    this.store.paused = !this.store.paused;
    this.pauseButton.setAttribute("aria-pressed", String(this.store.paused));
    setText(this.pauseButton, this.store.paused ? "Resume view" : "Pause view");
    this.store.changed();
  }

  private unpause(): void {
    if (this.store.paused) {
      this.pause();
    }
  }

  private paint(): void {
    const { run, link } = this.store;
    if (!run) {
      return;
    }
    const running = run.status === "running";
    const report = link === "report";
    const live = run.mode === "live" && !report;
    this.paintSource(run, live, running);
    this.options.paint(live && !running, run.promisc !== false);
    show(this.startButton, run.mode !== "events" && !report && !running);
    setText(this.startButton, run.mode === "replay" ? "Replay again" : "Start");
    this.startButton.disabled = this.busy || link === "lost";
    show(this.stopButton, run.mode !== "events" && !report && running);
    this.stopButton.disabled = this.busy || link === "lost";
    show(this.pauseButton, !report && (this.store.rows.length > 0 || running));
    this.paintStatus(run);
  }

  private paintSource(run: RunState, live: boolean, running: boolean): void {
    show(this.picker, live);
    show(this.sourceName, !live);
    setText(this.sourceName, run.file ?? run.interface ?? (run.mode === "events" ? "events from standard input" : ""));
    const form = document.getElementById("filter") as HTMLElement;
    show(form, live || run.filter !== undefined);
    this.filter.lock(running || !live);
    // That of the command line is there before the first run, and may be changed.
    if (running || !live || !this.filterShown) {
      this.filter.set(run.filter ?? "");
      this.filterShown = true;
    }
    if (!live) {
      return;
    }
    this.select.disabled = running;
    if (running && run.interface) {
      this.interfaces.use(run.interface);
    }
    const { chosen } = this.interfaces;
    const options = this.interfaces.list.map((one) => ({
      name: one.name, text: `${one.name}${one.default ? " (default)" : ""}${one.up ? "" : " – down"} · ${bitRate(one.bps)}`,
    }));
    if (chosen && !options.some(({ name }) => name === chosen)) {
      options.push({ name: chosen, text: chosen });
    }
    const drawn = JSON.stringify([options, chosen]);
    if (drawn !== this.drawnOptions) {
      this.drawnOptions = drawn;
      this.select.replaceChildren(...options.map(({ name, text }) => h("option", { value: name, selected: name === chosen }, text)));
      this.select.value = chosen;
    }
    const history = this.interfaces.list.find(({ name }) => name === chosen)?.bps_history ?? [];
    this.spark.replaceChildren(sparkline(history));
  }

  private paintStatus(run: RunState): void {
    const { link, paused } = this.store;
    const reading = run.mode === "replay" && run.status === "running";
    const text = link === "report" ? "report" : link === "lost" ? "disconnected" : paused ? "view paused"
      : reading ? "reading" : run.mode === "events" && run.status === "running" ? "receiving events" : STATUS_TEXT[run.status] ?? run.status;
    this.dot.className = `dot ${link === "lost" ? "lost" : run.status}${paused ? " paused" : ""}`;
    show(this.dot, !reading);
    setText(this.statusText, text);
    show(this.elapsed, run.elapsed_us !== undefined && run.status !== "idle");
    setText(this.elapsed, clock(run.elapsed_us));
    show(this.progress, run.progress !== undefined && link !== "report");
    show(this.progressText, run.progress !== undefined && link !== "report");
    if (run.progress) {
      const part = run.progress.size ? run.progress.bytes / run.progress.size : 0;
      this.progress.value = part;
      setText(this.progressText, `${percent(part)} of ${bytes(run.progress.size)}`);
    }
  }
}

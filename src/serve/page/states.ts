// What stands in place of the figures, or above them, when not all is well.

import { setToken } from "./api";
import type { Controls } from "./controls";
import { h, setText, show } from "./dom";
import { copyButton } from "./drawer";
import type { Feed } from "./feed";
import { bitRate, count } from "./format";
import type { Interfaces } from "./interfaces";
import type { Failure, Interface, RunState } from "./model";
import { sparkline } from "./sparkline";
import type { Store } from "./store";

const NO_PACKETS_AFTER_US = 5e6;
const PERMISSION = 4;
const NOT_FOUND = 5;

/** A hint that is a command can be copied. */
function hintLine(hint: string): HTMLElement {
  const command = /^(?:(.*?):\s+)?((?:sudo|ip|docker|podman|setcap|ntan|ethtool|iw)\s.+)$/.exec(hint);
  if (!command) {
    return h("li", {}, h("span", {}, hint));
  }
  return h("li", { class: "remedy" }, command[1] ? h("span", {}, `${command[1]}:`) : null, h("code", {}, command[2]), copyButton("Copy", command[2]));
}

function hintList(hints: string[] | undefined): HTMLElement | null {
  return hints?.length ? h("ul", { class: "hints" }, ...hints.map(hintLine)) : null;
}

function failureTitle({ exit_code }: Failure): string {
  return exit_code === PERMISSION ? "No permission to capture" : exit_code === NOT_FOUND ? "Interface not found" : "The capture has failed";
}

/** Nothing has come in that could be shown. */
function isBare(run: RunState): boolean {
  return run.status === "idle" || (run.status === "failed" && !run.totals?.packets && !run.totals?.events);
}

class StartScreen {
  private readonly failure = h("div", { role: "alert" });
  private readonly cards = h("div", { class: "cards", role: "group", "aria-label": "Interfaces" });
  private readonly button: HTMLButtonElement;
  private drawn = "";

  constructor(private readonly root: HTMLElement, private readonly controls: Controls, private readonly interfaces: Interfaces) {
    this.button = h("button", { type: "button", class: "primary big", onclick: () => void controls.start() });
    root.append(this.failure, h("h2", {}, "Choose where to listen"), this.cards, this.button,
      h("p", { class: "muted" }, "A filter above narrows down what is looked at. The traffic of this page itself is left out."));
  }

  paint(run: RunState, failure: Failure | null, shown: boolean): void {
    show(this.root, shown);
    if (!shown) {
      return;
    }
    const live = run.mode === "live";
    const { chosen, list, error } = this.interfaces;
    setText(this.button, live ? (failure ? "Try again" : `Start on ${chosen || "…"}`) : "Start");
    this.button.disabled = live && !chosen;
    show(this.cards, live);
    show(this.root.querySelector("h2") as HTMLElement, live);
    const drawn = JSON.stringify([list, chosen, failure, error]);
    if (drawn === this.drawn) {
      return;
    }
    this.drawn = drawn;
    this.failure.replaceChildren(...(failure ? [h("div", { class: "failure" }, h("h2", {}, failureTitle(failure)), h("p", {}, failure.error),
      hintList(failure.hints), failure.exit_code === PERMISSION ? h("p", { class: "muted" }, "Reading files needs no privilege.") : null)] : []));
    const active = document.activeElement?.getAttribute("data-name");
    this.cards.replaceChildren(...(list.length ? list.map((one) => this.card(one)) : [h("p", { class: "empty" }, error || "Looking for interfaces …")]));
    if (active) {
      this.cards.querySelector<HTMLElement>(`[data-name="${CSS.escape(active)}"]`)?.focus();
    }
  }

  private card(one: Interface): HTMLElement {
    const marks = [one.default ? "default" : "", one.loopback ? "loopback" : "", one.up ? "" : "down"].filter(Boolean).join(", ");
    return h("button", {
      type: "button", class: "card", "data-name": one.name, "aria-pressed": String(one.name === this.interfaces.chosen),
      onclick: () => this.interfaces.choose(one.name), ondblclick: () => void this.controls.start(),
    }, h("span", { class: "card-name" }, one.name, marks ? h("span", { class: "mark" }, marks) : null),
    h("span", { class: "card-rate" }, bitRate(one.bps)), sparkline(one.bps_history ?? []),
    h("span", { class: "card-address mono" }, (one.addresses ?? []).slice(0, 2).join(" ") || "no address"));
  }
}

interface Banner {
  key: string;
  kind: "info" | "warn" | "bad";
  role: "status" | "alert";
  content: () => (Node | null)[];
  /** What the element .told says: it may change while the banner stays. */
  told?: string;
}

function noPackets(run: RunState): Banner | null {
  const quiet = run.mode === "live" && run.status === "running" && run.totals?.packets === 0 && (run.elapsed_us ?? 0) > NO_PACKETS_AFTER_US;
  const notes = run.notes ?? [];
  return quiet ? {
    key: `quiet ${notes.join("\n")}`, kind: "warn", role: "status",
    content: () => [h("strong", {}, "Running, but no packet has come yet."),
      hintList(notes.map((note) => note.replace(/^ntan: (warning: |note: |hint: )?/, ""))) ?? h("p", {}, "The link seems to be quiet.")],
  } : null;
}

function cutShort(run: RunState): Banner | null {
  const { input_truncated: truncated, input_damaged: damaged } = run.totals ?? {};
  return truncated || damaged ? {
    key: "cut short", kind: "warn", role: "status",
    content: () => [h("strong", {}, truncated ? "The input is cut off in the middle of a packet." : "The input is damaged and could not be read to its end."),
      h("span", {}, " What came after that is missing here.")],
  } : null;
}

function ofRun(run: RunState, report: boolean): Banner | null {
  if (report) {
    return null;
  }
  if (run.status === "stopped") {
    const packets = run.ring ? `${count(run.ring.packets)} packets and ` : "";
    return {
      key: `stopped ${run.started_ts ?? ""}`, kind: "info", role: "status",
      told: ` ${packets}${count(run.kept?.events)} events are kept: tables and exports go on working. Start begins anew and lets them go.`,
      content: () => [h("strong", {}, "Stopped."), h("span", { class: "told" })],
    };
  }
  if (run.status === "ended") {
    const what = run.mode === "live" ? "The capture has ended as it was to."
      : run.mode === "events" ? "The stream of events has ended."
      : run.totals?.input_damaged ? "The file has been read as far as it goes." : "The file has been read to its end.";
    return { key: "ended", kind: "info", role: "status", content: () => [h("strong", {}, what), h("span", {}, " Tables and exports go on working.")] };
  }
  if (run.status === "failed" && run.failure) {
    const { failure } = run;
    return {
      key: JSON.stringify(failure), kind: "bad", role: "alert",
      content: () => [h("strong", {}, `${failureTitle(failure)}: ${failure.error}`), hintList(failure.hints), h("p", {}, "What came before is kept.")],
    };
  }
  return null;
}

export class States {
  private readonly start: StartScreen;
  private readonly drawn = new Map<string, HTMLElement>();
  private readonly countdown = h("span", {});

  constructor(
    private readonly store: Store, private readonly controls: Controls, interfaces: Interfaces, private readonly feed: Feed | null,
    private readonly places: Record<"start" | "dashboard" | "banners", HTMLElement>) {
    this.start = new StartScreen(places.start, controls, interfaces);
    store.onPaint(() => this.paint(), true);
    window.setInterval(() => {
      if (store.link === "lost") {
        this.countDown();
      }
    }, 1000);
  }

  private paint(): void {
    const { run, link } = this.store;
    document.body.classList.toggle("stale", link === "lost");
    document.body.classList.toggle("unknown", run === null);
    this.paintBanners(run);
    if (!run) {
      return;
    }
    const bare = isBare(run) && link !== "report";
    const refused = this.controls.refused;
    const failure = run.failure && run.status === "failed" ? run.failure
      : refused && refused.status !== 422 ? { error: refused.message, hints: refused.hints, exit_code: refused.status === 403 ? PERMISSION : undefined }
        : refused ? { error: refused.message, hints: refused.hints, exit_code: /interface/.test(refused.message) ? NOT_FOUND : undefined } : null;
    this.start.paint(run, bare ? failure : null, bare && link !== "unauthorized");
    show(this.places.dashboard, !bare);
  }

  private wanted(run: RunState | null): Banner[] {
    const { link, linkError } = this.store;
    const found: (Banner | null)[] = [];
    if (link === "unauthorized") {
      found.push({ key: "token", kind: "warn", role: "alert", content: () => [this.tokenForm()] });
    } else if (link === "lost") {
      found.push({
        key: `lost ${linkError}`, kind: "bad", role: "alert",
        content: () => [h("strong", {}, run ? "The connection to ntan is lost." : "ntan does not answer."), h("span", {}, ` ${linkError} `), this.countdown,
          h("button", { type: "button", class: "small", onclick: () => this.feed?.retry() }, "Try now")],
      });
    } else if (link === "polling") {
      found.push({ key: "polling", kind: "info", role: "status", content: () => [h("span", {}, "The live stream cannot be read; the figures are asked for every two seconds.")] });
    }
    if (run && !isBare(run)) {
      const { refused } = this.controls;
      if (refused) {
        found.push({ key: `refused ${refused.message}`, kind: "bad", role: "alert", content: () => [h("strong", {}, refused.message), hintList(refused.hints)] });
      }
      found.push(ofRun(run, link === "report"), noPackets(run), cutShort(run));
    }
    return found.filter((banner): banner is Banner => banner !== null);
  }

  /** A banner that stays the same is left alone, so that it is announced once. */
  private paintBanners(run: RunState | null): void {
    const banners = this.wanted(run);
    this.countDown();
    for (const [key, element] of this.drawn) {
      if (!banners.some((banner) => banner.key === key)) {
        element.remove();
        this.drawn.delete(key);
      }
    }
    for (const banner of banners) {
      if (!this.drawn.has(banner.key)) {
        const element = h("div", { class: `banner ${banner.kind}`, role: banner.role }, ...banner.content());
        this.drawn.set(banner.key, element);
        this.places.banners.append(element);
      }
      const told = banner.told === undefined ? null : this.drawn.get(banner.key)?.querySelector(".told");
      if (told) {
        setText(told, banner.told ?? "");
      }
    }
  }

  private countDown(): void {
    const left = Math.max(0, Math.ceil((this.store.retryAt - Date.now()) / 1000));
    setText(this.countdown, left > 0 ? `Trying again in ${left} s. ` : "Trying again … ");
  }

  private tokenForm(): HTMLElement {
    const field = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
    const form = h("form", { class: "token" }, h("label", { for: "token" }, "This page needs the token that ntan printed at its start:"), field,
      h("button", { type: "submit", class: "primary" }, "Use it"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      setToken(field.value.trim());
      this.feed?.retry();
    });
    return form;
  }
}

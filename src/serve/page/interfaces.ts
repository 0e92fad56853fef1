// The interfaces of the machine, asked for only while somebody can choose one.

import { get } from "./api";
import type { Interface } from "./model";
import type { Store } from "./store";

const EVERY_MS = 2_000;

export class Interfaces {
  list: Interface[] = [];
  chosen = "";
  error = "";
  /** Somebody has chosen, by hand or by a run. */
  private picked = false;
  private busy = false;

  constructor(private readonly store: Store) {
    window.setInterval(() => {
      if (!document.hidden && this.store.run?.mode === "live" && !["unauthorized", "report"].includes(this.store.link)) {
        void this.refresh();
      }
    }, EVERY_MS);
  }

  async refresh(): Promise<void> {
    if (this.busy) {
      return;
    }
    this.busy = true;
    try {
      this.list = (await get<{ interfaces: Interface[] }>("/api/v1/interfaces")).interfaces;
      this.error = "";
      if (!this.picked || !this.list.some(({ name }) => name === this.chosen)) {
        this.chosen = this.suggested();
      }
    } catch (error) {
      this.error = error instanceof Error ? error.message : "";
    } finally {
      this.busy = false;
      this.store.changed();
    }
  }

  choose(name: string): void {
    this.use(name);
    this.store.changed();
  }

  /** As a run does: the next one is suggested the same. */
  use(name: string): void {
    this.chosen = name;
    this.picked = true;
  }

  get current(): Interface | undefined {
    return this.list.find(({ name }) => name === this.chosen);
  }

  private suggested(): string {
    const running = this.store.run?.interface;
    const known = this.list.find(({ name }) => name === running) ?? this.list.find((one) => one.default) ??
      this.list.find(({ up, loopback }) => up && !loopback) ?? this.list[0];
    return known?.name ?? "";
  }
}

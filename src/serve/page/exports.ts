// Files to take away. A refusal is shown with its reason where the button was pressed.

import { ApiError, download } from "./api";
import { h, setText, show } from "./dom";
import type { Store } from "./store";

const EVENTS = ["flow", "dns", "http", "tls", "quic", "ssh", "dhcp", "ntp", "scan", "icmp", "arp", "anomaly", "summary"];

export class Exports {
  private readonly message = h("div", { class: "export-message", role: "alert", hidden: true });
  private readonly text = h("p", {});
  private readonly hints = h("ul", {});
  private readonly pcapButton: HTMLButtonElement;

  constructor(store: Store, root: HTMLElement) {
    const event = h("select", { id: "csv-event" }, ...EVENTS.map((name) => h("option", {}, name)));
    const button = (label: string, path: () => string, title: string): HTMLButtonElement =>
      h("button", { type: "button", class: "small", title, onclick: () => void this.save(path()) }, label);
    this.pcapButton = button("PCAP", () => "/api/v1/export/pcap", "The packets that are held");
    root.append(
      h("span", { class: "group" }, h("label", { for: "csv-event", class: "unseen" }, "Event type of the CSV"), event,
        button("CSV", () => `/api/v1/export/csv?event=${encodeURIComponent(event.value)}`, "Events of this type as CSV")),
      button("JSON", () => "/api/v1/export/json", "All events that are held, as NDJSON"), this.pcapButton,
      button("Report", () => "/api/v1/export/report", "This page with its data as one file"));
    this.message.append(this.text, this.hints, h("button", { type: "button", class: "small", onclick: () => show(this.message, false) }, "Dismiss"));
    root.after(this.message);
    store.onPaint(() => {
      show(this.pcapButton, store.run?.mode !== "events");
    }, true);
  }

  pcap(parameters: Record<string, string>): void {
    void this.save(`/api/v1/export/pcap?${new URLSearchParams(parameters)}`);
  }

  private async save(path: string): Promise<void> {
    show(this.message, false);
    try {
      await download(path);
    } catch (error) {
      const refused = error instanceof ApiError ? error : new ApiError(0, "the server cannot be reached", []);
      setText(this.text, `Nothing was saved: ${refused.message}`);
      this.hints.replaceChildren(...refused.hints.map((hint) => h("li", {}, hint)));
      show(this.message, true);
    }
  }
}

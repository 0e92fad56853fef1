// What a Start may be told beside its interface and filter.

import { h, show } from "./dom";

export interface RunOptions {
  snaplen?: number;
  duration_s?: number;
  promisc?: boolean;
}

/** A field for a whole number; empty: as without it. */
function field(id: string, min: number, max: number): HTMLInputElement {
  return h("input", { id, type: "number", inputmode: "numeric", min, max, step: 1 });
}

export class RunOptionsField {
  private readonly snaplen = field("snaplen", 14, 262_144);
  private readonly duration = field("duration", 1, 31_536_000);
  private readonly promiscuous = h("input", { id: "promisc", type: "checkbox", checked: true });
  private readonly element: HTMLDetailsElement;

  constructor(place: HTMLElement) {
    const line = (label: string, input: HTMLInputElement, unit: string): HTMLElement =>
      h("p", {}, h("label", { for: input.id }, label), input, h("span", { class: "muted" }, unit));
    this.element = h("details", { class: "options" }, h("summary", {}, "Options"), h("div", { class: "options-box" },
      line("Stop after", this.duration, "seconds"),
      line("Keep of each packet", this.snaplen, "bytes"),
      h("p", {}, this.promiscuous, h("label", { for: "promisc" }, "Packets for other hosts too (promiscuous)"))));
    place.append(this.element);
  }

  /** `promiscuous`: whether the server's runs may be. */
  paint(shown: boolean, promiscuous: boolean): void {
    show(this.element, shown);
    this.element.open &&= shown;
    this.promiscuous.disabled = !promiscuous;
    if (!promiscuous) {
      this.promiscuous.checked = false;
    }
  }

  /** False if a field holds what no run can be told; the browser says what is wrong with it. */
  check(): boolean {
    return [this.duration, this.snaplen].every((input) => {
      if (!input.checkValidity()) {
        this.element.open = true;
      }
      return input.reportValidity();
    });
  }

  get value(): RunOptions {
    const number = (input: HTMLInputElement): number | undefined => (input.value ? input.valueAsNumber : undefined);
    return { duration_s: number(this.duration), snaplen: number(this.snaplen), promisc: this.promiscuous.checked ? undefined : false };
  }
}

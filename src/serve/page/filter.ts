// The filter field: checked while it is typed, with a mark under the word that is wrong.

import { ApiError, post } from "./api";
import { debounced, h, setText, show } from "./dom";
import { count } from "./format";
import type { FilterVerdict } from "./model";

export class FilterField {
  private readonly input = h("input", {
    type: "text", id: "filter-input", placeholder: "all packets – or: udp port 53", spellcheck: "false", autocapitalize: "off",
    "aria-describedby": "filter-verdict", maxlength: 4096,
  });
  private readonly verdict = h("output", { id: "filter-verdict", for: "filter-input" });
  private readonly trouble = h("div", { class: "filter-trouble", hidden: true });
  private asked = 0;

  constructor(form: HTMLElement, private readonly interfaceName: () => string | undefined, onSubmit: () => void) {
    form.append(h("label", { for: "filter-input" }, "Filter"), h("div", { class: "filter-box" }, this.input, this.verdict, this.trouble));
    const check = debounced(250, () => void this.check());
    this.input.addEventListener("input", () => {
      this.input.removeAttribute("aria-invalid");
      setText(this.verdict, this.value ? "…" : "");
      check();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      onSubmit();
    });
  }

  get value(): string {
    return this.input.value.trim();
  }

  set(text: string): void {
    if (document.activeElement !== this.input) {
      this.input.value = text;
    }
  }

  lock(locked: boolean): void {
    this.input.readOnly = locked;
    if (locked) {
      setText(this.verdict, "");
      show(this.trouble, false);
    }
  }

  /** What the server said when it refused to start. */
  refuse(error: ApiError): void {
    this.showTrouble({ ok: false, error: error.message, suggestions: [] }, error.hints);
  }

  private async check(): Promise<void> {
    const filter = this.value;
    this.asked += 1;
    const mine = this.asked;
    if (!filter) {
      this.clear("");
      return;
    }
    try {
      const name = this.interfaceName();
      const verdict = await post<FilterVerdict>("/api/v1/filter/check", name ? { filter, interface: name } : { filter });
      if (mine !== this.asked) {
        return;
      }
      if (verdict.ok) {
        this.clear(verdict.instructions === undefined ? "OK" : `OK, ${count(verdict.instructions)} instructions`);
      } else {
        this.showTrouble(verdict, []);
      }
    } catch (error) {
      if (mine === this.asked && error instanceof ApiError) {
        this.refuse(error);
      }
    }
  }

  private clear(text: string): void {
    setText(this.verdict, text);
    this.verdict.classList.remove("bad");
    this.input.removeAttribute("aria-invalid");
    show(this.trouble, false);
  }

  private showTrouble(verdict: FilterVerdict, hints: string[]): void {
    setText(this.verdict, "not a filter");
    this.verdict.classList.add("bad");
    this.input.setAttribute("aria-invalid", "true");
    const { word, offset } = verdict;
    const caret = offset === undefined ? null
      : h("pre", {}, `${this.value}\n${" ".repeat(offset)}${"^".repeat(Math.max(1, word?.length ?? 1))}`);
    this.trouble.replaceChildren(caret ?? "", h("p", {}, verdict.error ?? "this filter cannot be"),
      ...hints.map((hint) => h("p", { class: "muted" }, hint)),
      h("p", { class: "suggestions" }, ...(verdict.suggestions ?? []).map((suggestion) =>
        h("button", { type: "button", class: "small", onclick: () => this.replace(suggestion, offset, word) }, suggestion))));
    show(this.trouble, true);
  }

  private replace(suggestion: string, offset = 0, word = ""): void {
    const text = this.input.value;
    const lead = text.length - text.trimStart().length;
    this.input.value = text.slice(0, lead + offset) + suggestion + text.slice(lead + offset + word.length);
    this.input.focus();
    void this.check();
  }
}

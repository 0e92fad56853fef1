// Light, dark, or as the system says; the choice is kept.

import { h } from "./dom";

const KEY = "ntan-theme";
const CHOICES = ["auto", "light", "dark"];

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? "auto";
  } catch {
    return "auto";  // a report opened from a file may have no storage
  }
}

export function mountTheme(root: HTMLElement, onChange: () => void): void {
  const select = h("select", { id: "theme-choice" }, ...CHOICES.map((name) => h("option", { value: name }, name)));
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    document.documentElement.dataset.theme = select.value !== "auto" ? select.value : system.matches ? "dark" : "light";
    onChange();
  };
  select.value = CHOICES.includes(stored()) ? stored() : "auto";
  select.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, select.value);
    } catch {
      // Then it lasts as long as the page.
    }
    apply();
  });
  system.addEventListener("change", apply);
  root.append(h("label", { for: "theme-choice" }, "Theme"), select);
  apply();
}

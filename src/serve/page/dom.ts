// Builds elements. Text only ever becomes text nodes: what came out of packets cannot become markup.

import { visible } from "./format";

type Child = Node | string | number | null | undefined;
type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => void)>;

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, visible(String(value)));
    }
  }
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (child instanceof Node) {
      element.append(child);
    } else if (child !== null && child !== undefined) {
      element.append(document.createTextNode(visible(String(child))));
    }
  }
}

/** `h("td", {class: "n"}, text)`; a member `onclick` is a listener. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  set(element, attributes);
  append(element, children);
  return element;
}

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag) as SVGElement;
  set(element, attributes);
  append(element, children);
  return element;
}

/** The element of index.html with this id; that it is there is the page's own business. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) {
    throw new Error(`index.html has no #${id}`);
  }
  return element as T;
}

/** Writes only what changed, so that nothing is laid out again and no selection is lost. */
export function setText(element: Element, text: string): void {
  const shown = visible(text);
  if (element.textContent !== shown) {
    element.textContent = shown;
  }
}

export function show(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) {
    element.hidden = !shown;
  }
}

/** The element below `root` that has the focus by its `data-key`, to give it back after a rebuild. */
export function focusedKey(root: Element): string | null {
  const active = document.activeElement;
  return active && root.contains(active) ? active.getAttribute("data-key") : null;
}

export function focusKey(root: Element, key: string | null): void {
  if (key !== null) {
    root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }
}

/** Runs once, `delay` ms after the last call. */
export function debounced(delay: number, action: () => void): () => void {
  let timer = 0;
  return () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(action, delay);
  };
}

// The last line: what is kept, what is looked at, and whose work is used.

import { h, setText, show } from "./dom";
import { bytes, count } from "./format";
import type { Store } from "./store";

export function mountFooter(store: Store, root: HTMLElement): void {
  const kept = h("span", {});
  const filter = h("span", {});
  const filterText = h("code", {});
  const own = h("span", {}, "The traffic of this page is left out.");
  const version = h("span", {});
  filter.append("Filter in effect: ", filterText);
  const zone = h("span", {}, `Times are those of ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`);
  root.append(kept, filter, own, zone,
    h("span", { class: "notice" }, version, " · Charts: uPlot 1.6.32, © Leon Sorokin, MIT licence"));
  store.onPaint(() => {
    const { run } = store;
    const ring = run?.ring ? `Ring: ${bytes(run.ring.bytes)} of ${bytes(run.ring.capacity)}. ` : "";
    setText(kept, `${ring}${run?.kept ? `${count(run.kept.events)} events kept.` : ""}`);
    show(filter, run?.filter_effective !== undefined);
    setText(filterText, run?.filter_effective ?? "");
    show(own, run?.own_traffic_excluded === true);
    setText(version, run ? `ntan ${run.version}` : "ntan");
  }, true);
}

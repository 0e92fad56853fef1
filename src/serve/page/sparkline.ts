// A minute of an interface's rate, as small as a word.

import { svg } from "./dom";

const WIDTH = 60;
const HEIGHT = 18;

export function sparkline(values: number[]): SVGElement {
  const most = Math.max(1, ...values);
  const step = values.length > 1 ? WIDTH / (values.length - 1) : WIDTH;
  const points = values.map((value, at) => `${(at * step).toFixed(1)},${(HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1)}`);
  return svg("svg", { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", preserveAspectRatio: "none" },
    points.length > 1 ? svg("polyline", { points: points.join(" "), fill: "none", "vector-effect": "non-scaling-stroke" }) : null);
}

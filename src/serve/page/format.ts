// Values as people read them.

const NOTHING = "–";

/** Also for what only claims to be a number: events may be somebody else's. */
function isNothing(value: number | null | undefined): value is null | undefined {
  return typeof value !== "number" || Number.isNaN(value);
}

const bidiOrInvisible =
  /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u3164\uffa0\ufff9-\ufffb]/g;

/** Code points that turn text around or hide in it are shown by their number, as on a terminal. */
export function visible(text: string): string {
  return text.replace(bidiOrInvisible, (found) =>
    `\\u{${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}}`);
}

function scaled(value: number, step: number, units: string[]): string {
  let at = 0;
  let rest = Math.abs(value);
  while (rest >= step * 0.9995 && at < units.length - 1) {
    rest /= step;
    at += 1;
  }
  const digits = at === 0 ? (Number.isInteger(rest) ? 0 : 1) : rest < 10 ? 2 : rest < 100 ? 1 : 0;
  return `${value < 0 ? "−" : ""}${rest.toFixed(digits)}\u00a0${units[at]}`;
}

export function bytes(value: number | null | undefined): string {
  return isNothing(value)
    ? NOTHING : scaled(value, 1000, ["B", "kB", "MB", "GB", "TB", "PB"]);
}

export function bitRate(value: number | null | undefined): string {
  return isNothing(value)
    ? NOTHING : scaled(value, 1000, ["b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s"]);
}

export function byteRate(value: number | null | undefined): string {
  return isNothing(value)
    ? NOTHING : scaled(value, 1000, ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]);
}

/** A whole number with its digits in groups of three. */
export function count(value: number | null | undefined): string {
  if (isNothing(value)) {
    return NOTHING;
  }
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function rate(value: number | null | undefined): string {
  if (isNothing(value)) {
    return NOTHING;
  }
  return value >= 9.95 || value === 0 ? count(value) : value < 0.095 ? value.toPrecision(1) : value.toFixed(1);
}

export function micros(value: number | null | undefined): string {
  if (isNothing(value)) {
    return NOTHING;
  }
  if (value < 999.5) {
    return `${Math.round(value)}\u00a0µs`;
  }
  if (value < 999.5e3) {
    const ms = value / 1000;
    return `${ms.toFixed(ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0)}\u00a0ms`;
  }
  if (value < 120e6) {
    return `${(value / 1e6).toFixed(value < 10e6 ? 2 : 1)}\u00a0s`;
  }
  return clock(value);
}

export function percent(ratio: number | null | undefined): string {
  if (isNothing(ratio)) {
    return NOTHING;
  }
  const value = ratio * 100;
  if (value === 0) {
    return "0\u00a0%";
  }
  if (value >= 99.95 && value < 100) {
    return ">\u00a099.9\u00a0%";
  }
  return value < 0.01 ? "<\u00a00.01\u00a0%" : `${value.toFixed(value < 9.995 ? 2 : 1)}\u00a0%`;
}

/** A round number of seconds in the unit that suits it. */
export function span(seconds: number): string {
  const units: [number, string][] = [[86400, "d"], [3600, "h"], [60, "min"]];
  const [size, unit] = units.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, "s"];
  return `${Math.round(seconds / size)}\u00a0${unit}`;
}

/** Hours, minutes and seconds of a duration in microseconds. */
export function clock(us: number | undefined): string {
  const seconds = Math.floor((us ?? 0) / 1e6);
  const two = (value: number): string => String(value).padStart(2, "0");
  const days = Math.floor(seconds / 86400);
  const rest = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return days > 0 ? `${days}\u00a0d ${rest}` : rest;
}

/** Time of day of a trace time, in the reader's zone; milliseconds are cut, not rounded. */
export function timeOfDay(ts: string): string {
  const when = new Date(ts);
  if (Number.isNaN(when.getTime())) {
    return ts;
  }
  return `${when.toLocaleTimeString([], { hourCycle: "h23" })}.${String(when.getMilliseconds()).padStart(3, "0")}`;
}

function dateOf(when: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
}

export function isToday(when: Date): boolean {
  return dateOf(when) === dateOf(new Date());
}

export function dateAndTime(ts: string): string {
  const when = new Date(ts);
  return Number.isNaN(when.getTime()) ? ts : `${dateOf(when)} ${timeOfDay(ts)}`;
}

/** With the date where it is not today's. */
export function moment(ts: string): string {
  return isToday(new Date(ts)) ? timeOfDay(ts) : dateAndTime(ts);
}

export function secondsToTime(seconds: number): string {
  return moment(new Date(seconds * 1000).toISOString());
}

/** `[2001:db8::1]:443`, `10.0.0.1:53`, or what there is of it. */
export function endpoint(ip: string | undefined, port?: number): string {
  if (ip === undefined) {
    return NOTHING;
  }
  if (port === undefined) {
    return ip;
  }
  return String(ip).includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export function words(name: string): string {
  return String(name).replaceAll("_", " ");
}

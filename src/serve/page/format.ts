// Values as people read them.

const NOTHING = "–";

/** Also for what only claims to be a number: events may be somebody else's. */
function isNothing(value: number | null | undefined): value is null | undefined {
  return typeof value !== "number" || Number.isNaN(value);
}

const bidiOrInvisible = new RegExp("[\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f" +
  // Behind the BMP: musical marks, tags, selectors of variants.
  "\\u3164\\uffa0\\ufff9-\\ufffb\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]", "gu");

/** Code points that turn text around or hide in it are shown by their number, as on a terminal. */
export function visible(text: string): string {
  return text.replace(bidiOrInvisible, (found) =>
    `\\u{${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}}`);
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
    return `${Number.isInteger(value) || value >= 9.95 ? Math.round(value) : value.toFixed(1)}\u00a0µs`;
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

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
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
  const days = Math.floor(seconds / 86400);
  const rest = `${twoDigits(Math.floor(seconds / 3600) % 24)}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
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
  return `${when.getFullYear()}-${twoDigits(when.getMonth() + 1)}-${twoDigits(when.getDate())}`;
}

function isToday(when: Date): boolean {
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

/** Labels of an axis: moments in seconds since 1970, so many seconds apart. */
export function timeLabels(splits: number[], step: number, now = new Date()): string[] {
  // The date is named where a day begins that is not today, the year where it is not this one.
  let { day, year } = { day: now.toDateString(), year: now.getFullYear() };
  return splits.map((seconds) => {
    const when = new Date(seconds * 1000);
    const isNew = when.toDateString() !== day;
    const date = when.toLocaleDateString([], { day: "numeric", month: "short", year: when.getFullYear() === year ? undefined : "numeric" });
    day = when.toDateString();
    year = when.getFullYear();
    const clock = `${twoDigits(when.getHours())}:${twoDigits(when.getMinutes())}${step < 60 ? `:${twoDigits(when.getSeconds())}` : ""}${
      step < 1 ? `.${Math.floor(when.getMilliseconds() / 100)}` : ""}`;
    return step >= 86400 ? date : isNew ? `${date} ${clock}` : clock;
  });
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

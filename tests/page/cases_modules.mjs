// Modules of the page by themselves: the search of a report, by the rules that it shares with the server, and formats.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { check, same, test } from "./harness.mjs";

const beside = (path) => new URL(path, import.meta.url);

/** The module as a browser would have it: its types come off, and it imports nothing else. */
async function load(path) {
  const { transpileModule } = createRequire(join(process.env.NTAN_PAGE_MODULES, "package.json"))("typescript");
  const { outputText } = transpileModule(readFileSync(beside(path), "utf8"), { compilerOptions: { module: "esnext", target: "es2022" } });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

test("a report is searched and sorted as the server does", async () => {
  const { searchLocally } = await load("../../src/serve/page/search.ts");
  const { lines, searches, sorts, wrong } = JSON.parse(readFileSync(beside("../serve/search_cases.json"), "utf8"));
  const whole = { rows: lines, matched: lines.length, looked_at: lines.length, held: lines.length, seen: lines.length };
  const numbers = (words, sort) => searchLocally(whole, words, sort, 50).rows.map((line) => lines.indexOf(line));
  for (const { words, finds } of searches) {
    same(numbers(words, ""), finds, `what "${words}" finds`);
  }
  for (const { by, order } of sorts) {
    same(numbers("", by), order, `order by "${by}"`);
  }
  for (const words of wrong) {
    let told;
    try {
      numbers(words, "");
    } catch (error) {
      told = error;
    }
    check(told instanceof SyntaxError, `"${words}" is told`);
  }
});

test("an axis names the day where it is not today, and the year where it is not this one", async () => {
  const { timeLabels } = await load("../../src/serve/page/format.ts");
  const now = new Date(2026, 5, 15, 12, 0);
  const labels = (from, step, count) => timeLabels(Array.from({ length: count }, (_, i) => from.getTime() / 1000 + i * step), step, now);
  const hours = ["08:00", "08:10", "08:20"];
  same(labels(new Date(2026, 5, 15, 8, 0), 600, 3), hours, "today");
  const [first, ...others] = labels(new Date(2025, 5, 15, 8, 0), 600, 3);
  check(/15/.test(first) && /2025/.test(first) && first.endsWith("08:00"), `a year ago: ${first}`);
  same(others, hours.slice(1), "the rest of that day");
  const [day, , next] = labels(new Date(2026, 2, 1, 16, 0), 4 * 3600, 3);
  check(!/2026/.test(day + next) && next.endsWith("00:00") && next !== "00:00", `days of this year: ${day}, ${next}`);
  const years = labels(new Date(2024, 11, 31, 0, 0), 86400, 3);
  same(years.map((text) => /20\d\d/.exec(text)?.[0]), ["2024", "2025", undefined], "days over the end of a year");
});

test("values are told apart by as many digits as that takes, and what is invisible is shown", async () => {
  const { bytes, count, micros, percent, visible } = await load("../../src/serve/page/format.ts");
  same([0, 0.5, 1, 1.5, 12.5, 400].map(micros), ["0 µs", "0.5 µs", "1 µs", "1.5 µs", "13 µs", "400 µs"].map((text) => text.replace(" ", "\u00a0")), "microseconds");
  for (const format of [bytes, count, micros, percent]) {
    same(["5", null, undefined, NaN, {}, [1]].map(format), Array(6).fill("–"), "what is no number");
  }
  for (const [text, shown] of [
    ["a\u202eb", "a\\u{202E}b"], ["a\u{e0041}b", "a\\u{E0041}b"], ["\u{1d173}", "\\u{1D173}"], ["\u{e0100}", "\\u{E0100}"], ["grüße 👋 你", "grüße 👋 你"],
  ]) {
    same(visible(text), shown, "text");
  }
});

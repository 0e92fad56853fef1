// The search of a report, by the rules that it shares with the server.

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

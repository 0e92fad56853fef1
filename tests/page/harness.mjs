// What the cases share: a mock server and a page for each, and an eye on what no page may ever do.

import { axeSource, launch } from "./browser.mjs";
import { Mock } from "./mock.mjs";

export const folder = process.argv[2];
const cases = [];
/** Most of a case is waiting. */
const AT_A_TIME = 3;

export function test(name, run) {
  cases.push({ name, run });
}

export function check(condition, text) {
  if (!condition) {
    throw new Error(text);
  }
}

export function same(found, wanted, what = "value") {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  check(a === b, `${what} is ${a}, not ${b}`);
}

/** Waits until `probe` gives something true; says what was waited for. The limit is for machines at their limit. */
export async function until(what, probe, limit = 20000) {
  const end = Date.now() + limit;
  let last;
  while (Date.now() < end) {
    last = await probe();
    if (last) {
      return last;
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error(`waited in vain for ${what}; last: ${JSON.stringify(last)}`);
}

export class World {
  constructor(browser) {
    this.browser = browser;
    this.mocks = [];
    this.contexts = [];
    this.flaws = [];
  }

  async mock(options) {
    const mock = new Mock(folder, options);
    await mock.listen();
    this.mocks.push(mock);
    return mock;
  }

  async context(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", acceptDownloads: true, ...options });
    context.setDefaultTimeout(20000);
    // The real clipboard is one for all cases that run at a time.
    await context.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: {
      writeText: (text) => {
        window.copied = text;
        return Promise.resolve();
      },
    } }));
    this.contexts.push(context);
    return context;
  }

  /** A page on this address; what it must never do is noted. */
  async visit(url, context, fragment = "") {
    const page = await (context ?? await this.context()).newPage();
    page.on("pageerror", (error) => this.flaws.push(`error in the page: ${error.message}`));
    page.on("console", (message) => {
      if (/Content.Security.Policy|Refused to/i.test(message.text())) {
        this.flaws.push(`console: ${message.text()}`);
      }
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) {
        this.flaws.push(`request to ${request.url()}`);
      }
    });
    await page.goto(url + fragment);
    return page;
  }

  async open(options = {}, contextOptions = {}) {
    const mock = await this.mock(options);
    const page = await this.visit(mock.url, await this.context(contextOptions));
    if (!options.token) {
      await until("the first state", () => page.evaluate(() => document.querySelector(".status-text").textContent !== ""));
    }
    return { mock, page };
  }

  async close() {
    await Promise.all(this.contexts.map((context) => context.close()));
    await Promise.all(this.mocks.map((mock) => mock.close()));
    check(this.flaws.length === 0, this.flaws.join("; "));
  }
}

export const textOf = (page, selector) => page.locator(selector).first().innerText();

export const visible = (page, selector) => page.locator(selector).first().isVisible();

export async function axeFlaws(page) {
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(axeSource());
  }
  return page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(" | ")}`));
}

/** The part of the page that is wider than the window. */
export const overflow = (page) => page.evaluate(() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide <= 0) {
    return [];
  }
  return [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .slice(0, 5).map((element) => `${element.tagName}.${element.className}`);
});

async function tryOne(browser, { name, run: body }) {
  const world = new World(browser);
  try {
    try {
      await body(world);
    } finally {
      await world.close();
    }
    console.log(`ok page: ${name}`);
    return true;
  } catch (error) {
    console.log(`not ok page: ${name}\n  ${String(error.stack ?? error).split("\n").slice(0, 6).join("\n  ")}`);
    return false;
  }
}

/** Runs the cases whose names hold one of `words`, a few at a time; prints a result line for each. */
export async function run(words) {
  const chosen = cases.filter(({ name }) => !words.length || words.some((word) => name.includes(word)));
  const browser = await launch();
  let good = true;
  const worker = async () => {
    for (let next = chosen.shift(); next; next = chosen.shift()) {
      good = (await tryOne(browser, next)) && good;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  await browser.close();
  return good ? 0 : 1;
}

// Pictures of the page in each state, both widths and both themes, to be looked at:
//
//     NTAN_PAGE_MODULES=… node screenshots.mjs BUNDLE OUT [WORD of a state's name …]

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { launch } from "./browser.mjs";
import { Mock, Refusal, reportHtml } from "./mock.mjs";

const [folder, out, ...chosen] = process.argv.slice(2);
const noPermission = {
  error: "cannot capture on eth0: needs CAP_NET_RAW", exit_code: 4,
  hints: ["sudo ntan serve -i eth0", "or once: sudo setcap cap_net_raw=ep /usr/bin/ntan"],
};

// Of these the part that a window shows, of the others the whole page.
const WINDOWS = ["flows", "readme"];

const STATES = {
  readme: [{}],
  running: [{}],
  evidence: [{}, async (page) => {
    await page.click("text=Evidence >> nth=0");
    await page.locator("#alerts").scrollIntoViewIfNeeded();
  }],
  flows: [{ hostile: true }, async (page) => {
    await page.click("#tab-dns");
    await page.waitForTimeout(300);
    await page.click("#table-panel tbody tr >> nth=2");
  }],
  idle: [{ status: "idle", packets: 0 }],
  permission: [{ status: "failed", packets: 0, failure: noPermission }],
  missing: [{ status: "failed", packets: 0, failure: { error: "no interface 'eht0'; did you mean 'eth0'?", hints: [], exit_code: 5 } }],
  quiet: [{ packets: 0, notes: ["ntan: warning: no packet in 5 s: link has traffic (+812) but filter 'udp port 53' matched none"], filter: "udp port 53", seconds: 12 }],
  filter: [{ status: "idle", packets: 0 }, async (page) => {
    await page.fill("#filter-input", "udp prt 53");
    await page.waitForTimeout(500);
  }],
  stopped: [{ status: "stopped" }],
  refused: [{ status: "stopped", events: 0 }, (page) => page.click("#exports button >> nth=0")],
  lost: [{}, async (page, mock) => {
    mock.setDown(true);
    await page.waitForTimeout(900);
  }],
  token: [{ token: "abc" }],
  replay: [{ mode: "replay" }],
  ended: [{ mode: "replay", status: "ended" }],
  events: [{ mode: "events" }],
  drops: [{ drops: 4211 }],
  refusal: [{ status: "idle", packets: 0, startRefusal: new Refusal(403, noPermission.error, noPermission.hints) }, (page) => page.click("#start button.big")],
};

async function picture(browser, name, options, act, width, theme) {
  const mock = new Mock(folder, options);
  const url = await mock.listen();
  const context = await browser.newContext({ viewport: { width, height: width > 800 ? 900 : 780 }, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForTimeout(900);
  await act?.(page, mock);
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(out, `${name}-${width}-${theme}.png`), fullPage: !WINDOWS.includes(name) });
  await context.close();
  await mock.close();
}

async function report(browser, width, theme) {
  const mock = new Mock(folder, { mode: "replay", status: "ended", hostile: true });
  const file = (name) => readFileSync(join(folder, name), "utf8");
  const tables = Object.fromEntries(["flows", "dns", "http", "tls", "anomalies", "events"].map((name) => [name, mock.table(name, new URLSearchParams("limit=200"))]));
  const path = resolve(out, "report.html");
  writeFileSync(path, reportHtml({ index: file("index.html"), js: file("app.js"), css: file("app.css") }, { report: true, title: "a day.pcap", state: mock.state(), tables }));
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
  const page = await context.newPage();
  await page.goto(`file://${path}`);
  await page.waitForTimeout(600);
  await page.screenshot({ path: join(out, `report-${width}-${theme}.png`), fullPage: true });
  await context.close();
}

mkdirSync(out, { recursive: true });
const browser = await launch();
for (const [name, [options, act]] of Object.entries(STATES)) {
  if (chosen.length && !chosen.includes(name)) {
    continue;
  }
  for (const width of [1440, 360]) {
    for (const theme of ["light", "dark"]) {
      await picture(browser, name, options, act, width, theme);
    }
  }
}
if (!chosen.length || chosen.includes("report")) {
  await report(browser, 1440, "light");
  await report(browser, 360, "dark");
}
await browser.close();

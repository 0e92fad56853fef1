// Streams, memory, widths, accessibility, and the report.

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { noPermission } from "./cases_states.mjs";
import { axeFlaws, check, folder, overflow, same, test, textOf, until, visible } from "./harness.mjs";
import { reportHtml } from "./mock.mjs";

const elapsed = (page) => textOf(page, ".elapsed");

/** As if another tab were in front of it. */
const setHidden = (page, hidden) => page.evaluate((value) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
  document.dispatchEvent(new Event("visibilitychange"));
}, hidden);

test("eight tabs share one stream, and another takes over when its tab is closed", async (world) => {
  const mock = await world.mock({ tickMs: 250 });
  const context = await world.context();
  const pages = [];
  for (let i = 0; i < 8; i += 1) {
    pages.push(await world.visit(mock.url, context));
  }
  await Promise.all(pages.map((page) => until("live", async () => (await textOf(page, ".status-text")) === "live")));
  same(mock.streams.size, 1, "streams");
  const before = await elapsed(pages[7]);
  await until("time that goes on in the last", async () => (await elapsed(pages[7])) !== before);
  await pages[0].close();
  await until("a new stream", () => mock.streams.size === 1);
  const now = await elapsed(pages[7]);
  await until("time that goes on", async () => (await elapsed(pages[7])) !== now);
});

test("a hidden tab has no stream, and is filled again when it returns", async (world) => {
  const { mock, page } = await world.open({ tickMs: 200 });
  await until("the stream", () => mock.streams.size === 1);
  await setHidden(page, true);
  await until("no stream", () => mock.streams.size === 0);
  const held = await elapsed(page);
  await page.waitForTimeout(700);
  same(await elapsed(page), held, "elapsed while hidden");
  await setHidden(page, false);
  await until("the stream", () => mock.streams.size === 1);
  await until("time that goes on", async () => (await elapsed(page)) !== held);
});

test("a server whose stream cannot be read is polled", async (world) => {
  const { mock, page } = await world.open({ streamStatus: 500 });
  await until("polling", async () => (await textOf(page, "#banners")).includes("asked for every two seconds"), 12_000);
  const before = await elapsed(page);
  await until("time that goes on", async () => (await elapsed(page)) !== before);
  check(mock.requests.filter((line) => line.includes("/state")).length > 2, "state was asked for");
});

test("memory stays bounded while ticks and alerts come", async (world) => {
  const { mock, page } = await world.open({ tickMs: 10, eventsPerTick: 20 });
  await page.click("#tab-events");
  const client = await page.context().newCDPSession(page);
  const heap = async () => {
    await client.send("HeapProfiler.collectGarbage");
    return (await client.send("Runtime.getHeapUsage")).usedSize / 1e6;
  };
  const alerts = setInterval(() => mock.alert(Math.floor(Math.random() * 5000)), 20);
  const ticks = (more) => {
    const from = mock.tickNumber;
    return until(`${more} ticks`, () => mock.tickNumber >= from + more, 40_000);
  };
  await ticks(200);
  const before = await heap();
  const from = mock.tickNumber;
  await ticks(400);
  clearInterval(alerts);
  const after = await heap();
  check(after - before < 10, `heap grew from ${before.toFixed(1)} to ${after.toFixed(1)} MB in ${mock.tickNumber - from} ticks`);
  check((await page.locator(".alert").count()) <= 20, "alerts in the page");
  check((await page.locator("#alert-log p").count()) <= 10, "announcements in the page");
  check((await page.locator("#table-panel tbody tr").count()) <= 50, "rows in the page");
});

const STATES = {
  running: [{}, async (page) => {
    await page.click("#tab-flows");
    for (const at of [0, 1]) {
      await page.locator(".alert").nth(at).getByText("Evidence").click();
    }
    await page.locator(".alert").first().getByText("Details").click();
    await until("details", () => visible(page, "#drawer"));
    same(await axeFlaws(page), [], "what axe says of the same evidence twice");
    await page.keyboard.press("Escape");
    await page.locator(".row-link").first().click();
  }],
  idle: [{ status: "idle", packets: 0 }, async (page) => {
    await page.fill("#filter-input", "udp prt 53");
    await until("the complaint", () => visible(page, ".filter-trouble"));
  }],
  "no permission": [{ status: "failed", packets: 0, failure: noPermission }],
  "no packets": [{ packets: 0, seconds: 12, notes: ["no traffic on eth0; busiest interface is wlan0"] }],
  "an empty export": [{ status: "stopped", events: 0, drops: 7 }, async (page) => {
    await page.click("#exports button:text-is(\"CSV\")");
    await until("the reason", () => visible(page, ".export-message"));
  }],
  disconnected: [{}, async (page, mock) => {
    mock.setDown(true);
    await until("disconnected", async () => (await textOf(page, ".status-text")) === "disconnected");
  }],
  "the token": [{ token: "x" }, (page) => until("the question", () => visible(page, "#token"))],
  replay: [{ mode: "replay" }],
};

async function inState(world, [options, act], contextOptions) {
  const { mock, page } = await world.open(options, contextOptions);
  await until("rows or cards", async () => options.token || (await page.locator("#table-panel tbody tr, .card").count()) > 0 || options.packets === 0);
  await act?.(page, mock);
  return page;
}

for (const [name, state] of Object.entries(STATES)) {
  test(`axe finds nothing, and 360 px suffice: ${name}`, async (world) => {
    for (const colorScheme of ["light", "dark"]) {
      const page = await inState(world, state, { colorScheme });
      same(await axeFlaws(page), [], `what axe says in the ${colorScheme} theme`);
    }
    const narrow = await inState(world, state, { viewport: { width: 360, height: 740 } });
    await narrow.waitForTimeout(200);
    same(await overflow(narrow), [], "what is too wide");
  });
}

/** With hashes in place of the server's header, as a report has it. */
function withPolicy(html) {
  const hash = (tag) => [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))]
    .map(([, text]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`).join(" ");
  return html.replace("<head>", () =>
    `<head><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${hash("script")}; style-src ${hash("style")}; img-src data:">`);
}

/** A report whose state is that of the mock with `change` in it. */
async function openReport(world, options, change) {
  const mock = await world.mock({ mode: "events", status: "ended", ...options });
  const file = (name) => readFileSync(join(folder, name), "utf8");
  const state = change(mock.state());
  const html = reportHtml({ index: file("index.html"), js: file("app.js"), css: file("app.css") }, { report: true, title: "a day.ndjson", state, tables: {} });
  const scratch = mkdtempSync(join(tmpdir(), "ntan-page-"));
  try {
    writeFileSync(join(scratch, "report.html"), withPolicy(html));
    const page = await world.visit(`file://${scratch}/report.html`);
    await until("figures", async () => (await textOf(page, "#figures")).includes("Handshake"));
    return { page, state, figures: (await textOf(page, "#figures")).replaceAll(/\s+/g, " ") };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

test("figures of a report are those of the whole run", async (world) => {
  const { page, figures } = await openReport(world, { directed: false }, (state) => ({
    ...state, figures_of: "run",
    summary: {
      packets: 900, bytes: 125_000_000, interval_us: 100e6, tcp_data_segs: 1000, tcp_rtx: 15, tcp_rtx_control: 5, dns_unanswered: 3,
      latency: [{ metric: "dns_rtt", p50_us: 1, p95_us: 5550 }, { metric: "tcp_hs_rtt", p50_us: 12_345, p95_us: 67_890 }],
    },
  }));
  for (const figure of ["Bandwidth 10.0 Mb/s", "Packets/s 9.0", "Handshake p50 12.3 ms p95 67.9 ms", "DNS p95 5.55 ms 3 unanswered", "Retransmitted 1.00 %"]) {
    check(figures.includes(figure), `${figure} in ${figures}`);
  }
  check(!(await visible(page, "text=Sums over windows")), "no note");
});

test("where only windows are known, figures are of the worst, sums say so, and gaps are time", async (world) => {
  const { page, figures, state } = await openReport(world, { directed: false, seconds: 60 }, (state) => {
    const { columns, rows } = state.history;
    const at = (name) => columns.indexOf(name);
    const two = [rows[0], rows[1]].map((row, i) => row.map((value, column) => ({
      [at("t")]: rows[0][at("t")] + 99 * i, [at("interval_us")]: 1e6, [at("bytes")]: 62_500_000,
      [at("hs_rtt_p50_us")]: i ? 100 : 777_000, [at("hs_rtt_p95_us")]: i ? 900 : 888_000, [at("dns_p95_us")]: i ? 100 : null,
    })[column] ?? value));
    return { ...state, figures_of: "windows", history: { columns, rows: two } };
  });
  for (const figure of ["Bandwidth 10.0 Mb/s", "Handshake p50, worst window 777 ms p95 888 ms", "DNS p95, worst window"]) {
    check(figures.includes(figure), `${figure} in ${figures}`);
  }
  check(await visible(page, "text=Sums over windows"), "a note on protocols");
  check((await textOf(page, "#table-panel")).includes("sums of the largest of each window"), "a note on talkers");
  check(state.history.rows.length === 2, "rows");
});

test("saved events that tell of no scan do not say that there was none", async (world) => {
  const { page, figures } = await openReport(world, { scans: 0 }, ({ totals: { scans, ...totals }, ...state }) => ({ ...state, totals, figures_of: "windows" }));
  check(figures.includes("Scans – not observed"), figures);
  check((await textOf(page, "#alerts")).includes("The events do not tell of any scan."), "no claim");
  const { page: other } = await openReport(world, { scans: 0 }, (state) => state);
  check((await textOf(other, "#alerts")).includes("No scan was found so far."), "a claim");
});

test("a report opened from a file needs nothing else, and is searched and sorted in itself", async (world) => {
  const mock = await world.mock({ mode: "replay", status: "ended", hostile: true, damage: { input_truncated: true, input_damaged: true } });
  const file = (name) => readFileSync(join(folder, name), "utf8");
  const tables = Object.fromEntries(["flows", "dns", "http", "tls", "anomalies"].map((name) => [name, mock.table(name, new URLSearchParams("limit=200"))]));
  tables.dns.rows.splice(7);
  const html = reportHtml({ index: file("index.html"), js: file("app.js"), css: file("app.css") }, { report: true, title: "a day.pcap", state: mock.state(), tables });
  const scratch = mkdtempSync(join(tmpdir(), "ntan-page-"));
  try {
    writeFileSync(join(scratch, "report.html"), withPolicy(html));
    const page = await world.visit(`file://${scratch}/report.html`);
    await until("charts", () => visible(page, "#chart-loss .u-over"));
    same(await page.title(), "a day.pcap – ntan", "title");
    same((await textOf(page, "#banners")).trim(), "The input is cut off in the middle of a packet. What came after that is missing here.", "what is missing");
    for (const selector of ["#run button", "#exports", "#interface"]) {
      check(!(await visible(page, selector)), `${selector} is not there`);
    }
    check((await page.locator("#table-panel tbody tr").count()) > 5, "talkers");
    same(await page.locator("#tab-events").count(), 0, "tabs of tables that the report has not");
    await page.click("#tab-tls");
    await page.fill("#search", "sni:shop /TLSv1\\.[23]/");
    await until("what matches", async () => {
      const rows = await page.locator("#table-panel tbody tr").allInnerTexts();
      return rows.length > 0 && rows.every((row) => row.includes("api.shop.example"));
    });
    check(!(await textOf(page, ".counted")).includes("in this report"), "all of them are in it");
    await page.fill("#search", "/(/");
    await until("the complaint", async () => (await textOf(page, "#search-error")) !== "");
    await page.fill("#search", "nothing-has-this");
    await page.click("#tab-dns");
    await until("what it has not", async () => /None of the 7 rows in this report matches “nothing-has-this”; the other \d+ are not in it\./.test(await textOf(page, "#table-panel .empty")));
    check(/7 of \d+ are in this report/.test(await textOf(page, ".counted")), "the part that it has");
    await page.fill("#search", "");
    await page.click("#tab-flows");
    await page.locator("#table-panel th button", { hasText: "Received" }).click();
    await until("order", async () => (await page.getAttribute("#table-panel th:has-text('Received')", "aria-sort")) === "descending");
    const bytes = await page.evaluate(() => [...document.querySelectorAll("#table-panel tbody tr")].map((row) => row.cells[8].textContent));
    const greatest = Math.max(...tables.flows.rows.map(({ flow }) => flow.dst_bytes));
    const size = (text) => parseFloat(text) * { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[text.split(/\s/)[1]];
    check(Math.abs(size(bytes[0]) - greatest) / greatest < 0.01, `the first is the greatest: ${bytes[0]}`);
    same(await axeFlaws(page), [], "what axe says");
    same(mock.requests, [], "requests to the server");
    same(await page.evaluate(() => window.hacked), undefined, "what hostile names did");
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

// Charts, alerts, tables and details.

import { check, same, test, textOf, until, visible } from "./harness.mjs";
import { HOSTILE } from "./traffic.mjs";

const CHARTS = ["bandwidth", "latency", "loss"];

const cursors = (page) => page.evaluate((ids) => ids.map((id) => document.querySelector(`#chart-${id} .plot`).getAttribute("aria-valuenow")), CHARTS);

test("one cursor goes over all three charts", async (world) => {
  const { page } = await world.open({ status: "stopped" });
  await until("a chart", () => visible(page, "#chart-loss .u-over"));
  const newest = await cursors(page);
  const box = await page.locator("#chart-latency .u-over").boundingBox();
  await page.mouse.move(box.x + box.width / 3, box.y + 40);
  const moved = await until("cursors that moved", async () => {
    const now = await cursors(page);
    return now[0] !== newest[0] && now;
  });
  same(new Set(moved).size, 1, "places of the cursor");
  const lines = await page.evaluate((ids) => ids.map((id) => document.querySelector(`#chart-${id} .u-cursor-x`).style.transform), CHARTS);
  same(new Set(lines).size, 1, "lines");
});

test("arrow keys move the cursor, and the values are said", async (world) => {
  const { page } = await world.open({ status: "stopped" });
  await until("a chart", () => visible(page, "#chart-loss .u-over"));
  await page.focus("#chart-bandwidth .plot");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const places = await until("cursors together", async () => {
    const now = await cursors(page);
    return new Set(now).size === 1 && now;
  });
  check(Number(places[0]) < 5, `near the begin: ${places[0]}`);
  const said = await page.getAttribute("#chart-bandwidth .plot", "aria-valuetext");
  check(/^(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}: received .*b\/s, sent \d.*b\/s, all .*b\/s/.test(said), said);
});

test("received and sent are drawn apart where they are known, as one where not", async (world) => {
  const { page } = await world.open({ status: "stopped" });
  await until("both ways", async () => /received.*sent.*all/s.test(await textOf(page, "#chart-bandwidth .legend")));
  check(/^Received\s.*Sent\s/s.test(await textOf(page, "#figures")), "the figures say both");
  check(!/[-\u2212]\d/.test(await textOf(page, "#chart-bandwidth .legend")), "what was sent is no negative number");
  const { page: other } = await world.open({ status: "stopped", directed: false });
  await until("one", async () => (await textOf(other, "#chart-bandwidth .legend")).includes("mean"));
  check(!(await textOf(other, "#chart-bandwidth .legend")).includes("received"), "no ways");
  check((await textOf(other, "#figures")).startsWith("Bandwidth"), "one figure");
});

test("health says what the processes take", async (world) => {
  const { page } = await world.open();
  await until("the load", async () => (await textOf(page, "#health")).includes("3.10\u00a0% of a core · 31.5\u00a0MB"));
});

test("unit and range are chosen by radio buttons, a drag zooms, scans are marked", async (world) => {
  const { mock, page } = await world.open({ status: "stopped" });
  await until("a chart", () => visible(page, "#chart-bandwidth .u-over"));
  await page.locator("input[name=unit][value=packets]").check({ force: true });
  await until("packets", async () => (await textOf(page, "#chart-bandwidth .legend")).includes("pkt/s"));
  await page.locator("input[name=range][value='6h']").check({ force: true });
  await until("points that stand for more", async () => (await textOf(page, "#chart-latency .chart-note")).includes("A point stands for"));
  const box = await page.locator("#chart-loss .u-over").boundingBox();
  const zoom = async () => {
    await page.mouse.move(box.x + box.width - 60, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 10, box.y + 50, { steps: 4 });
    await page.mouse.up();
    await until("zoom", () => visible(page, "text=Reset zoom"));
  };
  await zoom();
  await page.click("text=Reset zoom");
  check(!(await visible(page, "text=Reset zoom")), "zoom is reset");
  await zoom();
  mock.reset();
  mock.started += 1000;
  mock.change({ status: "running" });
  await until("another run is seen whole", async () => !(await visible(page, "text=Reset zoom")));
});

test("each chart has a table of 25 rows a page for those who do not see it", async (world) => {
  const { page } = await world.open({ status: "stopped" });
  for (const id of CHARTS) {
    await until(`table of ${id}`, async () => (await page.locator(`#chart-${id} .chart-table tbody tr`).count()) === 25);
  }
  const first = () => page.locator("#chart-latency .chart-table tbody th").first().textContent();
  const newest = await first();
  await page.locator("#chart-latency .pager button").nth(1).focus();
  await page.keyboard.press("Enter");
  check((await first()) !== newest, "the next page shows other rows");
  check((await page.locator("#chart-latency .pager span").textContent()).startsWith("page 2 of"), "number of the page");
});

test("a scan alert is announced, gives its evidence, and its PCAP asks for that scan only", async (world) => {
  const { mock, page } = await world.open();
  await until("the stream", () => mock.streams.size === 1);
  const line = mock.alert(10);
  await until("the announcement", async () => (await page.locator("#alert-log").textContent()).includes("vertical scan"));
  const item = page.locator(".alert").first();
  await item.getByText("Evidence").click();
  const text = await item.innerText();
  for (const word of ["tried", "1\u202f000", "refused", "many ports of one host", "80.4 of 11.5 needed", "both directions were seen", "half open", "203.0.113.66"]) {
    check(text.includes(word), `evidence says ${word}`);
  }
  same(await item.locator(".sample tbody tr").count(), 16, "first probes");
  mock.alert(10, "close");
  await until("the close", async () => (await item.innerText()).includes("over"));
  check(await item.locator(".evidence").isVisible(), "the evidence stays open");
  same(await page.locator("#alert-log p").count(), 1, "announcements of one scan");
  await Promise.all([page.waitForEvent("download"), item.getByText("PCAP").click()]);
  check(mock.requests.includes(`GET /api/v1/export/pcap?scan=${line.scan.id}`), "request for the PCAP");
  await item.getByText("Filter").click();
  same(await page.inputValue("#search"), "src:=203.0.113.66", "search");
  same(await page.getAttribute("#tab-flows", "aria-selected"), "true", "tab of the flows");
});

test("all scans can be reached, and where some are not here that is said", async (world) => {
  const { page } = await world.open({ status: "stopped", scans: 130 });
  await until("the heading", async () => (await textOf(page, "#alerts-title")) === "Scan alerts (130)");
  check(!(await page.locator("#alerts").getByText("are here").isVisible()), "none is missing");
  for (let shown = 20; shown < 130; shown += 20) {
    same(await page.locator(".alert").count(), shown, "alerts");
    await page.locator("#alerts").getByText(/^Show \d+ more of/).click();
  }
  same(await page.locator(".alert").count(), 130, "alerts");
  const { mock, page: other } = await world.open({ status: "stopped", scans: 130, mostScans: 100 });
  await until("the heading", async () => (await textOf(other, "#alerts-title")) === "Scan alerts (130)");
  check((await textOf(other, "#alerts")).includes("The newest 100 of 130 are here."), "it says so");
  // The one that goes on is the newest; now the oldest goes on too, and is not sent.
  check((await textOf(other, "#figures")).includes("1 going on"), "going on");
  mock.scans.at(-1).scan.phase = "update";
  await other.reload();
  await until("going on", async () => (await textOf(other, "#figures")).includes("2 going on"));
});

test("tables are searched by prefix and expression, and a bad expression is told", async (world) => {
  const { page } = await world.open({ status: "stopped" });
  await page.click("#tab-flows");
  await page.fill("#search", "src:10.0.0.31 port:443");
  await until("only what matches", async () => {
    const rows = await page.locator("#table-panel tbody tr").allInnerTexts();
    return rows.length > 0 && rows.every((row) => row.includes("10.0.0.31") && row.includes(":443"));
  });
  check((await textOf(page, ".counted")).includes("that match"), "it says how many");
  await page.fill("#search", "/\"app\":\"(ssh|smtp)\"/");
  await until("the expression", async () => {
    const rows = await page.locator("#table-panel tbody tr").allInnerTexts();
    return rows.length > 0 && rows.every((row) => /ssh|smtp/.test(row));
  });
  await page.fill("#search", "/(/");
  await until("the complaint", async () => (await textOf(page, "#search-error")).includes("bracket"));
  await page.fill("#search", "nothing-has-this");
  await until("nothing", async () => (await textOf(page, "#table-panel .empty")).includes("Nothing that is kept matches"));
  await page.fill("#search", "");
  await page.click("#tab-tls");
  await page.fill("#search", "sni:shop");
  await until("names", async () => {
    const rows = await page.locator("#table-panel tbody tr").allInnerTexts();
    return rows.length > 0 && rows.every((row) => row.includes("api.shop.example"));
  });
});

test("where not all that is held was searched and sorted, that is said", async (world) => {
  const { page } = await world.open({ status: "stopped", lookedAt: 12 });
  await page.click("#tab-flows");
  await until("the part", async () => (await textOf(page, ".counted")).includes("searched and sorted are the newest 12,"));
  await page.fill("#search", "nothing-has-this");
  await until("nothing", async () => (await textOf(page, "#table-panel .empty")) === "None of the newest 12 matches “nothing-has-this”; older ones were not searched.");
});

test("headers sort, by keyboard as well", async (world) => {
  const { mock, page } = await world.open({ status: "stopped" });
  await page.click("#tab-flows");
  const header = page.locator("#table-panel th", { hasText: "Received" });
  await header.locator("button").focus();
  await page.keyboard.press("Enter");
  await until("descending", async () => (await header.getAttribute("aria-sort")) === "descending");
  check(mock.requests.some((line) => line.includes("table/flows") && line.includes("sort=-flow.dst_bytes")), "the server sorts");
  await page.keyboard.press("Enter");
  await until("ascending", async () => (await header.getAttribute("aria-sort")) === "ascending");
  await page.keyboard.press("Enter");
  await until("its own order", async () => (await header.getAttribute("aria-sort")) === "none");
});

test("tabs move by arrow keys", async (world) => {
  const { page } = await world.open({ status: "stopped" });
  await page.focus("#tab-talkers");
  await page.keyboard.press("ArrowRight");
  same(await page.getAttribute("#tab-flows", "aria-selected"), "true", "selection");
  same(await page.evaluate(() => document.activeElement.id), "tab-flows", "focus");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  same(await page.getAttribute("#tab-events", "aria-selected"), "true", "round the end");
});

test("details show all fields, copy filters, and give the focus back", async (world) => {
  const { mock, page } = await world.open({ status: "stopped" });
  await page.click("#tab-dns");
  await until("rows", () => page.locator("#table-panel tbody tr").count());
  const line = mock.lines.find(({ event }) => event === "dns");
  await page.locator(".row-link").first().focus();
  await page.keyboard.press("Enter");
  await until("details", () => visible(page, "#drawer"));
  same(await page.evaluate(() => document.activeElement.id), "drawer-title", "focus");
  const fields = await textOf(page, ".fields");
  for (const word of ["flow_id", line.flow_id, "dns.query", line.dns.query, "dns.queried", "community_id"]) {
    check(fields.includes(word), `fields have ${word}`);
  }
  await page.click("text=Copy as BPF");
  same(await page.evaluate(() => window.copied), `udp and host ${line.src_ip} and host ${line.dst_ip} and port ${line.src_port} and port 53`, "BPF");
  await page.click("text=Copy as jq");
  same(await page.evaluate(() => window.copied), `jq -c 'select(.flow_id == "${line.flow_id}")'`, "jq");
  await Promise.all([page.waitForEvent("download"), page.locator("#drawer").getByText("PCAP", { exact: true }).click()]);
  check(mock.requests.includes(`GET /api/v1/export/pcap?flow=${line.flow_id}`), "request for the PCAP");
  await page.keyboard.press("Escape");
  check(!(await visible(page, "#drawer")), "closed");
  check(await page.evaluate(() => document.activeElement.classList.contains("row-link")), "the focus is back");
});

test("a filter to copy is one that matches: behind VLAN tags, and none for what is in a tunnel", async (world) => {
  const mock = await world.mock({ status: "stopped" });
  const [plain, tagged, inside, icmp] = mock.lines;
  Object.assign(tagged, { vlan: [100, 7] });
  Object.assign(inside, { tunnel: ["vxlan:7"] });
  Object.assign(icmp, { proto: "icmpv6", src_port: 128, dst_port: 0 });
  const ends = (line) => `host ${line.src_ip} and host ${line.dst_ip}`;
  const ports = (line) => `port ${line.src_port} and port ${line.dst_port}`;
  const page = await world.visit(mock.url);
  await page.click("#tab-events");
  await until("rows", () => page.locator("#table-panel tbody tr").count());
  for (const [at, filter] of [
    [0, `${plain.proto} and ${ends(plain)} and ${ports(plain)}`],
    [1, `vlan 100 and vlan 7 and ${tagged.proto} and ${ends(tagged)} and ${ports(tagged)}`],
    [2, null],
    [3, `icmp6 and ${ends(icmp)}`],
  ]) {
    await page.locator("#table-panel tbody tr").nth(at).locator(".row-link").click();
    await until("details", () => visible(page, "#drawer"));
    same(await page.locator("#drawer").getByText("Copy as BPF").count(), filter ? 1 : 0, "offers");
    if (filter) {
      await page.click("text=Copy as BPF");
      same(await page.evaluate(() => window.copied), filter, "BPF");
    }
    await page.keyboard.press("Escape");
  }
});

test("hostile names stay text, and what is invisible in them is shown", async (world) => {
  const { page } = await world.open({ hostile: true, tickMs: 200 });
  for (const tab of ["dns", "http", "tls", "events"]) {
    await page.click(`#tab-${tab}`);
    await until("hostile rows", async () => (await textOf(page, "#table-panel")).includes("onerror"));
    await page.locator("#table-panel tbody tr", { hasText: "<" }).first().locator(".row-link").click();
    await until("details", () => visible(page, "#drawer"));
  }
  await page.click("#tab-dns");
  await page.fill("#search", "evil");
  await until("the number of the code point", async () => (await textOf(page, "#table-panel")).includes("exe.\\u{202E}gpj.evil"));
  await page.fill("#search", "<script>alert(1)</script>");
  await until("the search itself as text", async () => (await textOf(page, "#table-panel .empty")).includes("<script>"));
  const found = await page.evaluate(() => ({
    hacked: window.hacked, tags: document.querySelectorAll("main img, main script, main iframe, dialog img, dialog script, svg[onload]").length,
    invisible: /[\u202e\u200b\u{e0041}]/u.test(document.body.innerText), handlers: [...document.querySelectorAll("*")].some((element) => element.hasAttribute("onerror")),
  }));
  same(found, { tags: 0, invisible: false, handlers: false }, "what became of the names");
  check(HOSTILE.length > 5, "there were some");
});

test("the theme follows the system until one is chosen, and the choice is kept", async (world) => {
  const { mock, page } = await world.open({ status: "stopped" }, { colorScheme: "dark" });
  const theme = (where) => where.evaluate(() => document.documentElement.dataset.theme);
  same(await theme(page), "dark", "theme of the system");
  await page.selectOption("#theme-choice", "light");
  same(await theme(page), "light", "theme chosen");
  const again = await world.visit(mock.url, page.context());
  same(await theme(again), "light", "theme kept");
});

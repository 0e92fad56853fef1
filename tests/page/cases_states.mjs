// The states of a run, and what the page lets one do in each.

import { check, same, test, textOf, until, visible } from "./harness.mjs";
import { Refusal } from "./mock.mjs";

export const noPermission = {
  error: "cannot capture on eth0: needs CAP_NET_RAW", exit_code: 4,
  hints: ["sudo ntan serve -i eth0", "or once: sudo setcap cap_net_raw=ep /usr/bin/ntan"],
};

async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  const stream = await download.createReadStream();
  let text = "";
  for await (const chunk of stream) {
    text += chunk;
  }
  return { name: download.suggestedFilename(), text };
}

test("pick an interface, filter, Start, watch, Stop, and save in four ways", async (world) => {
  const { mock, page } = await world.open({ status: "idle", packets: 0 });
  await until("cards", () => page.locator(".card").count());
  check((await textOf(page, ".card[aria-pressed=true] .card-name")).startsWith("eth0"), "the default is suggested");
  await page.click(".card[data-name=lo]");
  await page.fill("#filter-input", "udp port 53");
  await until("the verdict", async () => (await textOf(page, "#filter-verdict")).includes("14 instructions"));
  mock.options.packets = 1;
  await page.click("#start button.big");
  await until("live", async () => (await textOf(page, ".status-text")) === "live");
  same(mock.options.filter, "udp port 53", "filter");
  same(mock.interface, "lo", "interface");
  check((await textOf(page, "footer")).includes("(udp port 53) and not (tcp port 8080"), "the footer names the filter in effect");
  check((await textOf(page, "footer")).includes("traffic of this page is left out"), "own traffic is said to be left out");
  const before = await textOf(page, ".figure .big");
  await until("figures that move", async () => (await textOf(page, ".figure .big")) !== before);
  await page.click("text=Stop");
  await until("stopped", async () => (await textOf(page, ".status-text")) === "stopped");
  check((await textOf(page, "#banners")).includes("are kept"), "data is said to be kept");
  await page.selectOption("#csv-event", "dns");
  const csv = await saved(page, () => page.click("#exports button:text-is(\"CSV\")"));
  same(csv.name, "ntan-dns.csv", "name of the CSV");
  check(csv.text.split("\n").length > 2, "CSV has rows");
  const json = await saved(page, () => page.click("#exports button:text-is(\"JSON\")"));
  check(json.text.trim().split("\n").every((line) => JSON.parse(line).v === 1), "NDJSON parses");
  check((await saved(page, () => page.click("#exports button:text-is(\"PCAP\")"))).name.endsWith(".pcap"), "PCAP");
  check((await saved(page, () => page.click("#exports button:text-is(\"Report\")"))).text.startsWith("<!doctype html>"), "report");
});

test("a Start takes its options along, and a value that cannot be is not sent", async (world) => {
  const { mock, page } = await world.open({ status: "idle", packets: 0 });
  await until("cards", () => page.locator(".card").count());
  await page.click("details.options summary");
  await page.fill("#duration", "30");
  await page.fill("#snaplen", "5");
  await page.uncheck("#promisc");
  await page.click("#start button.big");
  await page.waitForTimeout(200);
  check(!mock.requests.includes("POST /api/v1/capture/start"), "5 bytes are less than a header");
  await page.fill("#snaplen", "96");
  await page.click("#start button.big");
  await until("live", async () => (await textOf(page, ".status-text")) === "live");
  same(JSON.stringify(mock.startBody), JSON.stringify({ interface: "eth0", duration_s: 30, snaplen: 96, promisc: false }), "body");
  check(!(await visible(page, "details.options")), "no options while it runs");
});

test("where runs may not be promiscuous the page does not offer it", async (world) => {
  const { page } = await world.open({ status: "idle", packets: 0, promisc: false });
  await page.click("details.options summary");
  check(await page.isDisabled("#promisc"), "disabled");
  check(!(await page.isChecked("#promisc")), "and not checked");
});

test("a bad filter shows where, and a suggestion mends it", async (world) => {
  const { page } = await world.open({ status: "idle", packets: 0 });
  await page.fill("#filter-input", "udp prt 53");
  await until("the complaint", () => visible(page, ".filter-trouble pre"));
  const [typed, caret] = (await page.locator(".filter-trouble pre").textContent()).split("\n");
  same(caret.indexOf("^"), typed.indexOf("prt"), "the caret's place");
  same(await page.getAttribute("#filter-input", "aria-invalid"), "true", "aria-invalid");
  await page.click(".suggestions >> text=port");
  await until("the verdict", async () => (await textOf(page, "#filter-verdict")).startsWith("OK"));
  same(await page.inputValue("#filter-input"), "udp port 53", "filter");
});

test("the filter is asked about once, a moment after the last key", async (world) => {
  const { mock, page } = await world.open({ status: "idle", packets: 0 });
  // All keys in one go: how fast a driver types depends on what else the machine does.
  await page.evaluate((text) => {
    const input = document.querySelector("#filter-input");
    for (let end = 1; end <= text.length; end += 1) {
      input.value = text.slice(0, end);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }, "tcp port 443");
  await until("the verdict", async () => (await textOf(page, "#filter-verdict")).startsWith("OK"));
  same(mock.requests.filter((line) => line.includes("filter/check")).length, 1, "questions");
});

test("without permission the remedy stands there to be copied", async (world) => {
  const { mock, page } = await world.open({ status: "failed", packets: 0, failure: noPermission });
  check((await textOf(page, "#start")).includes("No permission to capture"), "title");
  check((await textOf(page, "#start")).includes("CAP_NET_RAW"), "the server's text");
  await page.click(".remedy >> nth=1 >> text=Copy");
  same(await page.evaluate(() => window.copied), "sudo setcap cap_net_raw=ep /usr/bin/ntan", "clipboard");
  mock.options.packets = 1;
  await page.click("text=Try again");
  await until("live", async () => (await textOf(page, ".status-text")) === "live");
});

test("a Start that is refused for want of permission says so", async (world) => {
  const { page } = await world.open({ status: "idle", packets: 0, startRefusal: new Refusal(403, noPermission.error, noPermission.hints) });
  await until("cards", () => page.locator(".card").count());
  await page.click("#start button.big");
  await until("the refusal", async () => (await textOf(page, "#start")).includes("No permission to capture"));
  same(await page.locator(".remedy code").count(), 2, "remedies");
});

test("an interface that is not there is named, and the others are offered", async (world) => {
  const { page } = await world.open({ status: "failed", packets: 0, failure: { error: "no interface 'eht0'; did you mean 'eth0'?", exit_code: 5 } });
  await until("cards", () => page.locator(".card").count());
  check((await textOf(page, "#start")).includes("Interface not found"), "title");
  check((await textOf(page, "#start")).includes("did you mean 'eth0'?"), "the server's text");
});

test("running without a packet shows the diagnosis", async (world) => {
  const note = "ntan: warning: no packet in 5 s: link has traffic (+812) but filter 'udp port 53' matched none";
  const { page } = await world.open({ packets: 0, notes: [note], filter: "udp port 53", seconds: 12 });
  await until("the diagnosis", async () => (await textOf(page, "#banners")).includes("matched none"));
  check(!(await textOf(page, "#banners")).includes("ntan: warning"), "without the program's prefix");
  same(await textOf(page, ".figure .big"), "–", "bandwidth that was not observed");
});

test("when seconds bring nothing, the last figures are not shown as if they were now's", async (world) => {
  const { mock, page } = await world.open({ tickMs: 100 });
  await until("figures", async () => (await textOf(page, ".figure .big")) !== "–");
  mock.options.packets = 0;
  await until("no figure", async () => (await textOf(page, ".figure .big")) === "–");
});

test("an export of nothing is refused with its reason", async (world) => {
  const { page } = await world.open({ status: "stopped", events: 0 });
  await page.click("#exports button:text-is(\"CSV\")");
  await until("the reason", async () => (await textOf(page, ".export-message")).includes("1832 packets read"));
  check((await textOf(page, ".export-message")).includes("Nothing was saved"), "it says that nothing was saved");
  await page.click("text=Dismiss");
  check(!(await visible(page, ".export-message")), "dismissed");
});

test("a lost connection greys the page, and its return mends all", async (world) => {
  const { mock, page } = await world.open();
  await until("the stream", () => mock.streams.size === 1);
  mock.setDown(true);
  await until("disconnected", async () => (await textOf(page, ".status-text")) === "disconnected");
  check(await page.evaluate(() => document.body.classList.contains("stale")), "grey");
  check(await page.isDisabled("text=Stop"), "Stop cannot be pressed");
  check((await textOf(page, "#banners")).includes("Trying again"), "it says that it tries again");
  check((await textOf(page, ".figure .big")) !== "–", "what was known stays");
  mock.setDown(false);
  await page.click("text=Try now").catch(() => undefined);  // it may be back before the click
  await until("live", async () => (await textOf(page, ".status-text")) === "live");
  check(!(await page.evaluate(() => document.body.classList.contains("stale"))), "no longer grey");
});

test("a replay has a progress bar in place of the dot, and can be replayed", async (world) => {
  const { mock, page } = await world.open({ mode: "replay" });
  same(await textOf(page, ".source-name"), "a day at the office.pcap", "file");
  check(await visible(page, "#status progress"), "progress");
  check(!(await visible(page, "#status .dot")), "no dot");
  check(!(await visible(page, "#interface")), "no interface to pick");
  check(await page.isChecked("input[name=range][value=all]"), "the whole file is shown");
  mock.change({ status: "ended" });
  await until("ended", async () => (await textOf(page, ".status-text")) === "ended");
  check((await textOf(page, "#banners")).includes("read to its end"), "it says so");
  await page.click("text=Replay again");
  await until("reading", async () => (await textOf(page, ".status-text")) === "reading");
  check(mock.requests.includes("POST /api/v1/capture/start"), "start was posted");
});

test("a capture that ended by its time is no file, and what Stop has kept is counted to the end", async (world) => {
  const { mock, page } = await world.open();
  mock.change({ status: "ended" });
  await until("the banner", async () => (await textOf(page, "#banners")).includes("The capture has ended as it was to."));
  check(!(await textOf(page, "#banners")).includes("file"), "no file");
  const { mock: other, page: stopped } = await world.open({ tickMs: 100 });
  await until("the stream", () => other.streams.size === 1);
  other.change({ status: "stopped" });
  await until("the banner", async () => (await textOf(stopped, "#banners")).includes("Stopped."));
  await stopped.evaluate(() => {
    window.banner = document.querySelector(".banner");
  });
  other.lines.length = 123;
  await until("the last count", async () => /\D123 events are kept/.test(await textOf(stopped, "#banners")));
  check(await stopped.evaluate(() => window.banner === document.querySelector(".banner")), "it is the same banner");
  const { page: replay } = await world.open({ mode: "replay", status: "stopped" });
  await until("packets", async () => (await textOf(replay, "#health")).includes("those of the file that were read"));
});

test("a capture that is cut off or damaged says so when it has been read, and not that it was whole", async (world) => {
  for (const [damage, words] of [
    [{ input_truncated: true, input_damaged: true }, "The input is cut off in the middle of a packet."],
    [{ input_truncated: false, input_damaged: true }, "The input is damaged and could not be read to its end."],
  ]) {
    const { page } = await world.open({ mode: "replay", status: "ended", damage });
    await until("the banner", async () => (await textOf(page, "#banners")).includes(words));
    check(!(await textOf(page, "#banners")).includes("has been read to its end"), "it was not");
  }
  const { page } = await world.open({ mode: "replay", status: "ended", damage: { input_truncated: false, input_damaged: false } });
  await until("ended", async () => (await textOf(page, "#banners")).includes("The file has been read to its end."));
  check(!/cut off|damaged/.test(await textOf(page, "#banners")), "no such banner");
});

test("events from elsewhere have no Start and no PCAP", async (world) => {
  const { page } = await world.open({ mode: "events" });
  check(!(await visible(page, "#run button.primary")), "no Start");
  check(!(await page.locator("#exports").getByText("PCAP", { exact: true }).isVisible()), "no PCAP");
  check(await visible(page, "#exports button:text-is(\"JSON\")"), "but JSON");
});

test("events of somebody else's that lack members, or have others in their place, blank nothing", async (world) => {
  const mock = await world.mock({ mode: "events", scans: 3, events: 20, eventsPerTick: 0 });
  const whole = mock.scans[0];
  const { technique, ...lacking } = whole.scan;
  const twisted = Object.fromEntries(Object.keys(whole.scan).map((name) => [name, { a: [1] }]));
  const counted = Object.fromEntries(Object.keys(whole.scan).map((name) => [name, 5]));
  mock.scans.unshift(
    { ...whole, scan: { ...lacking, id: "lacking" } }, { ...whole, scan: { id: "bare" } },
    { ...whole, src_ip: 7, scan: { ...twisted, id: "twisted" } }, { ...whole, scan: { ...counted, id: "counted" } },
    { ...whole, scan: { ...whole.scan, id: "lists", sample: [null, 5, { step: "a" }], targets: 5, guards: [null, {}], ttl: ["a"] } });
  const strange = [7, null, { a: 1 }, ["x"], "text"];
  for (const value of strange) {
    mock.lines.unshift(
      { ...mock.lines[0], event: "dns", src_ip: value, src_port: value, dns: { query: value, answers: value, rtt_us: value, rcode: value } },
      { ...mock.lines[0], event: "tls", tls: { alert: value, sni: value, handshake_us: value } },
      { ...mock.lines[0], event: "anomaly", dst_ip: value, dst_port: value, anomaly: { layer: value, reason: value, list: [value, { a: value }] } });
  }
  const page = await world.visit(mock.url);
  await until("all alerts", async () => (await page.locator(".alert").count()) === 8);
  check((await textOf(page, "#footer")).includes("events kept"), "footer");
  check((await textOf(page, "#health")).includes("Events kept"), "health");
  await until("the stream", () => mock.streams.size === 1);
  mock.scans.unshift({ v: 1, event: "scan", ts: whole.ts, scan: { id: "late", sample: {} } });
  mock.send("alert", mock.scans[0]);
  await until("one more", async () => (await page.locator(".alert").count()) === 9);
  check(technique && (await page.locator("#alert-log").textContent()).length > 0, "announced");
  for (const item of await page.locator(".alert").all()) {
    await item.getByText("Evidence").click();
    await item.getByText("Details").click();
    await until("details", () => visible(page, "#drawer"));
    await page.keyboard.press("Escape");
  }
  same(await page.locator(".evidence-columns").count() > 8, true, "evidence");
  for (const tab of ["dns", "tls", "anomalies", "events"]) {
    await page.click(`#tab-${tab}`);
    await until("rows", async () => (await page.locator("#table-panel tbody tr").count()) >= strange.length);
    for (let i = 0; i < strange.length; i += 1) {
      await page.locator("#table-panel tbody tr").nth(i).locator(".row-link").click();
      check(await visible(page, "#drawer .fields"), "all fields");
      await page.keyboard.press("Escape");
    }
  }
});

test("a failure after packets keeps them in sight", async (world) => {
  const { mock, page } = await world.open();
  mock.change({ status: "failed", failure: { error: "eth0 has gone down", hints: ["ip link set eth0 up"], exit_code: 1 } });
  await until("the banner", async () => (await textOf(page, "#banners")).includes("eth0 has gone down"));
  check(await visible(page, "#charts"), "charts");
});

test("a token comes from the address, leaves it, and is asked for when it is missing", async (world) => {
  const mock = await world.mock({ token: "s3cret" });
  const page = await world.visit(mock.url, undefined, "#t=s3cret");
  await until("live", async () => (await textOf(page, ".status-text")) === "live");
  check(!page.url().includes("s3cret"), `address is ${page.url()}`);
  const other = await world.visit(mock.url);
  await until("the question", () => visible(other, "#token"));
  await other.fill("#token", "s3cret");
  await other.click("text=Use it");
  await until("live", async () => (await textOf(other, ".status-text")) === "live");
});

test("Pause holds the view still while data goes on", async (world) => {
  const { page } = await world.open({ tickMs: 100 });
  await page.click("text=Pause view");
  await page.waitForTimeout(150);
  const held = await textOf(page, "#figures");
  const elapsed = await textOf(page, ".elapsed");
  await until("time that goes on", async () => (await textOf(page, ".elapsed")) !== elapsed);
  same(await textOf(page, "#figures"), held, "figures");
  await page.click("text=Resume view");
  await until("figures that move", async () => (await textOf(page, "#figures")) !== held);
});

test("an alert that comes while a state is on its way stays, and another run's goes", async (world) => {
  const mock = await world.mock({ mode: "events", scans: 3, events: 20, eventsPerTick: 0, tickMs: 600_000 });
  const page = await world.visit(mock.url);
  const states = () => mock.requests.filter((one) => one === "GET /api/v1/state").length;
  const alerts = (count) => until(`${count} alerts`, async () => (await page.locator(".alert").count()) === count);
  await alerts(3);
  await until("the stream", () => mock.streams.size === 1);
  const [first] = mock.scans;
  const named = (id, more = {}) => ({ ...first, scan: { ...first.scan, id, ...more } });

  mock.change({ stateDelayMs: 1500 });
  const before = states();
  mock.tickNumber += 3;
  mock.tick();
  await until("a state asked for", () => states() > before);
  mock.scans.unshift(named("late"));
  mock.send("alert", mock.scans[0]);
  await alerts(4);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  check((await page.locator(".alert").count()) === 4, "the state has not taken it back");

  const former = states();
  mock.tickNumber += 3;
  mock.tick();
  await until("a state asked for", () => states() > former);
  mock.send("alert", named("of the former run"));
  await alerts(5);
  mock.reset();
  mock.started += 1000;
  mock.change({});
  await until("the new run's state as well", () => states() > former + 1);
  await alerts(3);
});

test("the filter of the command line is there before the first run, and goes with it", async (world) => {
  const { mock, page } = await world.open({ status: "idle", packets: 0, filter: "udp port 53" });
  await until("the filter", async () => (await page.inputValue("#filter-input")) === "udp port 53");
  await page.fill("#filter-input", "tcp or udp");
  mock.tick();
  await page.click("#start button.big");
  await until("live", async () => (await textOf(page, ".status-text")) === "live");
  same(mock.startBody.filter, "tcp or udp", "a change of it");
});

test("after Stop the interface is that of the run, and what ends it is shown", async (world) => {
  const mock = await world.mock({ filter: "udp port 53" });
  mock.interface = "lo";
  const page = await world.visit(mock.url);
  await until("live", async () => (await textOf(page, ".status-text")) === "live");
  await page.click("#tab-flows");
  await until("rows", () => page.locator("#table-panel tbody tr").count());
  await page.click("text=Stop");
  await until("stopped", async () => (await textOf(page, ".status-text")) === "stopped");
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const last = mock.lines.find(({ event }) => event === "flow");
  mock.lines.unshift({ ...last, src_ip: "203.0.113.99" });
  await until("the last flow", async () => (await page.locator("#table-panel").innerText()).includes("203.0.113.99"));
  same(await page.inputValue("#source select"), "lo", "interface");
  same(await page.inputValue("#filter-input"), "udp port 53", "filter");
  await page.click("#run button.primary");
  await until("live again", async () => (await textOf(page, ".status-text")) === "live");
  same([mock.startBody.interface, mock.startBody.filter], ["lo", "udp port 53"], "what is started");
});

// The page and the program together: real traffic in a network of our own, from the first look to files that hold it.
//
//   node story.mjs URL FOLDER     downloads go to FOLDER; lines `ok NAME` and `not ok NAME`
//
// tests/page/run_story.py starts ntan and looks into the files afterwards.

import { spawn } from "node:child_process";
import { join } from "node:path";

import { launch } from "./browser.mjs";

const [url, folder] = process.argv.slice(2);
const LIMIT = 20000;
const children = [];

async function until(what, probe) {
  const end = Date.now() + LIMIT;
  let last;
  while (Date.now() < end) {
    last = await probe();
    if (last) {
      return last;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}; last: ${JSON.stringify(last)}`);
}

function same(found, wanted, what) {
  if (found !== wanted) {
    throw new Error(`${what} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  }
}

/** Runs a program beside the page until the story ends. */
function beside(...words) {
  const child = spawn(words[0], words.slice(1), { stdio: "ignore" });
  children.push(child);
  return child;
}

async function save(page, click, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  await download.saveAs(join(folder, name));
}

async function story(page) {
  const text = (selector) => page.locator(selector).first().innerText();
  await page.goto(url);
  await until("cards", () => page.locator(".card").count());
  await page.click(".card[data-name=lo]");
  await page.fill("#filter-input", "tcp prt 80");
  await until("the complaint", () => page.locator(".suggestions >> text=port").count());
  await page.fill("#filter-input", "tcp or udp");
  await until("the verdict", async () => (await text("#filter-verdict")).includes("instructions"));
  await page.click("#start button.big");
  await until("live", async () => (await text(".status-text")) === "live");
  same(/not \(tcp port \d+ and .*\) and \(tcp or udp\)/.test(await text("footer")), true, "what the footer says of the filter");

  beside("python3", "-m", "http.server", "8099", "--bind", "127.0.0.1", "--directory", folder);
  beside("bash", "-c", "while sleep 0.2; do curl -s -A '<img src=x onerror=alert(1)>' http://127.0.0.1:8099/; done");
  await until("packets", async () => /[1-9]/.test((await page.locator(".figure .detail, .figure small").allInnerTexts()).join(" ")));
  await page.click("#tab-http");
  await until("requests", () => page.locator("#table-panel tbody tr").count());
  same(await page.locator("#table-panel img").count(), 0, "elements made of a user agent");

  beside("nmap", "-n", "-sS", "-p", "1-300", "--max-retries", "1", "127.0.0.1");
  const alert = page.locator(".alert").first();
  await until("the scan", () => alert.count());
  await alert.getByText("Evidence").click();
  await until("evidence", () => alert.locator(".sample tbody tr").count());

  await page.click("#run >> text=Stop");
  await until("stopped", async () => (await text(".status-text")) === "stopped");
  await save(page, () => alert.getByText("PCAP").click(), "scan.pcap");
  await page.selectOption("#csv-event", "http");
  for (const [label, name] of [["CSV", "events.csv"], ["JSON", "events.ndjson"], ["PCAP", "all.pcap"], ["Report", "report.html"]]) {
    await save(page, () => page.click(`#exports button:text-is("${label}")`), name);
  }

  await page.goto(`file://${join(folder, "report.html")}`);
  await until("the report's scan", () => page.locator(".alert").count());
}

const browser = await launch();
const flaws = [];
let code = 0;
try {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true })).newPage();
  page.setDefaultTimeout(LIMIT);
  page.on("pageerror", (error) => flaws.push(error.message));
  page.on("console", (message) => message.type() === "error" && flaws.push(message.text()));
  await story(page);
  if (flaws.length) {
    throw new Error(`the console says: ${flaws.join("; ")}`);
  }
  console.log("ok page: a capture from Start to files, with real traffic");
} catch (error) {
  console.log(`not ok page: a capture from Start to files, with real traffic\n  ${String(error.stack ?? error).split("\n").slice(0, 5).join("\n  ")}`);
  code = 1;
} finally {
  children.forEach((child) => child.kill());
  await browser.close();
}
process.exit(code);

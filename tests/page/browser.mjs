// Starts Debian's chromium under playwright-core, found in the folder MODULES (NTAN_PAGE_MODULES).

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.NTAN_PAGE_MODULES, "package.json"));
const { chromium } = require("playwright-core");

export const axeSource = () => require("node:fs").readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export function launch() {
  return chromium.launch({
    executablePath: process.env.NTAN_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
      "--js-flags=--expose-gc", "--enable-precise-memory-info", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
  });
}

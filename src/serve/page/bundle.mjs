// Makes the page's files, and the C++ source that carries them:
//
//     node bundle.mjs MODULES OUT
//
// MODULES is the folder that `npm ci` has filled; OUT gets index.html, app.js, app.css and page_assets.cpp. The same
// input makes the same bytes.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const [modules, out] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, "package.json"));
const { build } = require("esbuild");

/** uPlot's licence wants its notice in every copy. */
function notice() {
  const { name, version } = require("uplot/package.json");
  const licence = readFileSync(join(modules, "uplot/LICENSE"), "utf8").trim();
  return `/*! Contains ${name} ${version}:\n${licence}\n*/`;
}

mkdirSync(out, { recursive: true });
await build({
  entryPoints: { app: join(here, "main.ts") },
  outfile: join(out, "app.js"),
  bundle: true, minify: true, format: "iife", target: ["es2021", "chrome100", "firefox100", "safari15.4"],
  nodePaths: [modules], banner: { js: notice() }, legalComments: "none", logLevel: "warning", charset: "utf8",
});
await build({
  entryPoints: [join(here, "app.css")], outfile: join(out, "app.css"),
  bundle: true, minify: true, nodePaths: [modules], target: ["chrome100", "firefox100", "safari15.4"], logLevel: "warning",
});
writeFileSync(join(out, "index.html"), readFileSync(join(here, "index.html")));

const assets = [
  { path: "/", file: "index.html", type: "text/html; charset=utf-8" },
  { path: "/app.js", file: "app.js", type: "text/javascript; charset=utf-8" },
  { path: "/app.css", file: "app.css", type: "text/css; charset=utf-8" },
];

function array(name, bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 32) {
    lines.push(`    ${[...bytes.subarray(at, at + 32)].join(",")},`);
  }
  return `constexpr std::uint8_t ${name}[] = {\n${lines.join("\n")}\n};\n`;
}

const arrays = [];
const entries = [];
for (const [at, { path, file, type }] of assets.entries()) {
  const body = readFileSync(join(out, file));
  arrays.push(array(`body_${at}`, body), array(`gzip_${at}`, gzipSync(body, { level: 9 })));
  entries.push(`    {"${path}", "${type}", body_${at}, gzip_${at}},`);
}
writeFileSync(join(out, "page_assets.cpp"), `// Made by src/serve/page/bundle.mjs.
#include "serve/page_assets.h"

namespace ntan::serve {
namespace {

${arrays.join("\n")}
constexpr PageAsset assets[] = {
${entries.join("\n")}
};

}  // namespace

std::span<const PageAsset> page_assets() noexcept { return assets; }

}  // namespace ntan::serve
`);

// What the browser tests share: a demo office on a scratch database, a server, a browser, TAP.
// Everything listens on loopback only. Playwright needs node 20: under an older one (Debian 12 has
// 18) a test starts itself again with the node that tools/e2e.sh has installed.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
export const SOURCE = process.env.HOMEWARD_SOURCE || path.resolve(here, "../..");
export const BUILD = process.env.HOMEWARD_BUILD || path.join(SOURCE, "build/release");
export const HOMEWARD = process.env.HOMEWARD || path.join(BUILD, "homeward");
export const FULL = process.env.HOMEWARD_FULL === "1";
export const PASSWORD = "homeward-demo";

// Sanitizers make the server several times slower.
export const PATIENCE_MS = Number(process.env.HOMEWARD_PATIENCE_MS || 60000);

const BROWSERS = [
  process.env.HOMEWARD_BROWSER,
  "/usr/bin/chromium-headless-shell",
  "/usr/lib/chromium/chromium-headless-shell",
  "/usr/bin/chromium",
];
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

// --- TAP ---

const results = [];

export function ok(condition, name, detail) {
  results.push(Boolean(condition));
  console.log(`${condition ? "ok" : "not ok"} ${results.length} - ${name}`);
  if (!condition && detail !== undefined)
    console.log("# " + String(detail).slice(0, 3000).replace(/\n/g, "\n# "));
  return Boolean(condition);
}

export function same(got, wanted, name) {
  const a = JSON.stringify(got);
  const b = JSON.stringify(wanted);
  return ok(a === b, name, `got    ${a}\nwanted ${b}`);
}

// --- commands and files ---

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "hw-e2e-"));
const open_servers = [];
let browser = null;

// However this ends, no server stays behind.
process.on("exit", () => {
  for (const server of open_servers) server.child.kill("SIGTERM");
  fs.rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
process.stdout.on("error", () => process.exit(1));

export function scratch_path(name) {
  return path.join(scratch, name);
}

// Runs homeward; throws with what it said when it fails.
export function homeward(...words) {
  try {
    return execFileSync(HOMEWARD, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (e) {
    throw new Error(`homeward ${words.join(" ")}: ${e.stderr || e.message}`);
  }
}

export function run(command, ...words) {
  return execFileSync(command, words, { maxBuffer: 64 * 1024 * 1024 });
}

const asleep = new Int32Array(new SharedArrayBuffer(4));

// The folder of a demo of so many people; tests/cli/kit.py makes and takes the same ones.
function made_once(people) {
  const folder = path.join(process.env.HOMEWARD_DEMOS || scratch, String(people));
  const making = folder + ".making";
  for (const end = Date.now() + 300000; !fs.existsSync(folder); Atomics.wait(asleep, 0, 0, 100)) {
    try {
      fs.mkdirSync(making);
    } catch (e) {
      if (e.code === "EEXIST" && Date.now() < end) continue; // another test is at it
      throw e;
    }
    try {
      if (fs.existsSync(folder)) break;
      homeward("demo", "--database", path.join(making, "demo.db"), "--people", String(people));
      fs.renameSync(making, folder);
    } finally {
      fs.rmSync(making, { recursive: true, force: true });
    }
  }
  return folder;
}

// A demo database: every call gets a copy of its own.
export function demo(people) {
  const master = made_once(people);
  const folder = fs.mkdtempSync(path.join(scratch, "db-"));
  for (const name of fs.readdirSync(master))
    fs.copyFileSync(path.join(master, name), path.join(folder, name));
  return path.join(folder, "demo.db");
}

// --- server ---

class Server {
  constructor(child, url, log) {
    this.child = child;
    this.url = url;
    this.log = log;
  }
  stop() {
    const child = this.child;
    if (!child.pid || child.exitCode !== null || child.signalCode !== null)
      return Promise.resolve();
    return new Promise((resolve) => {
      const late = setTimeout(() => this.child.kill("SIGKILL"), 20000);
      this.child.once("exit", () => { clearTimeout(late); resolve(); });
      this.child.kill("SIGTERM");
    });
  }
}

export function serve(database) {
  return new Promise((resolve, reject) => {
    const child = spawn(HOMEWARD, ["serve", "--database", database, "--port", "0"],
                        { stdio: ["ignore", "pipe", "pipe"] });
    const log = [];
    const late = setTimeout(() => reject(new Error("the server did not start\n" + log.join(""))),
                            PATIENCE_MS);
    const hear = (bytes) => {
      log.push(String(bytes));
      const said = /Homeward is at (http:\/\/127\.0\.0\.1:\d+)\//.exec(log.join(""));
      if (!said || server.url) return;
      clearTimeout(late);
      server.url = said[1];
      resolve(server);
    };
    const server = new Server(child, "", log);
    open_servers.push(server);
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`the server ended with ${code}\n` + log.join("")));
    });
  });
}

// --- browser ---

async function chrome() {
  if (browser) return browser;
  const found = BROWSERS.find((p) => p && fs.existsSync(p));
  if (!found) throw new Error("no browser: install the Debian package chromium-headless-shell");
  const { chromium } = await import("playwright-core");
  browser = await chromium.launch({ executablePath: found, args: FLAGS });
  return browser;
}

const open_pages = new Set();

// A visitor: a browser context of its own with one page. What the console, the page or the content
// policy complains about is collected in visitor.complaints.
export async function visit(server, options = {}) {
  const context = await (await chrome()).newContext({
    baseURL: server.url,
    locale: options.locale || "en-GB",
    javaScriptEnabled: options.script !== false,
    viewport: { width: options.width || 1280, height: options.height || 900 },
    colorScheme: options.scheme || "light",
    acceptDownloads: true,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const complaints = [];
  context.setDefaultTimeout(PATIENCE_MS);
  context.setDefaultNavigationTimeout(PATIENCE_MS);
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") complaints.push(`${m.type()}: ${m.text()}`);
  });
  page.on("pageerror", (e) => complaints.push("exception: " + e.message));
  page.on("requestfailed", (r) => {
    const why = r.failure() ? r.failure().errorText : "";
    if (why !== "net::ERR_ABORTED") complaints.push(`${r.method()} ${r.url()}: ${why}`);
  });
  open_pages.add(page);
  const close = async () => {
    open_pages.delete(page);
    await context.close();
  };
  return { context, page, complaints, close, script: options.script !== false };
}

export async function sign_in(page, name, next) {
  await page.goto(next || "/login");
  await page.fill("#name", name);
  await page.fill("#password", PASSWORD);
  await page.locator("form[action='/login'] button").click();
  await page.waitForURL((u) => u.pathname !== "/login");
}

// Picks a language the way a person does: the buttons stand open before sign-in, in the menu after.
export async function pick_language(page, lang) {
  const menu = page.locator("header details.menu:not(.places)");
  if ((await menu.count()) > 0 && (await menu.getAttribute("open")) === null)
    await menu.locator("summary").click();
  await page.locator(`header form[action='/language'] button[value='${lang}']`).click();
  await page.waitForFunction((l) => document.documentElement.lang === l, lang);
}

// What axe has to say about a page. Our pages have no frames of others, so it runs in the page itself:
// gathering what frames say costs a second page and a second axe each time.
export async function axe(page, rules) {
  const { AxeBuilder } = await import("@axe-core/playwright");
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const all = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).setLegacyMode(true);
  return (await (rules ? all.withRules(rules) : all.withTags(tags)).analyze()).violations;
}

export async function in_language(page) {
  return page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
}

// Digits of any script as 0 to 9, and the Arabic decimal sign as a point.
export function plain_digits(text) {
  return text
    .replace(/[\u0660-\u0669]/g, (d) => String(d.charCodeAt(0) - 0x660))
    .replace(/\u066b/g, ".")
    .replace(/[\u200e\u200f\u061c\u2066-\u2069]/g, "");
}

async function keep_shots(name) {
  const folder = path.join(BUILD, "e2e-shots");
  let n = 0;
  for (const page of open_pages) {
    const file = path.join(folder, `${name}-${n++}`);
    try {
      fs.mkdirSync(folder, { recursive: true });
      console.log(`# at ${page.url()}: ${file}.png`);
      await page.screenshot({ path: file + ".png", fullPage: true, timeout: 5000 });
      fs.writeFileSync(file + ".html", await page.content());
    } catch (e) {
      console.log("# no picture of a page: " + e.message.split("\n")[0]);
    }
  }
}

// One part of a test: what it throws is a failed line with a picture of every open page.
export async function part(name, work) {
  const before = results.filter((r) => !r).length;
  const pages = new Set(open_pages);
  try {
    await work();
    if (results.filter((r) => !r).length > before) await keep_shots(name.replace(/\W+/g, "-"));
  } catch (e) {
    ok(false, name, e.stack || e.message);
    await keep_shots(name.replace(/\W+/g, "-"));
  }
  for (const page of [...open_pages])
    if (!pages.has(page)) {
      open_pages.delete(page);
      await page.context().close().catch(() => {});
    }
}

const OLDEST_NODE = 20;

function with_newer_node() {
  const node = path.join(here, `node_modules/node-linux-${process.arch}/bin/node`);
  if (!fs.existsSync(node)) {
    console.log(`not ok 1 - node ${process.versions.node} is too old: run tools/e2e.sh\n1..1`);
    process.exit(1);
  }
  const done = spawnSync(node, process.argv.slice(1), { stdio: "inherit" });
  process.exit(done.status === 0 ? 0 : 1);
}

// Runs a test file to its end: everything that was started is stopped, and the exit status tells.
export async function main(work) {
  if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) with_newer_node();
  try {
    await work();
  } catch (e) {
    ok(false, "the test ran to its end", e.stack || e.message);
    await keep_shots("end");
  }
  if (browser) await browser.close().catch(() => {});
  for (const server of open_servers) {
    await server.stop();
    if (results.includes(false) || /Sanitizer|runtime error/.test(server.log.join("")))
      console.log("# server: " + server.log.join("").slice(-6000).replace(/\n/g, "\n# "));
    if (/Sanitizer|runtime error/.test(server.log.join("")))
      ok(false, "the server ran without a complaint of the sanitizers");
  }
  console.log(`1..${results.length}`);
  process.exit(results.length > 0 && results.every(Boolean) ? 0 : 1);
}

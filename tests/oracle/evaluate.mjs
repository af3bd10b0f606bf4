// Evaluates the lines of standard input with openrosa-xpath-evaluator: language, place, expression.
// usage: node evaluate.mjs DOCUMENT; the clock stands at 2026-11-22 08:00 UTC, TZ must be UTC.
import { createRequire } from "node:module";
import fs from "node:fs";

const need = createRequire(new URL("../e2e/package.json", import.meta.url));
const { JSDOM } = need("jsdom");
const { window } = new JSDOM("");
for (const name of ["Node", "XPathResult", "XPathEvaluator"]) globalThis[name] = window[name];
// jsdom wants the type of a result said; browsers take "any" for one that is left out.
const { evaluate } = window.XPathExpression.prototype;
window.XPathExpression.prototype.evaluate = function (node, type = 0, result = null) {
  return evaluate.call(this, node, type, result);
};
const RealDate = Date;
const now = RealDate.parse("2026-11-22T08:00:00Z");
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length ? args : [now]));
  }
};
globalThis.window = { enketoFormLocale: "en" };
const evaluator = need("openrosa-xpath-evaluator")();

function read(text) {
  const document = new window.DOMParser().parseFromString("<data/>", "text/xml");
  const levels = [document.documentElement];
  for (const line of text.split("\n").slice(1)) {
    if (!line) continue;
    const depth = line.search(/[^ ]/);
    const at = line.indexOf("=");
    const element = document.createElement(line.slice(depth, at < 0 ? undefined : at));
    if (at >= 0) element.textContent = line.slice(at + 1);
    levels[depth - 1].appendChild(element);
    levels[depth] = element;
  }
  return document.documentElement;
}

function find(root, path) {
  const parts = path.split("/");
  let node = root;
  for (let i = 1; i < parts.length; i++) {
    let number = 1;
    const name = parts[i];
    if (/^\d+$/.test(parts[i + 1] ?? "")) number = Number(parts[++i]);
    node = [...node.children].filter((child) => child.tagName === name)[number - 1];
  }
  return node;
}

const root = read(fs.readFileSync(process.argv[2], "utf8"));
const out = [];
for (const line of fs.readFileSync(0, "utf8").split("\n")) {
  if (!line) continue;
  const [language, place, expression] = line.split("\t");
  globalThis.window.enketoFormLocale = language === "en" ? "en-GB" : language;
  try {
    const result = evaluator.evaluate(expression, find(root, place), null, 2);
    out.push(`ok\t${result.stringValue}`);
  } catch (error) {
    out.push(`error\t${String(error.message).slice(0, 200).replace(/\s+/g, " ")}`);
  }
}
process.stdout.write(out.join("\n") + "\n");

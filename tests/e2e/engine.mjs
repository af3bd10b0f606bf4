// @getodk/xforms-engine outside a browser: it wants the classes of a DOM, which jsdom has. It is one
// bundle with parts that look for a module of their own, hence require.
import { createRequire } from "node:module";
import { JSDOM } from "jsdom";

// The clock stands still, for our side is told the same moment.
export const NOW_MS = Date.UTC(2026, 10, 22, 5, 56, 46);

function stop_the_clock() {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...words) {
      super(...(words.length ? words : [NOW_MS]));
    }
    static now() {
      return NOW_MS;
    }
  };
}

function borrow_a_browser() {
  const { window } = new JSDOM("", { url: "http://localhost/" });
  const wanted = /^(DOM|XPath|XML|HTML|Node|Element|Document|Attr|Text|CDATA|Comment|Character|Named)/;

  for (const name of Object.getOwnPropertyNames(window))
    if (wanted.test(name) || ["Blob", "File", "FormData"].includes(name))
      globalThis[name] = window[name];
  globalThis.window = window;
  globalThis.document = window.document;
  globalThis.require = createRequire(import.meta.url);
  globalThis.__dirname = import.meta.dirname;
}

process.env.TZ = "UTC";
stop_the_clock();
borrow_a_browser();
const { loadForm } = await import("@getodk/xforms-engine");

// Loads an XForm; the result makes new instances. files: what jr://file-csv/NAME is.
export async function load_form(xml, files = {}) {
  const fetchFormAttachment = async (url) => {
    const name = String(url).split("/").pop();
    return name in files ? new Response(files[name], { status: 200 })
                         : new Response("", { status: 404 });
  };
  const form = await loadForm(xml, { fetchFormAttachment });
  if (form.status === "failure") throw form.error;
  return () => form.createInstance().root;
}

// Every node with the name that Homeward gives it: groups are left out, rows counted from 1.
export function* nodes_of(node, prefix = "", path = "") {
  for (const child of node.currentState.children ?? []) {
    const name = child.definition.nodeset?.split("/").pop() ?? "";
    if (name.startsWith("orx:")) continue;
    if (child.nodeType === "repeat-instance") {
      const n = node.currentState.children.indexOf(child) + 1;
      yield* nodes_of(child, `${path}.${n}.`, "");
      continue;
    }
    const here = prefix + name;
    yield { path: here, node: child };
    yield* nodes_of(child, prefix, here);
  }
}

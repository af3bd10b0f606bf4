// Every good form of tests/data/forms/good is published, opened empty, filled as a person would, saved
// and read back as JSON; with and without script, on a phone and in Arabic too.
import fs from "node:fs";
import path from "node:path";
import { BUILD, FULL, SOURCE, axe, demo, homeward, main, ok, part, pick_language, same, serve,
         sign_in, visit } from "./kit.mjs";

const FOLDER = path.join(SOURCE, "tests/data/forms/good");
const BESIDE = path.join(SOURCE, "tests/data/forms/beside");
const ONLY = process.env.HOMEWARD_FORMS ? process.env.HOMEWARD_FORMS.split(",") : null;
const WAY = process.env.HOMEWARD_WAY; // en-script, en-plain or ar-script alone
const SHOTS = path.join(BUILD, "shots");
const KINDS = fs.readdirSync(FOLDER).filter((f) => f.endsWith(".csv"))
  .map((f) => f.replace(/\.csv$/, "")).filter((k) => !ONLY || ONLY.includes(k));
const ROUNDS_MAX = 30;

// --- filling, as somebody who answers what is shown ---

// Answers every control that is shown and empty; gives back path and the answer that is meant.
async function answer_shown(page) {
  return page.evaluate(() => {
    const form = document.querySelector("form[data-form]");
    const said = {};
    const euros = /\/budget/.test(location.pathname); // other amounts have no decimals
    const shown = (e) => e.offsetParent !== null && !e.disabled;
    const tell = (e) => {
      e.dispatchEvent(new Event("input", { bubbles: true }));
      e.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const put = (e, value, means) => {
      if (e.value.trim() !== "") return;
      e.value = value;
      said[e.name] = means || value;
      tell(e);
    };
    const line = (e) => {
      const byType = { date: "2026-01-15", month: "2026-01", time: "09:30", tel: "+221 77 000 11 22",
                       email: "name@example.org", "datetime-local": "2026-01-15T09:30" };
      const range = e.closest("[data-range]");
      if (range) return put(e, range.dataset.end);
      if (e.type === "month") return put(e, byType.month, "2026-01-15".slice(0, 8) + "01");
      if (byType[e.type]) return put(e, byType[e.type]);
      if (e.inputMode === "numeric") return put(e, "2");
      if (e.inputMode === "decimal") return put(e, euros ? "12.5" : "12");
      return put(e, euros && /paid/.test(e.name) ? "12.50 EUR" : "Some words");
    };
    const places = ["14.5", "-17.25", "7", "4"];
    for (const e of form.querySelectorAll("input[name], select[name], textarea[name]")) {
      if (!shown(e) || e.type === "hidden" || e.type === "file" || e.name.startsWith("_page")) continue;
      if (e.name.startsWith("_place.")) {
        const n = [...form.querySelectorAll(`[name="${e.name}"]`)].indexOf(e);
        if (e.value === "") { e.value = places[n]; tell(e); }
        said[e.name.slice(7)] = "14.5 -17.25 7 4";
      } else if (e.name.startsWith("_points.")) {
        if (e.value === "") { e.value = "14 -17\n14 -16\n15 -16"; tell(e); }
        said[e.name.slice(8)] = "14 -17 0 0; 14 -16 0 0; 15 -16 0 0";
      } else if (e.name.startsWith("_rank.")) {
        const all = [...form.querySelectorAll(`[name="${e.name}"]`)];
        const n = all.indexOf(e);
        const codes = [...e.options].map((o) => o.value).filter(Boolean).reverse();
        if (e.value !== "") continue; // its options may stand in another order since
        e.value = codes[n];
        said[e.name.slice(6)] = codes.join(" ");
        tell(e);
      } else if (e.type === "radio") {
        const group = [...form.querySelectorAll(`input[name="${e.name}"]`)];
        const now = group.find((o) => o.checked && o.value);
        if (!now && e.value) { e.checked = true; said[e.name] = e.value; tell(e); }
      } else if (e.type === "checkbox") {
        const group = [...form.querySelectorAll(`input[name="${e.name}"]`)];
        if (!group.some((o) => o.checked)) { e.checked = true; said[e.name] = e.value; tell(e); }
      } else if (e.tagName === "SELECT") {
        const o = [...e.options].find((x) => x.value && !x.disabled && !x.hidden);
        if (e.value === "" && o) { e.value = o.value; said[e.name] = o.value; tell(e); }
      } else {
        line(e);
      }
    }
    return said;
  });
}

// Runs before the page's own script: counts what the form waits for, its next question to the server
// (asked a moment after a change) and the answers that are under way.
function count_waiting() {
  const later = window.setTimeout.bind(window);
  const drop = window.clearTimeout.bind(window);
  const soon = new Set();
  let asked = 0;
  const counted = (promise) => {
    asked++;
    const over = () => later(() => asked--, 0);
    promise.then(over, over);
    return promise;
  };
  window.setTimeout = (work, ms, ...rest) => {
    const id = later((...words) => { soon.delete(id); work(...words); }, ms, ...rest);
    if (ms <= 600) soon.add(id);
    return id;
  };
  window.clearTimeout = (id) => { soon.delete(id); drop(id); };
  const fetched = window.fetch.bind(window);
  window.fetch = (...words) => counted(fetched(...words));
  for (const how of ["json", "text"]) {
    const read = Response.prototype[how];
    Response.prototype[how] = function () { return counted(read.call(this)); };
  }
  window.waits_for_nothing = () => asked === 0 && soon.size === 0;
}

async function settle(v) {
  await v.page.waitForLoadState();
  if (v.script) await v.page.waitForFunction(() => waits_for_nothing(), null, { polling: 20 });
}

async function press(v, name) {
  await v.page.locator(`form.record-form .form-end button[name="${name}"]:visible`).last().click();
  if (v.script) await v.page.waitForTimeout(250); // it may be leaving the page
  await settle(v);
}

// Fills what is shown until nothing new shows; rows are added once to every repeat.
async function fill(v) {
  const said = {};
  for (let i = 0; i < ROUNDS_MAX; i++) {
    const add = v.page.locator(".repeat:not(:has(.row-card)) > button[name^='_add.']:visible").first();
    if (await add.count()) {
      const name = await add.getAttribute("name");
      await add.click();
      await v.page.locator(`.repeat[data-field="${name.slice(5)}"] .row-card`).first().waitFor();
      await settle(v);
    }
    const more = await answer_shown(v.page);
    Object.assign(said, more);
    await settle(v);
    if (Object.keys(more).some((k) => !k.startsWith("_")) && i < ROUNDS_MAX - 1) {
      if (!v.script && (await v.page.locator(".form-end button[name='_refresh']:visible").count())) await press(v, "_refresh");
      continue;
    }
    if (await v.page.locator(".form-end button[name='_next']:visible").count()) {
      await press(v, "_next");
      continue;
    }
    if (!(await v.page.locator(".repeat:not(:has(.row-card)) > button[name^='_add.']:visible").count())) break;
  }
  return said;
}

// --- reading back ---

function flat(answers, prefix = "") {
  const out = {};
  for (const [name, value] of Object.entries(answers)) {
    if (Array.isArray(value) && value.some((x) => x && typeof x === "object"))
      value.forEach((row, i) => Object.assign(out, flat(row, `${prefix}${name}.${i + 1}.`)));
    else if (value !== null && value !== "")
      out[prefix + name] = Array.isArray(value) ? value.join(" ") : String(value);
  }
  return out;
}

// As it is stored: the office's time zone, areas that end where they began, amounts with decimals.
function alike(got, wanted, path_of_it) {
  if (got === wanted) return true;
  if (/^\d{4}-\d\d-\d\dT/.test(wanted)) return /^2026-01-1[456]T/.test(got);
  if (wanted.startsWith("14 -17 0 0;")) return got.startsWith(wanted);
  return Number(got) === Number(wanted) && path_of_it !== "";
}

// --- one form ---

// axe is a script itself.
async function looks_well(v, what) {
  if (!v.script) return;
  const found = await axe(v.page);
  same(found.map((x) => `${x.id}: ${x.nodes.map((n) => n.html).join(" | ")}`), [], what);
}

// Without script a list cannot shrink while one answers above it: what was taken from the longer list
// is told at saving, and a person takes another one. Whether there was such an answer.
async function choose_again(v, said) {
  const other = await v.page.evaluate(() => {
    const out = {};
    for (const link of document.querySelectorAll("#problems a[href^='#f-']")) {
      const name = link.getAttribute("href").slice(3).replace(/-/g, ".");
      const list = document.querySelector(`select[name="${name}"]`);
      const on = list ? "selected" : "checked";
      const all = [...(list ? list.options : document.querySelectorAll(`[name="${name}"]`))];
      const free = all.find((e) => on in e && !e[on] && e.value && !e.disabled && !e.hidden);
      if (!free) continue;
      for (const e of all) e[on] = e === free;
      out[name] = free.value;
    }
    return out;
  });
  Object.assign(said, other);
  return Object.keys(other).length > 0;
}

async function one_form(v, kind, tag, parent) {
  await v.page.goto(`/records/${kind}/new` + (parent ? `?parent=${parent}` : ""));
  await looks_well(v, `${tag}: the empty form has nothing for axe`);
  ok(await v.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
     `${tag}: nothing to scroll sideways`);
  const said = await fill(v);
  ok(Object.keys(said).length > 0, `${tag}: it can be filled`);
  await looks_well(v, `${tag}: the filled form has nothing for axe`);
  if (FULL || ONLY) {
    fs.mkdirSync(SHOTS, { recursive: true });
    await v.page.screenshot({ path: path.join(SHOTS, `form-${tag.replace(/\W+/g, "-")}.png`), fullPage: true });
  }
  await press(v, "_save");
  if (!v.script && (await choose_again(v, said))) await press(v, "_save");
  const there = /\/records\/[a-z_]+\/[0-9a-f-]{36}$/.test(new URL(v.page.url()).pathname);
  const why = there ? "" : await v.page.locator("main").innerText();
  if (!ok(there, `${tag}: it is saved`, why)) return;
  const reply = await v.page.request.get(v.page.url(), { headers: { Accept: "application/json" } });
  const got = flat((await reply.json()).answers);
  const lost = Object.entries(said).filter(([k, x]) => !alike(got[k] || "", x, k));
  same(lost.map(([k, x]) => `${k}: ${x}, stored: ${got[k]}`), [], `${tag}: what was answered is stored`);
}

// A picture of a question and one of a choice are loaded and seen, with words for who does not see them,
// a recording can be played, and the picture of a choice belongs to it: pressing it chooses.
async function pictures(v, lang, tag) {
  const words = { en: ["Look at the sky first", "Up"], ar: ["انظر إلى السماء أولا", "فوق"] }[lang];
  await v.page.goto("/records/signs/new");
  const seen = v.page.locator("form[data-form] img.q-picture");
  same(await seen.count(), 2, `${tag}: two pictures stand in the form`);
  for (let i = 0; i < 2; i++) {
    const one = seen.nth(i);
    await one.scrollIntoViewIfNeeded();
    const at = await one.evaluate(async (e) => {
      await e.decode();
      const box = e.getBoundingClientRect();
      return { shown: e.naturalWidth === 96 && box.width >= 40 && box.height >= 40,
               inside: box.left >= 0 && box.right <= innerWidth, alt: e.alt };
    });
    ok(at.shown && at.inside && at.alt.includes(words[i]), `${tag}: the picture of “${words[i]}” is seen`,
       JSON.stringify(at));
  }
  const sound = v.page.locator("form[data-form] audio.q-recording");
  ok((await sound.count()) === 1 && (await sound.getAttribute("aria-label")) &&
     (await v.page.request.get(await sound.getAttribute("src"))).status() === 200, `${tag}: a recording is there`);
  await seen.nth(1).click();
  ok(await v.page.locator("input[name='sign'][value='up']").isChecked(), `${tag}: the picture chooses`);
  ok(await v.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
     `${tag}: nothing to scroll sideways`);
  await looks_well(v, `${tag}: nothing for axe`);
  if (FULL || ONLY) {
    fs.mkdirSync(SHOTS, { recursive: true });
    await v.page.screenshot({ path: path.join(SHOTS, `${tag.replace(/\W+/g, "-")}.png`), fullPage: true });
  }
}

// Forms about a person begin at one.
async function someone(v) {
  await v.page.goto("/records/person");
  const link = await v.page.locator("table.records tbody th a").first().getAttribute("href");
  return link.split("/").pop();
}

main(async () => {
  const database = demo(3);
  const ready = [];
  for (const kind of KINDS) {
    await part(`publish ${kind}`, async () => {
      homeward("form", "publish", path.join(FOLDER, kind + ".csv"), "--database", database, "--as",
               "admin", "--grant", "supervisor=all");
      ready.push(kind);
    });
  }
  same(ready, KINDS, "every good form is published");
  homeward("form", "publish", ...["good.csv", "towns.csv", "sun.png", "wind.wav"].map((f) => path.join(BESIDE, f)),
           "--database", database, "--as", "admin", "--grant", "supervisor=all");
  const server = await serve(database);
  const variants = [{ script: true, lang: "en", width: 1280 }, { script: false, lang: "en", width: 1280 },
                    { script: true, lang: "ar", width: 390 }];
  for (const variant of [...variants, { script: false, lang: "ar", width: 390 }]) {
    const tag = `pictures ${variant.lang} ${variant.width}${variant.script ? "" : " no script"}`;
    await part(tag, async () => {
      const v = await visit(server, variant);
      await sign_in(v.page, "supervisor");
      if (variant.lang !== "en") await pick_language(v.page, variant.lang);
      await pictures(v, variant.lang, tag);
      same(v.complaints, [], `${tag}: nothing was complained about`);
      await v.close();
    });
  }
  for (const [nth, variant] of variants.entries()) {
    if (WAY && WAY !== `${variant.lang}-${variant.script ? "script" : "plain"}`) continue;
    await part(`forms ${variant.lang} ${variant.script} ${variant.width}`, async () => {
      const v = await visit(server, variant);
      await v.context.addInitScript(count_waiting);
      await sign_in(v.page, "supervisor");
      if (variant.lang !== "en") await pick_language(v.page, variant.lang);
      const person = await someone(v);
      // Each form in one of the three ways; with HOMEWARD_FULL=1 in all.
      for (const kind of ready.filter((_, k) => FULL || WAY || ONLY || k % variants.length === nth)) {
        const tag = `${kind} ${variant.lang} ${variant.width}${variant.script ? "" : " no script"}`;
        try {
          await one_form(v, kind, tag, kind === "health_note" ? person : null);
        } catch (e) {
          ok(false, tag, e.stack);
          await v.page.goto("about:blank");
        }
      }
      same(v.complaints.filter((c) => !/404|422/.test(c)), [], `nothing was complained about: ${variant.lang} ${variant.script}`);
      await v.close();
    });
  }
});

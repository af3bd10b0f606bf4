// How the pages look: languages, widths and colour schemes. No scrolling sideways, nothing serious
// for axe, no complaint of the browser. HOMEWARD_FULL=1 looks at everything, HOMEWARD_LOOK=ar-390-dark
// at all pages in that way (HOMEWARD_LOOK=ar in all Arabic ways), and both put pictures into the build
// folder's shots/. Else a sample is taken in which every page, width and scheme occurs.
import fs from "node:fs";
import path from "node:path";
import { BUILD, FULL, SOURCE, axe, demo, in_language, main, ok, part, pick_language, same, serve,
         sign_in, visit } from "./kit.mjs";

const LANGS = FULL || process.env.HOMEWARD_LOOK ? ["en", "ar", "fr", "es"] : ["en", "ar"];
const WIDTHS = [390, 1280];
const SCHEMES = ["light", "dark"];
const SHOTS = path.join(BUILD, "shots");
const ONLY = process.env.HOMEWARD_LOOK || "";
const PICTURES = FULL || ONLY;
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];
const SEED = 20261122;

// --- places: what to open, once what they need has been made ---

const find = async (page, words) => {
  await page.goto("/");
  await page.fill("#find", words);
  await page.locator(".find button").click();
  await page.waitForURL(/\/search\//);
  return page.url();
};

const check_file = async (page) => {
  await page.goto("/records/person/import");
  await page.setInputFiles("#file", path.join(SOURCE, "tests/data/people-bad.csv"));
  await page.locator("form.import-form button").click();
  await page.waitForURL(/\/jobs\//);
  await page.locator(".job-summary").waitFor();
  return page.url();
};

// A person who has been interviewed more than once.
const interviewed = async (page) => {
  await page.goto("/records/person");
  const links = await page.locator("table.records tbody th a")
    .evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  let best = "";
  let most = 0;
  for (const link of links) {
    await page.goto(link);
    const rounds = await page.locator(".survey-part table tbody tr").count();
    if (rounds > most) {
      most = rounds;
      best = link;
    }
    if (most >= 3) break;
  }
  if (!best) throw new Error("the demo has nobody who was interviewed");
  return best;
};

async function changed(page, person) {
  await page.goto(person + "/edit");
  await page.fill('[name="gender"]', "a woman, she says");
  await page.locator('form.record-form button[name="_save"]:visible').last().click();
  await page.waitForURL((u) => u.pathname === person);
}

// A form that could not be saved, with its problems.
async function refused(page) {
  await page.goto("/records/person/new");
  await page.locator('button[name="_add.contacts"]').click();
  await page.locator('[name="contacts.1.contact_value"]').waitFor();
  await page.fill('[name="birth_date"]', "2090-01-01");
  await page.locator('form.record-form button[name="_save"]:visible').last().click();
  await page.locator(".problems-box").waitFor();
}

async function conflicted(page, person, other) {
  const edit = async (p, text) => {
    await p.fill('[name="gender"]', text);
    await p.locator('form.record-form button[name="_save"]:visible').last().click();
  };
  await page.goto(person + "/edit");
  await other.goto(person + "/edit");
  await edit(other, `words of the one ${Math.floor(performance.now())}`);
  await other.waitForURL((u) => u.pathname === person);
  await edit(page, "words of the other");
  await page.locator("fieldset.conflict").waitFor();
}

// The interview's form with its questions open.
async function asked(page, person) {
  await page.goto(`/records/rss/new?parent=${person.split("/").pop()}`);
  const next = async () => {
    await page.locator("button[data-next]").click();
    await page.waitForTimeout(300);
  };
  await page.locator('[name="interview_location"][value="iom_office"]').check();
  while (!(await page.locator('[name="consent_given"]').first().isVisible())) await next();
  await page.check('[name="consent_given"][value="yes"]');
  await page.check('[name="consent_form"][value="written"]');
  while (!(await page.locator('[name="econ_satisfaction"]').first().isVisible())) await next();
}

// A case with a comment, high on the list of what is due.
async function opened(page, person) {
  await page.goto(`/records/case/new?parent=${person.split("/").pop()}`);
  await page.fill('[name="programme"]', "RE-1");
  await page.fill('[name="opened"]', "2026-02-01");
  await page.check('[name="vulnerable"][value="yes"]');
  await page.locator('form.record-form button[name="_save"]:visible').last().click();
  await page.waitForURL((u) => !u.pathname.endsWith("/new") && u.pathname !== "/records/case");
  const found = new URL(page.url()).pathname;
  await page.fill("#comment-text", "The school will answer on Monday.");
  await page.locator(".comments form:has(#comment-text) button").click();
  await page.locator(".comment-text").waitFor();
  return found;
}

// A name looked for in the form, before one of those found is chosen.
async function picking(page, found) {
  await page.goto(found + "/edit");
  const asks = page.locator('fieldset.q-ref[data-field="worker"]');
  await asks.locator("[data-ref-words]").fill("a");
  await asks.locator(".ref-line button").click();
  await asks.locator("[data-ref-options] .option").nth(1).waitFor();
}

async function chosen(page) {
  await page.goto("/records/case");
  await page.locator('input[name="id"]').first().check();
  await page.locator("#bulk button").click();
  await page.locator('input[name="do"]').first().waitFor();
}

async function confirmed(page) {
  await chosen(page);
  await page.check('input[name="do"][value="assign.worker"]');
  await page.locator('[name="value.worker"]').selectOption({ index: 1 });
  await page.fill("#reason", "A colleague takes over.");
  await page.locator(".confirm-end button").click();
  await page.locator('input[name="go"]').waitFor({ state: "attached" });
}

async function places(server) {
  const v = await visit(server);
  await sign_in(v.page, "supervisor");
  const person = await interviewed(v.page);
  await changed(v.page, person);
  await v.page.goto(person);
  const result = await v.page.locator('.survey-part a[href*="/survey/results/"]').first()
    .getAttribute("href");
  const other = await visit(server);
  await sign_in(other.page, "casemanager");
  const go = (address, status) => async (page) => {
    const answer = await page.goto(address);
    if (answer.status() !== (status || 200))
      ok(false, `${address} answers ${status || 200}`, answer.status());
  };
  const found = await find(v.page, "Fatou");
  const nobody = await find(v.page, "Xyzzyq Qwrtp");
  const job = await check_file(v.page);
  const kase = await opened(v.page, person);
  const task = await v.page.locator('main a[href*="/tasks/"]').first().getAttribute("href");
  await v.close();
  return {
    start: go("/"), list: go("/records/person"), detail: go(person), edit: go(person + "/edit"),
    form: go("/records/person/new"), refused, history: go(person + "/history"),
    difference: go(person + "/diff?from=1&to=2"), found: go(found), nobody: go(nobody),
    import: go("/records/person/import"), report: go(job), export: go("/records/person/export"),
    interview: (page) => asked(page, person), result: go(result), lost: go("/nowhere", 404),
    conflict: (page) => conflicted(page, person, other.page),
    case: go(kase), picker: (page) => picking(page, kase), cases: go("/records/case"),
    bulk: chosen, bulk_confirm: confirmed, status: go(kase + "/status?to=active"),
    move: go(kase + "/move"), delete: go(kase + "/delete"), told: go(kase + "/history"),
    bin: go("/records/person?status=deleted"), columns: go(job + "/columns"), jobs: go("/jobs"),
    tasks: go("/tasks?all=1"), task: go(task), rules: go("/rules"),
    rule: go("/rules/plan_expected"), forms: go("/forms"), form_page: go("/forms/case"),
    letters: go(kase + "/letters"), letter: go(kase + "/letters/referral"),
    consent_form: go(person + "/letters/consent"),
  };
}

// --- looking ---

async function look(v, name, lang, width, scheme) {
  const tag = `${name}-${lang}-${width}-${scheme}`;
  const page = v.page;
  same(await in_language(page), [lang, lang === "ar" ? "rtl" : "ltr"],
       `${tag}: language, direction`);
  if (lang === "ar")
    same(await page.evaluate(untranslated), [], `${tag}: buttons and sections are in Arabic`);
  const [wide, room] = await page.evaluate(() => {
    const e = document.scrollingElement;
    return [e.scrollWidth, e.clientWidth];
  });
  if (!ok(wide <= room, `${tag}: no scrolling sideways`, `${wide} > ${room}`))
    console.log("# " + (await page.evaluate(sticking_out)).join("\n# "));
  // Where everything is looked at, a page has the same elements in the dark: its colours are left.
  const violations = await axe(page, scheme === "dark" && PICTURES ? COLOUR_RULES : null);
  const bad = violations.filter((x) => x.impact === "serious" || x.impact === "critical");
  same(bad.map(told), [], `${tag}: axe finds nothing serious`);
  for (const x of violations.filter((y) => !bad.includes(y)))
    console.log(`# ${tag}: ${x.impact} ${told(x)}`);
  if (PICTURES) await page.screenshot({ path: path.join(SHOTS, tag + ".png"), fullPage: true });
  const loud = v.complaints.splice(0).filter((c) => !/status of (404|409|422)/.test(c));
  same(loud, [], `${tag}: no complaint in the console`);
}

function told(violation) {
  const places = violation.nodes.slice(0, 4).map((n) => n.target.join(" "));
  return `${violation.id}: ${places.join(" | ")}`;
}

// Runs in the page: what one can press, but in no Arabic letter.
function untranslated() {
  return [...document.querySelectorAll("button, .btn, nav a, summary, legend.form-label")]
    .filter((e) => !e.closest("[lang]:not(html), .who > details > summary, .repeat"))
    .map((e) => e.textContent.trim())
    .filter((text) => /[A-Za-z]{3}/.test(text) && !/[\u0600-\u06ff]/.test(text));
}

// Runs in the page: what stands outside the window.
function sticking_out() {
  const room = document.scrollingElement.clientWidth;
  return [...document.querySelectorAll("body *")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && (box.right > room + 1 || box.left < -1) && !e.closest(".table-scroll");
  }).slice(0, 6).map((e) => {
    const box = e.getBoundingClientRect();
    return `${e.tagName}.${e.getAttribute("class")}: ${box.left} to ${box.right}`;
  });
}

function dice(seed) {
  let x = seed;
  return () => {
    x = (x * 1103515245 + 12345) % 2147483648;
    return x / 2147483648;
  };
}

// Each page once; each next page takes the following combination.
function sample(names, combinations) {
  const throw_one = dice(SEED);
  const at = Math.floor(throw_one() * combinations.length);
  if (PICTURES) {
    const wanted = combinations.filter((c) => `${c.lang}-${c.width}-${c.scheme}`.startsWith(ONLY));
    return wanted.map((c) => ({ ...c, names }));
  }
  return combinations.map((c, i) => ({
    ...c, names: names.filter((n, k) => (k + at) % combinations.length === i),
  }));
}

function combinations() {
  const all = [];
  for (const lang of LANGS)
    for (const width of WIDTHS)
      for (const scheme of SCHEMES) all.push({ lang, width, scheme });
  return all;
}

async function look_at(server, all, c) {
  const v = await visit(server, { width: c.width, height: c.width === 390 ? 844 : 900,
                                  scheme: c.scheme });
  await v.page.goto("/login");
  if (c.lang !== "en") await pick_language(v.page, c.lang);
  if (c.names.includes("login")) await look(v, "login", c.lang, c.width, c.scheme);
  await sign_in(v.page, "supervisor");
  if ((await in_language(v.page))[0] !== c.lang) await pick_language(v.page, c.lang);
  v.complaints.splice(0);
  for (const name of c.names.filter((n) => n !== "login")) {
    await all[name](v.page);
    await look(v, name, c.lang, c.width, c.scheme);
  }
  await v.close();
}

main(async () => {
  fs.mkdirSync(SHOTS, { recursive: true });
  const server = await serve(demo(60));
  const all = await places(server);
  for (const c of sample(["login", ...Object.keys(all)], combinations()))
    await part(`look ${c.lang} ${c.width} ${c.scheme}`, () => look_at(server, all, c));
});

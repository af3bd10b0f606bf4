// The plan from the suggestions to the paper: a measure is picked against the grid with a reason, one
// of one's own added, the plan begun with both, completed, submitted, sent back and approved by a
// supervisor, signed (drawn; without script typed), given as PDF, changed in a new version.
import fs from "node:fs";
import { FULL, axe, demo, homeward, main, ok, part, pick_language, run, same, scratch_path, serve, sign_in,
         visit } from "./kit.mjs";

const TODAY = new Date().toISOString().slice(0, 10);
const PARTS = ["financial_allocation", "vocational_training", "housing_food_nutrition", "legal_documentation",
               "education_skills", "medical_health", "transport", "security", "psychosocial",
               "family_needs_counselling", "income_generation"];
const WORDS = {
  en: { name: "Quorrabinde", own: "A bus pass", why: "No food in the house", pdf: "Immediate assistance" },
  ar: { name: "القرابندي", own: "بطاقة حافلة", why: "لا طعام في البيت", pdf: null },
};

class Office {
  constructor(server, database) {
    this.server = server;
    this.secret = homeward("user", "token", "casemanager", "--database", database).trim().split("\n").pop();
  }
  async call(method, path, body) {
    const reply = await fetch(this.server.url + path, {
      method, body: body && JSON.stringify(body),
      headers: { Authorization: `Bearer ${this.secret}`, Accept: "application/json",
                 "Content-Type": "application/json" },
    });
    const said = await reply.json();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(said)}`);
    return said;
  }
  async add(kind, parent, answers) {
    return (await this.call("POST", `/records/${kind}`, { ...(parent ? { parent } : {}), answers })).id;
  }
  read(kind, id) { return this.call("GET", `/records/${kind}/${id}`); }
}

async function given_case(office, words) {
  const person = await office.add("person", null, {
    names: [{ name_text: words.name }], sex: "female", birth_date: "1990-01-01", birth_precision: "day" });
  await office.add("return_event", person, { arrival_date: "2026-01-10", place_of_return: "Rufisque" });
  return { person, id: await office.add("case", person, { opened: "2026-01-20" }) };
}

// Picks cash against the grid and a measure of one's own, as the page offers it.
async function suggestions(v, id, words) {
  const { page } = v;
  await page.goto(`/cases/${id}/grid?row=cash_assistance`);
  const row = page.locator("form[action$='/grid/choices']:has(input[name='row'][value='cash_assistance'])");
  await row.locator("[name='decision']").selectOption("selected");
  await row.locator("[name='reason']").fill(words.why);
  await row.locator("button").last().click();
  await page.waitForURL(/row=cash_assistance/);
  const own = page.locator("form[action$='/grid/choices']:has([name='own'])").last();
  await own.locator("[name='own']").fill(words.own);
  await own.locator("button").last().click();
  await page.waitForLoadState();
  ok((await page.textContent("main")).includes(words.own), "a measure of one's own stands in the grid");
}

// The form begins with what was chosen; its questions are answered, the eleven parts by the program.
async function write_plan(v, office, id, words) {
  const { page } = v;
  await page.goto(`/cases/${id}/plan`);
  const actions = await page.locator("[name$='.line_action']").evaluateAll((all) => all.map((one) => one.value));
  ok(actions.length === 2 && actions.includes(words.own), "the plan begins with what was chosen", actions);
  const line = (code, dimension, component, cost) => ({
    line_section: "longer_term", line_code: code, line_dimension: dimension, line_component: component,
    line_need: words.why, line_action: words.own, line_responsible: "provider", line_needs_referral: "no",
    line_status: "planned", line_expected_end: TODAY,
    costs: [{ goods_equipment_service: words.own, estimated_cost: cost }] });
  const answers = {
    objectives: words.own, summary_economic: words.why, summary_social: words.why, no_psychosocial_note: "-",
    currency: "XOF", exit_end_date: "2027-12-01", exit_how: words.own, monitoring_how: words.own,
    sharing_rule: "-", lines: [line("income_generating_activity", "economic", "income_generation", "150000 XOF")],
    group_members: [{ member_name: words.name, member_is: "returnee", member_role: words.own }],
  };
  const plan = await office.add("plan", id, answers);
  await page.goto(`/plans/${plan}`);
  ok((await page.locator("a[href*='#f-without_']").count()) >= 9, "parts that were not considered are named");
  const now = await office.read("plan", plan);
  for (const name of PARTS) if (name !== "income_generation") now.answers["without_" + name] = "-";
  await office.call("PUT", `/records/plan/${plan}`, { version: now.version, answers: now.answers });
  return plan;
}

async function step(v, plan, to, reason) {
  await v.page.goto(`/records/plan/${plan}/status?to=${to}`);
  if (reason) await v.page.fill("[name='reason']", reason);
  await v.page.locator("main form button").first().click();
  await v.page.waitForURL(new RegExp(`/records/plan/${plan}$`));
}

async function draw(page) {
  const box = await page.locator("canvas").boundingBox();
  await page.mouse.move(box.x + 30, box.y + box.height / 2);
  await page.mouse.down();
  for (let n = 1; n <= 12; n++)
    await page.mouse.move(box.x + 30 + n * 12, box.y + box.height / 2 + (n % 2 ? -20 : 20));
  await page.mouse.up();
  await page.waitForFunction(() => document.querySelector("#sign-file").files.length === 1);
}

async function sign(v, plan, tag) {
  const { page } = v;
  await page.goto(`/plans/${plan}/sign`);
  await page.fill("#sign-place", "Rufisque");
  if (v.script) {
    same((await axe(page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], `the page to sign on: ${tag}`);
    await draw(page);
  } else {
    await page.locator("[name='mode'][value='typed']").check();
  }
  ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `not wider than the screen: ${tag}`);
  await page.locator("main form button.btn-primary").click();
  await page.waitForURL(new RegExp(`/plans/${plan}$`));
  ok((await page.locator(".signatures > li").count()) === 3, `three have agreed: ${tag}`);
  ok((await page.locator("img.signature").count()) === (v.script ? 1 : 0), `a drawn signature is shown: ${tag}`);
  if (v.script)
    ok(await page.locator("img.signature").evaluate((one) => one.decode().then(() => one.naturalWidth > 100)), `as a picture: ${tag}`);
}

async function paper(v, plan, lang, words, tag) {
  const reply = await v.context.request.get(`/plans/${plan}/pdf?lang=${lang}`);
  const file = scratch_path(`plan-${lang}-${v.script}.pdf`);
  fs.writeFileSync(file, await reply.body());
  const text = String(run("pdftotext", "-layout", file, "-"));
  ok(text.includes("XOF") && text.includes("Rufisque"), `the paper has costs and the place: ${tag}`, text);
  if (words.pdf) ok(text.includes(words.pdf), `its headings are in the language: ${tag}`, text);
  else ok(/[\u0600-\u06ff\ufb50-\ufeff]{3}/.test(text), `it is written in Arabic: ${tag}`, text);
  const images = String(run("pdfimages", "-list", file)).trim().split("\n").length - 2;
  ok(v.script ? images >= 1 : images === 0, `the drawn signature is on it: ${tag}`, images);
}

async function amend(v, plan, words, tag) {
  const { page } = v;
  await page.goto(`/plans/${plan}`);
  await page.fill("#amend-reason", words.why);
  await page.locator("form[action$='/amend'] button").click();
  await page.waitForURL((u) => /^\/plans\/[0-9a-f-]{36}$/.test(u.pathname) && !u.pathname.includes(plan));
  ok((await page.locator(".signatures").count()) === 0, `the new version is unsigned: ${tag}`);
  await page.goto(page.url() + "/changes");
  ok((await page.textContent("main")).includes(words.why), `what differs, and why: ${tag}`);
}

async function play(server, database, lang, width, script) {
  const tag = `${lang}, ${width}, ${script ? "with" : "without"} script`;
  const words = WORDS[lang];
  const office = new Office(server, database);
  const of = await given_case(office, words);
  const worker = await visit(server, { width, script });
  const supervisor = await visit(server, { width, script });
  await sign_in(worker.page, "casemanager");
  await sign_in(supervisor.page, "supervisor");
  await pick_language(worker.page, lang);
  await suggestions(worker, of.id, words);
  const plan = await write_plan(worker, office, of.id, words);
  await step(worker, plan, "submitted");
  await step(supervisor, plan, "draft", words.why);
  await worker.page.goto(`/plans/${plan}`);
  ok((await worker.page.textContent(".alert-warning")).includes(words.why), `why it was sent back: ${tag}`);
  await step(worker, plan, "submitted");
  await step(supervisor, plan, "approved");
  await sign(worker, plan, tag);
  await worker.page.locator("#copy-lang").selectOption(lang);
  await worker.page.locator("form.copy-form button").click();
  await worker.page.waitForLoadState();
  ok((await worker.page.locator(".alert-warning").count()) === 0, `the copy is noted: ${tag}`);
  await paper(worker, plan, lang, words, tag);
  await worker.page.goto(`/plans/${plan}/done`);
  ok(/XOF/.test(await worker.page.textContent("main")), `planned and done: ${tag}`);
  await amend(worker, plan, words, tag);
  same(worker.complaints, [], `the browser has nothing to complain about: ${tag}`);
  await worker.close();
  await supervisor.close();
}

await main(async () => {
  const database = demo(12);
  const server = await serve(database);
  const ways = [["en", 1280, true], ["ar", 390, false], ["ar", 390, true], ["en", 390, false], ["ar", 1280, false]];
  for (const [lang, width, script] of FULL ? ways : ways.slice(0, 2))
    await part(`plan ${lang} ${width}`, () => play(server, database, lang, width, script));
});

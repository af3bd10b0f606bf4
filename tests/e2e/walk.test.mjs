// The main job, played in a browser: sign in, import, find, open, edit in two sessions, history,
// interview, scores, PDF, export; in English and in Arabic, with and without script.
import fs from "node:fs";
import path from "node:path";
import { FULL, SOURCE, demo, homeward, in_language, main, ok, part, pick_language, plain_digits, run,
         same, scratch_path, serve, sign_in, visit } from "./kit.mjs";

const PEOPLE = path.join(SOURCE, "tests/data/people.csv");
const BAD = path.join(SOURCE, "tests/data/people-bad.csv");
const PEOPLE_ROWS = 60;
const OSMAN = "عثمان";
const FATIMA = "فاطمة";
const ARABIC_OSMAN_BORN = "1983";

// One interview in which every hidden question shows at least once.
const GATE = {
  round: "baseline", interview_location: "iom_office", private_space: "yes", is_case_team: "no",
  consent_given: "yes",
};
const ANSWERS = {
  econ_satisfaction: "dissatisfied", food_reduction: "often", borrow_ability: "yes",
  borrow_frequency: "sometimes", debt_vs_spending: "debt_larger", opportunity_access: "fair",
  currently_working: "no", productive_assets: ["animals", "equipment"], job_seeking: "yes",
  housing_access: "good", housing_standard: "average", education_access: "fair",
  children_in_school: "some", justice_access: "dont_know", has_id_document: "yes",
  documentation_access: "poor", safe_water_access: "good", health_access: "poor",
  health_quality: "fair", social_participation: "rarely", support_network: "good",
  community_belonging: "somewhat_agree", physical_safety: "neutral", family_conflict: "sometimes",
  discrimination: "only_rarely", distress_symptoms: "sometimes", wants_psych_support: "yes",
  able_to_stay: "no", support_sources: ["family", "friends"],
};
const FOLLOWING = {
  job_seeking_reasons: ["unemployed", "unhappy_salary"], health_access_barriers: ["too_far"],
  stay_reason: "need_to_leave",
};
const DIMENSIONS = ["economic", "social", "psychosocial", "composite"];

const name_of = (variant) => `${variant.lang}, ${variant.script ? "with" : "without"} script`;

// --- forms ---

async function set(page, name, value) {
  for (const one of Array.isArray(value) ? value : [value])
    await page.locator(`form.record-form [name="${name}"][value="${one}"]`).check();
}

async function press(page, name) {
  await page.locator(`form.record-form button[name="${name}"]:visible`).last().click();
  await page.waitForLoadState();
}

// Where script runs, a question that follows appears by itself; else the person asks for it.
async function await_question(v, name) {
  const input = v.page.locator(`form.record-form [name="${name}"]`).first();
  if (!v.script && !(await input.isVisible())) await press(v.page, "_refresh");
  await input.waitFor({ state: "visible" });
}

// --- import and export ---

// A job's page renews itself; without script by the answer's own header.
async function await_job(page) {
  const until = Date.now() + 120000;
  while ((await page.locator(".job-progress").count()) > 0) {
    if (Date.now() > until) throw new Error("the job did not end");
    await page.waitForTimeout(100);
    if (await page.locator(".job-progress").count()) await page.reload().catch(() => {});
  }
}

async function check_file(v, file) {
  await v.page.goto("/records/person/import");
  await v.page.setInputFiles("#file", file);
  await v.page.locator("form.import-form button").click();
  await v.page.waitForURL(/\/jobs\//);
  await await_job(v.page);
}

async function import_people(v, tag) {
  const expected = fs.readFileSync(path.join(SOURCE, "tests/data/people-bad.expected"), "utf8");
  await check_file(v, BAD);
  const faults = await v.page.locator("section table tbody tr").evaluateAll(
    (rows) => rows.map((r) => [...r.cells].map((c) => c.innerText.trim())));
  ok(faults.length > 0 && faults.every((f) => f.length === 4 && f[0] && f[3]),
     `${tag}: every bad row of a file is told with row, column, value and reason`,
     JSON.stringify(faults));
  const told = new Set(faults.map((f) => plain_digits(f[0])));
  const bad = [...expected.matchAll(/^(\d+),/gm)].map((m) => m[1]);
  ok(bad.length > 5, `${tag}: the file with bad rows has several`);
  same(bad.filter((n) => !told.has(n)), [], `${tag}: no bad row is left out of the report`);
  await check_file(v, PEOPLE);
  const summary = plain_digits(await v.page.locator(".job-summary").innerText());
  ok(summary.includes(String(PEOPLE_ROWS)), `${tag}: the dry run read all rows`, summary);
  await v.page.goto("/records/person");
  const before = await people_counted(v);
  await v.page.goBack();
  for (const like of await v.page.locator("form.import-now select").all())
    await like.selectOption("new"); // who is only like somebody of the demo
  await v.page.locator("form.import-now button.btn-primary").click();
  await v.page.waitForFunction((s) => !document.querySelector(s), "form.import-now");
  await await_job(v.page);
  ok(plain_digits(await v.page.locator(".job-summary").innerText()).includes(String(PEOPLE_ROWS)),
     `${tag}: the import says how many were stored`);
  await v.page.goto("/records/person");
  same((await people_counted(v)) - before, PEOPLE_ROWS,
       `${tag}: the check stored nothing, the import stored all`);
}

async function people_counted(v) {
  const note = plain_digits(await v.page.locator(".page-head .head-note").first().innerText());
  return Number((/\d+/.exec(note) || ["-1"])[0]);
}

async function export_people(v, tag) {
  await v.page.goto("/records/person/export");
  await v.page.locator("main form input[name='format'][value='csv']").check();
  await v.page.locator("main form input[name='whose'][value='own']").check();
  await v.page.locator("main form button").click();
  await v.page.waitForURL(/\/jobs\//);
  await await_job(v.page);
  const got = v.page.waitForEvent("download");
  await v.page.locator("main a.btn-primary").click();
  const download = await got;
  const file = scratch_path(`export-${Date.now()}.csv`);
  await download.saveAs(file);
  const text = fs.readFileSync(file, "utf8");
  ok(/\.csv$/.test(download.suggestedFilename()), `${tag}: the export is a CSV file`,
     download.suggestedFilename());
  const row = text.split("\n").find((l) => l.includes(OSMAN) && l.includes("1983-05-17"));
  ok(row !== undefined, `${tag}: the person is in the export`, text.slice(0, 600));
  ok(text.includes(FATIMA), `${tag}: and so is ${FATIMA}`);
  return row || "";
}

// --- finding ---

async function find(v, words, wanted) {
  await v.page.goto("/");
  await v.page.fill("#find", words);
  await v.page.locator(".find button").click();
  await v.page.waitForURL(/\/search\//);
  ok(!decodeURIComponent(v.page.url()).includes(words), `the words ${words} stand in no address`);
  return v.page.locator(".hit").filter({ has: v.page.locator(".hit-title", { hasText: wanted }) });
}

async function find_people(v, tag) {
  const fatima = await find(v, "Fatima", new RegExp(`^\\s*${FATIMA}\\s*$`));
  same(await fatima.count(), 1, `${tag}: "Fatima" finds the person stored only as ${FATIMA}`);
  const osman = await find(v, "Osman", new RegExp(`^\\s*${OSMAN}\\s*$`));
  same(await osman.count(), 1, `${tag}: "Osman" finds the person stored only as ${OSMAN}`);
  await osman.locator(".hit-title").click();
  await v.page.waitForURL(/\/records\/person\/[0-9a-f-]{36}$/);
  same((await v.page.locator("h1").innerText()).trim(), OSMAN, `${tag}: the person opens`);
  ok(plain_digits(await v.page.locator("main").innerText()).includes(ARABIC_OSMAN_BORN),
     `${tag}: with the date of birth`);
  return new URL(v.page.url()).pathname;
}

// --- two sessions ---

async function edit_in_two_sessions(first, second, person, tag) {
  await first.page.goto(person + "/edit");
  await second.page.goto(person + "/edit");
  await set(first.page, "preferred_staff_gender", "female");
  await first.page.fill('[name="gender"]', "said to the first");
  await press(first.page, "_save");
  await first.page.waitForURL((u) => u.pathname === person);
  await set(second.page, "preferred_staff_gender", "no_preference");
  await set(second.page, "interpreter_needed", "no");
  await press(second.page, "_save");
  const conflict = second.page.locator("fieldset.conflict");
  await conflict.first().waitFor();
  same(await conflict.count(), 1, `${tag}: only what both changed is asked`);
  const take = conflict.locator('input[type="radio"]');
  same(await take.evaluateAll((all) => all.map((r) => [r.value, r.checked])),
       [["theirs", false], ["mine", false]], `${tag}: both values are offered, none is chosen`);
  const shown = await conflict.locator("label").allInnerTexts();
  ok(shown.length === 2 && shown[0] !== shown[1] && shown.every((t) => t.trim()),
     `${tag}: and shown`, JSON.stringify(shown));
  ok((await second.page.locator("main").innerText()).includes("said to the first"),
     `${tag}: what only the first changed is shown as kept`);
  await conflict.locator('input[value="mine"]').check();
  await second.page.locator("form.record-form button.btn-primary").click();
  await second.page.waitForURL((u) => u.pathname === person);
  await first.page.goto(person + "/edit");
  const chosen = (name) => first.page.locator(`[name="${name}"]:checked`).getAttribute("value");
  same([await chosen("preferred_staff_gender"), await chosen("interpreter_needed"),
        await first.page.inputValue('[name="gender"]')],
       ["no_preference", "no", "said to the first"], `${tag}: nothing of either is lost`);
}

async function look_at_history(v, person, tag) {
  await v.page.goto(person);
  await v.page.locator(`a[href="${person}/history"]`).click();
  await v.page.waitForURL(/history$/);
  same(await v.page.locator("main tbody tr").count(), 3, `${tag}: three versions are listed`);
  await v.page.locator('input[name="from"][value="1"]').check();
  await v.page.locator('input[name="to"][value="3"]').check();
  await v.page.locator("main form button").click();
  await v.page.waitForURL(/\/diff\?/);
  same(await v.page.locator("table.diff tbody tr").count(), 3, `${tag}: three answers differ`);
  const cells = await v.page.locator("table.diff tbody").innerText();
  ok(cells.includes("said to the first"), `${tag}: with their new values`, cells);
  const before = v.page.url();
  same((await v.page.reload()).status(), 200, `${tag}: the difference has an address`);
  same(v.page.url(), before, `${tag}: that stays`);
  await v.page.goto(person + "/versions/1");
  ok(!(await v.page.locator("main").innerText()).includes("said to the first"),
     `${tag}: the first version is as it was`);
}

// --- the interview ---

function expected_scores() {
  const all = { ...ANSWERS, ...FOLLOWING };
  const names = Object.keys(all);
  const cell = (value) => (Array.isArray(value) ? value.join(" ") : value);
  const file = scratch_path("one.csv");
  const out = scratch_path("one-scores.csv");
  const cells = names.map((n) => cell(all[n]));
  fs.writeFileSync(file, `key,${names.join(",")}\none,${cells.join(",")}\n`);
  homeward("survey", "score", file, "--out", out);
  const lines = fs.readFileSync(out, "utf8").trim().split(/\r?\n/).map((l) => l.split(","));
  return Object.fromEntries(lines[0].map((head, i) => [head, lines[1][i]]));
}

// What stands open on this page of the interview, a question at a time.
async function fill_page(page, done) {
  const line = page.locator('[name="interview_date"]:visible');
  if (await line.count()) await line.fill("2026-03-04");
  for (const [name, value] of Object.entries({ ...GATE, consent_form: "written", ...ANSWERS, ...FOLLOWING })) {
    if (done.has(name)) continue;
    const input = page.locator(`form.record-form [name="${name}"]`).first();
    if (!(await input.isVisible())) continue;
    await set(page, name, value);
    done.add(name);
  }
  const why = page.locator('[name="distress_symptoms_explain"]:visible');
  if (await why.count()) await why.fill("Sleeps badly since the return.");
}

async function fill_pages(v) {
  const done = new Set();
  const place = () => v.page.locator('form.record-form [name="_page"]').first().inputValue();
  for (let turn = 0; turn < 80; turn++) {
    await fill_page(v.page, done);
    if (done.has("consent_given") && !done.has("consent_form")) {
      await await_question(v, "consent_form");
      await fill_page(v.page, done);
    }
    const next = v.page.locator('form.record-form button[data-next]:visible');
    if (!(await next.count())) return;
    const before = await place();
    await next.click();
    if (!v.script) await v.page.waitForLoadState();
    else await v.page.waitForFunction((was) => document.querySelector("form.record-form").elements._page.value !== was, before);
  }
}

async function interview(v, person, tag) {
  await v.page.goto(person);
  await v.page.locator('a[href*="/records/rss/new"]').first().click();
  await v.page.waitForURL(/rss\/new/);
  ok(!(await v.page.locator('[name="econ_satisfaction"]').first().isVisible()),
     `${tag}: no question is asked before consent`);
  await fill_pages(v);
  await press(v.page, "_save");
  await v.page.waitForURL(/\/records\/(rss|person)\/[0-9a-f-]{36}$/);
}

async function look_at_scores(v, person, tag) {
  const expected = expected_scores();
  await v.page.goto(person);
  const part_of = v.page.locator(".survey-part");
  const rows = part_of.locator("table tbody tr");
  same(await rows.count(), 1, `${tag}: one round on the person's page`);
  const row = rows.first();
  const shown = (await row.locator("td.score").allInnerTexts()).map((t) => plain_digits(t));
  const got = shown.map((t) => (/\d+[.,]\d+/.exec(t) || [""])[0].replace(",", "."));
  same(got, DIMENSIONS.map((d) => two_places(expected[d])),
       `${tag}: the scores are those of the command line`);
  same(await row.locator(`.mark-${expected.intensity}`).count(), 1,
       `${tag}: and so is the intensity`);
  ok(plain_digits(await row.innerText()).includes(expected.dont_know_declined),
     `${tag}: with the count of unanswered questions`);
  ok((await row.innerText()).includes(expected.profile), `${tag}: and the profile's name`);
  same(await part_of.locator("svg[role=img] title").first().count(), 1,
       `${tag}: the chart has a title`);
}

// Half away from zero, on the digits: 0.125000 is 0.13 where binary fractions would say 0.12.
function two_places(text) {
  const hundredths = Math.floor((Number(text.replace(".", "")) + 5000) / 10000);
  return (hundredths / 100).toFixed(2);
}

async function get_pdf(v, person, tag) {
  await v.page.goto(person);
  const href = await v.page.locator('.survey-part a[href$="/pdf"]').first().getAttribute("href");
  const answer = await v.context.request.get(href);
  same([answer.status(), answer.headers()["content-type"], answer.headers()["cache-control"]],
       [200, "application/pdf", "no-store"], `${tag}: the PDF comes`);
  const file = scratch_path(`result-${Date.now()}.pdf`);
  fs.writeFileSync(file, await answer.body());
  const info = String(run("pdfinfo", file));
  same((/^Pages:\s+(\d+)/m.exec(info) || [])[1], "1", `${tag}: it has one page`);
  same((/^Page size:.*\((A4|letter)\)/m.exec(info) || [])[1], "A4", `${tag}: of A4`);
  const text = String(run("pdftotext", "-layout", file, "-")).normalize("NFKC");
  ok(/[\u0600-\u06ff]{3}/.test(text), `${tag}: it is in Arabic, the person's language`,
     text.slice(0, 500));
  const letters = text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
  ok(letters.includes(OSMAN) || letters.includes([...OSMAN].reverse().join("")),
     `${tag}: it names the person`, letters.slice(0, 500));
  same(ink(file), true, `${tag}: drawn as a picture, the page is written on from both sides`);
}

// Whether both halves of the page have dark pixels, but neither is black.
function ink(file) {
  const picture = run("pdftoppm", "-r", "40", "-gray", file);
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(picture.subarray(0, 40).toString("latin1"));
  const width = Number(head[1]);
  const pixels = picture.subarray(head[0].length);
  const dark = [0, 0];
  for (let i = 0; i < pixels.length; i++)
    if (pixels[i] < 160) dark[(i % width) * 2 < width ? 0 : 1]++;
  return dark.every((n) => n > 150 && n < pixels.length / 4);
}

// --- the walk ---

async function enter(server, user, variant) {
  const v = await visit(server, { script: variant.script, locale: "en-GB" });
  await v.page.goto("/login");
  if (variant.lang !== "en") await pick_language(v.page, variant.lang);
  await sign_in(v.page, user);
  if ((await in_language(v.page))[0] !== variant.lang) await pick_language(v.page, variant.lang);
  return v;
}

async function walk(variant) {
  const tag = name_of(variant);
  const server = await serve(demo(12));
  const first = await enter(server, "supervisor", variant);
  const second = await enter(server, "casemanager", variant);
  same(await in_language(first.page), [variant.lang, variant.lang === "ar" ? "rtl" : "ltr"],
       `${tag}: the page says its language and direction`);
  await import_people(first, tag);
  const person = await find_people(first, tag);
  await edit_in_two_sessions(first, second, person, tag);
  await look_at_history(first, person, tag);
  await interview(first, person, tag);
  await look_at_scores(first, person, tag);
  await get_pdf(first, person, tag);
  const row = await export_people(first, tag);
  ok(row.includes("said to the first") && row.includes("no_preference"),
     `${tag}: with what both have changed`, row);
  // A conflict answers 409, which the browser notes down as an error.
  const loud = [...first.complaints, ...second.complaints].filter((c) => !/status of 409/.test(c));
  same(loud, [], `${tag}: no complaint in the console`);
  await first.close();
  await second.close();
  await server.stop();
}

main(async () => {
  for (const lang of ["en", "ar"])
    for (const script of FULL ? [true, false] : [lang === "en"])
      await part(name_of({ lang, script }), () => walk({ lang, script }));
});

// Work on many records in a browser: a table of people and their cases is sent, its columns are
// chosen, people who are there are told, it is stored and taken back; records are exported; and a
// change of status that two people make. In English and in Arabic.
import fs from "node:fs";
import { axe, demo, homeward, in_language, main, ok, part, PASSWORD, pick_language, run, same, scratch_path, serve,
         sign_in, visit } from "./kit.mjs";

async function press(page, selector) {
  await page.locator(selector).first().click();
  await page.waitForLoadState();
}

// A job's page loads itself again until it has ended.
async function ended(page, selector) {
  await page.waitForSelector(selector);
}

async function in_words(v, lang) {
  await sign_in(v.page, "supervisor");
  if (lang !== "en") await pick_language(v.page, lang);
  same(await in_language(v.page), [lang, lang === "ar" ? "rtl" : "ltr"], `the page is in ${lang}`);
}

// Two rows of headings, one that nobody knows, somebody twice, a date in Arabic digits.
function people(lang) {
  const who = lang === "en" ? ["Zainabou", "Quenum"] : ["زينب", "القنديل"];
  const lines = [
    "Person,,,,Case",
    "Given name,Family name,Mystery,Sex,Opened on",
    `${who[0]},${who[1]},x,female,2026-01-05`,
    `${who[0]}u,Bazié,y,male,٢٠٢٦-٠١-٠٦`,
  ];
  const file = scratch_path(`people-${lang}.csv`);
  fs.writeFileSync(file, "\ufeff" + lines.join("\r\n") + "\r\n");
  return file;
}

// The columns of the first file are said one by one and kept under a name.
async function say_columns(page, lang) {
  const targets = ["names.1.name_text", "names.2.name_text", "", "sex", "case:opened"];
  await press(page, "a[href$='/columns']");
  same(await axe(page), [], `the page of columns is fit for all, ${lang}`);
  const inputs = page.locator("input[list='targets']");
  same(await inputs.count(), targets.length, `each column can be chosen, ${lang}`);
  for (let i = 0; i < targets.length; i++) await inputs.nth(i).fill(targets[i]);
  await page.fill("#save_as", `List ${lang}`);
  await press(page, "form:has(#save_as) button");
  await ended(page, ".job-summary");
}

async function import_walk(server, lang) {
  const v = await visit(server, {});
  const page = v.page;
  const name = lang === "en" ? "Zainabou" : "زينب";
  await in_words(v, lang);
  await page.goto("/records/person/import");
  same(await axe(page), [], `the page that asks for a file is fit for all, ${lang}`);
  await page.setInputFiles("#file", people(lang));
  await page.selectOption("#head_rows", "2");
  await press(page, "form.import-form button");
  await ended(page, ".job-summary");
  await say_columns(page, lang);
  same(await page.locator("form.import-now button").count(), 1, `both rows can be stored, ${lang}`);
  same(await axe(page), [], `the report is fit for all, ${lang}`);
  await page.goto("/records/person?sort=newest");
  ok(!(await page.textContent("tbody")).includes(name), `what was only checked is not stored, ${lang}`);
  await page.goBack();
  await press(page, "form.import-now button");
  await ended(page, "form[action$='/undo'] button");
  const stored = page.url();
  await page.goto("/records/person?sort=newest");
  ok((await page.textContent("tbody")).includes(name), `who was imported is in the list, ${lang}`);

  // The same file once more, with the columns as they were kept: they are here already.
  await page.goto("/records/person/import");
  await page.setInputFiles("#file", people(lang));
  await page.selectOption("#head_rows", "2");
  await page.selectOption("#mapping", `List ${lang}`);
  await press(page, "form.import-form button");
  await ended(page, ".job-summary");
  same(await page.locator("form.import-now select").count(), 2, `both are told to be here already, ${lang}`);
  same(await axe(page), [], `the page that tells them is fit for all, ${lang}`);

  await page.goto(stored);
  await press(page, "form[action$='/undo'] button");
  await ended(page, "main:has-text('4'), main:has-text('٤')");
  await page.waitForFunction(() => !document.querySelector("meta[http-equiv]"));
  let left = true;
  for (let n = 0; left && n < 40; n++) {
    await page.goto("/records/person?sort=newest");
    left = (await page.textContent("tbody")).includes(name);
    if (left) await page.waitForTimeout(250);
  }
  ok(!left, `taken back, nobody of it is in the list, ${lang}`);
  same(v.complaints, [], `nothing complains, ${lang}`);
  await v.close();
}

// What a file of several tables holds: its members' names, and the first one's first line.
function zipped(file) {
  const code = "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);n=z.namelist();print('|'.join(n));" +
    "print(z.read(n[0]).decode('utf-8-sig').split('\\r\\n')[0])";
  return String(run("python3", "-c", code, file)).split("\n");
}

async function export_walk(server, lang) {
  const v = await visit(server, {});
  const page = v.page;
  await in_words(v, lang);
  await page.goto("/records/person/export");
  same(await axe(page), [], `the page that asks what to export is fit for all, ${lang}`);
  for (const name of ["labels", "linked", "codebook"]) await page.check(`input[name='${name}']`);
  await page.check("input[name='whose'][value='own']");
  await press(page, "form[action='/records/person/export'] > button");
  await ended(page, "a[href$='/file']");
  const [all] = await Promise.all([page.waitForEvent("download"), page.click("a[href$='/file']")]);
  const [names, head] = zipped(await all.path());
  ok(names.split("|").length > 4 && names.includes("person") && names.includes("codebook"),
     `linked tables and a codebook are in the zip, ${lang}`, names);
  ok(head.includes(lang === "en" ? "Sex" : "الجنس"), `its headings are words of the language, ${lang}`, head);

  await page.goto("/records/person/export");
  await page.check("input[name='c.sex']");
  await page.check("input[name='whose'][value='own']");
  await press(page, "form[action='/records/person/export'] > button");
  await ended(page, "a[href$='/file']");
  const [some] = await Promise.all([page.waitForEvent("download"), page.click("a[href$='/file']")]);
  const lines = fs.readFileSync(await some.path(), "utf8").replace(/^\ufeff/, "").trim().split("\r\n");
  same(lines[0], "sex", `only the chosen column is there, by its code, ${lang}`);
  ok(lines.slice(1).every((l) => /^(female|male|unknown|"")?$/.test(l)) && lines.length > 3,
     `its values are codes, ${lang}`, lines.slice(0, 5).join(" "));
  same(v.complaints, [], `nothing complains of an export, ${lang}`);
  await v.close();
}

async function two_people(server, lang) {
  const first = await visit(server, {});
  const second = await visit(server, {});
  await sign_in(first.page, "manager");
  await sign_in(second.page, "manager2");
  for (const v of [first, second]) if (lang !== "en") await pick_language(v.page, lang);
  await first.page.goto("/records/person"); /* the one of the first language is erased */
  await first.page.locator("th.cell-title a").nth(lang === "en" ? 0 : 1).click();
  await first.page.waitForLoadState();
  const person = first.page.url();
  await press(first.page, ".steps a[href*='erased']");
  same(await axe(first.page), [], `the page that asks why is fit for all, ${lang}`);
  await first.page.fill("#reason", "She asked us by letter");
  await press(first.page, "form.confirm button");
  same(await first.page.locator(".mark-erased").count(), 0, `one person alone erases nobody, ${lang}`);
  same(await first.page.locator(".notice form[action$='/status'] button").count(), 0,
       `who asked is not offered to confirm, ${lang}`);
  same(await first.page.locator(".notice form[action$='/request'] button").count(), 1,
       `but may take it back, ${lang}`);
  await second.page.goto(person);
  ok((await second.page.textContent(".notice")).includes("by letter"), `the other one reads why, ${lang}`);
  same(await axe(second.page), [], `what waits is fit for all, ${lang}`);
  await press(second.page, ".notice form[action$='/status'] button");
  ok(await second.page.locator(".mark-erased").count() > 0, `the other one makes the change, ${lang}`);
  await first.close();
  await second.close();
}

await main(async () => {
  const database = demo(6);
  const password = scratch_path("password");
  fs.writeFileSync(password, PASSWORD + "\n");
  homeward("user", "add", "manager2", "--name", "Ousmane Ba", "--role", "programme_manager", "--office", "SN",
           "--password-file", password, "--database", database);
  const server = await serve(database);
  for (const lang of ["en", "ar"]) {
    await part(`import in ${lang}`, () => import_walk(server, lang));
    await part(`export in ${lang}`, () => export_walk(server, lang));
    await part(`two people in ${lang}`, () => two_people(server, lang));
  }
});

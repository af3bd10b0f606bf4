// A family of six is registered on one screen: six people, one household, their returns and cases; and one person twice.
// With and without script, in English and Arabic, on a phone and on a desk. Then what the days after bring: a contact
// logged in two clicks, a receipt for a consent, its withdrawal in two clicks, an export that is refused.
import { FULL, axe, demo, main, ok, part, pick_language, same, serve, sign_in, visit } from "./kit.mjs";

const NAMES = {
  en: ["Ousmane", "Rokhaya", "Bineta", "Cheikh", "Ndeye", "Samba"],
  ar: ["حمزة", "سعاد", "ليلى", "باسم", "نجوى", "عمار"],
};
const FAMILY = { en: "Quorrabinde", ar: "القرابندي" };
const field = (n, name) => `[name='members.${n}.${name}']`;

async function pick(page, n, name, value) {
  await page.locator(`${field(n, name)}[value='${value}']`).check({ force: true });
}

async function fill_member(page, lang, n) {
  await page.fill(field(n, "first_name"), NAMES[lang][n - 1]);
  await page.fill(field(n, "last_name"), FAMILY[lang]);
  await pick(page, n, "sex", n % 2 ? "male" : "female");
  if (n > 1) await pick(page, n, "relationship", n === 2 ? "spouse" : "child");
}

async function add_person(v, n) {
  await v.page.locator("button[name='_add.members']").click();
  await v.page.locator(field(n, "first_name")).waitFor();
}

async function register(server, lang, width, script) {
  const tag = `${lang}, ${width}, ${script ? "with" : "without"} script`;
  const v = await visit(server, { width, script });
  await sign_in(v.page, "supervisor");
  if (lang !== "en") await pick_language(v.page, lang);
  await v.page.goto("/register");
  for (let n = 1; n <= 6; n++) {
    if (n > 1) await add_person(v, n);
    await fill_member(v.page, lang, n);
  }
  await v.page.locator("[name='will'][value='voluntary']").check({ force: true });
  if (script) same((await axe(v.page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], `the form: ${tag}`);
  ok(await v.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `not wider than the screen: ${tag}`);
  await v.page.locator("button[name='_save']").click();
  await v.page.locator(".same-panel").waitFor();
  ok((await v.page.locator(".same-panel > p").first().textContent()).length > 20, `a case manager is suggested, and why: ${tag}`);
  for (const other of await v.page.locator(".same-who input[value='new']").all()) await other.check({ force: true });
  await v.page.locator("button[name='_confirm']").click();
  await v.page.waitForURL(/\/records\/household\/[0-9a-f-]{36}$/);
  await v.page.goto("/records/person");
  const text = await v.page.textContent("main");
  for (const name of NAMES[lang]) ok(text.includes(name), `${name} is among the people: ${tag}`);
  await v.close();
}

// A row is added and one is removed over a slow line: what is typed meanwhile stays, where it was typed.
async function slow_rows(server) {
  const v = await visit(server);
  await sign_in(v.page, "supervisor");
  await v.page.goto("/register");
  let go;
  await v.page.route("**/records/registration", async (route) => {
    await new Promise((done) => { go = done; });
    await route.continue();
  });
  const press = (name) => Promise.all([v.page.waitForRequest("**/records/registration"),
                                       v.page.locator(`button[name='${name}']`).click()]);
  const value = (n, name) => v.page.locator(field(n, name)).inputValue();
  await press("_add.members");
  await v.page.fill(field(1, "first_name"), "Ibironke");
  go();
  await v.page.locator(field(2, "first_name")).waitFor();
  same(await value(1, "first_name"), "Ibironke", "what is typed while a row comes is kept");
  await v.page.fill(field(2, "first_name"), "Tadelech");
  await press("_remove.members.1");
  await v.page.fill(field(2, "last_name"), "Ostrander");
  go();
  await v.page.locator(field(2, "first_name")).waitFor({ state: "detached" });
  same([await value(1, "first_name"), await value(1, "last_name")], ["Tadelech", "Ostrander"],
       "and moves up with its row when one before it goes");
  same(await v.page.evaluate(() => document.activeElement.closest(".repeat")?.dataset.field), "members",
       "the focus stays among the rows");
  await v.close();
}

// Somebody is registered again under another spelling: seen, compared, merged by two, undone.
const TWICE = {
  en: { first: "Ousmane", again: "Osman", family: "Vellacourt" },
  ar: { first: "عثمان", again: "عثمان", family: "الفيلاكوري" },
};

async function add_one(v, first, last) {
  await v.page.goto("/records/person/new");
  await v.page.locator("[name='names.1.name_text']").fill(`${first} ${last}`);
  await v.page.locator("button[name='_save']").click();
  if (await v.page.locator("button[name='_confirm']").count()) await v.page.locator("button[name='_confirm']").click();
  await v.page.waitForURL(/\/records\/person\/[0-9a-f-]{36}$/);
  return v.page.url();
}

async function merge(server, lang, width) {
  const tag = `${lang}, ${width}`;
  const t = TWICE[lang];
  const one = await visit(server, { width });
  await sign_in(one.page, "casemanager");
  if (lang !== "en") await pick_language(one.page, lang);
  await add_one(one, t.first, t.family);
  await add_one(one, t.again, t.family);
  await one.page.locator("#same-person a").first().click();
  await one.page.locator(".pair-card a.btn").first().click();
  await one.page.locator(".merge-form").waitFor();
  same((await axe(one.page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], `side by side: ${tag}`);
  ok(await one.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `side by side is not wider than the screen: ${tag}`);
  await one.page.locator("#reason").fill("The same mother");
  await one.page.locator(".merge-form .form-end .btn-primary").click();
  await one.page.locator(".merge-wait").waitFor();
  ok((await one.page.locator(".merge-wait form").count()) === 1, `who asked can only take it back: ${tag}`);
  const two = one.page.url();
  const other = await visit(server, { width });
  await sign_in(other.page, "supervisor");
  if (lang !== "en") await pick_language(other.page, lang);
  await other.page.goto(two);
  await other.page.locator(".merge-wait .btn-primary").click();
  await other.page.waitForURL(/\/records\/person\/[0-9a-f-]{36}$/);
  await other.page.locator("#same-person li a").last().click();
  await other.page.locator("#reason").fill("Two brothers");
  same((await axe(other.page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], `undoing: ${tag}`);
  await other.page.locator(".btn-danger").click();
  await other.page.waitForURL(/\/records\/person\/[0-9a-f-]{36}$/);
  ok((await other.page.locator("#same-person .alert").count()) === 0, `two records again: ${tag}`);
  await one.close();
  await other.close();
}

// Counts clicks from a page that is open already.
function clicks() {
  let n = 0;
  return { count: () => n, on: async (target) => { n++; await target.click(); } };
}

async function log_contact(page, tag) {
  await page.goto("/");
  const from_list = page.locator("a.line-log").first();
  for (const [where, first] of [["the start page", from_list], ["the case", page.locator("#follow-up a.btn-primary")]]) {
    const c = clicks();
    if (where === "the case") {
      await page.goto("/records/case");
      await page.locator("main table tbody a").first().click();
    }
    await c.on(first);
    await c.on(page.locator("button[name='_save']").first());
    await page.waitForURL(/\/records\/(contact|case)\/[0-9a-f-]{36}/);
    same(c.count(), 2, `a contact is logged in two clicks from ${where}: ${tag}`);
  }
}

async function consent(server, lang, width, script) {
  const tag = `${lang}, ${width}, ${script ? "with" : "without"} script`;
  const v = await visit(server, { width, script });
  await sign_in(v.page, "supervisor");
  if (lang !== "en") await pick_language(v.page, lang);
  await log_contact(v.page, tag);
  await v.page.goto("/records/consent?status=given");
  await v.page.locator("main table tbody a").first().click();
  const receipt = v.page.locator("#consent-acts form");
  const pdf = await v.page.request.post(await receipt.getAttribute("action"), {
    form: { csrf: await receipt.locator("[name='csrf']").inputValue(), lang } });
  ok(pdf.status() === 200 && (await pdf.body()).subarray(0, 4).toString() === "%PDF", `a receipt in ${lang}: ${tag}`);
  if (script) same((await axe(v.page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], `the consent: ${tag}`);
  await v.page.locator("main .crumb a, main a[href^='/records/person/']").last().click();
  const c = clicks();
  const given = await v.page.locator("#sharing a.btn-outline-danger").count();
  await c.on(v.page.locator("#sharing a.btn-outline-danger").first());
  if (script) same((await axe(v.page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], `withdrawing: ${tag}`);
  await c.on(v.page.locator("form.confirm .btn-danger"));
  same(c.count(), 2, `a consent is withdrawn in two clicks: ${tag}`);
  ok(given > 0 && (await v.page.locator("#consent-acts a.btn-outline-danger").count()) === 0, `it is withdrawn: ${tag}`);
  await v.page.goto("/records/person/export");
  if (script) same((await axe(v.page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], `the export: ${tag}`);
  await v.page.locator("[name='whose'][value='other']").check({ force: true });
  await v.page.fill("[name='recipient']", "Quorrabinde Ltd");
  await v.page.selectOption("[name='purpose']", "evaluation");
  await v.page.locator("form.part .btn-primary").click();
  await v.page.waitForURL(/\/jobs\//);
  await v.page.locator(".job-summary").waitFor({ timeout: 30000 });
  ok((await v.page.locator("main section ul li").count()) > 0, `who was left out, and why: ${tag}`);
  ok(await v.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `not wider than the screen: ${tag}`);
  await v.close();
}

await main(async () => {
  const ways = [["en", 390, false], ["ar", 390, true], ["en", 1280, true], ["ar", 1280, false]];
  for (const [lang, width, script] of FULL ? ways : ways.slice(0, 2))
    await part(`register ${lang} ${width}`, async () => {
      const server = await serve(demo(20));
      await register(server, lang, width, script);
      await consent(server, lang, width, script);
      await server.stop();
    });
  for (const [lang, width] of [["en", 1280], ["ar", 390]])
    await part(`the same person twice ${lang} ${width}`, async () => {
      const server = await serve(demo(20));
      if (lang === "en") await slow_rows(server);
      await merge(server, lang, width);
      await server.stop();
    });
});

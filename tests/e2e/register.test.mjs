// A family of six is registered on one screen: six people, one household, their returns and cases.
// With and without script, in English and Arabic, on a phone and on a desk.
import { axe, demo, main, ok, part, pick_language, same, serve, sign_in, visit } from "./kit.mjs";

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

await main(async () => {
  for (const [lang, width, script] of [["en", 1280, true], ["en", 390, false], ["ar", 390, true], ["ar", 1280, false]])
    await part(`register ${lang} ${width}`, async () => {
      const server = await serve(demo(20));
      await register(server, lang, width, script);
      await server.stop();
    });
});

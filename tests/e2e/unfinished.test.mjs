// What somebody types is kept on the server: a page that dies, or a session that ends, loses nothing.
// With and without script, on a phone and in Arabic.
import { axe, demo, main, ok, part, pick_language, same, serve, sign_in, visit } from "./kit.mjs";

const FORM = "/records/person/new";
const NAME = "input[name='names.1.name_text']";

async function fit(v, what) {
  if (v.script) same((await axe(v.page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], what);
  ok(await v.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what}: not wider than the screen`);
}

async function open_unfinished(page) {
  await page.goto("/");
  await page.locator(".block-unfinished a").first().click();
  await page.waitForURL(/\/unfinished\//);
}

async function discard(page) {
  await page.locator(".discard summary").first().focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  const gone = page.waitForResponse((r) => r.request().method() === "GET" && r.request().isNavigationRequest());
  await page.keyboard.press("Enter");
  await gone; // the page that follows the discarding
  await page.waitForLoadState();
}

async function with_script(server, lang, width) {
  const tag = `${lang}, ${width}`;
  const v = await visit(server, { width });
  await sign_in(v.page, "supervisor");
  if (lang !== "en") await pick_language(v.page, lang);
  await v.page.goto(FORM);
  await v.page.locator(NAME).first().focus();
  await v.page.keyboard.type("Zeinabou");
  await v.page.locator("[data-kept-note]:not(:empty)").waitFor();
  ok(/\d\d:\d\d/.test(await v.page.textContent("[data-kept-note]")), `a pause in typing keeps the page: ${tag}`);
  await v.page.locator("select[name='sex'], input[name='sex']").first().waitFor();
  const kept = v.page.waitForResponse((r) => r.url().endsWith("/unfinished") && r.ok());
  const notes = v.page.locator("input[name='birth_date']");
  await notes.fill("1991-05-06");
  await notes.blur();
  await kept;
  await v.page.goto("about:blank").catch(() => {});
  await v.context.clearCookies(); // the session is gone, and with it the page
  await v.close();

  const w = await visit(server, { width });
  await sign_in(w.page, "supervisor");
  if (lang !== "en") await pick_language(w.page, lang);
  await fit(w, `the start page offers it: ${tag}`);
  await open_unfinished(w.page);
  same(await w.page.locator(NAME).first().inputValue(), "Zeinabou", `the name is there again: ${tag}`);
  same(await w.page.locator("input[name='birth_date']").inputValue(), "1991-05-06", `and the date: ${tag}`);
  await fit(w, `the resumed page: ${tag}`);
  await w.page.goto("/records/person");
  ok((await w.page.locator(".unfinished li").count()) === 1, `the list offers it: ${tag}`);
  await fit(w, `the list with it: ${tag}`);
  await discard(w.page);
  ok((await w.page.locator(".unfinished").count()) === 0, `discarded by keyboard alone: ${tag}`);
  same(w.complaints, [], `nothing to complain about: ${tag}`);
  await w.close();
}

// The process of the page dies; nothing was sent by leaving it.
async function killed(server) {
  const v = await visit(server);
  await sign_in(v.page, "supervisor");
  await v.page.goto(FORM);
  await v.page.locator(NAME).first().fill("Ousseynou");
  await v.page.locator("[data-kept-note]:not(:empty)").waitFor();
  const cdp = await v.context.newCDPSession(v.page);
  const died = v.page.waitForEvent("crash");
  cdp.send("Page.crash").catch(() => {});
  await died;
  await v.context.close();

  const w = await visit(server);
  await sign_in(w.page, "supervisor");
  await open_unfinished(w.page);
  same(await w.page.locator(NAME).first().inputValue(), "Ousseynou", "a page that was killed is resumed");
  await w.page.locator("form.record-form button[name='_save']:visible").last().click();
  await w.page.waitForURL((u) => !/unfinished/.test(u.pathname));
  await w.page.goto("/");
  same(await w.page.locator(".block-unfinished").count(), 0, "what is saved is not offered any more");
  await w.close();
}

async function without_script(server, lang, width) {
  const tag = `${lang}, ${width}, without script`;
  const v = await visit(server, { script: false, width });
  await sign_in(v.page, "supervisor");
  if (lang !== "en") await v.page.locator(`header form[action='/language'] button[value='${lang}']`).click({ force: true }).catch(() => {});
  await v.page.goto(FORM);
  if (!(await v.page.locator(NAME).count())) await v.page.locator("button[name='_add.names']").click();
  await v.page.locator(NAME).first().fill("Coumba");
  await v.page.locator("button[name='_later']").click();
  await v.page.waitForURL(/\/records\/person$/);
  ok((await v.page.locator(".unfinished li").count()) === 1, `a button keeps it: ${tag}`);
  await v.page.locator(".unfinished li a").first().click();
  await v.page.waitForURL(/\/unfinished\//);
  same(await v.page.locator(NAME).first().inputValue(), "Coumba", `it is resumed: ${tag}`);
  await fit(v, `the resumed page: ${tag}`);
  await v.page.locator(".discard summary").first().click();
  await v.page.locator(".discard button").first().click();
  await v.page.waitForURL(/\/records\/person$/);
  ok((await v.page.locator(".unfinished").count()) === 0, `discarded: ${tag}`);
  await v.close();
}

await main(async () => {
  const server = await serve(demo(2));
  await part("with script", () => with_script(server, "en", 1280));
  await part("with script, Arabic on a phone", () => with_script(server, "ar", 390));
  await part("a page that dies", () => killed(server));
  await part("without script", () => without_script(server, "en", 390));
});

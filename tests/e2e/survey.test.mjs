// An interview is begun, is stopped, and is entered from paper by keyboard: on a desk and a phone,
// in English and in Arabic, with script and without.
import { axe, demo, main, ok, part, pick_language, same, serve, sign_in, visit } from "./kit.mjs";

// One number a question, as on the paper: Q9 no, Q19 good, Q30 yes, so Q10, 19a and Q31 are passed by.
const NUMBERS = ["2", "4", "1", "5", "1", "2", "1", "1,2", "2", "2", "2", "2", "1", "2", "1", "2", "2",
  "2", "2", "1", "2", "1", "2", "5", "1", "2", "2", "1", "1,2"];
const SECONDS_A_KEY = 0.28; // 43 words a minute: a slow typist

const SHOTS = process.env.HOMEWARD_SHOTS;

async function look(v, name) {
  if (SHOTS) await v.page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
  if (v.script) same((await axe(v.page)).map((x) => `${x.id}: ${x.nodes[0].html}`), [], `no fault for a screen reader: ${name}`);
  ok(await v.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `not wider than the screen: ${name}`);
}

async function person_of(page) {
  await page.goto("/records/person");
  await page.locator("main a[href^='/records/person/0']").first().click();
  await page.waitForURL(/\/records\/person\/[0-9a-f-]{36}$/);
  return page.url().split("/").pop();
}

async function paper(server, lang, width) {
  const tag = `${lang}, ${width}`;
  const v = await visit(server, { width });
  await sign_in(v.page, "supervisor");
  const person = await person_of(v.page);
  if (lang !== "en") await pick_language(v.page, lang);
  await v.page.goto(`/survey/paper?person=${person}`);
  await look(v, `paper-${lang}-${width}`);
  await v.page.locator("input[name='consent']").check();
  await v.page.locator("[data-line] input").first().focus();
  let keys = 0;
  for (const number of NUMBERS) {
    await v.page.keyboard.type(number);
    await v.page.keyboard.press("Enter");
    keys += number.length + 1;
  }
  ok(await v.page.evaluate(() => document.activeElement.id === "paper-notes"), `all questions were passed: ${tag}`);
  ok(keys * SECONDS_A_KEY < 90, `${keys} keystrokes, ${(keys * SECONDS_A_KEY).toFixed(0)} seconds for a slow typist: ${tag}`);
  same(await v.page.locator("[data-line]:visible").count(), NUMBERS.length, `what is not asked is not shown: ${tag}`);
  ok((await v.page.textContent("[data-totals]")).includes(String(NUMBERS.length)) || lang === "ar", `the total is told: ${tag}`);
  await v.page.locator("form[data-paper] button.btn-primary").click();
  await v.page.waitForURL(/\/records\/rss\/[0-9a-f-]{36}$/);
  ok(true, `saved: ${tag}`);
  await entered_again(v, tag, `${lang}-${width}`);
  same(v.complaints, [], `nothing to complain of: ${tag}`);
  await v.close();
}

// The same sheet once more, with another number at the second question: the paper decides.
async function entered_again(v, tag, name) {
  await v.page.locator("a[href^='/survey/second/']").click();
  await v.page.waitForURL(/\/survey\/second\//);
  same(await v.page.locator("input[name='q.econ_satisfaction']").inputValue(), "", `the first entry is not shown: ${tag}`);
  await look(v, `second-${name}`);
  await v.page.fill("input[name='date']", new Date().toISOString().slice(0, 10));
  await v.page.locator("[data-line] input").first().focus();
  for (const [n, number] of NUMBERS.entries()) {
    await v.page.keyboard.type(n === 1 ? (number === "1" ? "2" : "1") : number);
    await v.page.keyboard.press("Enter");
  }
  await v.page.locator("form[data-paper] button.btn-primary").click();
  await v.page.locator("[name='pick.food_reduction']").first().waitFor();
  same(await v.page.locator("[name='pick.econ_satisfaction']").count(), 0, `what agrees is not asked again: ${tag}`);
  await look(v, `compared-${name}`);
  for (const other of await v.page.locator("input[name^='pick.'][value='first']").all()) await other.check();
  await v.page.locator("[name='pick.food_reduction'][value='second']").check();
  await v.page.locator("main form button.btn-primary").click();
  await v.page.waitForURL(/\/records\/rss\/[0-9a-f-]{36}$/);
  same(await v.page.locator("a[href^='/survey/second/']").count(), 0, `it is entered twice now: ${tag}`);
  await look(v, `twice-${name}`);
}

async function wrong(server) {
  const v = await visit(server, { script: false });
  await sign_in(v.page, "supervisor");
  await v.page.goto(`/survey/paper?person=${await person_of(v.page)}`);
  await v.page.locator("input[name='consent']").check();
  await v.page.locator("input[name='q.econ_satisfaction']").fill("9");
  await v.page.locator("form.paper button.btn-primary").click();
  ok(await v.page.locator("#h-econ_satisfaction .problem").count() === 1, "a number that is no answer is told beside its line, without script");
  same(await v.page.locator("input[name='q.econ_satisfaction']").inputValue(), "9", "what was typed stands there still");
  await v.close();
}

// All answers are looked over; from there one goes back to a question.
async function looked_over(v, tag, name) {
  await v.page.locator("button[data-review]").click();
  await v.page.locator("[data-review-list]").waitFor();
  same(await v.page.locator("[data-field='food_reduction']:visible").count(), 0, `no question stands open: ${tag}`);
  const row = v.page.locator(".review-rows li").filter({ has: v.page.locator(".review-what", { hasText: /^1\. / }) });
  ok(await row.evaluate((e) => e.classList.contains("review-declined")), `who declined is marked: ${tag}`);
  ok((await v.page.locator(".review-missing, .review-needed").count()) > 20, `what is missing is marked: ${tag}`);
  same(await v.page.locator(".review-rows li").filter({ hasText: "Kingfisher" }).count(), 1, `the note is looked over too: ${tag}`);
  same(await v.page.locator(".review-rows li").filter({ hasText: "10. " }).count(), 0, `what is not asked is not listed: ${tag}`);
  await look(v, name);
  await row.locator("button").click();
  await v.page.locator("[data-field='econ_satisfaction']:visible").waitFor();
  same(await v.page.locator("input[name='econ_satisfaction']:checked").getAttribute("value"), "prefer_not_to_answer", `the question with its answer: ${tag}`);
}

async function begun_and_stopped(server, lang, width, script = true) {
  const tag = `${lang}, ${width}${script ? "" : ", without script"}`;
  const v = await visit(server, { width, script });
  await sign_in(v.page, "supervisor");
  const person = await person_of(v.page);
  if (lang !== "en") await pick_language(v.page, lang);
  await v.page.goto(`/survey/start?person=${person}`);
  same(await v.page.locator("input[name='round']:checked").count(), 1, `a round is suggested: ${tag}`);
  ok((await v.page.locator("select[name='interviewer'] option").count()) > 2, `who may interview is offered: ${tag}`);
  same(await v.page.locator("select[name='interviewer'] option[selected]").count(), 1, `who begins is chosen: ${tag}`);
  ok(await v.page.locator("select[name='interviewer'] optgroup").count() === 2
     && (await v.page.locator("select[name='interviewer'] optgroup").last().locator("option").count()) > 0, `the case team stands last: ${tag}`);
  await v.page.locator("select[name='interviewer']").selectOption(await v.page.locator("optgroup").last().locator("option").first().getAttribute("value"));
  await look(v, `start-${lang}-${width}`);
  await v.page.locator("input[name='location'][value='on_site']").check();
  await v.page.locator("input[name='private'][value='yes']").check();
  await v.page.locator("form[action='/survey/start'] button").click();
  await v.page.waitForURL(/\/records\/rss\/unfinished\//);
  await look(v, `profile-${lang}-${width}`);
  same(await v.page.locator("[data-field='econ_satisfaction']:visible").count(), 0, `no question before the consent: ${tag}`);
  await v.page.locator("button[data-next]").click();
  await v.page.locator("[data-field='consent_given']:visible").waitFor();
  await look(v, `consent-${lang}-${width}`);
  await v.page.locator("input[name='consent_given'][value='yes']").check();
  if (!script) await v.page.locator("button[name='_refresh']:visible").click();
  await v.page.locator("input[name='consent_form'][value='written']").check();
  await v.page.locator("button[data-next]").click();
  await v.page.locator("[data-field='econ_satisfaction']:visible").waitFor();
  same(await v.page.locator("[data-field='food_reduction']:visible").count(), 0, `one question at a time: ${tag}`);
  await look(v, `question-${lang}-${width}`);
  await v.page.locator("input[name='econ_satisfaction'][value='prefer_not_to_answer']").check();
  same(await v.page.locator("[data-field='econ_satisfaction_note']:visible").count(), 1, `a note can be written beside the question: ${tag}`);
  same(await v.page.locator("[data-field='food_reduction_note']:visible").count(), 0, `and not beside others: ${tag}`);
  await v.page.locator("[data-field='econ_satisfaction_note'] summary").click();
  await v.page.fill("[name='econ_satisfaction_note']", "Kingfisher");
  await look(v, `note-${lang}-${width}`);
  await v.page.locator("button[data-next]").click();
  await v.page.locator("[data-field='food_reduction']:visible").waitFor();
  await looked_over(v, tag, `review-${lang}-${width}`);
  await v.page.locator("button[data-next]").click();
  await v.page.locator("a[href^='/survey/stop/']").click();
  await v.page.waitForURL(/\/survey\/stop\//);
  await look(v, `stop-${lang}-${width}`);
  await v.page.locator("input[name='reason']").first().check();
  await v.page.locator("button.btn-danger").click();
  await v.page.waitForURL(/\/records\/rss$/);
  await v.page.goto(`/records/person/${person}`);
  ok((await v.page.locator(".survey-part, [aria-labelledby='survey-rounds-title']").count()) > 0, `the rounds stand on the person's page: ${tag}`);
  await look(v, `person-${lang}-${width}`);
  await v.close();
}

await main(async () => {
  const server = await serve(demo(2));
  await part("paper", () => paper(server, "en", 1280));
  await part("paper, Arabic on a phone", () => paper(server, "ar", 390));
  await part("a wrong number", () => wrong(server));
  await part("begun and stopped", () => begun_and_stopped(server, "en", 1280));
  await part("begun and stopped, Arabic on a phone", () => begun_and_stopped(server, "ar", 390));
  await part("begun and stopped without script", () => begun_and_stopped(server, "en", 390, false));
});

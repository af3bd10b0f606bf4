// What stands around and beside the records: start page by role, search, menu, shortcuts, guide, key
// terms, notifications, empty lists, confirmations, long work. In English and Arabic, on a phone and
// on a desk, with and without script; axe finds nothing.
import path from "node:path";
import { FULL, SOURCE, axe, demo, in_language, main, ok, part, pick_language, same, serve, sign_in,
         visit } from "./kit.mjs";

const WAYS = [
  { lang: "en", width: 1280 }, { lang: "ar", width: 390 },
  { lang: "ar", width: 1280 }, { lang: "en", width: 390 },
];
const HEADER_MAX = { 390: 100, 1280: 130 };

async function as(server, who, way, script = true) {
  const v = await visit(server, { width: way.width, height: way.width === 390 ? 844 : 900, script });
  await v.page.goto("/login");
  if (!script) {
    await v.page.locator(`header form[action='/language'] button[value='${way.lang}']`).click();
    await v.page.waitForLoadState();
  } else if (way.lang !== "en") {
    await pick_language(v.page, way.lang);
  }
  await sign_in(v.page, who);
  if (script && (await in_language(v.page))[0] !== way.lang) await pick_language(v.page, way.lang);
  return v;
}

// axe is a script itself.
async function clean(v, name) {
  if (!v.script) return;
  const bad = (await axe(v.page)).map((x) => x.id + ": " + x.nodes[0].target.join(" "));
  same(bad, [], `${name}: axe finds nothing`);
  const over = await v.page.evaluate(() => {
    const e = document.scrollingElement;
    return e.scrollWidth - e.clientWidth;
  });
  ok(over <= 0, `${name}: no scrolling sideways`, over);
}

// --- header and home ---

async function start_by_role(server, way) {
  const tag = `${way.lang} ${way.width}`;
  const blocks = {};
  for (const who of ["casemanager", "admin"]) {
    const v = await as(server, who, way);
    await v.page.goto("/");
    blocks[who] = await v.page.locator(".start-grid section").evaluateAll(
      (all) => all.map((e) => [...e.classList].find((c) => c.startsWith("block-"))));
    const tall = await v.page.evaluate(() => document.querySelector("header").offsetHeight);
    ok(tall <= HEADER_MAX[way.width], `${tag}: the header of ${who} is low`, tall);
    await clean(v, `${tag}: start page of ${who}`);
    same(v.complaints, [], `${tag}: no complaint of ${who}`);
    await v.close();
  }
  ok(blocks.casemanager.includes("block-tasks") && !blocks.admin.includes("block-tasks"),
     `${tag}: a case manager begins with tasks, an administrator does not`,
     JSON.stringify(blocks));
  ok(blocks.admin.includes("block-forms"), `${tag}: an administrator has the forms`);
}

async function menu(server, way, script) {
  const tag = `${way.lang} ${way.width} ${script ? "with" : "without"} script`;
  const v = await as(server, "supervisor", way, script);
  await v.page.goto("/");
  const summary = v.page.locator(".places > summary");
  const tasks = v.page.locator(".sections a[href='/tasks']:visible");
  if (way.width === 390) {
    same(await tasks.count(), 0, `${tag}: places are in the menu`);
    const box = await v.page.locator("#find").boundingBox();
    ok(box.width >= 90, `${tag}: the search box has room`, box.width);
  }
  await summary.focus();
  await v.page.keyboard.press("Enter");
  await v.page.locator(".places[open] .menu-body").waitFor();
  const body = await v.page.locator(".places .menu-body").boundingBox();
  ok(body.x >= 0 && body.x + body.width <= way.width, `${tag}: the open menu is inside`,
     JSON.stringify(body));
  await tasks.first().click();
  await v.page.waitForURL(/\/tasks$/);
  ok(true, `${tag}: the menu leads to the tasks`);
  await v.close();
}

async function search(server, way, script) {
  const tag = `${way.lang} ${way.width} ${script ? "with" : "without"} script`;
  const v = await as(server, "supervisor", way, script);
  await v.page.goto("/records/person");
  const number = await v.page.locator("table.records td.number").first().innerText();
  await v.page.fill("#find", number);
  await v.page.press("#find", "Enter");
  await v.page.waitForURL(/\/search\//);
  ok(!v.page.url().includes("2026"), `${tag}: the words are not in the address`);
  same(await v.page.locator(".hit .number").first().innerText(), number, `${tag}: it is found`);
  await clean(v, `${tag}: search`);
  await v.page.fill("#find", "Xyzzyq Qwrtp");
  await v.page.press("#find", "Enter");
  await v.page.locator("main .empty").waitFor();
  ok(true, `${tag}: that nobody was found is said`);
  await v.close();
}

// --- guide and terms ---

async function guide_beside(server, way) {
  const tag = `${way.lang} ${way.width}`;
  const v = await as(server, "casemanager", way);
  await v.page.goto("/records/person/new");
  const help = v.page.locator("[data-help]");
  same(await help.getAttribute("href"), "/guide/person", `${tag}: the form has its own help`);
  if (way.width === 390) {
    await v.page.goto("/tasks");
    await help.click();
    await v.page.waitForURL(/\/guide\/tasks$/);
    ok(await v.page.locator("main > .guide h1").isVisible(), `${tag}: a page of its own`);
  } else {
    await help.click();
    await v.page.locator(".side-still .guide").waitFor();
    const [main, side] = await Promise.all([v.page.locator("main").boundingBox(),
                                            v.page.locator(".side-still").boundingBox()]);
    const apart = way.lang === "ar" ? side.x + side.width <= main.x + 1 : main.x + main.width <= side.x + 1;
    ok(apart, `${tag}: it stands beside and covers nothing`, JSON.stringify([main, side]));
    await v.page.locator('[name="gender"]').fill("still typing");
    same(await v.page.inputValue('[name="gender"]'), "still typing", `${tag}: one goes on working`);
    await clean(v, `${tag}: guide beside a form`);
    await v.page.locator(".side-still a[href='/guide/history'], .side-still a").first().focus();
    await v.page.keyboard.press("Escape");
    await v.page.locator(".side-still").waitFor({ state: "detached" });
    ok(await help.evaluate((e) => e === document.activeElement),
       `${tag}: Escape closes it and leads back`);
  }
  await v.page.goto("/guide");
  await clean(v, `${tag}: list of the guide`);
  await v.page.goto("/guide/case");
  await clean(v, `${tag}: page of the guide`);
  same(v.complaints, [], `${tag}: no complaint`);
  await v.close();
}

async function guide_without_script(server) {
  const v = await as(server, "casemanager", { lang: "ar", width: 1280 }, false);
  await v.page.goto("/tasks");
  await v.page.locator("[data-help]").click();
  await v.page.waitForURL(/\/guide\/tasks$/);
  ok(await v.page.locator("main > .guide").isVisible(), "without script help is a page");
  await v.page.goto("/guide");
  await v.page.fill("#q", "الهدوء");
  await v.page.press("#q", "Enter");
  await v.page.waitForURL(/\?q=/);
  ok(await v.page.locator("a[href='/guide/messages']").isVisible(), "the guide is searched");
  await v.page.goto("/guide/case");
  const term = v.page.locator(".term").first();
  const code = await term.getAttribute("data-term");
  await term.click();
  await v.page.waitForURL((u) => u.pathname === "/terms" && u.hash === "#" + code);
  ok(await v.page.locator(`[id="${code}"] dd`).isVisible(), "a term leads to its definition");
  await v.close();
}

async function terms(server, way) {
  const tag = `${way.lang} ${way.width}`;
  const v = await as(server, "casemanager", way);
  await v.page.goto("/terms");
  await clean(v, `${tag}: key terms`);
  const wanted = await v.page.locator("#case_management .term-text").innerText();
  const names = await v.page.locator(".terms dt").allInnerTexts();
  const sorted = await v.page.evaluate(
    ([all, lang]) => [...all].sort(new Intl.Collator(lang).compare), [names, way.lang]);
  same(names, sorted, `${tag}: in the order of the alphabet`);
  await v.page.fill("#q", names[3]);
  await v.page.press("#q", "Enter");
  await v.page.waitForURL(/\?q=/);
  ok((await v.page.locator(".terms dt").allInnerTexts()).includes(names[3]), `${tag}: searched`);
  await v.page.goto("/guide/case");
  const term = v.page.locator(".term").first();
  const code = await term.getAttribute("data-term");
  await term.focus();
  await v.page.locator("#tip").waitFor();
  const said = await v.page.locator("#tip").innerText();
  same(await term.getAttribute("aria-describedby"), "tip", `${tag}: a term is described`);
  const box = await v.page.locator("#tip").boundingBox();
  ok(box.x >= 0 && box.x + box.width <= way.width, `${tag}: the meaning is inside the window`,
     JSON.stringify(box));
  await clean(v, `${tag}: with a meaning open`);
  await v.page.keyboard.press("Escape");
  same(await v.page.locator("#tip").count(), 0, `${tag}: Escape closes it`);
  await v.page.locator("h1").first().click();
  await term.hover();
  await v.page.locator("#tip").waitFor();
  same(await v.page.locator("#tip").innerText(), said, `${tag}: the mouse shows the same`);
  await v.page.goto("/terms");
  same(await v.page.locator(`[id="${code}"] .term-text`).innerText(), said,
       `${tag}: it is the definition`);
  ok(wanted.length > 40, `${tag}: definitions say something`);
  same(v.complaints, [], `${tag}: no complaint`);
  await v.close();
}

// --- shortcuts, notifications, empty states ---

async function shortcuts(server) {
  const v = await as(server, "supervisor", { lang: "en", width: 1280 });
  await v.page.goto("/tasks");
  await v.page.keyboard.press("?");
  await v.page.locator("dialog.side[open] .shortcuts").waitFor();
  await clean(v, "shortcuts");
  await v.page.keyboard.press("Escape");
  await v.page.locator("dialog.side").waitFor({ state: "detached" });
  await v.page.keyboard.press("/");
  same(await v.page.evaluate(() => document.activeElement.id), "find", "/ goes to the search");
  await v.page.keyboard.press("Escape");
  await v.page.keyboard.press("g");
  await v.page.keyboard.press("p");
  await v.page.waitForURL(/\/records\/person$/);
  ok(true, "g p goes to people");
  await v.page.keyboard.press("j");
  await v.page.keyboard.press("Enter");
  await v.page.waitForURL(/\/records\/person\/[0-9a-f-]{36}$/);
  ok(true, "j and Enter open the first of a list");
  await v.close();
}

async function quiet_places(server, way) {
  const tag = `${way.lang} ${way.width}`;
  const places = [["finance", "/notifications"], ["supervisor", "/jobs"],
                  ["supervisor", "/records/person?status=deleted"]];
  for (const [who, place] of places) {
    const v = await as(server, who, way);
    await v.page.goto(place);
    const says = await v.page.locator("main .empty").first().innerText();
    ok(says.trim().length > 5, `${tag}: ${place} says that there is nothing`, says);
    if (way.lang === "ar") ok(/[\u0600-\u06ff]/.test(says), `${tag}: in Arabic`, says);
    await clean(v, `${tag}: ${place}`);
    await v.close();
  }
}

// --- what is dangerous, what takes long ---

async function confirmed(server, way, script) {
  const tag = `${way.lang} ${way.width} ${script ? "with" : "without"} script`;
  const v = await as(server, "supervisor", way, script);
  await v.page.goto("/records/rss");
  const found = await v.page.locator("table.records tbody th a").first().getAttribute("href");
  await v.page.goto(found);
  await v.page.locator(".head-actions .btn-outline-danger").click();
  await v.page.waitForURL(/\/delete$/);
  await clean(v, `${tag}: asked before deleting`);
  await v.page.locator(".confirm .btn-danger").click();
  await v.page.locator("#reason-problem").waitFor();
  ok(true, `${tag}: without a reason nothing is deleted`);
  same((await v.page.goto(found)).status(), 200, `${tag}: it is still there`);
  await v.page.goto(found + "/delete");
  await v.page.fill("#reason", "Registered twice by mistake.");
  await v.page.locator(".confirm .btn-danger").click();
  await v.page.locator(".head-note .mark-deleted").waitFor();
  await clean(v, `${tag}: deleted`);
  await v.page.locator("form[action$='/restore'] button").click();
  await v.page.locator(".head-note .mark-deleted").waitFor({ state: "detached" });
  ok(await v.page.locator(".head-actions .btn-outline-danger").isVisible(),
     `${tag}: and brought back`);
  await v.close();
}

async function long_work(server, way) {
  const tag = `${way.lang} ${way.width}`;
  const v = await as(server, "supervisor", way);
  await v.page.goto("/records/person/import");
  await v.page.setInputFiles("#file", path.join(SOURCE, "tests/data/people-bad.csv"));
  await v.page.locator("form.import-form button").click();
  await v.page.waitForURL(/\/jobs\//);
  ok(await v.page.locator("progress, .job-summary").first().isVisible(),
     `${tag}: one sees how far it is, or what came of it`);
  await v.page.locator(".job-summary").waitFor();
  await clean(v, `${tag}: result of long work`);
  await v.page.goto("/jobs");
  ok((await v.page.locator("main a[href^='/jobs/']").count()) > 0, `${tag}: it is in the list`);
  await v.close();
}

main(async () => {
  const server = await serve(demo(12));
  for (const way of WAYS.slice(0, 2))
    await part(`empty ${way.lang} ${way.width}`, () => quiet_places(server, way));
  for (const way of WAYS.slice(0, 2)) {
    const tag = `${way.lang} ${way.width}`;
    await part(`start ${tag}`, () => start_by_role(server, way));
    await part(`confirm ${tag}`, () => confirmed(server, way, way.width === 1280));
    await part(`search ${tag}`, () => search(server, way, way.width === 1280));
    await part(`long work ${tag}`, () => long_work(server, way));
  }
  for (const way of WAYS) {
    const tag = `${way.lang} ${way.width}`;
    await part(`menu ${tag}`, () => menu(server, way, way.lang === "en"));
    if (!FULL && !WAYS.slice(0, 2).includes(way)) continue;
    await part(`guide ${tag}`, () => guide_beside(server, way));
    await part(`terms ${tag}`, () => terms(server, way));
  }
  await part("guide without script", () => guide_without_script(server));
  await part("shortcuts", () => shortcuts(server));
});

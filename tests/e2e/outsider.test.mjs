// What somebody sees who is not signed in, or not any more; and that a language is remembered.
import { PASSWORD, demo, in_language, main, ok, part, pick_language, same, serve, sign_in,
         visit } from "./kit.mjs";

const RIBBON = ".demo-ribbon";

async function person_link(page) {
  await page.goto("/records/person");
  return page.locator("table.records tbody th a").first().getAttribute("href");
}

async function ribbon_everywhere(server) {
  const v = await visit(server);
  const bare = [];
  const look = async (path) => {
    await v.page.goto(path);
    if (!(await v.page.locator(RIBBON).isVisible())) bare.push(path);
  };
  await look("/login");
  await look("/nowhere");
  await sign_in(v.page, "supervisor");
  const person = await person_link(v.page);
  for (const path of ["/", "/records/person", "/records/person/new", person, person + "/edit",
                      person + "/history", "/records/person/import", "/records/person/export",
                      "/nowhere"])
    await look(path);
  same(bare, [], "every page says that this is a demo");
}

async function to_login_and_back(server) {
  const v = await visit(server);
  const wanted = "/records/person?sort=name";
  await v.page.goto(wanted);
  const at = new URL(v.page.url());
  same([at.pathname, at.searchParams.get("next")], ["/login", wanted],
       "who is not signed in is sent to the sign-in page, which knows where to");
  ok(!(await v.page.content()).includes("table-hover records"), "and sees nothing of the list");
  await v.page.fill("#name", "supervisor");
  await v.page.fill("#password", "not the password");
  await v.page.locator("form[action='/login'] button").click();
  await v.page.locator("[role=alert]").waitFor();
  same(await v.page.inputValue("#name"), "supervisor", "a wrong password keeps the name typed");
  same(await v.page.inputValue("#password"), "", "and not the password");
  await v.page.fill("#password", PASSWORD);
  await v.page.locator("form[action='/login'] button").click();
  await v.page.waitForURL((u) => u.pathname !== "/login");
  const there = new URL(v.page.url());
  same(there.pathname + there.search, wanted, "and after signing in is where he wanted to go");
}

async function next_stays_here(server) {
  const v = await visit(server);
  for (const next of ["https://example.org/", "//example.org/", "/\\example.org"]) {
    await v.context.clearCookies();
    await sign_in(v.page, "supervisor", "/login?next=" + encodeURIComponent(next));
    same(new URL(v.page.url()).origin, server.url, `next=${next} does not lead away`);
  }
}

async function cookies(server) {
  const v = await visit(server);
  await v.page.goto("/login");
  const visitor = (await v.context.cookies()).map((c) => c.value);
  await sign_in(v.page, "supervisor");
  const all = await v.context.cookies();
  const session = all.filter((c) => !visitor.includes(c.value) && c.value.length >= 43);
  same(session.length, 1, "signing in gives one session cookie");
  for (const c of all) {
    ok(c.name.startsWith("__Host-") && c.path === "/", `${c.name}: bound to this host`);
    same([c.secure, c.httpOnly, c.sameSite], [true, true, "Lax"],
         `${c.name}: Secure, HttpOnly, SameSite=Lax`);
  }
  same(await v.page.evaluate(() => document.cookie), "", "script sees no cookie");
}

async function after_sign_out(server) {
  const v = await visit(server);
  await sign_in(v.page, "supervisor");
  const person = await person_link(v.page);
  const answer = await v.page.goto(person);
  same(answer.headers()["cache-control"], "no-store", "a person's page is not kept by the browser");
  const name = (await v.page.locator("h1").innerText()).trim();
  const kept = await v.context.cookies();
  await v.page.locator("header details.menu:not(.places) summary").click();
  await v.page.locator("form[action='/logout'] button").click();
  await v.page.waitForURL((u) => u.pathname === "/login");
  await v.page.goBack();
  await v.page.locator("#password").waitFor();
  ok(!(await v.page.content()).includes(name), "after signing out Back shows nothing of a person");
  await v.context.clearCookies();
  await v.context.addCookies(kept);
  await v.page.goto(person);
  same(new URL(v.page.url()).pathname, "/login", "the session has ended on the server too");
}

async function nothing_for_others(server) {
  const v = await visit(server);
  await sign_in(v.page, "supervisor");
  const person = await person_link(v.page);
  await v.context.clearCookies();
  await sign_in(v.page, "supervisor.iq");
  const hidden = await v.page.goto(person);
  const body = await v.page.locator("main").innerText();
  const absent = await v.page.goto("/records/person/00000000-0000-7000-8000-000000000000");
  same(hidden.status(), 404, "a person of another office is not found");
  same([absent.status(), await v.page.locator("main").innerText()], [404, body],
       "and looks the same as one who does not exist");
}

async function language_stays(server) {
  const v = await visit(server);
  await v.page.goto("/login");
  same(await in_language(v.page), ["en", "ltr"], "English is the first language");
  await pick_language(v.page, "ar");
  same(await in_language(v.page), ["ar", "rtl"], "Arabic runs from right to left");
  await v.page.goto("/nowhere");
  same(await in_language(v.page), ["ar", "rtl"], "the choice holds for the next page");
  await sign_in(v.page, "casemanager");
  await pick_language(v.page, "fr");
  await v.page.goto("/records/person");
  same(await in_language(v.page), ["fr", "ltr"], "a user's choice holds for the next page");
  const other = await visit(server);
  await sign_in(other.page, "casemanager");
  same(await in_language(other.page), ["fr", "ltr"], "and for the same user on another machine");
}

main(async () => {
  const server = await serve(demo(12));
  await part("ribbon", () => ribbon_everywhere(server));
  await part("to login and back", () => to_login_and_back(server));
  await part("next", () => next_stays_here(server));
  await part("cookies", () => cookies(server));
  await part("sign out", () => after_sign_out(server));
  await part("another office", () => nothing_for_others(server));
  await part("language", () => language_stays(server));
});

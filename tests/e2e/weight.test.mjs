// The first page is light, works without script, and can be used with the keyboard alone.
import zlib from "node:zlib";
import { PASSWORD, demo, in_language, main, ok, part, pick_language, same, serve,
         visit } from "./kit.mjs";

const FIRST_PAGE_MAX = 90 * 1000;

// Bytes that came over the line: bodies as encoded, heads too.
async function weigh(server, lang) {
  const v = await visit(server);
  if (lang !== "en") {
    await v.page.goto("/login");
    await pick_language(v.page, lang);
    const cookies = await v.context.cookies();
    await v.close();
    return weigh_fresh(server, lang, cookies);
  }
  await v.close();
  return weigh_fresh(server, lang, []);
}

async function weigh_fresh(server, lang, cookies) {
  const v = await visit(server);
  await v.context.addCookies(cookies);
  const session = await v.context.newCDPSession(v.page);
  const kinds = new Map();
  const sizes = new Map();
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  session.on("Network.responseReceived", (e) => kinds.set(e.requestId, e.response));
  session.on("Network.loadingFinished", (e) => sizes.set(e.requestId, e.encodedDataLength));
  await v.page.goto("/login");
  await v.page.waitForLoadState("networkidle");
  await v.page.evaluate(() => document.fonts.ready);
  let sum = 0;
  const lines = [];
  for (const [id, bytes] of sizes) {
    const answer = kinds.get(id);
    sum += bytes;
    lines.push(`${bytes} ${answer ? new URL(answer.url).pathname : id}`);
    if (answer && /css|javascript|html|svg/.test(answer.mimeType) && bytes > 1500)
      ok(Object.keys(answer.headers).some((h) => h.toLowerCase() === "content-encoding"),
         `${lang}: ${new URL(answer.url).pathname.replace(/[0-9a-f]{16}/, "...")} is compressed`);
  }
  console.log(`# ${lang}: the first page has ${sum} bytes in ${sizes.size} answers`);
  for (const line of lines) console.log("#   " + line);
  ok(sizes.size >= 3 && sum < FIRST_PAGE_MAX, `${lang}: the first page is under 90 KB`,
     lines.join("\n"));
  const foreign = [...kinds.values()].map((a) => a.url)
    .filter((u) => !u.startsWith(server.url) && !u.startsWith("data:"));
  same(foreign, [], `${lang}: nothing comes from elsewhere`);
  same((await in_language(v.page))[0], lang, `${lang}: in its language`);
  const again = await v.page.reload();
  ok(zlib.gzipSync(await again.body()).length < 14000, `${lang}: the page itself is small`);
  same(v.complaints, [], `${lang}: no complaint in the console`);
}

async function held(page) {
  return page.evaluate(() => {
    const e = document.activeElement;
    return { tag: e.tagName, name: e.getAttribute("name") || "", id: e.id, kind: e.className,
             href: e.getAttribute("href") || "", value: e.getAttribute("value") || "" };
  });
}

// Presses Tab until what has the focus is wanted; says how many it took, or -1.
async function tab_to(page, wanted, most) {
  for (let n = 1; n <= most; n++) {
    await page.keyboard.press("Tab");
    if (wanted(await held(page))) return n;
  }
  return -1;
}

// Waits until what the selector names has the focus.
async function holds(page, selector) {
  return page.waitForFunction((s) => document.activeElement.matches(s), selector)
    .then(() => true, () => false);
}

async function by_keyboard(server, script) {
  const tag = script ? "with script" : "without script";
  const v = await visit(server, { script });
  await v.page.goto("/nowhere");
  await v.page.keyboard.press("Tab");
  const first = await held(v.page);
  same(first.href, "#main", `${tag}: Tab reaches the skip link first`);
  const box = await v.page.locator("a[href='#main']").boundingBox();
  ok(box && box.x >= 0 && box.y >= 0 && box.height > 10, `${tag}: and it is seen`,
     JSON.stringify(box));
  await v.page.keyboard.press("Enter");
  same(new URL(v.page.url()).hash, "#main", `${tag}: it leads to the content`);
  await v.page.goto("/login");
  // The browser gives it with the first picture, which may come after the load event.
  ok(await holds(v.page, "#name"), `${tag}: the first field has the focus`);
  await v.page.keyboard.type("supervisor");
  same(await tab_to(v.page, (h) => h.id === "password", 3), 1, `${tag}: then the password`);
  await v.page.keyboard.type(PASSWORD);
  await v.page.keyboard.press("Enter");
  await v.page.waitForURL((u) => u.pathname !== "/login");
  ok(await v.page.locator("header details.menu:not(.places)").isVisible(), `${tag}: signed in by keyboard`);
  await v.page.goto("/records/person/new");
  ok((await tab_to(v.page, (h) => h.name.startsWith("_add."), 30)) > 0,
     `${tag}: a row can be added by keyboard`);
  await v.page.keyboard.press("Enter");
  const named = "[name='names.1.name_text']";
  if (!script) {
    await v.page.waitForURL((u) => u.pathname === "/records/person");
    await tab_to(v.page, (h) => h.name === "names.1.name_text", 60);
  }
  ok(await holds(v.page, named), `${tag}: the first name is reached`);
  await v.page.keyboard.type(script ? "Zubeyda Kestrel" : "Wambui Plover");
  ok((await tab_to(v.page, (h) => h.name === "sex", 60)) > 0, `${tag}: then the choices`);
  await v.page.keyboard.press("Space");
  ok((await tab_to(v.page, (h) => h.name === "_save", 120)) > 0, `${tag}: then Save`);
  const ring = await v.page.evaluate(() => {
    const s = getComputedStyle(document.activeElement);
    return s.outlineStyle !== "none" || s.boxShadow !== "none";
  });
  ok(ring, `${tag}: one sees where the focus is`);
  await v.page.keyboard.press("Enter");
  await v.page.waitForURL(/\/records\/person\/[0-9a-f-]{36}$/);
  ok((await v.page.locator("h1").innerText()).includes(script ? "Kestrel" : "Plover"),
     `${tag}: the form was filled and saved by keyboard alone`);
}

async function bare(server) {
  const v = await visit(server, { script: false });
  await v.page.goto("/login");
  const asks = await v.page.locator("form[action='/login'] :is(input, button):visible").count();
  ok(asks >= 3, "without script the sign-in form is whole");
  await v.page.fill("#name", "supervisor");
  await v.page.fill("#password", PASSWORD);
  await v.page.locator("form[action='/login'] button").click();
  await v.page.waitForURL((u) => u.pathname === "/");
  ok(await v.page.locator("h1").isVisible(), "and signs in");
  await v.page.goto("/records/person/new");
  ok(await v.page.locator(".no-script").first().isVisible(),
     "what only helps without script is shown then");
  const w = await visit(server);
  await w.context.addCookies(await v.context.cookies());
  await w.page.goto("/records/person/new");
  ok(!(await w.page.locator(".no-script").first().isVisible()), "and not with script");
}

main(async () => {
  const server = await serve(demo(12));
  await part("weight en", () => weigh(server, "en"));
  await part("weight ar", () => weigh(server, "ar"));
  await part("without script", () => bare(server));
  await part("keyboard with script", () => by_keyboard(server, true));
  await part("keyboard without script", () => by_keyboard(server, false));
});

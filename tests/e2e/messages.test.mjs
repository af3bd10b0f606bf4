// Messages, their settings, webhooks and notifications in a browser: a message goes to a gateway on
// loopback, one that the gateway refuses rings its author's bell. Pages in English and Arabic, on a
// phone and on a desk: no scrolling sideways, nothing for axe. Pictures go to the build folder's shots/.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { BUILD, FULL, PATIENCE_MS, axe, demo, in_language, main, ok, part, pick_language, same, serve,
         sign_in, visit } from "./kit.mjs";

const SHOTS = path.join(BUILD, "shots");
const NUMBER = "+221 77 000 11 22";

function gateway() {
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (bytes) => { body += bytes; });
    request.on("end", () => {
      server.bodies.push(body);
      response.writeHead(server.status, { "Content-Type": "application/json" });
      response.end('{"id":"gw-1"}');
    });
  });
  server.bodies = [];
  server.status = 200;
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function press(page, button) {
  await Promise.all([page.waitForNavigation(), button.click()]);
}

async function set_up(page, port) {
  await page.goto("/messages/settings");
  await page.fill("#sms-url", `http://127.0.0.1:${port}/sms`);
  await page.fill("#sms-headers", "Content-Type: application/json\nAuthorization: Bearer k");
  await press(page, page.locator('form[action="/messages/settings/sms"] button'));
  same(await page.locator(".problem").allTextContents(), [], "the gateway is taken");
  await page.fill("#quiet-from", "00:00");
  await page.fill("#quiet-to", "00:00");
  await page.check("#private");
  await press(page, page.locator('form[action="/messages/settings/hours"] button'));
  same(await page.locator(".problem").allTextContents(), [], "the hours are taken");
}

// A person with a telephone of her own and one of an aunt who knows nothing.
async function person(page) {
  await page.goto("/records/person/new");
  await page.fill('[name="names.1.name_text"]', "Fatou Beispiel");
  await page.check('[name="sex"][value="female"]');
  for (const n of [1, 2]) {
    await page.locator('button[name="_add.contacts"]').click();
    await page.locator(`[name="contacts.${n}.contact_value"]`).waitFor();
    await page.fill(`[name="contacts.${n}.contact_value"]`, n === 1 ? NUMBER : "+221 77 000 33 44");
  }
  for (const [name, value] of [["1.contact_kind", "phone"], ["1.contact_owner", "self"],
                               ["2.contact_kind", "phone"], ["2.contact_owner", "relative"]]) {
    const field = page.locator(`[name="contacts.${name}"]`).first();
    if ((await field.evaluate((e) => e.tagName)) === "SELECT") await field.selectOption(value);
    else await page.check(`[name="contacts.${name}"][value="${value}"]`);
  }
  await page.check('[name="contacts.2.contact_owner_consent"][value="yes"]');
  await page.locator('form.record-form button[name="_save"]:visible').last().click();
  await page.waitForURL(/\/records\/person\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname;
}

async function send(page, at, contact) {
  await page.goto(at);
  await press(page, page.locator('#messages a.btn'));
  await page.selectOption("#template", "call_us");
  if (contact) await page.selectOption("#contact", { index: contact });
  await page.fill("#phone", "+221 33 800 00 00");
  await press(page, page.locator("main form.part button.btn-primary"));
  return new URL(page.url()).pathname;
}

async function until(page, address, state) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    await page.goto(address);
    const found = await page.locator(".mark").first().getAttribute("class");
    if (found.includes(`mark-${state}`) || Date.now() > end)
      return ok(found.includes(`mark-${state}`), `the message is ${state}`, found);
    await page.waitForTimeout(200);
  }
}

async function look(v, name, lang, width, address) {
  const tag = `${name}-${lang}-${width}`;
  const page = v.page;
  const answer = await page.goto(address);
  same([answer.status(), ...(await in_language(page))], [200, lang, lang === "ar" ? "rtl" : "ltr"],
       `${tag}: status, language, direction`);
  const [wide, room] = await page.evaluate(() => [document.scrollingElement.scrollWidth,
                                                  document.scrollingElement.clientWidth]);
  ok(wide <= room, `${tag}: no scrolling sideways`, `${wide} > ${room}`);
  const told = (await axe(page)).map((x) => `${x.id}: ${x.nodes[0].target.join(" ")}`);
  same(told, [], `${tag}: axe finds nothing`);
  if (FULL) await page.screenshot({ path: path.join(SHOTS, `messages-${tag}.png`), fullPage: true });
  same(v.complaints.splice(0), [], `${tag}: no complaint in the console`);
}

async function look_at(server, who, pages) {
  for (const lang of ["en", "ar"])
    for (const width of FULL ? [390, 1280] : [lang === "en" ? 1280 : 390]) {
      const v = await visit(server, { width, height: width === 390 ? 844 : 900 });
      await v.page.goto("/login");
      if (lang !== "en") await pick_language(v.page, lang);
      await sign_in(v.page, who);
      if ((await in_language(v.page))[0] !== lang) await pick_language(v.page, lang);
      v.complaints.splice(0);
      for (const [name, address] of Object.entries(pages)) await look(v, name, lang, width, address);
      await v.close();
    }
}

main(async () => {
  fs.mkdirSync(SHOTS, { recursive: true });
  const server = await serve(demo(5));
  const sms = await gateway();
  const admin = await visit(server);
  const writer = await visit(server);
  let at = "", sent = "", refused = "", blocked = "", hook = "";
  await sign_in(admin.page, "admin");
  await sign_in(writer.page, "supervisor");
  await part("a message is sent, another refused", async () => {
    await set_up(admin.page, sms.address().port);
    at = await person(writer.page);
    sent = await send(writer.page, at, 0);
    await until(writer.page, sent, "sent");
    const call = JSON.parse(sms.bodies[0]);
    same(call.to, "+221770001122", "the gateway gets the number");
    blocked = await send(writer.page, at, 2);
    await until(writer.page, blocked, "blocked");
    sms.status = 400;
    refused = await send(writer.page, at, 0);
    await until(writer.page, refused, "failed");
    ok((await writer.page.locator(".bell").getAttribute("aria-label")).includes("1") ||
       (await writer.page.locator(".bell").textContent()).includes("1"), "the bell counts one");
    await writer.page.goto("/notifications");
    await press(writer.page, writer.page.locator("main .notes button").first());
    same(new URL(writer.page.url()).pathname, refused, "the notification leads to the message");
    refused = await send(writer.page, at, 0);
    await until(writer.page, refused, "failed");
  });
  await part("a webhook is added and tried", async () => {
    sms.status = 200;
    await admin.page.goto("/webhooks");
    await admin.page.fill("#url", `http://127.0.0.1:${sms.address().port}/hook`);
    await admin.page.fill("#login", "supervisor");
    await admin.page.check("#kind-person");
    await press(admin.page, admin.page.locator("main form.part button.btn-primary"));
    ok(await admin.page.locator(".secret-once").isVisible(), "the secret is shown once");
    await admin.page.goto("/webhooks");
    hook = await admin.page.locator("main table a").getAttribute("href");
    await admin.page.goto(hook);
    await press(admin.page, admin.page.locator('form[action$="/test"] button'));
    const end = Date.now() + PATIENCE_MS;
    while (!sms.bodies.some((b) => b.includes('"test"')) && Date.now() < end)
      await admin.page.waitForTimeout(100);
    ok(sms.bodies.some((b) => b.includes('"test"')), "the test event arrives");
  });
  await part("pages of staff", () => look_at(server, "supervisor", {
    list: "/messages", sent, blocked, refused, person: at, notes: "/notifications",
    new: at.replace("/records/person/", "/messages/to/") }));
  await part("pages of the administrator", () => look_at(server, "admin", {
    settings: "/messages/settings", webhooks: "/webhooks", webhook: hook }));
  sms.close();
});

import { homeward, serve, visit, sign_in, pick_language, main, demo } from "./kit.mjs";
import fs from "node:fs";
const out = "/tmp/h/guide/shots"; fs.mkdirSync(out, { recursive: true });
const [,, who = "supervisor", langs = "en,ar", widths = "390,1280", only = ""] = process.argv;
main(async () => {
  const server = await serve(demo(12));
  for (const lang of langs.split(",")) for (const width of widths.split(",").map(Number)) {
    const v = await visit(server, { width, height: width === 390 ? 844 : 900 });
    const shot = async (name, full = true) => { if (!only || only.split(",").includes(name)) await v.page.screenshot({ path: `${out}/${who}-${name}-${lang}-${width}.png`, fullPage: full }); };
    await v.page.goto("/login"); if (lang !== "en") await pick_language(v.page, lang);
    await shot("login");
    await sign_in(v.page, who);
    if ((await v.page.evaluate(() => document.documentElement.lang)) !== lang) await pick_language(v.page, lang);
    const links = {};
    const pages = { start: "/", people: "/records/person", cases: "/records/case", tasks: "/tasks?all=1", facts: "/facts", jobs: "/jobs", notes: "/notifications", keys: "/shortcuts", guide: "/guide", gcase: "/guide/case", terms: "/terms", newperson: "/records/person/new", import: "/records/person/import", export: "/records/person/export", messages: "/messages", forms: "/forms", formcase: "/forms/case", rules: "/rules", rule: "/rules/plan_overdue", msgset: "/messages/settings", hooks: "/webhooks", households: "/records/household", returns: "/records/return_event", actions: "/records/action", rss: "/records/rss", lost: "/nowhere" };
    for (const [name, path] of Object.entries(pages)) {
      if (only && !only.split(",").includes(name)) continue;
      const r = await v.page.goto(path);
      if (![200].includes(r.status())) { console.log(`# ${who} ${lang} ${name} ${r.status()}`); if (name !== "lost") continue; }
      const e = await v.page.evaluate(() => { const d = document.scrollingElement; return [d.scrollWidth > d.clientWidth, document.querySelector("header").offsetHeight]; });
      if (e[0] || (width === 390 && e[1] > 90)) console.log(`# ${name} ${lang} ${width}: wide ${e[0]} header ${e[1]}`);
      await shot(name);
    }
    if (!only || only.includes("person")) {
    await v.page.goto("/records/person");
    const a = v.page.locator("table.records tbody th a").first();
    if (await a.count()) {
      const href = await a.getAttribute("href");
      for (const [n, s] of Object.entries({ person: "", edit: "/edit", history: "/history", print: "/print", delete: "/delete", rssnew: "!rss", casenew: "!case" })) {
        await v.page.goto(s.startsWith("!") ? `/records/${s.slice(1)}/new?parent=${href.split("/").pop()}` : href + s); await shot(n);
      }
    }
    }
    if (!only || only.includes("helpopen")) {
      await v.page.goto("/tasks"); await v.page.locator("[data-help]").click(); await v.page.waitForTimeout(800); await shot("helpopen", false);
      await v.page.goto("/guide/case"); await v.page.locator(".term").first().hover(); await v.page.waitForTimeout(800); await shot("tip", false);
      await v.page.goto("/"); await v.page.locator("details.menu.places summary").click(); await shot("menu", false);
      await v.page.goto("/"); await v.page.locator("details.menu:not(.places) summary").click(); await shot("menuwho", false);
    }
    for (const c of v.complaints) console.log("# " + c);
    await v.close();
  }
});

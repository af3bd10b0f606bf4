// Changes of a record besides editing, in a browser with and without script: comment, status with a
// reason, undo, delete, restore; a filter that is kept.
import { axe, demo, main, ok, same, serve, sign_in, visit } from "./kit.mjs";

async function press(page, selector) {
  await page.locator(selector).first().click();
  await page.waitForLoadState();
}

await main(async () => {
  const server = await serve(demo(6));
  for (const script of [true, false]) {
    const name = script ? "with script" : "without script";
    const v = await visit(server, { script });
    const page = v.page;
    await sign_in(page, "supervisor");
    await page.goto(server.url + "/records/person");
    await press(page, "th.cell-title a");

    await page.fill("#comment-text", `Comment ${name}`);
    await press(page, "form[action$='/comments'] button");
    ok((await page.textContent("#comments")).includes(`Comment ${name}`), `comment, ${name}`);

    await press(page, ".steps a[href*='deceased']");
    await page.fill("#reason", "The family told us");
    await press(page, "form.confirm button");
    ok(await page.locator(".mark-deceased").count() === 1, `status with a reason, ${name}`);
    await press(page, ".notice-undo button");
    ok(await page.locator(".head-note .mark-active").count() === 1, `undone, ${name}`);

    await page.goto(server.url + "/records/rss"); /* a person goes after the interviews only */
    await press(page, "th.cell-title a");
    await page.goto(page.url() + "/delete");
    if (script) same(await axe(page), [], `the page that asks once more is fit for all, ${name}`);
    await page.fill("#reason", "Entered twice");
    await press(page, "form.confirm button");
    ok(await page.locator(".head-note .mark-deleted").count() === 1, `deleted, ${name}`);
    await press(page, "form[action$='/restore'] button");
    ok(await page.locator(".mark-deleted").count() === 0, `restored, ${name}`);

    await page.goto(server.url + "/records/case?f.priority=high");
    await page.fill("#filter-name", `High ${name}`);
    await press(page, "form[action$='/filters'] button");
    ok((await page.textContent("nav.filters")).includes(`High ${name}`), `filter kept, ${name}`);
  }
});

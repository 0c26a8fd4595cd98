// A workshop in the browser: a trainer's console, the stage, somebody on a phone whose connection is cut while they answer, and
// somebody without JavaScript. Axe finds nothing on any screen.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, signIn, axe } from "./site.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

const clean = async (...pages) => { for (const p of pages) { assert.deepEqual(await axe(p), [], p.url()); assert.deepEqual(p.faults, []); } };

test("a run sheet with a room", { timeout: 120000 }, async () => {
  const trainer = await open(browser), phone = await open(browser, { size: "phone", theme: "dark" }), plain = await open(browser, { size: "phone", js: false });
  await signIn(trainer, "trainer@demo.example");
  await trainer.goto("/teach/workshops/using-social-media/an-introduction/workshop");
  await trainer.locator("a", { hasText: "Set up a live workshop" }).click();
  await clean(trainer);
  await trainer.locator("#f-title").fill("");
  await trainer.locator("main form button.btn-primary").click();
  await trainer.locator(".error-summary").waitFor();
  await trainer.locator("#f-title").fill("Tuesday in the library");
  await trainer.locator("main form button.btn-primary").click();
  await trainer.locator("live-room").waitFor();
  const code = (await trainer.locator(".console-join strong").innerText()).replace(" ", "");
  const stage = await open(browser, { size: { width: 1600, height: 900 } });
  await stage.goto(await trainer.locator(".console-join a").first().getAttribute("href"));
  await stage.locator(".stage-code").waitFor();

  const room = new URL(trainer.url()).pathname;
  await trainer.goto(room + "/setup");
  await clean(trainer);
  await trainer.goto(room);
  for (const [p, name] of [[phone, "Ada"], [plain, ""]]) {
    await p.goto("/join");
    await p.locator("#f-code").fill(code.toLowerCase());
    await p.locator("main form button.btn-primary").click();
    await p.locator("#f-name").fill(name);
    await p.locator("main form button.btn-primary").click();
    await p.locator(".room").waitFor();
  }
  await clean(phone, stage);
  await trainer.locator(".console-people li", { hasText: "Ada" }).waitFor();

  const press = async (text) => { await trainer.locator("[data-part=now] button", { hasText: text }).first().click(); };
  await press("Begin");
  await trainer.locator("[data-part=now] button", { hasText: "Next" }).first().waitFor();
  // Forward to the first poll; whatever lies before it goes by.
  const items = await trainer.locator(".console-sheet li").count();
  for (let n = 0; n < items && !/Poll/.test(await trainer.locator("[data-part=now] .meta").first().innerText()); n++) {
    const was = await trainer.locator("#now").innerText();
    await press("Next");
    await trainer.waitForFunction((t) => document.querySelector("#now")?.textContent !== t, was);
  }
  await press("Open for answers");
  await phone.locator("#f-choice").waitFor();
  await phone.locator("[role=status], [aria-live=polite]").filter({ hasText: "Now:" }).first().waitFor({ state: "attached" });

  await phone.locator(".choice").first().click();
  await phone.context().setOffline(true);
  await phone.locator("[data-part=activity] button.btn-primary").click();
  await phone.locator(".room-link", { hasText: "Not sent yet" }).waitFor();
  await phone.context().setOffline(false);
  await phone.locator(".room-receipt").waitFor();
  await plain.goto("/room/" + code);
  await plain.locator(".choice").nth(1).click();
  await plain.locator("[data-part=activity] button.btn-primary").click();
  await plain.locator(".room-receipt").waitFor();
  await trainer.locator("[data-part=now] .meta", { hasText: "2 people answered" }).waitFor();
  assert.equal(await stage.locator(".room-results").count(), 0, "results before they are shown");

  await trainer.context().setOffline(true);
  await trainer.locator(".room-link", { hasText: "No connection" }).waitFor();
  await trainer.context().setOffline(false);
  await trainer.locator(".room-link", { hasText: "Connected" }).waitFor();
  await press("Close");
  await press("Show the results");
  for (const p of [phone, stage]) await p.locator(".room-results caption", { hasText: "2 people answered" }).waitFor();
  await plain.reload();
  await plain.locator(".room-results caption", { hasText: "2 people answered" }).waitFor();
  await clean(phone, trainer, stage);
  const sizes = await stage.evaluate(() => [document.documentElement.scrollWidth <= innerWidth, parseFloat(getComputedStyle(document.querySelector(".room-results")).fontSize) / innerWidth]);
  assert.ok(sizes[0] && sizes[1] >= 0.023, "the stage is too wide, or its type too small");

  await trainer.locator("[data-part=now] #f-minutes").fill("5");
  await press("Start timer");
  await phone.locator("[data-left]", { hasText: "left" }).waitFor();
  await trainer.locator("[data-part=sheet] button", { hasText: "End the workshop" }).click();
  await phone.locator("h2", { hasText: "The workshop is over" }).waitFor();
  await clean(phone, trainer, stage);
  await trainer.locator(".console-join a", { hasText: "Summary" }).click();
  await trainer.locator(".room-people").waitFor();
  await clean(trainer);
  await trainer.goto(room + "/attendance");
  await clean(trainer);
});

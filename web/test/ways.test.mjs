// How pages behave in the hand: the outline on a phone, themes, print, what takes the focus.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, signIn } from "./site.mjs";

const course = "/courses/using-social-media", step = course + "/an-introduction/opening";
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

test("on a phone the outline opens as a sheet, Esc closes it and the focus returns", { timeout: 240000 }, async () => {
  const page = await open(browser, { size: "phone" });
  await page.goto(step);
  const outline = page.locator("#outline");
  assert.equal(await outline.isVisible(), false, "the outline covers the phone's screen by itself");
  const button = page.locator('.dock button[popovertarget="outline"]');
  await button.focus();
  await page.keyboard.press("Enter");
  await outline.waitFor({ state: "visible" });
  await page.keyboard.press("Escape");
  await outline.waitFor({ state: "hidden" });
  assert.ok(await button.evaluate((x) => x === document.activeElement), "the focus did not return to the button");
  await page.context().close();
});

test("the theme changes at once, is kept, and works without JavaScript", { timeout: 240000 }, async () => {
  const background = (p) => p.evaluate(() => getComputedStyle(document.body).backgroundColor);
  for (const js of [true, false]) {
    const page = await open(browser, { js });
    await page.goto("/help");
    const light = js ? await background(page) : "";
    await page.locator(".menu-theme summary").click();
    const kept = page.waitForResponse((r) => r.url().endsWith("/theme") && r.request().method() === "POST");
    await page.locator('.menu-theme button[value="dark"]').click();
    await kept;
    if (js) await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
    else await page.waitForLoadState();
    await page.goto("/help");
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    if (js) assert.notEqual(await background(page), light);
    await page.context().close();
  }
});

test("an error summary takes the focus, leads to the field, and nothing typed is lost", { timeout: 240000 }, async () => {
  for (const js of [true, false]) {
    const page = await open(browser, { js });
    await page.goto("/register");
    await page.locator("#f-name").fill("Kai");
    await page.locator("#f-email").fill("not an address");
    await page.locator('form[action^="/register"]').evaluate((f) => { f.noValidate = true; }).catch(() => {});
    await page.locator('form[action^="/register"] button.btn-primary').click();
    await page.locator(".error-summary").waitFor();
    assert.match(await page.title(), /^Error:/);
    assert.equal(await page.locator("#f-name").inputValue(), "Kai");
    assert.equal(await page.locator("#f-email").inputValue(), "not an address");
    if (js) assert.ok(await page.locator(".error-summary").evaluate((x) => x.contains(document.activeElement)), "the summary has not the focus");
    await page.locator('.error-summary a[href="#f-email"]').click();
    assert.ok(await page.locator("#f-email").evaluate((x) => x === document.activeElement).catch(() => true));
    await page.context().close();
  }
});

test("on paper there is the text and no controls", { timeout: 240000 }, async () => {
  const page = await open(browser);
  await signIn(page);
  await page.emulateMedia({ media: "print" });
  await page.goto(step);
  for (const hidden of [".topbar", "#outline", ".dock", ".pager"]) {
    assert.equal(await page.locator(hidden).first().isVisible(), false, hidden + " is printed");
  }
  assert.ok(await page.locator("h1").isVisible());
  await page.goto(course + "/an-introduction/channel-map/document");
  assert.ok(await page.locator(".document").first().isVisible());
  assert.ok((await page.pdf({ format: "A4" })).length > 1000);
  await page.context().close();
});

test("a notice after a redirect takes the focus once", { timeout: 240000 }, async () => {
  const page = await open(browser);
  await signIn(page, "learner8@demo.example");
  await page.goto("/me/courses/using-social-media");
  await page.locator(`form[action="${course}/pause"] button`).click();
  await page.locator(".notice").first().waitFor();
  assert.ok(await page.locator(".notice").first().evaluate((x) => x.contains(document.activeElement) || x === document.activeElement), "the notice has not the focus");
  await page.reload();
  assert.equal(await page.locator(".notice").count(), 0, "the notice came twice");
  await page.context().close();
});

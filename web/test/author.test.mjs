// Writing a scenario in the browser: an author without JavaScript breaks a link by keyboard, is told, mends it and takes
// the file along; with it, what is typed keeps itself; every kind of form passes axe and does not scroll sideways on a phone.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { launch, open, signIn, axe } from "./site.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

test("a scenario is written without JavaScript", { timeout: 240000 }, async () => {
  const p = await open(browser, { js: false });
  await signIn(p, "trainer@demo.example");
  await p.goto("/teach/write");
  await p.getByRole("button", { name: "Begin", exact: true }).press("Enter");
  await p.getByRole("button", { name: "Edit first", exact: true }).press("Enter");
  await p.locator("[id='passages/first/title']").fill("");
  await p.locator("[id='passages/first/ask']").fill("Who answers?");
  await p.locator("[id='passages/first/ask']").press("Enter"); // Enter saves, and does nothing else
  await p.locator(".has-error, li", { hasText: "E3" }).first().waitFor();
  assert.equal(await p.locator("[id='passages/first/ask']").inputValue(), "Who answers?");
  await p.locator("[id='passages/first/title']").fill("The first hour");
  await p.getByRole("button", { name: "Save and check", exact: true }).press("Enter");
  await p.getByText("0 errors").waitFor();
  await p.getByText("Key of this scene: first").press("Enter");
  await p.locator("#f-rename").fill("second");
  await p.locator("#f-rename").press("Enter"); // a key that is taken is said beside the field
  await p.locator("#f-rename[aria-invalid=true]").fill("first-hour");
  await p.getByRole("button", { name: "Change the key" }).press("Enter");
  await p.getByText("The first hour (first-hour)").first().waitFor();
  await p.getByText("0 errors").waitFor();
  const [file] = await Promise.all([p.waitForEvent("download"), p.getByRole("link", { name: "Download the file" }).press("Enter")]);
  assert.match(readFileSync(await file.path(), "utf8"), /title: "The first hour"/);
});

test("every form is clean", { timeout: 240000 }, async () => {
  for (const look of [{}, { size: "phone", theme: "dark" }]) {
    const p = await open(browser, look);
    await signIn(p, "trainer@demo.example");
    await p.goto("/teach/write");
    if (!look.size) assert.deepEqual(await axe(p), [], "the beginning");
    await p.locator("button[value=copy]").first().click();
    for (const at of look.size ? ["Meters and flags"] : ["Scenes"]) {
      await p.locator("nav button", { hasText: at }).click();
      await p.locator("nav button[aria-current=page]", { hasText: at }).waitFor();
      assert.deepEqual(await axe(p), [], at);
      assert.ok(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), at + " scrolls sideways");
      if (process.env.SHOTS) await p.screenshot({ path: `${process.env.SHOTS}/${at.replaceAll(" ", "")}-${look.size ?? "wide"}.png` });
    }
    await p.locator("nav button", { hasText: "Scenes" }).click();
    await p.getByRole("button", { name: /^Edit / }).first().click();
    await p.locator("fieldset").first().waitFor();
    assert.deepEqual(await axe(p), [], "a scene");
    await p.locator("fieldset input[type=text], fieldset input:not([type])").first().fill("Typed and kept by itself");
    await p.locator(".save-state", { hasText: /Saved/ }).waitFor();
    await p.reload();
    assert.equal(await p.getByText("Typed and kept by itself").count() + await p.locator("input[value='Typed and kept by itself']").count() > 0, true, "autosave");
    await p.getByRole("link", { name: "Revisions and people" }).click();
    assert.deepEqual(await axe(p), [], "the revisions");
    if (process.env.SHOTS) await p.screenshot({ path: `${process.env.SHOTS}/history-${look.size ?? "wide"}.png`, fullPage: true });
    await p.getByRole("link", { name: "Compare revision 1 with the newest" }).click();
    assert.deepEqual(await axe(p), [], "the comparison");
    assert.ok(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the comparison scrolls sideways");
    if (process.env.SHOTS) await p.screenshot({ path: `${process.env.SHOTS}/compare-${look.size ?? "wide"}.png`, fullPage: true });
    await p.goBack(); await p.goBack();
    if (process.env.SHOTS) await p.screenshot({ path: `${process.env.SHOTS}/scene-${look.size ?? "wide"}.png`, fullPage: true });
    await p.context().clearCookies();
    await signIn(p, "admin@demo.example"); // a draft of their own, since only authors publish
    await p.goto("/teach/write");
    await p.locator("button[value=copy]").first().click();
    await p.getByRole("button", { name: "Publish into a course" }).click();
    await p.locator("#f-step").fill("Not a key");
    await p.getByRole("button", { name: "Publish", exact: true }).click();
    await p.locator("#f-step[aria-invalid=true]").waitFor();
    assert.deepEqual(await axe(p), [], "publishing");
    assert.ok(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "publishing scrolls sideways");
    assert.deepEqual(p.faults, []);
  }
});

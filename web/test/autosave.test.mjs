// Nothing typed is lost: a closed tab, a second device, a dead connection.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, signIn } from "./site.mjs";

const reflection = "/courses/using-social-media/an-introduction/look-at-your-own";
const box = (page) => page.locator('main textarea[name="text"]');
const state = (page) => page.locator("main auto-save .save-state");
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

test("what is typed is saved by itself, and what was typed last survives the closing of the tab", { timeout: 240000 }, async () => {
  const page = await open(browser);
  await signIn(page, "learner3@demo.example");
  await page.goto(reflection);
  await box(page).fill("First words");
  await page.locator('auto-save[data-state="saved"]').waitFor();
  await box(page).pressSequentially(" and the last ones");
  // The page is left at once, long before the pause after which typing is saved; the new page reads what was kept.
  await page.goto("/me");
  let text = "";
  for (let i = 0; i < 20 && !text.includes("last ones"); i++) { await page.goto(reflection); text = await box(page).inputValue(); }
  assert.equal(text, "First words and the last ones");
  await page.context().close();
});

test("two tabs: the older one never overwrites the newer, and both texts are kept", { timeout: 240000 }, async () => {
  const one = await open(browser);
  await signIn(one, "learner4@demo.example");
  await one.goto(reflection);
  const two = await one.context().newPage();
  await two.goto(reflection);
  await two.bringToFront();
  await box(two).fill("Written in the second tab.");
  await two.locator('auto-save[data-state="saved"]').waitFor();
  await one.bringToFront();
  await box(one).fill("Written in the first tab, which knows nothing of it.");
  await one.locator('auto-save[data-state="stale"]').waitFor();
  await one.locator("auto-save button:not([hidden])", { hasText: /./ }).last().click();
  await one.waitForLoadState();
  const shown = await one.locator("main").textContent() + " " + (await one.locator("main textarea").evaluateAll((all) => all.map((x) => x.value).join(" ")));
  assert.match(shown, /Written in the second tab/, "the newer text is gone");
  assert.match(shown, /Written in the first tab/, "the older tab's text is gone");
  await one.context().close();
});

test("offline: the page says so, keeps the text and saves it when the connection is back", { timeout: 240000 }, async () => {
  const page = await open(browser);
  await signIn(page, "learner@demo.example");
  await page.goto(reflection);
  await page.context().setOffline(true);
  await box(page).fill("Typed in a tunnel.");
  await page.locator('auto-save[data-state="failed"]').waitFor();
  assert.match(await state(page).innerText(), /not saved/i);
  assert.equal(await box(page).inputValue(), "Typed in a tunnel.");
  await page.context().setOffline(false);
  await page.locator('auto-save[data-state="saved"]').waitFor({ timeout: 30000 });
  await page.goto(reflection);
  assert.equal(await box(page).inputValue(), "Typed in a tunnel.");
  await page.context().close();
});

test("a quiz goes on where it was left, on another device", { timeout: 240000 }, async () => {
  const quiz = "/courses/using-social-media/an-introduction/check-yourself";
  const desk = await open(browser);
  await signIn(desk, "learner2@demo.example");
  await desk.goto(quiz);
  await desk.locator(".quiz-start button.btn-primary").click();
  await desk.waitForLoadState();
  const asked = await desk.locator("section.question .ask").allInnerTexts();
  const choice = desk.locator("#quiz-form .choice input").first();
  const name = await choice.getAttribute("name"), value = await choice.getAttribute("value");
  await choice.check({ force: true });
  await desk.locator('auto-save[data-state="saved"]').waitFor();

  const phone = await open(browser, { size: "phone" });
  await signIn(phone, "learner2@demo.example");
  await phone.goto(quiz);
  assert.deepEqual(await phone.locator("section.question .ask").allInnerTexts(), asked, "other questions were drawn");
  assert.ok(await phone.locator(`#quiz-form input[name="${name}"][value="${value}"]`).isChecked(), "the answer is not there");
  await desk.context().close();
  await phone.context().close();
});

test("learning goes on at the step where one left", { timeout: 240000 }, async () => {
  const page = await open(browser);
  await signIn(page, "learner4@demo.example");
  const path = "/courses/using-social-media/an-introduction/who-you-miss";
  await page.goto(path);
  await page.goto("/help"); // leaving reports the position
  const other = await open(browser);
  await signIn(other, "learner4@demo.example");
  for (let i = 0; i < 20 && new URL(other.url()).pathname !== path; i++) await other.goto("/courses/using-social-media/learn");
  assert.equal(new URL(other.url()).pathname, path);
  await page.context().close();
  await other.context().close();
});

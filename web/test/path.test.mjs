// The main job, in a browser: from the catalogue to the certificate, on each shipped course once. Without JavaScript
// (beginning as a guest) the first on SQLite and the second on PostgreSQL, by keyboard alone the third.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, quizzes, steps } from "./site.mjs";
import { Mouse, Keyboard, answer, fillForm, play } from "./hands.mjs";

const postgres = process.env.GREENROOM_TEST_ENGINE === "postgres";
const unscripted = postgres
  ? { key: "managing-social-media", title: "Managing social media in your organisation" }
  : { key: "using-social-media", title: "Using social media in the public service" };
const byKeys = "working-with-the-public";
const words = "I would say what we know and what we are still checking and when we will be back with more for everybody who waits. ";
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

async function register(page, hand, email, name) {
  await page.goto("/register");
  await hand.type(page.locator("#f-name"), name);
  await hand.type(page.locator("#f-email"), email);
  for (const p of await page.locator('input[autocomplete="new-password"]').all()) await hand.type(p, "four quiet rivers meet");
  await hand.pressAndLoad(page.locator('form[action^="/register"] button.btn-primary'));
  assert.ok(!page.url().includes("/register"), "registration did not go on: " + await page.locator("main").innerText());
}

async function step(page, hand, s, all) {
  await page.goto(s.path);
  const main = page.locator("main");
  switch (s.kind) {
    case "reading":
    case "resources":
      await hand.pressAndLoad(main.locator(`form[action$="${s.path}/complete"] button`));
      return;
    case "reflection":
      await hand.type(main.locator('textarea[name="text"]'), words.repeat(6).trim());
      await hand.pressAndLoad(main.locator(`form[action$="${s.path}/submit"] button.btn-primary`));
      break;
    case "worksheet":
      await fillForm(page, hand, main.locator("#worksheet-form"));
      await hand.pressAndLoad(main.locator("#worksheet-form button.btn-primary"));
      break;
    case "quiz":
      await hand.pressAndLoad(main.locator(".quiz-start button.btn-primary"));
      await answer(page, hand, all.get(s.key));
      await hand.pressAndLoad(main.locator("#quiz-form button.btn-primary"));
      break;
    case "forum":
      await hand.type(main.locator('textarea[name="body"]'), words.repeat(8).trim());
      if (await main.locator("#f-rules").count()) await hand.tick(main.locator("#f-rules")); // before one's first post
      await hand.pressAndLoad(main.locator(".compose form button.btn-primary"));
      break;
    case "scenario":
      await play(page, hand);
      await hand.pressAndLoad(main.locator('form[action$="/finish"] button.btn-primary'));
      break;
  }
  const refused = await page.locator(".error-summary").allInnerTexts();
  assert.deepEqual(refused, [], s.path + " was refused");
  await page.goto(s.path);
  assert.equal(await page.locator('nav .steps a[aria-current="page"] .dot-done').count(), 1, s.path + " is not done: " + await main.innerText());
}

async function walk(page, hand, course, from = 0, to = Infinity) {
  const all = quizzes(course);
  for (const s of steps(course).slice(from, to)) await step(page, hand, s, all);
}

/** How many steps the first modules have: they hold every kind of step. */
const early = (course, modules) => {
  const seen = new Set();
  return steps(course).filter((s) => { seen.add(s.key.split("/")[0]); return seen.size <= modules; }).length;
};

async function certificate(page, course, name) {
  await page.goto(`/courses/${course}/finish`);
  assert.match(await page.locator("h1").innerText(), /finished/i);
  await page.getByRole("link", { name: /certificate/i }).first().click();
  await page.waitForURL(/\/me\/certificates\//);
  assert.match(await page.locator("main").innerText(), new RegExp(name));
  const code = new URL(page.url()).pathname.split("/").pop();
  const stranger = await open(browser);
  await stranger.goto("/certificates/" + code);
  assert.match(await stranger.locator("main").innerText(), new RegExp(name), "the public check does not confirm");
  await stranger.goto("/certificates/" + code.slice(0, -1) + (code.endsWith("A") ? "B" : "A"));
  assert.doesNotMatch(await stranger.locator("main").innerText(), new RegExp(name), "a wrong code is confirmed");
  await stranger.context().close();
}

test("without JavaScript: learn first, register later, finish", { timeout: 2400000 }, async () => {
  const course = unscripted.key;
  const page = await open(browser, { js: false }), hand = new Mouse(page);
  await page.goto("/courses");
  await page.getByRole("link", { name: unscripted.title }).first().click();
  await page.getByRole("button", { name: /start without an account/i }).click();
  const all = quizzes(course), list = steps(course);
  for (const s of list.slice(0, 3)) await step(page, hand, s, all);
  await page.goto("/me");
  assert.match(await page.locator("main").innerText(), /register/i);

  await register(page, hand, `nojs-${Date.now()}@example.org`, "Nola Script");
  await page.goto(`/courses/${course}`);
  assert.match(await page.locator("main").innerText(), new RegExp(`\\b${Math.floor(300 / steps(course).length)}% complete`), "what the guest did was not kept");
  await walk(page, hand, course, 3);
  await certificate(page, course, "Nola Script");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("by keyboard alone: register, enrol, finish", { timeout: 2400000, skip: postgres && "keys do not depend on the database" }, async () => {
  const course = byKeys;
  const page = await open(browser), hand = new Keyboard(page);
  await register(page, hand, `keys-${Date.now()}@example.org`, "Kim Keys");
  await page.goto(`/courses/${course}`);
  await hand.pressAndLoad(page.getByRole("button", { name: /enrol/i }).first());
  // Every kind of step is done by keys; the other modules repeat them and are walked the quick way.
  const keys = early(course, 1);
  await walk(page, hand, course, 0, keys);
  const quick = await open(browser, { js: false, storageState: await page.context().storageState() });
  await walk(quick, new Mouse(quick), course, keys);
  await quick.context().close();
  await certificate(page, course, "Kim Keys");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

// A scenario in a browser, whole: by keyboard alone, without JavaScript, with the clock. At each moment axe finds nothing,
// the focus is where the reading goes on, and the order in the page is the order of reading.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, axe } from "./site.mjs";
import { Mouse, Keyboard, play } from "./hands.mjs";

const path = "/courses/using-social-media/dealing-with-online-conflict/cheerful-post";
const best = ["own the bad timing", "Customer service first", "Say what is known, what"];
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

const main = (page) => page.locator("main");
const clean = async (page, at) => assert.deepEqual(await axe(page), [], "axe at " + at);
const focus = (page) => page.evaluate(() => document.activeElement?.id ?? "");

/** The places of elements in the page, to compare. */
const order = (page, ...selectors) => page.evaluate((all) => all.map((s) => {
  const e = document.querySelector(s);
  return e ? [...document.querySelectorAll("*")].indexOf(e) : -1;
}), selectors);

async function choose(page, hand, words) {
  await hand.tick(main(page).locator("label.choice", { hasText: words }).locator("input"));
  await hand.pressAndLoad(main(page).locator('form[action$="/choose"] button.btn-primary'));
}

test("by keyboard alone, axe at every moment", { timeout: 240000 }, async () => {
  const page = await open(browser);
  const hand = new Keyboard(page);
  await page.goto(path);
  await clean(page, "the invitation");
  await hand.tick(main(page).locator('input[name="timing"][value="off"]'));
  await hand.pressAndLoad(main(page).locator('form[action$="/start"] button'));
  await clean(page, "the first decision");

  // Nothing chosen: the summary takes the focus, and its link leads to the answers.
  await hand.pressAndLoad(main(page).locator('form[action$="/choose"] button.btn-primary'));
  assert.match(await page.title(), /^Error/);
  await page.locator(".error-summary a").press("Enter");
  assert.equal(await focus(page), "f-choice");
  await clean(page, "the first decision, refused");

  await choose(page, hand, "Delete the cheerful post");
  assert.equal(await focus(page), "outcome", "the outcome takes the focus");
  const [outcome, scene, ask] = await order(page, "#outcome", "#scene", "#choose");
  assert.ok(0 < outcome && outcome < scene && scene < ask, "feedback, then the scene, then the question");
  await hand.pressAndLoad(main(page).locator('form[action$="/back"] button'));
  assert.match(await main(page).innerText(), /What do you do first/);
  await choose(page, hand, "own the bad timing");
  await choose(page, hand, "Customer service first");
  await clean(page, "the reply");

  await hand.type(main(page).locator('textarea[name="text"]'), "Too short.");
  await hand.pressAndLoad(main(page).locator('form[action$="/send"] button.btn-primary'));
  assert.match(await page.locator(".error-summary").innerText(), /at least 10 more words/);
  await clean(page, "the reply, refused");
  await hand.type(main(page).locator('textarea[name="text"]'), "Rosa, you can trade until Friday without penalty. The fault is ours. Next update here at two o'clock.");
  await hand.pressAndLoad(main(page).locator('form[action$="/send"] button.btn-primary'));
  await clean(page, "marking");
  await play(page, hand, best);
  assert.equal(await focus(page), "outcome");
  await clean(page, "the debrief");
  const text = await main(page).innerText();
  for (const said of ["Back by three", "The panel was split", "authors’ own", "Managers and your agency", "Who could switch off your scheduler"]) assert.ok(text.includes(said), said);
  assert.equal(await main(page).locator(".scn-map svg text.scn-step-number").count(), 5);

  // From a decision on another way.
  await hand.pressAndLoad(main(page).locator('form:has(input[name="from"]) button').nth(1));
  assert.match(await main(page).innerText(), /Which kind of engagement fits/);
  assert.match(await main(page).locator(".scn-meters").innerText(), /58/);
  await play(page, hand, ["Consult."]);
  assert.match(await main(page).innerText(), /Consult\. Ask followers/);
  await hand.pressAndLoad(main(page).locator('form[action$="/finish"] button'));
  assert.ok(!page.url().includes("cheerful-post"), "the next step follows");
  await page.goto(path);
  assert.equal(await page.locator('nav .steps a[aria-current="page"] .dot-done').count(), 1);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("without JavaScript, stopping and coming back", { timeout: 240000 }, async () => {
  const page = await open(browser, { js: false });
  const hand = new Mouse(page);
  await page.goto(path);
  await hand.pressAndLoad(main(page).locator('form[action$="/start"] button'));
  await hand.pressAndLoad(main(page).getByRole("button", { name: "Say nothing and let the time pass" }));
  assert.match(await main(page).innerText(), /Another twenty minutes/);
  await page.goto("/courses");
  await page.goto(path); // as it was left
  assert.match(await main(page).innerText(), /Which kind of engagement/);
  await choose(page, hand, "Broadcast.");
  await hand.type(main(page).locator('textarea[name="text"]'), "Half a reply, kept for later.");
  await hand.pressAndLoad(main(page).getByRole("button", { name: "Save and go on later" }));
  await page.goto(path);
  assert.equal(await main(page).locator('textarea[name="text"]').inputValue(), "Half a reply, kept for later.");
  await play(page, hand, ["Say what is known, what"]);
  assert.match(await main(page).innerText(), /Decision by decision/);
  await hand.pressAndLoad(main(page).getByRole("link", { name: "One page to keep" }));
  assert.match(await main(page).innerText(), /Kept by you alone/);
  await page.goto(path);
  await hand.pressAndLoad(main(page).locator('form[action$="/finish"] button'));
  await page.context().close();
});

test("the clock can be paused, and silence is an answer", { timeout: 240000 }, async () => {
  const page = await open(browser);
  await page.clock.install();
  await page.goto(path);
  await main(page).locator('form[action$="/start"] button').click();
  const left = async () => {
    const [m, sec] = (await main(page).locator("[data-clock-text]").innerText()).split(":").map(Number);
    return 60 * m + sec;
  };
  await page.waitForFunction(() => /^\d:\d\d$/.test(document.querySelector("[data-clock-text]")?.textContent ?? ""));
  await page.clock.runFor(10000);
  const before = await left();
  assert.ok(before <= 111 && before > 60, `${before} seconds are left`);
  const pause = main(page).locator("[data-clock-pause]");
  await pause.click();
  assert.equal(await pause.getAttribute("aria-pressed"), "true");
  const stood = await left();
  await page.clock.runFor(60000);
  assert.equal(await left(), stood, "a paused clock stands still");
  await pause.click();
  const [r] = await Promise.all([page.waitForNavigation(), page.clock.runFor(121000)]);
  assert.ok(r);
  assert.match(await main(page).innerText(), /You said nothing/);
  await page.context().close();
});

test("two devices: the page that was overtaken says so", { timeout: 240000 }, async () => {
  const one = await open(browser);
  await one.goto(path);
  await one.locator('main form[action$="/start"] button').click();
  await one.waitForSelector("#choose");
  const two = await open(browser, { storageState: await one.context().storageState() });
  await two.goto(path);
  await choose(two, new Mouse(two), "own the bad timing");
  await choose(one, new Mouse(one), "Delete the cheerful post");
  assert.match(await main(one).innerText(), /gone on elsewhere/);
  assert.match(await main(one).innerText(), /Which kind of engagement/);
  await one.context().close();
  await two.context().close();
});

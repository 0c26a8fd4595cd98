// Marking and moderating in the browser, from a report to the answer of an appeal: with the keyboard alone, without JavaScript, and
// on a phone in the dark. Two who are at the same thing at the same time lose nothing, and axe finds nothing on any state.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, signIn, axe } from "./site.mjs";
import { Mouse, Keyboard } from "./hands.mjs";

const cohort = "019ac000-0000-7000-8000-000000000001"; // the demo's running cohort
const board = "/discuss/" + cohort + "/general";
const queue = "/teach/cohorts/" + cohort + "/discussion/an-introduction.one-channel-to-close";
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

/** looked gathers what axe finds; with JavaScript only, since axe is a script. */
async function looked(page, what) {
  assert.deepEqual(await axe(page), [], what);
  assert.deepEqual(page.faults, [], what);
}
const wrong = (page) => page.locator(".error-summary").innerText();

async function write(page, title, body) {
  await page.goto(board);
  await page.locator("#f-title").fill(title);
  await page.locator("#f-body").fill(body);
  if (await page.locator("#f-rules").count()) await page.locator("#f-rules").check({ force: true });
  await new Mouse(page).pressAndLoad(page.locator("main form:has(#f-title) button.btn-primary"));
  return "/posts/" + page.url().match(/#p-([0-9a-f-]{36})/)[1];
}

for (const [i, [how, options, Hands]] of [["with the keyboard", {}, Keyboard], ["without JavaScript", { js: false }, Mouse], ["on a phone, in the dark", { size: "phone", theme: "dark" }, Mouse]].entries()) {
  const look = options.js === false ? async () => {} : looked;
  const as = async (who) => {
    const page = await open(browser, options);
    if (who) await signIn(page, who + "@demo.example");
    return [page, new Hands(page)];
  };

  test("a report becomes a case, a decision and an answered appeal " + how, { timeout: 300000 }, async () => {
    const [author] = await as("learner3"), [reader, r] = await as("learner2"), [nobody, n] = await as("");
    const [first, a] = await as("moderator"), [second, b] = await as("trainer");
    const title = "Closing time " + i, post = await write(author, title, "Only an idiot would close the counter.");

    // Reports: by a member, and by somebody without an account, from the foot of the page.
    await reader.goto(post + "/report");
    await r.pressAndLoad(reader.locator("main form button.btn-primary"));
    assert.match(await wrong(reader), /Choose one/);
    await look(reader, "report refused");
    await r.tick(reader.locator("#k-abuse"));
    await r.pressAndLoad(reader.locator("main form button.btn-primary"));
    await nobody.goto("/");
    await n.pressAndLoad(nobody.locator('footer a[href="/report"]'));
    await n.type(nobody.locator("#f-place"), nobody.url().replace(/\/report.*/, "") + post);
    await n.tick(nobody.locator("#k-private"));
    await n.type(nobody.locator("#f-text"), "My name is in it.");
    await n.type(nobody.locator("#f-email"), "no address");
    await n.pressAndLoad(nobody.locator("main form button.btn-primary"));
    assert.match(await wrong(nobody), /e-mail address/);
    assert.equal(await nobody.locator("#f-text").inputValue(), "My name is in it.");
    await look(nobody, "public report refused");
    await n.type(nobody.locator("#f-email"), "kim@example.org");
    await n.pressAndLoad(nobody.locator("main form button.btn-primary"));

    // Two moderators at the same case: they are told of it, one takes it, the other reads who has it.
    await first.goto("/me/notifications");
    await look(first, "told of a case");
    await a.pressAndLoad(first.locator("ul.board-list a", { hasText: "Private or protected information" }).first());
    const at = new URL(first.url()).pathname;
    await second.goto(at);
    await look(first, "case");
    await a.pressAndLoad(first.getByRole("button", { name: "Take this case" }));
    await b.pressAndLoad(second.getByRole("button", { name: "Take this case" }));
    assert.match(await wrong(second), /Somebody else took this case/);
    await look(second, "case that somebody has");
    await a.pressAndLoad(first.getByRole("button", { name: "Decide and tell them" }));
    assert.match(await wrong(first), /Give a reason/);
    await look(first, "decision refused");
    await a.tick(first.locator("#a-warn"));
    await a.type(first.locator("#f-rule"), "1. Talk about the question");
    await a.type(first.locator("#f-reason"), "It insults who thinks otherwise.");
    await a.pressAndLoad(first.getByRole("button", { name: "Decide and tell them" }));
    await look(first, "decided");

    // Nobody reads what was hidden, title and all; the author appeals, and somebody else answers.
    await reader.goto(board);
    assert.equal(await reader.getByText(title).count(), 0, "the title is still to be read");
    await author.goto("/me/notifications");
    await new Mouse(author).pressAndLoad(author.locator("ul.board-list a", { hasText: "A moderator decided" }).first());
    const c = new Hands(author);
    await c.type(author.locator("#f-text"), "no");
    await c.pressAndLoad(author.getByRole("button", { name: "Send the appeal" }));
    assert.match(await wrong(author), /Say why/);
    await look(author, "appeal refused");
    await c.type(author.locator("#f-text"), "It is a line of a play that we read.");
    await c.pressAndLoad(author.getByRole("button", { name: "Send the appeal" }));
    await look(author, "appealed");
    await first.goto(at);
    assert.equal(await first.locator("#f-why").count(), 0, "who decided can answer the appeal");
    await second.goto(at);
    await b.type(second.locator("#f-why"), "The play is on the list of readings.");
    await look(second, "appeal");
    await b.pressAndLoad(second.getByRole("button", { name: "Take the decision back" }));
    await look(second, "answered");
    await reader.goto(board);
    assert.equal(await reader.getByText(title).count(), 1, "the title has not come back");
    for (const p of [author, reader, nobody, first, second]) await p.context().close();
  });

  test("marks are given " + how, { timeout: 300000 }, async () => {
    const [one, h] = await as("trainer"), [other, o] = await as("admin");
    await one.goto(queue);
    const to = await one.locator("tbody a").first().getAttribute("href"); // who is to be marked comes first
    await look(one, "queue");
    await one.goto(to);
    await other.goto(to);
    const save = (p) => p.locator("main form button.btn-primary", { hasText: "Save and go on" });
    await h.type(one.locator("#f-feedback"), "It names the channel " + i);
    await h.pressAndLoad(save(one));
    assert.match(await wrong(one), /for the answer[\s\S]*for the replies/);
    assert.equal(await one.locator("#f-feedback").inputValue(), "It names the channel " + i);
    await look(one, "marks refused");
    for (const k of ["#answer-2", "#replies-1", "#moves-0", "#f-keep"]) await h.tick(one.locator(k));
    await h.pressAndLoad(save(one));
    await look(one, "marked, and on to the next");

    // Who was slower sees both, and decides.
    for (const k of ["#answer-1", "#replies-1", "#moves-1"]) await o.tick(other.locator(k));
    await o.type(other.locator("#f-feedback"), "Another opinion");
    await o.pressAndLoad(save(other));
    assert.match(await wrong(other), /Somebody has marked this meanwhile/);
    assert.match(await other.locator("main").innerText(), new RegExp("It names the channel " + i));
    assert.equal(await other.locator("#f-feedback").inputValue(), "Another opinion");
    await look(other, "marked meanwhile");

    // In a field Enter saves, and presses no kept sentence.
    await one.goto(to);
    await h.tick(one.locator("#answer-0"));
    await Promise.all([one.waitForNavigation(), one.locator("#answer-0").press("Enter")]);
    await one.goto(to);
    assert.ok(await one.locator("#answer-0").isChecked(), "Enter has not saved");
    for (const p of ["/participation", "/an-introduction.one-channel-to-close/summary"]) {
      await one.goto("/teach/cohorts/" + cohort + "/discussion" + p);
      await look(one, p);
    }
    await one.context().close();
    await other.context().close();
  });
}

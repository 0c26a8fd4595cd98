// A discussion in the browser: one reads while somebody without JavaScript writes. New posts wait behind a button that is
// announced, the focus stays where it is, what is hidden is replaced in place, and axe finds nothing at any moment.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, signIn, axe } from "./site.mjs";

const talk = "/discuss/019ac000-0000-7000-8000-000000000001";
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

/** agrees with the house rules, where the form asks for it. */
async function agree(page) {
  const rules = page.locator("#f-rules");
  if (await rules.count()) await rules.check({ force: true });
}

test("new posts wait, are announced, and move no focus", { timeout: 240000 }, async () => {
  const reader = await open(browser), writer = await open(browser, { js: false }), staff = await open(browser);
  await reader.addInitScript(() => { // what a screen reader is given to say
    window.spoken = [];
    new MutationObserver((all) => {
      for (const m of all) {
        const where = (m.target instanceof Element ? m.target : m.target.parentElement)?.closest("[role=status], [role=alert], [role=log], [aria-live]");
        if (where?.textContent.trim()) window.spoken.push(where.textContent.trim());
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  await signIn(reader, "learner2@demo.example");
  await signIn(writer, "learner3@demo.example");
  await signIn(staff, "trainer@demo.example");
  await reader.goto(talk + "/general");
  await reader.locator(".board-list a", { hasText: "rude and right" }).click();
  const thread = new URL(reader.url()).pathname;
  await reader.locator(".live-state", { hasText: "Live" }).waitFor();
  const deaf = await open(browser); // its network blocks sockets
  await deaf.addInitScript(() => { window.WebSocket = class { constructor() { throw new Error("blocked"); } }; });
  await signIn(deaf, "learner@demo.example");
  await deaf.goto(thread);
  await deaf.locator(".live-state", { hasText: "every 15 seconds" }).waitFor();
  const there = await reader.locator(".post").count();
  await reader.locator("#f-body").focus();

  await writer.goto(thread);
  await writer.locator(".posts > li").last().locator("a", { hasText: "Reply" }).first().click(); // which nobody has answered
  await writer.locator("#f-body").fill("A comment for @Tevita Ofa.");
  await writer.locator("button", { hasText: "Preview" }).click();
  assert.match(await writer.locator(".post-text").first().innerHTML(), /<strong>@Tevita Ofa<\/strong>/);
  await agree(writer);
  await writer.locator("button.btn-primary", { hasText: "Post" }).click();
  assert.match(writer.url(), /#p-/);
  await writer.goto(thread);
  const said = "A response of " + Date.now();
  await writer.locator("#f-body").fill(said);
  await agree(writer);
  await writer.locator("button.btn-primary", { hasText: "Post" }).click();

  await reader.locator(".new-posts button", { hasText: "Show 2 new posts" }).waitFor({ timeout: 30000 });
  await deaf.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))); // it looks when it is seen again
  await deaf.locator(".new-posts button", { hasText: "Show 2 new posts" }).waitFor();
  assert.equal(await reader.locator(".post").count(), there, "what is there was touched");
  assert.equal(await reader.evaluate(() => document.activeElement.id), "f-body", "the focus moved");
  assert.ok((await reader.locator("[role=status], [aria-live=polite]").allInnerTexts()).some((t) => t.includes("Show 2 new posts")), "nothing was announced");
  const spoken = await reader.evaluate(() => window.spoken);
  assert.deepEqual(spoken.filter((t) => !/^Show (1 new post|2 new posts)$/.test(t)), [], "more was read out than that there is something new");
  assert.equal(await reader.evaluate(() => document.querySelector(".post").closest("[aria-live], [role=log], [role=status]")), null);
  assert.deepEqual(await axe(reader), []);
  await reader.locator(".new-posts button").press("Enter");
  assert.equal(await reader.locator(".post").count(), there + 2);
  assert.equal(await reader.locator(".posts .comments .post", { hasText: "A comment for" }).count(), 1, "the comment is not where it belongs");
  assert.match(await reader.evaluate(() => document.activeElement.id), /^p-/);

  await staff.goto(thread);
  await staff.locator(".post", { hasText: said }).locator("form[action$='/moderate'] button").click();
  await staff.locator("#a-hide").check({ force: true });
  await staff.locator("#f-rule").fill("1. Be respectful");
  await staff.locator("#f-reason").fill("for the test");
  await staff.locator("form[action$='/decide'] button.btn-primary").click();
  await staff.locator("#decision").waitFor();
  await reader.locator("#f-body").focus();
  await reader.locator(".post-gone").first().waitFor({ timeout: 30000 });
  assert.equal(await reader.getByText(said).count(), 0, "what was hidden is still to be read");
  assert.deepEqual([...reader.faults, ...deaf.faults, ...writer.faults, ...staff.faults], []);
});

test("the line says how the page hears, wherever one reads; a cut loses nothing", { timeout: 240000 }, async () => {
  const reader = await open(browser, { size: "phone" }), writer = await open(browser, { js: false });
  await signIn(reader, "learner2@demo.example");
  await signIn(writer, "trainer@demo.example");
  await reader.goto(talk + "/general");
  await reader.locator(".board-list a", { hasText: "rude and right" }).click();
  const line = reader.locator(".live-state");
  await line.filter({ hasText: "Live" }).waitFor();
  await reader.locator("#f-body").fill("Half a thought");
  const at = await line.boundingBox();
  assert.ok(at.y >= 0 && at.y + at.height < 844, `where one writes the line is at ${at.y}`);
  await reader.context().setOffline(true);
  await line.filter({ hasText: "Not connected since" }).waitFor();
  await writer.goto(new URL(reader.url()).pathname);
  await writer.locator("#f-body").fill("Said meanwhile, " + Date.now());
  await agree(writer);
  await writer.locator("button.btn-primary", { hasText: "Post" }).click();
  assert.match(writer.url(), /#p-/);
  await reader.context().setOffline(false);
  await line.filter({ hasText: "Live" }).waitFor();
  await reader.locator(".new-posts button", { hasText: "Show 1 new post" }).waitFor();
  assert.deepEqual(await reader.evaluate(() => [document.activeElement.id, document.activeElement.value]), ["f-body", "Half a thought"]);

  // A post in which the focus is changes when that has left.
  const post = reader.locator(".post", { hasText: "Said meanwhile" });
  await reader.locator(".new-posts button").press("Enter");
  await post.locator("a", { hasText: "Reply" }).focus();
  await writer.goto(await post.locator(".post-when a").getAttribute("href"));
  await writer.locator(".post", { hasText: "Said meanwhile" }).locator("a", { hasText: "Edit" }).click();
  await writer.locator("#f-body").fill("Said otherwise.");
  await writer.locator("form:has(#f-body) button.btn-primary").click();
  await writer.waitForURL(/#p-/);
  await writer.goto(new URL(reader.url()).pathname);
  await writer.locator("#f-body").fill("And something after it.");
  await writer.locator("button.btn-primary", { hasText: "Post" }).click();
  await reader.locator(".new-posts button", { hasText: "Show 1 new post" }).waitFor(); // so the edit has come too
  assert.equal(await post.count(), 1, "a post was taken away from under the focus");
  await reader.locator("#f-body").focus();
  await reader.locator(".post", { hasText: "Said otherwise." }).waitFor();
  assert.equal(await post.count(), 0);
  assert.equal(await reader.evaluate(() => document.activeElement.id), "f-body");
  assert.deepEqual([...reader.faults.filter((f) => !/ERR_INTERNET_DISCONNECTED/.test(f)), ...writer.faults], []);
});

test("how many read a thread is text, from three on", { timeout: 240000 }, async () => {
  const all = [];
  for (const [who, js] of [["learner2", true], ["learner3", true], ["trainer", true], ["learner4", false]]) {
    const p = await open(browser, { js });
    await signIn(p, who + "@demo.example");
    await p.goto(talk + "/general");
    await p.locator(".board-list a", { hasText: "rude and right" }).click();
    all.push(p);
  }
  const [one, two, three, plain] = all;
  await one.locator(".live-here", { hasText: "3 reading now" }).waitFor({ timeout: 40000 });
  assert.deepEqual(await axe(one), []);
  await two.locator("#f-body").fill("I type");
  await one.locator(".live-here", { hasText: "3 reading now, 1 writing" }).waitFor();
  assert.equal(await two.locator(".live-here").innerText(), "3 reading now");
  await one.locator(".live-here", { hasText: /^3 reading now$/ }).waitFor();
  await plain.reload();
  assert.equal(await plain.locator(".live-here").innerText(), "4 reading now");
  await three.context().close();
  await one.locator(".live-here").waitFor({ state: "hidden", timeout: 40000 });
  await plain.reload();
  assert.equal(await plain.locator(".live-here").innerText(), "3 reading now");
  assert.deepEqual([...one.faults, ...two.faults, ...plain.faults], []);
});

test("what was typed comes along to the page that a link or button leads to, and a preview takes no files away", { timeout: 240000 }, async () => {
  const p = await open(browser);
  await signIn(p, "learner4@demo.example");
  await p.goto(talk + "/general");
  await p.locator(".board-list a", { hasText: "flood warning" }).click();
  const thread = new URL(p.url()).pathname, box = p.locator("#f-body");
  await box.fill("Begun before I saw whom I answer.");
  await p.locator(".posts > li").first().locator("a", { hasText: "Reply" }).first().click();
  await p.waitForURL(/reply=/);
  assert.equal(await box.inputValue(), "Begun before I saw whom I answer.");
  await box.fill("Typed while I like something.");
  const useful = p.locator(".posts > li").first().locator("button", { hasText: "Useful" });
  await useful.click();
  await p.locator(".posts [aria-pressed=true] .num", { hasText: "1" }).waitFor();
  assert.match(p.url(), /reply=/, "the page was left");
  assert.equal(await box.inputValue(), "Typed while I like something.");
  assert.equal(await useful.evaluate((x) => x === document.activeElement), true, "the focus moved");
  await p.locator("#f-follow").selectOption("follow");
  await p.locator(".thread-foot button", { hasText: "Save" }).click();
  await p.locator(".alert", { hasText: "Saved" }).first().waitFor();
  assert.equal(await box.inputValue(), "Typed while I like something.");
  await p.locator(".posts [aria-pressed=true]").click();
  await p.locator(".posts [aria-pressed=false]").first().waitFor();
  await box.fill("");
  await p.locator("auto-save[data-state=saved]").waitFor();

  await p.goto(thread);
  await p.locator(".posts > li").first().locator("a", { hasText: "Quote" }).first().click();
  await p.waitForURL(/quote=1/);
  const quoted = await box.inputValue();
  await box.press("ControlOrMeta+End");
  await box.pressSequentially("Yes.");
  assert.equal(await box.inputValue(), quoted + "Yes.");
  await p.locator("auto-save[data-state=saved]").waitFor();
  await p.reload();
  assert.equal(await box.inputValue(), quoted + "Yes.", "the quote came twice");

  await p.locator("#compose summary").click();
  await p.locator("#f-files").setInputFiles({ name: "plan.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n%%EOF") });
  await box.fill("This is **it**, @Miriam Katz.");
  await p.locator("button", { hasText: "Preview" }).click();
  await p.locator(".md-preview strong", { hasText: "@Miriam Katz" }).waitFor();
  assert.equal(await p.locator("#f-files").evaluate((x) => x.files.length), 1);
  assert.deepEqual(await axe(p), []);
  await box.fill("");
  await p.locator("auto-save[data-state=saved]").waitFor();
  assert.deepEqual(p.faults, []);
  await p.context().close();
});

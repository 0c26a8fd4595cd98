// A trainer's desk and the ways into a cohort: everything works without JavaScript, axe finds nothing on any state of
// its pages, and what went wrong is said beside the field with nothing lost.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { launch, open, signIn, axe } from "./site.mjs";
import { Mouse, Keyboard } from "./hands.mjs";

const cohort = "/teach/cohorts/019ac000-0000-7000-8000-000000000001"; // the demo's running cohort
const shots = process.env.GREENROOM_SHOTS; // a folder for pictures of what was tried
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

/** looked gathers what axe finds; with JavaScript only, since axe is a script. */
async function looked(page, what) {
  assert.deepEqual(await axe(page), [], what);
  assert.deepEqual(page.faults, [], what);
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${what.replaceAll(" ", "-")}.png`, fullPage: true });
}

/** walk does the whole of a trainer's day with the given hands. */
async function walk(page, hands, look, tag) {
  await signIn(page, "trainer@demo.example");

  // Learners and modules, and a letter to one of them.
  await page.goto(cohort + "/progress");
  await look(page, "learners");
  await page.goto(cohort + "/progress?q=zebra");
  await look(page, "nobody found");
  await page.goto(cohort + "/progress");
  const first = page.locator("table.matrix tbody tr").first();
  const name = (await first.locator("th a").innerText()).trim();
  await hands.tick(first.locator('input[name="person"]'));
  await hands.pressAndLoad(page.locator('form[action$="/message"] button.btn-primary'));
  const letter = page.locator('form[action$="/message"]');
  await hands.type(page.locator('textarea[name="body"]'), "Your second module opens on Monday.");
  await hands.pressAndLoad(letter.locator('button[value="preview"]'));
  assert.ok(await page.locator(".error-summary").isVisible(), "a letter without a subject is not refused");
  assert.match(await page.locator('textarea[name="body"]').inputValue(), /opens on Monday/);
  await look(page, "letter refused");
  await hands.type(page.locator('input[name="subject"]'), "This week " + tag);
  await hands.pressAndLoad(letter.locator('button[value="preview"]'));
  await look(page, "letter previewed");
  await hands.pressAndLoad(letter.locator('button[value="send"]'));
  assert.match(await page.locator("main").innerText(), /The letter is on its way/);

  // One learner: a step waived, and the waiver taken back.
  await page.goto(cohort + "/progress");
  await hands.pressAndLoad(page.locator("table.matrix tbody th a", { hasText: name }).first());
  await look(page, "learner");
  const decide = page.locator('details:has(form[action$="/decide"])');
  await hands.press(decide.locator("summary"));
  const step = decide.locator('input[name="steps"]').last();
  const title = (await decide.locator(`label[for="${await step.getAttribute("id")}"]`).innerText()).trim();
  await hands.tick(step);
  await hands.pressAndLoad(decide.locator("button.btn-primary"));
  assert.ok(await page.locator(".error-summary").isVisible(), "a decision without a kind and a reason is not refused");
  assert.ok(await page.locator('details:has(form[action$="/decide"]) input[name="steps"]').last().isChecked(), "what was chosen is lost");
  await look(page, "decision refused");
  await hands.tick(page.locator("#k-waived"));
  await hands.type(page.locator('form[action$="/decide"] input[name="reason"]'), "Did it in an earlier role " + tag);
  await hands.pressAndLoad(page.locator('form[action$="/decide"] button.btn-primary'));
  assert.match(await page.locator("main").innerText(), new RegExp("Did it in an earlier role " + tag));
  await look(page, "decision made");
  const back = page.locator('details:has(form[action$="/reverse"])');
  await hands.press(back.locator("summary"));
  await hands.tick(back.locator('input[name="steps"]').first());
  await hands.type(back.locator('input[name="reason"]'), "It was somebody else " + tag);
  await hands.pressAndLoad(back.locator("button.btn-danger"));
  assert.match(await page.locator("main").innerText(), new RegExp("It was somebody else " + tag));
  assert.ok(title, "a step has a title");

  // Ways into the cohort: an address, a link, a file.
  await page.goto(cohort + "/join");
  await look(page, "ways in");
  await hands.type(page.locator('form[action$="/add"] input[name="email"]'), "no address");
  await hands.pressAndLoad(page.locator('form[action$="/add"] button.btn-primary'));
  assert.equal(await page.locator('form[action$="/add"] input[name="email"]').inputValue(), "no address");
  await look(page, "address refused");
  await hands.type(page.locator('form[action$="/add"] input[name="email"]'), `new-${tag}@agency.example`);
  await hands.pressAndLoad(page.locator('form[action$="/add"] button.btn-primary'));
  assert.match(await page.locator("main").innerText(), new RegExp(`new-${tag}@agency\\.example`));
  const invite = page.locator('details:has(form[action$="/invitations"])');
  if (!(await invite.evaluate((d) => d.open))) await hands.press(invite.locator("summary"));
  await hands.type(invite.locator('input[name="label"]'), "For the branch " + tag);
  await hands.pressAndLoad(invite.locator("button.btn-primary"));
  const link = await page.locator("article", { hasText: "For the branch " + tag }).locator("input[readonly]").first().inputValue();
  await look(page, "link made");
  const file = page.locator('form[action$="/imports"] input[type="file"]');
  if (hands instanceof Keyboard) await hands.reach(file);
  await file.setInputFiles({
    name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(`email,givenName,familyName\nrow-${tag}@agency.example,Row,One\nnot an address,No,Body\n`),
  });
  await file.focus(); // choosing a file is the browser's own dialog, which gives the focus back
  await hands.pressAndLoad(page.locator('form[action$="/imports"] button.btn-primary'));
  assert.match(await page.locator("main").innerText(), /not an address/);
  await look(page, "file foreseen");
  await hands.pressAndLoad(page.locator('form[action$="/apply"] button.btn-primary').first());
  await look(page, "file applied");
  return link;
}

for (const [how, options, Hands] of [["with the keyboard", {}, Keyboard], ["without JavaScript", { js: false }, Mouse], ["on a phone, in the dark", { size: "phone", theme: "dark" }, Mouse]]) {
  test("a trainer's day " + how, { timeout: 240000 }, async () => {
    const js = options.js !== false;
    const tag = how.match(/(\w+)$/)[1].toLowerCase();
    const page = await open(browser, options);
    const link = await walk(page, new Hands(page), js ? (p, what) => looked(p, `${tag} ${what}`) : async () => {}, tag);
    await page.context().close();
    for (const [who, email] of [["nobody", ""], ["learner", "learner4@demo.example"]]) {
      const guest = await open(browser, options);
      if (email) await signIn(guest, email);
      await guest.goto(link);
      assert.match(await guest.locator("h1").innerText(), /./);
      if (js) await looked(guest, `${tag} door for ${who}`);
      await guest.context().close();
    }
  });
}

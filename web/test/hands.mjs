// How a test learner does things. Mouse clicks where it likes; Keyboard reaches everything by Tab and presses keys.
// Both take locators, so that one walk through a course serves both.
import { plain } from "./site.mjs";

export class Mouse {
  constructor(page) { this.page = page; }
  async press(el) { await el.click(); }
  async pressAndLoad(el) { await Promise.all([this.page.waitForNavigation(), el.click()]); }
  async type(el, text) { await el.fill(text); }
  async tick(el) { await el.check({ force: true }); }
  async pick(el, label) { await el.selectOption({ label }); }
}

export class Keyboard {
  constructor(page) { this.page = page; }
  /** Tabs until the element has the focus: everything must be reachable that way. */
  async reach(el) {
    const here = () => el.evaluate((x) => x === document.activeElement);
    if (await here()) return;
    // Long pages begin with the outline: the skip link is what it is for.
    const inMain = await el.evaluate((x) => !!x.closest("main"));
    // A page that was opened at a place in it begins there.
    const outside = await this.page.evaluate(() => !location.hash && (!document.activeElement || document.activeElement === document.body));
    if (inMain && outside) {
      await this.page.keyboard.press("Tab");
      const skip = await this.page.evaluate(() => document.activeElement?.getAttribute("href"));
      if (skip !== "#main") throw new Error("the first Tab does not reach the skip link but " + skip);
      await this.page.keyboard.press("Enter");
    }
    for (let i = 0; i < 300; i++) {
      await this.page.keyboard.press("Tab");
      if (await here()) return;
    }
    throw new Error("Tab never reaches " + await el.evaluate((x) => x.outerHTML.slice(0, 200)));
  }
  async press(el) { await this.reach(el); await this.page.keyboard.press("Enter"); }
  async pressAndLoad(el) { await this.reach(el); await Promise.all([this.page.waitForNavigation(), this.page.keyboard.press("Enter")]); }
  async type(el, text) {
    await this.reach(el);
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.type(text);
  }
  async tick(el) {
    if (await el.evaluate((x) => x.type === "radio")) return this.arrow(el);
    await this.reach(el);
    if (!(await el.isChecked())) await this.page.keyboard.press("Space");
  }
  /** A group of radio buttons is one stop: the arrows choose in it. */
  async arrow(el) {
    const name = await el.getAttribute("name");
    const group = () => this.page.evaluate((n) => document.activeElement?.getAttribute("name") === n, name);
    for (let i = 0; i < 300 && !(await group()); i++) {
      if (i === 0) await this.skip();
      await this.page.keyboard.press("Tab");
    }
    for (let i = 0; i < 12; i++) {
      if (await el.evaluate((x) => x === document.activeElement)) { await this.page.keyboard.press("Space"); return; }
      await this.page.keyboard.press("ArrowDown");
    }
    throw new Error("the arrows never reach " + await el.evaluate((x) => x.outerHTML));
  }
  async skip() {
    const outside = await this.page.evaluate(() => !document.activeElement || document.activeElement === document.body);
    if (!outside) return;
    await this.page.keyboard.press("Tab");
    await this.page.keyboard.press("Enter");
  }
  async pick(el, label) {
    await this.reach(el);
    const at = await el.evaluate((x, l) => [...x.options].findIndex((o) => o.text.trim() === l), label);
    if (at < 0) throw new Error("no option " + label);
    await this.page.keyboard.press("Home");
    for (let i = 0; i < at; i++) await this.page.keyboard.press("ArrowDown");
  }
}

const text = async (el) => plain((await el.innerText()).replace(/\s+/g, " "));

/** Answers every question of the open attempt rightly. */
export async function answer(page, hand, quiz) {
  const n = await page.locator("section.question").count();
  if (n === 0) throw new Error("no questions on " + page.url());
  for (let i = 0; i < n; i++) {
    const sec = page.locator("section.question").nth(i);
    const asked = await text(sec.locator(".ask").first());
    const alike = quiz.questions.filter((x) => plain(String(x.prompt)) === asked), whole = await text(sec);
    const q = alike.length < 2 ? alike[0] : alike.find((x) => whole.includes(plain(String(x.situation))));
    if (!q) throw new Error("a question that is not in the source: " + asked);
    await one(page, hand, sec, q);
  }
}

async function one(page, hand, sec, q) {
  const choice = (label) => sec.locator(".choice", { hasText: label }).locator("input").first();
  switch (q.type) {
    case "single":
    case "multiple":
      for (const o of q.options.filter((o) => o.correct)) await hand.tick(choice(plain(o.text)));
      return;
    case "true-false":
      return hand.tick(choice(q.answer ? "True" : "False"));
    case "short-text":
      return hand.type(sec.locator('input[type="text"]'), q.accept[0]);
    case "numeric":
      return hand.type(sec.locator('input[type="text"]'), String(q.answer));
    case "matching":
      for (const p of q.pairs) {
        const row = sec.locator(".match", { has: page.locator("label", { hasText: plain(p.left) }) });
        await hand.pick(row.locator("select"), plain(p.right));
      }
      return;
    case "ordering": {
      const want = q.items.map(plain);
      const items = () => sec.locator(".order-text").allInnerTexts().then((all) => all.map((t) => plain(t)));
      for (let guard = 0; guard < 80; guard++) {
        const now = await items();
        const at = now.findIndex((t, i) => t !== want[i]);
        if (at < 0) return;
        const from = now.indexOf(want[at]);
        if (from < 0) throw new Error("an item that is not in the source: " + now.join(" | "));
        const up = sec.locator("li").nth(from).locator("button").first();
        const scripted = await page.evaluate(() => !!customElements.get("order-list")).catch(() => false);
        if (scripted) {
          await hand.press(up);
          await page.waitForFunction(([id, i, t]) => document.getElementById(id)?.querySelectorAll(".order-text")[i]?.textContent.replace(/\s+/g, " ").trim() === t,
            [await sec.getAttribute("id"), from - 1, now[from]]);
        } else await hand.pressAndLoad(up);
      }
      throw new Error("ordering did not end: " + q.key);
    }
  }
  throw new Error("no hands for a question of type " + q.type);
}

/** Fills every field of a form that is not optional. */
export async function fillForm(page, hand, form) {
  const fields = form.locator("textarea:visible, input[type=text]:visible, input[type=date]:visible, select:visible");
  for (let i = 0; i < await fields.count(); i++) {
    const el = fields.nth(i);
    // Cells of a table have no label that says "optional": every empty one is filled.
    const needed = await el.evaluate((x) => !!x.closest("tbody") || x.required || x.getAttribute("aria-required") === "true" || !/optional/i.test(x.labels?.[0]?.textContent ?? "optional"));
    if (!needed) continue;
    const kind = await el.evaluate((x) => x.tagName === "SELECT" ? "select" : x.type);
    if (kind === "select") {
      const label = await el.evaluate((x) => [...x.options].find((o) => o.value)?.text.trim());
      await hand.pick(el, label);
    } else if (kind === "date") await el.fill("2026-12-24");
    else if ((await el.inputValue()) === "") await hand.type(el, "We answer within one hour.");
  }
  const groups = await form.locator("input[type=radio][required]:visible").evaluateAll((all) => [...new Set(all.map((x) => x.name))]);
  for (const g of groups) await hand.tick(form.locator(`input[type=radio][name="${g}"]`).first());
}

/**
 * Plays a scenario from its invitation to its ending. Wishes are words of answers to choose where they are on offer; else
 * the first answer is chosen. Returns at the debrief.
 */
export async function play(page, hand, wishes = []) {
  const main = page.locator("main");
  for (let i = 0; i < 40; i++) {
    const has = async (verb) => (await main.locator(`form[action$="/${verb}"]`).count()) > 0;
    const press = (verb) => hand.pressAndLoad(main.locator(`form[action$="/${verb}"] button.btn-primary`));
    if (await has("finish")) return;
    if (await has("start")) await press("start");
    else if (await has("choose")) {
      let option = main.locator("label.choice").first();
      for (const w of wishes) if (await main.locator("label.choice", { hasText: w }).count()) option = main.locator("label.choice", { hasText: w }).first();
      await hand.tick(option.locator("input"));
      await press("choose");
    } else if (await has("send")) {
      const box = main.locator('textarea[name="text"]');
      const min = Number(await box.getAttribute("data-word-min"));
      await hand.type(box, Array.from({ length: min + 1 }, (_, n) => "word" + n).join(" "));
      await press("send");
    } else if (await has("mark")) {
      for (const row of await main.locator(".scn-criterion").all()) await hand.tick(row.locator("input").last());
      await press("mark");
    } else if (await has("continue")) await press("continue");
    else throw new Error("the scenario goes no further: " + await main.innerText());
  }
  throw new Error("the scenario does not end");
}

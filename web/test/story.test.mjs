// A scenario that a room plays by vote, in the browser: the trainer by keyboard alone, the stage, and three participants, one of
// them without JavaScript, from the first scene to the debrief.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, signIn, axe } from "./site.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

const clean = async (...pages) => { for (const p of pages) { assert.deepEqual(await axe(p), [], p.url()); assert.deepEqual(p.faults, []); } };
const sees = (p, text, where = "main") => p.locator(where).getByText(text).first().waitFor();

/** Sets up a room with the scenario alone, and lets three people in: two phones, and one without JavaScript. */
async function gather(by) {
  const trainer = await open(browser), stage = await open(browser, { size: { width: 1600, height: 900 }, theme: "dark" });
  const ada = await open(browser, { size: "phone" }), bela = await open(browser, { size: "phone", theme: "dark" }), plain = await open(browser, { size: "phone", js: false });
  await signIn(trainer, "trainer@demo.example");
  await trainer.goto("/teach/rooms/new?sheet=using-social-media/understanding-online-engagement/workshop");
  for (const box of await trainer.locator(".room-plan input[type=checkbox]").all()) await box.uncheck();
  const play = trainer.locator(".room-plan li", { hasText: "Four channels, one bridge" });
  await play.locator("input[type=checkbox]").check();
  await play.locator("select").selectOption(by);
  await trainer.locator("main form button.btn-primary").click();
  await trainer.locator("live-room").waitFor();
  const code = (await trainer.locator(".console-join strong").innerText()).replace(" ", "");
  await stage.goto(await trainer.locator(".console-join a").first().getAttribute("href"));
  for (const [p, name] of [[ada, "Ada"], [bela, "Bela"], [plain, "Cleo"]]) {
    await p.goto("/room/" + code);
    await p.locator("#f-name").fill(name);
    await p.locator("main form button.btn-primary").click();
    await p.locator(".room").waitFor();
  }
  /** Presses a button of the console without a mouse. */
  const press = async (text, part) => {
    const b = trainer.locator(`[data-part=${part}] button`, { hasText: text }).first();
    await b.focus();
    await trainer.keyboard.press("Enter");
  };
  const refresh = async () => { await plain.locator("button", { hasText: "Refresh" }).click(); await plain.waitForLoadState(); };
  return { trainer, stage, ada, bela, plain, code, press, refresh };
}
const first = "Three weeks before: the first post";

test("a scenario by vote", { timeout: 400000 }, async () => {
  const { trainer, stage, ada, bela, plain, code, press, refresh } = await gather("vote");
  const vote = async (p, n) => {
    await p.locator("[data-part=activity] .choice").nth(n).click();
    await p.locator("[data-part=activity] form button.btn-primary").click();
    await p.locator(".room-receipt").waitFor();
  };
  const counted = (n) => sees(trainer, `${n} people answered`, "[data-part=now]");

  await press("Begin", "now");
  for (const p of [ada, bela]) await sees(p, first);
  await sees(stage, first, ".stage");
  await refresh();
  await sees(plain, first);
  await vote(ada, 0);
  await vote(ada, 1);
  await sees(ada, "Help us decide", ".room-receipt");
  await vote(bela, 1);
  await vote(plain, 0);
  await counted(3);
  assert.equal(await stage.locator(".room-results").count(), 0, "the stage shows numbers while people vote");
  assert.equal(await trainer.locator(".room-results").count(), 0, "the console shows numbers while people vote");
  await clean(trainer, stage, ada, bela);

  await press("Show the results", "now");
  await stage.locator(".room-results").waitFor();
  await ada.locator(".room-results").waitFor();
  await clean(trainer, stage, ada);

  // The winner is the one that stands out; the others can be played too.
  assert.match(await trainer.locator("[data-part=story] .room-choose .btn-primary").innerText(), /^Play B/);
  await press("Play B", "story");
  await sees(ada, "(2 of 3 votes)");
  await refresh();
  await sees(plain, "(2 of 3 votes)");

  // On to the end: every decision by its first choice, the reply by its best levels.
  for (let n = 0; n < 30; n++) {
    const story = trainer.locator("[data-part=story]");
    if (await story.getByText("On the stage").count()) break;
    const was = await story.locator(".scn-title").innerText();
    if (await trainer.locator("[data-part=now] button", { hasText: "Close" }).count()) {
      await sees(ada, was);
      await vote(ada, 0);
      await press("Close", "now");
      await trainer.locator("[data-part=story] .room-choose").waitFor();
      await press("Play A", "story");
    } else if (await story.locator("select").count()) {
      await clean(trainer, ada, stage);
      if (await story.locator("button", { hasText: "Send now" }).count()) {
        await press("Send now", "story");
        await sees(ada, /On the phone|Mail from|In the news|Post by/);
      }
      for (const s of await story.locator("select").all()) await s.selectOption({ index: 3 });
      await press("Mark it and go on", "story");
    } else await press("Go on", "story");
    await trainer.waitForFunction((was) => document.querySelector("[data-part=story] .scn-title").innerText !== was, was);
  }

  await sees(ada, "Looking back");
  await sees(ada, "Decision by decision");
  await refresh();
  await sees(plain, "Looking back");
  await clean(trainer, stage, ada, bela);
  await trainer.locator("[data-part=story] .console-sheet button").first().focus();
  await trainer.keyboard.press("Enter");
  await stage.locator(".room-results").waitFor();
  await clean(stage);
  await press("End the workshop", "now");
  await sees(ada, "The workshop is over");
  await ada.goto("/room/" + code + "/results");
  await sees(ada, "(2 of 3 votes)");
  await trainer.goto(new URL(trainer.url()).pathname + "/summary");
  await sees(trainer, "(2 of 3 votes)");
  await clean(ada, trainer);
});

test("a scenario by tables", { timeout: 400000 }, async () => {
  const { trainer, stage, ada, bela, plain, press, refresh } = await gather("tables");
  await press("Begin", "now");
  await sees(ada, "Your trainer makes the groups");
  await trainer.locator("#f-size").fill("2");
  await press("Make the groups", "groups");
  await sees(ada, first);
  await sees(trainer, first, "[data-part=story]");
  await refresh();
  await sees(plain, first);
  /** Chooses for a table, and waits until it has gone on. */
  const choose = async (p, n) => {
    const was = await p.locator(".scn-title").innerText();
    await p.locator("[data-part=activity] .choice").nth(n).click();
    await p.locator("[data-part=activity] form button.btn-primary").click();
    await p.locator(".scn-title", { hasText: was }).waitFor({ state: "detached" });
  };
  const group = async (p) => (await p.locator("#mine").innerText()).match(/\d/)[0];
  const third = await group(ada) === await group(bela) ? [ada, plain] : [ada, bela]; // one of each table
  await clean(trainer, stage, ada);

  await choose(third[0], 0);
  await choose(third[1], 1);
  await sees(stage, "Choosing the way", ".stage");
  await sees(stage, "The next evening", ".stage");
  await press("Stop and compare", "story");
  await sees(ada, "The groups side by side");
  await sees(stage, "The groups side by side", ".stage");
  await refresh();
  await sees(plain, "The groups side by side");
  await clean(trainer, stage, ada, bela);
});

// A workshop in the browser, by the whole run sheet of a shipped module: the trainer who drives, a co-host, the stage and eight
// participants, one of them without JavaScript. The trainer's and a participant's connection are cut while the room goes on.
// Axe finds nothing on any screen.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { launch, open, signIn, axe } from "./site.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

const clean = async (...pages) => { for (const p of pages) { assert.deepEqual(await axe(p), [], p.url()); assert.deepEqual(p.faults, []); } };
const sees = (p, text, where = "main") => p.locator(where).getByText(text).first().waitFor();
const everybody = (all, fn) => Promise.all(all.map(fn));

/** Sets the room up from its run sheet; a title that is missing is told beside the field first. */
async function setUp(trainer) {
  await signIn(trainer, "trainer@demo.example");
  await trainer.goto("/teach/workshops/using-social-media/an-introduction/workshop");
  await trainer.locator("a", { hasText: "Set up a live workshop" }).click();
  await clean(trainer);
  for (const title of ["", "Tuesday in the library"]) {
    await trainer.locator("#f-title").fill(title);
    await trainer.locator("main form button.btn-primary").click();
    await trainer.locator(title ? "live-room" : ".error-summary").waitFor();
  }
  await trainer.locator("#f-email").fill("admin@demo.example");
  await trainer.locator("[data-part=people] button", { hasText: "Add" }).click();
  await trainer.locator(".console-people li", { hasText: "Alex Doyle" }).waitFor();
  const stage = await trainer.locator(".console-join a").first().getAttribute("href");
  return { room: new URL(trainer.url()).pathname, code: (await trainer.locator(".console-join strong").innerText()).replace(" ", ""), stage };
}

/** Brings somebody in by the code, as they read it off the wall. */
async function comeIn(p, code, name) {
  await p.goto("/join");
  await p.locator("#f-code").fill(code.toLowerCase());
  await p.locator("main form button.btn-primary").click();
  await p.locator("#f-name").fill(name);
  await p.locator("main form button.btn-primary").click();
  await p.locator(".room").waitFor();
}

test("a whole run sheet with a room", { timeout: 600000 }, async () => {
  const trainer = await open(browser), cohost = await open(browser), stage = await open(browser, { size: { width: 1600, height: 900 } });
  const names = ["Ada", "Bela", "Cleo", "Dov", "Eve", "Finn", "Gus"];
  const scripted = await everybody(names, (_, n) => open(browser, { size: "phone", theme: n % 2 ? "light" : "dark" }));
  const plain = await open(browser, { size: "phone", js: false });
  const [phone, bela] = scripted;
  const { room, code, stage: wall } = await setUp(trainer);
  await trainer.goto(room + "/setup");
  await clean(trainer);
  await everybody([trainer, cohost, stage], async (p) => {
    if (p === cohost) await signIn(cohost, "admin@demo.example");
    await p.goto(p === stage ? wall : room);
  });
  await stage.locator(".stage-code").waitFor();
  for (const [n, p] of scripted.entries()) await comeIn(p, code, names[n]);
  await comeIn(plain, code, "");
  await trainer.locator(".console-people li", { hasText: "Gus" }).waitFor();
  await clean(phone, stage, cohost);

  const press = (text, on = trainer, part = "now") => on.locator(`[data-part=${part}] button`, { hasText: text }).first().click();
  const counted = (n, on = trainer) => sees(on, `${n} people answered`, "[data-part=now]");
  /** Goes on, and waits until the phones and the wall show it. */
  const go = async (title, how = "Next: ") => {
    await press(how === "Begin" ? how : how + title);
    await everybody([stage, ...scripted], (p) => sees(p, title, p === stage ? ".stage" : "[data-part=activity]"));
  };
  const refresh = async () => { await plain.locator("button", { hasText: "Refresh" }).click(); await plain.waitForLoadState(); };
  const send = (p) => p.locator("[data-part=activity] button.btn-primary").click();
  const choose = async (p, n) => { await p.locator(".choice").nth(n).click(); await send(p); await p.locator(".room-receipt").waitFor(); };
  const write = async (p, text) => { await p.locator("#f-body").fill(text); await send(p); await sees(p, text, ".room-receipt"); };

  // Arrive: it opens by itself.
  await go("Arrive", "Begin");
  await refresh();
  await everybody([...scripted, plain], async (p) => { await send(p); await p.locator(".room-receipt").waitFor(); });
  await counted(8);

  // An anonymous poll. A phone's connection is cut while its owner answers; nobody sees numbers before they are for all.
  await go("Which channel would you lose sleep over?");
  await press("Open for answers");
  await everybody(scripted, (p) => p.locator("#f-choice").waitFor());
  await phone.locator("[role=status], [aria-live=polite]").filter({ hasText: "Now:" }).first().waitFor({ state: "attached" });
  await phone.locator(".choice").first().click();
  await phone.context().setOffline(true);
  await send(phone);
  await phone.locator(".room-link", { hasText: "Not sent yet" }).waitFor();
  await refresh();
  await everybody([...scripted.slice(1), plain], (p, n) => choose(p, n % 3));
  await counted(7);
  await phone.context().setOffline(false);
  await phone.locator(".room-receipt").waitFor();
  await counted(8);
  assert.equal(await stage.locator(".room-results").count() + await trainer.locator(".room-results").count(), 0, "results before it is closed");
  await press("Close");
  await trainer.locator(".room-results caption", { hasText: "8 people answered" }).waitFor();
  await press("Show the results");
  await everybody([stage, ...scripted], (p) => p.locator(".room-results caption", { hasText: "8 people answered" }).waitFor());
  await refresh();
  await plain.locator(".room-results caption", { hasText: "8 people answered" }).waitFor();
  await clean(phone, bela, trainer, stage);
  const sizes = await stage.evaluate(() => [document.documentElement.scrollWidth <= innerWidth, parseFloat(getComputedStyle(document.querySelector(".room-results")).fontSize) / innerWidth]);
  assert.ok(sizes[0] && sizes[1] >= 0.023, "the stage is too wide, or its type too small");

  // A text: somebody looks back, and follows again.
  await go("Rented, partner, owned");
  await bela.locator("a", { hasText: "Look back at: Which channel" }).click();
  await sees(bela, "You are looking back.");
  await bela.locator("a", { hasText: "Follow the trainer" }).click();
  await sees(bela, "Rented, partner, owned", "[data-part=activity]");

  // Groups, in the browser: made, a shared note, a message, calling back.
  await go("Where does it stand?");
  await trainer.locator("#f-way").selectOption({ label: "At random" });
  await press("Make the groups", trainer, "groups");
  await everybody(scripted, (p) => p.locator("h2", { hasText: "You are in group" }).waitFor());
  await refresh();
  await plain.locator("h2", { hasText: "You are in group" }).waitFor();
  await clean(bela, trainer, stage);
  const groupOf = async (p) => (await p.locator("#mine").innerText()).match(/\d+/)[0];
  const groups = await everybody(scripted, groupOf);
  assert.deepEqual([...new Set(groups)].sort(), ["1", "2"]);
  const mate = scripted[groups.findIndex((g, n) => n > 1 && g === groups[1])], other = scripted[groups.findIndex((g) => g !== groups[1])];
  await bela.locator("#f-note").fill("The page stands top left.");
  await bela.locator("button", { hasText: "Save the notes" }).click();
  await mate.waitForFunction(() => document.querySelector("#f-note")?.value === "The page stands top left.");
  assert.equal(await other.locator("#f-note").inputValue(), "");
  await sees(cohost, "The page stands top left.", "[data-part=groups]");
  await cohost.locator("#f-message").fill("Look at each other's charts");
  await press("Send to all", cohost, "groups");
  await everybody([stage, ...scripted], (p) => sees(p, "Look at each other's charts", ".room-message"));
  await press("Call the groups back", trainer, "groups");
  await everybody([stage, bela], (p) => sees(p, "Come back to the whole room.", ".room-called"));
  await bela.locator("[data-left]", { hasText: "left" }).waitFor();
  await clean(bela, trainer, cohost, stage);

  // A question of the quiz, while the trainer's connection is cut: the room goes on, and the trainer comes back to it.
  await go("What belongs in a fallback?");
  await press("Open for answers");
  await everybody(scripted, (p) => p.locator("#f-choice").waitFor());
  await trainer.context().setOffline(true);
  await trainer.locator(".room-link", { hasText: "No connection" }).waitFor();
  await refresh();
  await everybody([...scripted, plain], (p, n) => choose(p, n % 2));
  await counted(8, cohost);
  await trainer.context().setOffline(false);
  await trainer.locator(".room-link", { hasText: "Connected" }).waitFor();
  await counted(8);
  await press("Show the results");
  await everybody([stage, ...scripted], (p) => p.locator(".room-right").first().waitFor());

  // The wheel goes to the co-host, who goes on, and back.
  await trainer.locator("button", { hasText: "Hand over to Alex Doyle" }).click();
  await sees(cohost, "You drive");
  await press("Next: Blank page morning", cohost);
  await sees(phone, "Blank page morning", "[data-part=activity]");
  await cohost.locator("button", { hasText: "Hand over to Dana Reid" }).click();
  await sees(trainer, "You drive");
  await go("The wrong date");
  await go("Your first hour");
  await trainer.locator("[data-part=now] #f-minutes").fill("5");
  await press("Start timer");
  await phone.locator("[data-left]", { hasText: "left" }).waitFor();

  // The wall: the co-host lets pass or hides, all see what passed once it is shown.
  await go("One thing to set up this week");
  await press("Open for answers");
  await everybody(scripted, (p) => p.locator("#f-body").waitFor());
  await refresh();
  await everybody([bela, mate, plain], (p, n) => write(p, ["Ask who may", "Something rude", "A list of numbers"][n]));
  for (const text of ["Ask who may", "A list of numbers"]) await cohost.locator(".console-queue button", { hasText: "Show " + text }).click();
  await cohost.locator(".console-queue button", { hasText: "Hide Something rude" }).click();
  await cohost.locator(".console-queue", { hasText: /rude\s*not shown/ }).waitFor();
  for (const text of ["Ask who may", "A list of numbers"]) await cohost.locator("label", { hasText: "Tick to join " + text }).click();
  await press("Join the ticked ones", cohost, "answers");
  await sees(cohost, "and 1 like it", ".console-queue");
  await press("Show the results");
  await everybody([stage, phone], (p) => sees(p, "and 1 like it", ".room-wall"));
  assert.equal(await stage.locator(".room-wall li").count(), 1);
  await clean(phone, stage, cohost);

  await go("When …, I will …");
  await press("Open for answers");
  await everybody(scripted, (p) => p.locator("#f-body").waitFor());
  await write(phone, "When it rains, I will call.");
  await press("End the workshop", trainer, "sheet");
  await everybody(scripted, (p) => p.locator("h2", { hasText: "The workshop is over" }).waitFor());
  await refresh();
  await sees(plain, "The workshop is over");
  await clean(phone, trainer, stage);

  // Afterwards: feedback, what was shown to all, and the next step.
  for (const p of [...scripted.slice(0, 4), plain]) {
    await p.locator("a", { hasText: "Give feedback" }).click();
    if (p === phone) { await p.locator("main form button").click(); await p.locator(".error-summary").waitFor(); await clean(p); }
    for (const q of ["useful", "part"]) await p.locator(`#f-${q} .choice`).nth(3).click();
    if (p === phone) await p.locator("#f-remark").fill("More time in groups.");
    await p.locator("main form button").click();
    await sees(p, "Thank you. Your feedback is in.", "body");
  }
  await sees(phone, "When it rains, I will call.");
  await sees(bela, "The page stands top left.");
  await clean(phone, bela);
  await phone.locator("a", { hasText: "Go on by yourself" }).click();
  await phone.locator("h1").waitFor();
  await trainer.locator(".console-join a", { hasText: "Summary" }).click();
  await trainer.locator(".room-people").waitFor();
  await sees(trainer, "More time in groups.");
  for (const typed of ["x", "3"]) { // counts made by hand
    if (typed === "x") await trainer.locator("summary", { hasText: "What belongs in a fallback?" }).click();
    await trainer.locator("details[open] input[name=hand-0]").fill(typed);
    await trainer.locator("details[open] button").click();
    if (typed === "x") { await trainer.locator(".error-summary").waitFor(); await clean(trainer); }
  }
  await sees(trainer, "and 3 counted by hand");
  await sees(trainer, "The page stands top left.");
  await clean(trainer);
  await trainer.goto(room + "/attendance");
  await clean(trainer);
});

// Every page that exists, in two themes and two widths: axe finds nothing, the console is silent under the real
// policy, nothing scrolls sideways at 320 px, the HTML is valid, and the budgets hold.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { HtmlValidate } from "html-validate";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch, open, signIn, axe, colours, root } from "./site.mjs";
import { Mouse, play } from "./hands.mjs";

const course = "/courses/using-social-media";
const running = "019ac000-0000-7000-8000-000000000001", booking = "019ac000-0000-7000-8000-000000000002"; // the demo cohorts
// stores are the cookies of each visitor: learner has an open quiz attempt and a saved reflection and waits for a seat,
// member is in the running cohort, trainer leads both.
let browser;
const stores = {};

const scenario = course + "/dealing-with-online-conflict/cheerful-post";
const forNobody = [
  scenario,
  "/", "/courses", "/courses?q=zebra", "/courses?q=social&level=introductory", course, "/courses/managing-social-media", "/courses/working-with-the-public",
  course + "/an-introduction/opening", course + "/an-introduction/records", course + "/an-introduction/check-yourself", course + "/finish",
  "/join", "/register", "/sign-in", "/forgot", "/reset/nothing", "/verify/nothing", "/sign-in/link", "/enter/nothing", "/auth/connect", "/auth/finish", "/rules", "/report?place=x", "/help", "/accessibility", "/privacy", "/licences", "/glossary", "/glossary?q=zebra",
  "/gallery", "/mailbox", "/certificates", "/certificates/NOPE", "/me", "/no/such/page",
];
const forLearner = [
  scenario, scenario + "/summary",
  "/", "/me", "/me/transcript", "/me/courses/using-social-media", course, course + "/finish", "/settings", "/settings/mail", "/settings/sign-in", "/settings/delete", "/courses",
  course + "/an-introduction/opening", course + "/an-introduction/what-people-expect", course + "/an-introduction/three-questions", course + "/an-introduction/channel-map", course + "/an-introduction/channel-map/document",
  course + "/an-introduction/check-yourself", course + "/an-introduction/look-at-your-own", course + "/an-introduction/go-further", course + "/understanding-online-engagement/approach-chooser",
];
const forMember = ["/pathways", 
  "/me", "/me/calendar", "/me/courses/using-social-media", course, course + "/cohorts/" + running, course + "/cohorts/" + booking,
  course + "/an-introduction/opening", course + "/professional-versus-personal/opening",
];
const forTrainer = ["/teach/scenarios", 
  "/teach", "/teach?show=over", "/teach/cohorts/new", "/teach/cohorts/new?course=using-social-media", "/teach/cohorts/" + running,
  "/teach/cohorts/" + running + "/people", "/teach/cohorts/" + booking + "/edit", "/teach/cohorts/" + running + "/copy",
];
forLearner.push("/courses/working-with-the-public/check", course + "/check");
forTrainer.push("/teach/courses/using-social-media/check");
const talk = "/discuss/" + running, facilitate = "/teach/cohorts/" + running + "/discussion";
forMember.push(talk, talk + "/general", talk + "/introductions?list=unanswered", talk + "/help", talk + "/search?q=swing", talk + "/search?q=zebra", "/me/notifications", "/rules");
forTrainer.push("/teach/discussion", "/teach/discussion?list=flagged", "/teach/discussion?list=new", talk, facilitate, facilitate + "/participation", "/moderate", "/moderate?list=finished", talk + "/general/moderation");
const situations = "/situations/" + running, theGate = situations + "/019ac000-0000-7000-8000-0000000000b1", half = situations + "/019ac000-0000-7000-8000-0000000000b2"; // learner2 wrote both
forMember.push(situations, theGate, theGate + "/edit", half, half + "/edit", theGate + "/play", theGate + "/play?run=1~~~~on~", theGate + "/play?run=1~~~~on~a.a.8;");
forTrainer.push(situations, theGate, "/report/situation/" + theGate.split("/").pop());
const forGraduate = ["/me", "/me/certificates", "/me/transcript", "/me/courses/using-social-media", course, course + "/finish", "/settings", "/settings/delete"];
forGraduate.push(course + "/check");
const forAdmin = [
  "/admin/certificates", "/admin/certificates?q=zebra", "/admin/certificates?state=kept", "/admin/retention",
  "/admin", "/admin/people", "/admin/people?q=dana", "/admin/people?q=zebra", "/admin/audit", "/admin/audit?q=zebra", "/admin/why", "/admin/why?person=trainer@demo.example&path=/teach",
  "/admin/why?person=zebra&path=x", "/admin/look", "/admin/sign-on", "/admin/mail", "/admin/jobs", "/admin/moderation", "/admin/records", "/admin/records/series/discussion", "/admin/records/series/audit", "/admin/records/holds",
];

const quiz = "/teach/courses/using-social-media/quizzes/an-introduction/check-yourself";
forTrainer.push("/teach/rooms", "/teach/rooms/new?sheet=using-social-media/an-introduction/workshop", "/teach/workshops", "/teach/write", "/teach/cohorts/" + running + "/progress", "/teach/cohorts/" + running + "/progress?show=behind", "/teach/cohorts/" + running + "/join", "/teach/courses", "/teach/courses/using-social-media/insight", "/teach/courses/using-social-media/scenarios/dealing-with-online-conflict/cheerful-post", quiz, quiz + "/questions/blank-page", quiz + "/questions/blank-page/preview?kind=leave-out", quiz + "/questions/blank-page/preview?kind=accept&answer=zebra");

before(async () => {
  browser = await launch();
  const page = await open(browser);
  await signIn(page, "learner9@demo.example");
  await page.goto(course + "/an-introduction/check-yourself");
  await new Mouse(page).pressAndLoad(page.locator(".quiz-start button.btn-primary"));
  await page.goto(course + "/an-introduction/look-at-your-own");
  await page.locator('main textarea[name="text"]').fill("Too short to count. ");
  await page.locator("main form button.btn-primary").first().click();
  await page.waitForLoadState();
  await page.goto("/courses/working-with-the-public");
  await new Mouse(page).pressAndLoad(page.locator('form[action$="/enrol"] button'));
  await page.goto("/courses/working-with-the-public/check");
  await new Mouse(page).pressAndLoad(page.getByRole("button", { name: "Begin the ten situations" }));
  visits.push(["/courses/working-with-the-public/check/before", "learner"]);
  stores.learner = await page.context().storageState();
  await page.context().close();
  for (const [who, email] of [["member", "learner2@demo.example"], ["graduate", "learner8@demo.example"], ["trainer", "trainer@demo.example"], ["admin", "admin@demo.example"]]) {
    const other = await open(browser);
    await signIn(other, email);
    stores[who] = await other.context().storageState();
    if (who === "member") { // a thread, its form with an answer, and a post of their own
      await other.goto(talk + "/general");
      const thread = await other.locator(".board-list h2 a", { hasText: "rude and right" }).getAttribute("href");
      await other.goto(thread);
      const post = await other.locator(".posts .post").first().getAttribute("data-post");
      const own = await other.locator(".post:has(.avatar.me)").first().getAttribute("data-post");
      visits.push([thread, who], [thread + "?reply=" + post + "&quote=1&at=" + post, who], ["/posts/" + post + "/history", who], ["/posts/" + own + "/edit", who], ["/posts/" + own + "/remove", who], [thread, "trainer"], ["/posts/" + post + "/remove", "trainer"]);
      const others = await other.locator(".post:not(:has(.avatar.me))").first().getAttribute("data-post");
      visits.push(["/posts/" + others + "/report", who]);
      await other.goto("/posts/" + others + "/report");
      await other.locator("#k-offtopic").check({ force: true });
      await new Mouse(other).pressAndLoad(other.locator('main form button.btn-primary'));
    }
    if (who === "trainer") {
      await other.goto("/moderate");
      visits.push([await other.locator('main h2 a[href^="/moderate/cases/"]').first().getAttribute("href"), who]);
      await other.goto("/teach/cohorts/" + running + "/people");
      visits.push(["/teach/people/" + await other.locator('input[name="person"]').first().inputValue() + "/accommodations", who]);
    }
    if (who === "admin") {
      await other.goto("/admin/records/holds?cohort=" + running);
      await other.locator("#f-matter").fill("FOI 2026/112");
      await other.locator("#f-reason").fill("A request under the Freedom of Information Act.");
      await new Mouse(other).pressAndLoad(other.getByRole("button", { name: "Place the hold" }));
      visits.push([new URL(other.url()).pathname, who]);
    }
    if (who === "admin") { // somebody invited to rate a scenario, and what they see
      const panel = "/teach/courses/using-social-media/scenarios/dealing-with-online-conflict/cheerful-post/panel";
      await other.goto(panel);
      await other.locator("#f-name").fill("Rita Rater");
      await other.locator("#f-email").fill("rita@agency.example");
      await new Mouse(other).pressAndLoad(other.locator('main form:has(#f-name) button[type="submit"]'));
      await other.goto("/mailbox");
      await other.goto(await other.locator('main a[href^="/mailbox/"]', { hasText: "rate" }).first().getAttribute("href"));
      const link = (await other.locator("main").innerText()).match(/\/panel\/[A-Z0-9]+/)[0];
      await other.goto(link);
      const first = await other.locator(".board-list h2 a").first().getAttribute("href");
      visits.push([panel, who], [link, "nobody"], [first, "nobody"]);
    }
    if (who === "trainer") { // a workshop in its groups, with its set-up and who was there; a draft with its revisions and its preview
      await other.goto("/teach/rooms/new?sheet=using-social-media/an-introduction/workshop");
      await other.locator("#f-title").fill("Tuesday in the library");
      await new Mouse(other).pressAndLoad(other.locator("main form button.btn-primary"));
      const room = new URL(other.url()).pathname;
      await other.goto(room + "/bookings");
      await other.locator("#f-booking").selectOption("open");
      await new Mouse(other).pressAndLoad(other.locator("form:has(#f-seats) button.btn-primary"));
      visits.push([room + "/bookings", who], ["/workshops", "nobody"], ["/workshops/" + room.split("/").pop(), "learner"]);
      await other.goto(room);
      const stage = await other.locator(".console-join a").first().getAttribute("href");
      await other.locator(".console-sheet li", { hasText: "Where does it stand?" }).getByRole("button").click();
      await other.locator("#f-way").waitFor();
      await other.locator("[data-part=groups] button.btn-primary, section:has(#groups) button.btn-primary").first().click();
      await other.locator(".room-group").first().waitFor();
      await other.goto(room + "/setup");
      await new Mouse(other).pressAndLoad(other.locator("section:has(#rehearse) button"));
      const rehearsal = new URL(other.url()).pathname;
      visits.push([rehearsal, who], ["/room/" + rehearsal.split("/").pop() + "/stage", "nobody"]);
      visits.push([room, who], [room + "/setup", who], [room + "/copy", who], [room + "/pack", who], ["/teach/rooms/templates", who], [room + "/attendance", who], [room + "/summary", who], [stage, "nobody"]);
      // One that is over, as somebody has it who was there.
      await other.goto("/teach/rooms/new?sheet=using-social-media/an-introduction/workshop");
      await new Mouse(other).pressAndLoad(other.locator("main form button.btn-primary"));
      const over = new URL(other.url()).pathname, door = "/room/" + (await other.locator(".console-join strong").innerText()).replace(" ", "");
      await other.goto(door);
      await new Mouse(other).pressAndLoad(other.locator("main form button.btn-primary"));
      await other.goto(over);
      for (const [part, text] of [["now", "Begin"], ["now", "Next: "], ["now", "Open for answers"], ["now", "Show the results"], ["sheet", "End the workshop"]]) await other.locator(`[data-part=${part}] button`, { hasText: text }).first().click();
      await other.locator("#now", { hasText: "The workshop is over" }).waitFor();
      visits.push([door, who], [door + "/results", who], [door + "/feedback", who], ["/me/workshops", who], [over + "/summary", who]);
      // Scenarios that a room plays: a vote that is open, one that is shown, and groups that look back.
      for (const by of ["vote", "shown", "tables"]) {
        await other.goto("/teach/rooms/new?sheet=using-social-media/understanding-online-engagement/workshop");
        for (const box of await other.locator(".room-plan input[type=checkbox]").all()) await box.uncheck();
        await other.locator(".room-plan li", { hasText: "Four channels, one bridge" }).locator("input[type=checkbox]").check();
        await other.locator("select[name^=by-]").selectOption(by === "tables" ? by : "vote");
        await new Mouse(other).pressAndLoad(other.locator("main form button.btn-primary"));
        const played = new URL(other.url()).pathname, phone = "/room/" + (await other.locator(".console-join strong").innerText()).replace(" ", "");
        const wall = await other.locator(".console-join a").first().getAttribute("href");
        const press = async (part, text) => { await other.goto(played); await other.locator(`[data-part=${part}] button`, { hasText: text }).first().click(); };
        await other.goto(phone);
        await new Mouse(other).pressAndLoad(other.locator("main form button.btn-primary"));
        await press("now", "Begin");
        await other.locator("#story").waitFor();
        if (by === "tables") { await press("groups", "Make the groups"); await other.locator(".room-group").first().waitFor(); }
        await other.goto(phone);
        await other.locator("[data-part=activity] .choice").first().click();
        await other.locator("[data-part=activity] form button.btn-primary").click();
        await other.locator(by === "tables" ? ".scn-outcome" : ".room-receipt").waitFor();
        if (by === "shown") { await press("now", "Show the results"); await other.locator(".room-results").waitFor(); }
        if (by === "tables") { await press("story", "Stop and compare"); await other.locator("#debrief").waitFor(); }
        visits.push([played, who], [phone, who], [wall, "nobody"], [played + "/setup", who]);
        if (by === "tables") visits.push([played + "/summary", who]);
      }
      await other.goto("/teach/write");
      await new Mouse(other).pressAndLoad(other.locator("button[value=copy]").first());
      const draft = new URL(other.url()).pathname;
      await new Mouse(other).pressAndLoad(other.getByRole("button", { name: /^Edit / }).first());
      await other.locator("fieldset input[type=text], fieldset input:not([type])").first().fill("Another title");
      await new Mouse(other).pressAndLoad(other.getByRole("button", { name: "Save and check", exact: true }));
      visits.push([other.url().slice(other.url().indexOf("/teach")), who], [draft + "/revisions", who], [draft + "/revisions/1", who], [draft + "/play", who]);
    }
    if (who === "graduate") {
      await other.goto(course + "/check");
      await new Mouse(other).pressAndLoad(other.getByRole("button", { name: "Begin the ten situations" }));
      for (const f of await other.locator("main fieldset").all()) await f.locator("label.choice").first().click();
      await new Mouse(other).pressAndLoad(other.getByRole("button", { name: "Hand in" }));
      visits.push([course + "/check/answers", who]);
      await other.goto("/me/certificates");
      const code = (await other.locator("main h2 a").first().getAttribute("href")).split("/").pop();
      visits.push(["/me/certificates/" + code, who], ["/certificates/" + code, "nobody"], ["/admin/certificates/" + code, "admin"]);
    }
    await other.context().close();
  }
});
after(async () => { await browser.close(); });

const visits = [
  ...forNobody.map((p) => [p, "nobody"]), ...forLearner.map((p) => [p, "learner"]), ...forMember.map((p) => [p, "member"]), ...forGraduate.map((p) => [p, "graduate"]), ...forTrainer.map((p) => [p, "trainer"]), ...forAdmin.map((p) => [p, "admin"]),
];
const visitors = [...new Set(visits.map(([, w]) => w))];
const as = (who) => (stores[who] ? { storageState: stores[who] } : {});

/** Opens every page as whom it is for, two visitors at a time, since each page keeps one core busy. look gets a page and does one visit. */
async function everyVisit(options, look, leave = () => {}) {
  const waiting = [...visitors];
  const lane = async () => {
    for (let who; (who = waiting.shift());) {
      const page = await open(browser, { ...options, ...as(who) });
      if (options.plainFonts) await page.route("**/*.woff2", (r) => r.abort());
      for (const [path] of visits.filter(([, w]) => w === who)) await look(page, path, who);
      leave(page, who);
      await page.context().close();
    }
  };
  await Promise.all([lane(), lane()]);
}

// A theme changes colours and nothing else, so on the loaded page only the rules about colour are asked again.
for (const size of ["desktop", "phone"]) {
  test(`axe finds nothing: ${size}, light and dark`, { timeout: 1200000 }, async () => {
    const wrong = [];
    await everyVisit({ size, theme: "light" }, async (page, path, who) => {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.goto(path);
      for (const v of await axe(page)) wrong.push(`${who} ${path}: ${v}`);
      const light = await ground();
      await page.emulateMedia({ colorScheme: "dark" });
      // Colours may change by a transition, however short: axe looks when it is over.
      await page.evaluate(async () => {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        for (const a of document.getAnimations()) a.finish();
      });
      if (await ground() === light) wrong.push(`${who} ${path}: the dark theme looks like the light one`);
      for (const v of await axe(page, colours)) wrong.push(`${who} ${path}, dark: ${v}`);
      await page.emulateMedia({ colorScheme: "light" });
    }, (page, who) => { for (const f of page.faults) wrong.push(`${who}: console: ${f}`); });
    assert.deepEqual(wrong, []);
  });
}

test("nothing scrolls sideways: 320 px, right to left, large text, wide spacing", { timeout: 1200000 }, async () => {
  const wrong = [];
  // In the device's own face, which may be wider than ours: what comes late is not used.
  await everyVisit({ size: { width: 320, height: 640 }, plainFonts: true }, async (page, path, who) => {
    await page.goto(path);
    const over = async (how) => {
      const by = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (by > 0) wrong.push(`${who} ${path} ${how}: ${by} px too wide`);
    };
    await over("at 320 px");
    await page.evaluate(() => { document.documentElement.dir = "rtl"; });
    await over("right to left");
    await page.evaluate(() => { document.documentElement.dir = "ltr"; document.documentElement.dataset.text = "130"; });
    await over("with large text");
    // WCAG 1.4.12: nothing is lost when a reader spaces the text. The policy allows no style element, so sheets are adopted.
    await page.evaluate(() => {
      const s = new CSSStyleSheet();
      s.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }");
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, s];
    });
    await over("with wide spacing");
  });
  assert.deepEqual(wrong, []);
});

test("valid HTML and budgets", { timeout: 1200000 }, async () => {
  const check = new HtmlValidate(JSON.parse(readFileSync(join(root, ".htmlvalidate.json"), "utf8")));
  const wrong = [];
  const seen = { css: 0, js: 0 };
  await everyVisit({}, async (page, path, who) => {
    const requests = [];
    const note = (r) => requests.push(r);
    page.on("response", note);
    const res = await page.goto(path, { waitUntil: "load" });
    const html = await res.text();
    const kb = gzipSync(html).length / 1024;
    // The licences of everything in the binary are long by law; the gallery holds every part in every state.
    if (kb > 30 && path !== "/licences") wrong.push(`${who} ${path}: ${kb.toFixed(1)} KB of HTML, the budget is 30`);
    const report = await check.validateString(html);
    for (const r of report.results) for (const m of r.messages.slice(0, 5)) wrong.push(`${who} ${path}: html: ${m.ruleId}: ${m.message} (${m.line}:${m.column})`);
    if (requests.length > 12) wrong.push(`${who} ${path}: ${requests.length} requests, the budget is 12`);
    for (const r of requests) {
      const kind = r.request().resourceType();
      if (kind === "stylesheet") seen.css = Math.max(seen.css, gzipSync(await r.body()).length / 1024);
    }
    const js = (await Promise.all(requests.filter((r) => r.request().resourceType() === "script").map((r) => r.body()))).reduce((n, b) => n + gzipSync(b).length / 1024, 0);
    seen.js = Math.max(seen.js, js);
    const shift = await page.evaluate(() => new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) sum += e.value; }).observe({ type: "layout-shift", buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
    }));
    if (shift > 0.05) wrong.push(`${who} ${path}: the layout shifts by ${shift.toFixed(3)}`);
    page.off("response", note);
  });
  if (seen.css > 20) wrong.push(`${seen.css.toFixed(1)} KB of CSS, the budget is 20`);
  if (seen.js > 20) wrong.push(`${seen.js.toFixed(1)} KB of script, the budget is 20`);
  assert.deepEqual(wrong, []);
});

test("forced colours keep what is chosen and where one is", { timeout: 240000 }, async () => {
  const page = await open(browser, { forcedColors: "active", ...as("learner") });
  await page.goto(course + "/an-introduction/check-yourself");
  const current = page.locator('.steps a[aria-current="page"]');
  const look = await current.evaluate((x) => { const s = getComputedStyle(x); return s.outlineStyle + s.borderInlineStartStyle; });
  assert.notEqual(look, "nonenone", "the current step has no border or outline in forced colours");
  await page.context().close();
});

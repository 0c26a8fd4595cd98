// What every browser test uses: one Chromium, fresh contexts, axe, and the answers of the shipped quizzes.
import { chromium } from "playwright-core";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import YAML from "yaml";

const require = createRequire(import.meta.url);
export const base = process.env.GREENROOM_TEST_BASE;
export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const password = "greenroom-demo";
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const executablePath = process.env.GREENROOM_CHROMIUM
  ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));

/** Starts the browser; close it in after(). Works as root and with no network outside loopback. */
export const launch = () => chromium.launch({
  executablePath, headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb"],
});

export const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

/** A page in a context of its own. Console errors and CSP reports are gathered in page.faults. */
export async function open(browser, { size = "desktop", theme = "light", js = true, ...more } = {}) {
  const context = await browser.newContext({
    viewport: sizes[size] ?? size, colorScheme: theme, javaScriptEnabled: js, baseURL: base, reducedMotion: "reduce", ...more,
  });
  context.setDefaultTimeout(45000);
  const page = await context.newPage();
  page.faults = [];
  page.on("console", (m) => {
    // A page that answers 4xx on purpose is logged by Chromium itself as a failed resource.
    if (m.type() === "error" && !/Failed to load resource/.test(m.text())) page.faults.push(m.text());
  });
  page.on("pageerror", (e) => page.faults.push(String(e)));
  return page;
}

/** Signs a demo person in through the page. */
export async function signIn(page, who = "learner@demo.example", word = password) {
  await page.goto("/sign-in");
  await page.locator("#f-email").fill(who);
  await page.locator("#f-password").fill(word);
  // Not the buttons of the demo people, which stand in forms of their own.
  await page.locator('form:has(#f-email) button.btn-primary').click();
  await page.waitForURL((u) => !u.pathname.startsWith("/sign-in"));
}

const everything = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
/** The rules of axe whose answer depends on colour. */
export const colours = { runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } };

/** Every violation that axe finds, as short text. The page's own policy stays in force. */
export async function axe(page, rules = everything) {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axeSource);
  const r = await page.evaluate((rules) => globalThis.axe.run(document, { ...rules, resultTypes: ["violations"] }), rules);
  return r.violations.map((v) => `${v.id}: ${v.help} — ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")}`);
}

/** The quizzes of a shipped course by "module/activity". */
export function quizzes(course) {
  const dir = join(root, "courses", course), out = new Map();
  for (const m of readdirSync(dir, { withFileTypes: true }).filter((e) => e.isDirectory() && /^\d/.test(e.name))) {
    for (const f of readdirSync(join(dir, m.name)).filter((f) => f.endsWith(".quiz.yaml"))) {
      const key = m.name.replace(/^\d+-/, "") + "/" + f.replace(/^\d+-/, "").replace(".quiz.yaml", "");
      out.set(key, YAML.parse(readFileSync(join(dir, m.name, f), "utf8")));
    }
  }
  return out;
}

/** The steps of a shipped course in order: {key, kind, path}. */
export function steps(course) {
  const dir = join(root, "courses", course), out = [];
  for (const m of readdirSync(dir, { withFileTypes: true }).filter((e) => e.isDirectory() && /^\d/.test(e.name)).map((e) => e.name).sort()) {
    for (const f of readdirSync(join(dir, m)).filter((f) => /^\d+-.*\.(reading\.md|(quiz|reflection|worksheet|resources|scenario|forum)\.yaml)$/.test(f)).sort()) {
      const [, slug, kind] = f.match(/^\d+-(.*)\.(reading|quiz|reflection|worksheet|resources|scenario|forum)\.(?:md|yaml)$/);
      const key = m.replace(/^\d+-/, "") + "/" + slug;
      out.push({ key, kind, path: `/courses/${course}/${key}` });
    }
  }
  return out;
}

/** Plain text of a Markdown line, to find it on a page. */
export const plain = (s) => s.replace(/\[@\w+\]/g, "").replace(/[*_`]/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\s+/g, " ").trim();

// Runs the browser suite: starts the built binary on a fresh database with the shipped courses and demo people,
// once on SQLite and once on PostgreSQL (when GREENROOM_TEST_PG names a database), and runs every *.test.mjs
// against it with Node's own test runner. Nothing here waits by the clock: the server prints its address when it
// is ready, and pages are waited for by their state.
//
//   node web/test/run.mjs             everything
//   node web/test/run.mjs path        the files whose name contains "path"
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, readdirSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const binary = join(root, "bin/greenroom");

/** A port that is free now on loopback. */
export const freePort = () => new Promise((done, fail) => {
  const s = createServer();
  s.once("error", fail);
  s.listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => done(port)); });
});

/** Starts the product; resolves when it answers /readyz. Host is what the browser calls it. */
export async function start(env, host = "127.0.0.1") {
  const port = await freePort();
  const base = `http://${host}:${port}`;
  const child = spawn(binary, ["serve"], {
    cwd: env.GREENROOM_DATA,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, GREENROOM_ADDR: `127.0.0.1:${port}`, GREENROOM_BASE_URL: base, GREENROOM_DEMO: "true", GREENROOM_LOG_LEVEL: "warn", ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  let gone = false;
  child.once("exit", () => { gone = true; });
  for (let i = 0; ; i++) {
    if (gone) throw new Error("the server stopped before it was ready");
    try { if ((await fetch(base + "/readyz")).ok) break; } catch { /* not listening yet */ }
    if (i > 600) { child.kill("SIGKILL"); throw new Error("the server was not ready in a minute"); }
    await new Promise((r) => setTimeout(r, 100));
  }
  const stop = () => new Promise((done) => { if (gone) return done(); child.once("exit", done); child.kill("SIGTERM"); });
  return { base, stop, child };
}

const nodeTest = (files, env) => new Promise((done) => {
  const t = spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files], {
    env: { ...process.env, ...env }, stdio: ["ignore", "inherit", "inherit"],
  });
  t.once("exit", (code) => done(code ?? 1));
});

async function main() {
  if (!existsSync(binary)) { console.error("bin/greenroom is missing: run 'make build' first"); process.exit(2); }
  const want = process.argv[2] ?? "";
  const files = readdirSync(here).filter((f) => f.endsWith(".test.mjs") && f.includes(want)).map((f) => join(here, f)).sort();
  if (files.length === 0) { console.error(`no test file has "${want}" in its name`); process.exit(2); }
  const engines = [["sqlite", null]];
  if (process.env.GREENROOM_TEST_PG_URL) engines.push(["postgres", process.env.GREENROOM_TEST_PG_URL]);
  else if (process.env.CI) { console.error("GREENROOM_TEST_PG_URL is not set: the browser suite must run on PostgreSQL too"); process.exit(2); }
  let worst = 0;
  for (const [engine, url] of engines) {
    const data = mkdtempSync(join(tmpdir(), "greenroom-browser-"));
    // On PostgreSQL only the whole path is walked again: how pages look does not depend on the database.
    const chosen = engine === "sqlite" ? files : files.filter((f) => /path|autosave/.test(f));
    if (chosen.length === 0) continue;
    console.log(`\nbrowser suite on ${engine}`);
    const site = await start({ GREENROOM_DATA: data, GREENROOM_DATABASE_URL: url ?? `sqlite:${join(data, "test.db")}` });
    try { worst = Math.max(worst, await nodeTest(chosen, { GREENROOM_TEST_BASE: site.base, GREENROOM_TEST_ENGINE: engine })); }
    finally { await site.stop(); rmSync(data, { recursive: true, force: true }); }
  }
  process.exit(worst);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

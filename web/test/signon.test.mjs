// Signing in elsewhere, by a mailed link and with passkeys, in a real browser: against a certified provider of OpenID
// Connect on loopback, and with the browser's own virtual authenticator. The site runs under the name localhost, since
// passkeys are bound to a name.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start, freePort } from "./run.mjs";
import { launch, open, axe, password } from "./site.mjs";

const people = {
  ines: { email: "ines@agency.example", email_verified: true, name: "Ines Duarte" },
  rina: { email: "learner@demo.example", email_verified: true, name: "Rina Patel" }, // has an account here
  quiet: {}, // the provider says nothing
  dara: { email: "dara@agency.example", email_verified: true, name: "Dara Wen" },
};
let browser, site, data, provider;

before(async () => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  data = mkdtempSync(join(tmpdir(), "greenroom-signon-"));
  // The site starts first: it asks the provider nothing before somebody wants to sign in.
  site = await start({
    GREENROOM_DATA: data, GREENROOM_DATABASE_URL: `sqlite:${join(data, "test.db")}`,
    GREENROOM_OIDC_AGENCY_ISSUER: issuer, GREENROOM_OIDC_AGENCY_CLIENT_ID: "greenroom", GREENROOM_OIDC_AGENCY_CLIENT_SECRET: "a secret of the test",
    GREENROOM_OIDC_AGENCY_LABEL: "Agency account",
    GREENROOM_OIDC_ASLEEP_ISSUER: "http://127.0.0.1:1", GREENROOM_OIDC_ASLEEP_CLIENT_ID: "x", GREENROOM_OIDC_ASLEEP_CLIENT_SECRET: "y",
    GREENROOM_OIDC_ASLEEP_LABEL: "Sleepy account", GREENROOM_OIDC_ASLEEP_DOMAINS: "sleepy.example",
  }, "localhost");
  provider = await serveProvider(issuer, port, site.base);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  provider?.close();
  provider?.closeAllConnections();
  await site?.stop();
  rmSync(data, { recursive: true, force: true });
});

/** The provider, with its own pages for signing in and consent. Anybody gets in under any password. */
async function serveProvider(issuer, port, base) {
  const warn = console.warn, info = console.info;
  console.warn = console.info = () => {}; // it warns that it is set up for a test
  const { default: Provider } = await import("oidc-provider");
  const p = new Provider(issuer, {
    clients: [{ client_id: "greenroom", client_secret: "a secret of the test", redirect_uris: [base + "/auth/agency/callback"] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    pkce: { required: () => true },
    cookies: { keys: ["of the test"] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  const server = createServer(p.callback());
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  console.warn = warn;
  console.info = info;
  return server;
}

const here = (more) => open(browser, { baseURL: site.base, ...more });

/** What somebody does at the provider: signs in, and allows what is asked. */
async function atProvider(page, who) {
  await page.locator("input[name=login]").fill(who);
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.locator("button[type=submit]:has-text('Continue')").click();
}

/** Who is signed in, as the settings say it; "" nobody. */
async function who(page) {
  const res = await page.goto("/settings");
  return new URL(page.url()).pathname === "/settings" && res.ok() ? page.locator("#f-name").inputValue() : "";
}

async function clean(page, what) {
  assert.deepEqual(await axe(page), [], what);
  assert.deepEqual(page.faults, [], what);
}

for (const js of [true, false]) {
  test(`signing in with a provider ${js ? "and the keyboard" : "without JavaScript"}`, { timeout: 240000 }, async () => {
    const page = await here({ js });
    await page.goto("/sign-in?return=/me/transcript");
    if (js) {
      await page.getByRole("link", { name: "Sign in with Agency account" }).focus();
      await page.keyboard.press("Enter");
    } else await page.getByRole("link", { name: "Sign in with Agency account" }).click();
    await atProvider(page, js ? "ines" : "dara");
    await page.waitForURL("**/me/transcript");
    assert.equal(await who(page), js ? "Ines Duarte" : "Dara Wen");
    await page.goto("/settings/sign-in");
    assert.match(await page.locator("main").innerText(), /Agency account.*@agency\.example[\s\S]*this device/);
    if (js) await clean(page, "ways to sign in");
    await page.context().close();
  });
}

test("an address that is known leads to a question", { timeout: 240000 }, async () => {
  const page = await here({ js: false });
  await page.goto("/auth/agency?return=/courses");
  await atProvider(page, "rina");
  await page.waitForURL("**/auth/connect");
  assert.equal(await who(page), "", "nobody is signed in by the address alone");
  await page.goto("/auth/connect");
  await page.locator("#f-password").fill("not the password of it");
  await page.getByRole("button", { name: "Connect and sign in" }).click();
  assert.match(await page.locator("main").innerText(), /not the password of this account/);
  await page.locator("#f-password").fill(password);
  await page.getByRole("button", { name: "Connect and sign in" }).click();
  await page.waitForURL("**/courses");
  assert.equal(await who(page), "Rina Patel");
  await page.context().close();
});

test("what the provider leaves out is asked for", { timeout: 240000 }, async () => {
  const page = await here();
  await page.goto("/auth/agency");
  await atProvider(page, "quiet");
  await page.waitForURL("**/auth/finish");
  await clean(page, "the question");
  await page.locator("#f-name").fill("Quiet One");
  await page.locator("#f-email").fill("learner@demo.example");
  await page.getByRole("button", { name: "Create account" }).click();
  assert.match(await page.locator("main").innerText(), /has an account already/);
  await clean(page, "the question with a mistake");
  await page.locator("#f-email").fill("quiet@home.example");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/me");
  assert.equal(await who(page), "Quiet One");
  await page.context().close();
});

test("changing one's mind, coming back twice, and a provider that sleeps", { timeout: 240000 }, async () => {
  const page = await here();
  await page.goto("/auth/agency");
  await page.getByRole("link", { name: /cancel/i }).click();
  await page.getByRole("heading", { name: "You did not sign in" }).waitFor();
  await clean(page, "cancelled");
  const back = page.url();
  await page.goto(back);
  await page.getByRole("heading", { name: "The sign-in did not work" }).waitFor();
  assert.match(await page.locator("main").innerText(), /used already/);
  await clean(page, "refused");
  const res = await page.goto("/auth/asleep");
  assert.equal(res.status(), 503);
  await page.getByRole("heading", { name: "Sleepy account does not answer" }).waitFor();
  await clean(page, "asleep");
  await page.goto("/sign-in");
  await page.locator("#f-email").fill("somebody@sleepy.example");
  await page.locator("#f-password").fill("a long walk by the river");
  await page.locator("form:has(#f-email) button.btn-primary").click();
  await page.getByRole("heading", { name: "Sign in with Sleepy account" }).waitFor();
  await clean(page, "must use");
  await page.context().close();
});

test("a link by e-mail, opened on another device", { timeout: 240000 }, async () => {
  const page = await here(), other = await here({ js: false, size: "phone" });
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "E-mail me a link to sign in" }).click();
  await clean(page, "asking for a link");
  await page.locator("#f-email").fill("learner2@demo.example");
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
  await clean(page, "sent");
  await page.goto("/mailbox");
  await page.getByRole("link", { name: /Sign in to/ }).first().click();
  const link = (await page.locator("main").innerText()).match(/https?:\/\/\S+\/enter\/\S+/)[0];
  await page.goto(link);
  await clean(page, "the page of the link");
  await other.goto(link);
  await other.locator("main").getByRole("button", { name: "Sign in" }).click();
  await other.waitForURL("**/me");
  await page.reload();
  await page.getByRole("heading", { name: "This link does not work any more" }).waitFor();
  await clean(page, "a dead link");
  await page.context().close();
  await other.context().close();
});

/** Gives the page's browser a device with fingerprint and memory for passkeys. */
async function device(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { cdp, authenticatorId };
}

test("a passkey: added, used, cloned, removed", { timeout: 240000 }, async () => {
  const page = await here();
  const { cdp, authenticatorId } = await device(page);
  const out = async () => {
    await page.context().clearCookies();
    await page.goto("/sign-in");
  };
  await page.goto("/sign-in");
  await page.locator("#f-email").fill("learner3@demo.example");
  await page.locator("#f-password").fill(password);
  await page.locator("form:has(#f-email) button.btn-primary").click();
  await page.waitForURL("**/me");
  await page.goto("/settings/sign-in");
  await page.locator("#f-passkey_name").fill("The test's own");
  await page.locator("#f-passkey_name").press("Enter");
  await page.getByText("The passkey is added").waitFor();
  await clean(page, "with a passkey");
  await out();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL("**/me");
  // A copy of the key counts on from where it was copied.
  const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials.length, 1);
  await out();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL("**/me");
  await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
  await cdp.send("WebAuthn.addCredential", { authenticatorId, credential: { ...credentials[0], signCount: 1 } });
  await out();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("heading", { name: "The passkey did not work" }).waitFor();
  assert.match(await page.locator("main").innerText(), /seems to exist twice/);
  await clean(page, "a cloned passkey");
  // Nothing to offer: the browser says no, and the page says so.
  await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
  await out();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText("No passkey was used").first().waitFor();
  await clean(page, "no passkey");
  await page.context().close();
});

test("without JavaScript there is no passkey to press", { timeout: 240000 }, async () => {
  const page = await here({ js: false });
  await page.goto("/sign-in");
  assert.equal(await page.getByRole("button", { name: "Sign in with a passkey" }).count(), 0);
  await page.context().close();
});

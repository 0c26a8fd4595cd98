import { announce } from "./status.ts";
import { say } from "./words.ts";

const rest = 1500; // ms after the last key
const most = 5000; // at most, for who types without resting
const patience = 1500; // ms that a link waits for a save
const again = [5000, 15000, 30000]; // ms until a failed save is tried again

const all = new Set<AutoSave>();
let going = false;

/**
 * A link or another form of the page waits for what is not saved yet, so that the page it leads to is made of it. The
 * browser asks for that page before it lets this one go: a save on leaving would come too late for it.
 */
function hold(e: Event, own: Element | undefined, go: () => void): void {
  if (e.defaultPrevented || going) return;
  const open = [...all].filter((a) => a !== own?.closest("auto-save") && a.unsaved());
  if (!open.length) return;
  e.preventDefault();
  going = true;
  const late = new Promise((done) => { window.setTimeout(done, patience); });
  void Promise.race([Promise.allSettled(open.map((a) => a.flush())), late]).then(go).finally(() => { going = false; });
}

addEventListener("click", (e) => {
  if (e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const a = e.target instanceof Element ? e.target.closest<HTMLAnchorElement>("a[href]") : null;
  if (!a || a.target || a.hasAttribute("download") || a.origin !== location.origin) return;
  if (a.hash && a.pathname === location.pathname && a.search === location.search) return; // a place on this page
  hold(e, undefined, () => a.click());
});
addEventListener("submit", (e) => {
  const form = e.target as HTMLFormElement;
  hold(e, form, () => form.requestSubmit(e.submitter));
});

/**
 * <auto-save data-url="…"> around a form sends the form to that address when typing rests, every few seconds while it does
 * not, and when the page is left, and says so. Two saves are never under way together (but for the last one), and the field "n" counts them, so that the server
 * knows the newer one. The form's own buttons stay as they are.
 *
 * Answers: 2xx is saved; 409 means that the text was changed elsewhere: nothing is sent any more by itself, and a button
 * sends the form; 422 says what is wrong; any other 4xx will not get better by repeating, so the next key tries
 * again; the rest is tried again in a while.
 */
export class AutoSave extends HTMLElement {
  private form!: HTMLFormElement;
  private line!: HTMLElement;
  private timer: number | undefined;
  private due = 0; // when what was typed first since the last save has to be sent
  private under: Promise<void> = Promise.resolve(); // the save under way
  private sent = ""; // what the server has
  private onTheWay: string | undefined;
  private failed = 0;
  private stopped = false;

  connectedCallback(): void {
    const form = this.querySelector("form");
    if (!form || this.line) return;
    this.form = form;
    this.line = document.createElement("p");
    this.line.className = "save-state";
    this.line.setAttribute("role", "status");
    (form.querySelector(":scope > .row:last-of-type") ?? form).append(this.line);
    this.sent = this.content();
    if (this.hasAttribute("data-unsaved")) { this.sent = ""; this.plan(rest); } // the server has refused it and not kept it
    all.add(this);
    form.addEventListener("input", () => this.plan(rest));
    form.addEventListener("change", () => this.plan(rest));
    form.addEventListener("submit", () => { this.stopped = true; clearTimeout(this.timer); this.raise(); });
    addEventListener("pagehide", () => this.leave());
    addEventListener("pageshow", (e) => { if (e.persisted) this.stopped = false; });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.leave(); });
    addEventListener("online", () => { if (this.failed) this.plan(0); });
  }

  disconnectedCallback(): void { clearTimeout(this.timer); all.delete(this); }

  /** Says whether there is something that the server does not have. */
  unsaved(): boolean { return !this.stopped && this.content() !== this.sent; }

  /** Saves at once, after the save that may be under way. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    await this.under;
    clearTimeout(this.timer);
    this.due = 0;
    await (this.under = this.save());
  }

  /** All fields but the counter, as they would be sent. */
  private content(): string {
    const data = new URLSearchParams();
    for (const [k, v] of new FormData(this.form)) if (typeof v === "string" && k !== "n") data.append(k, v);
    return data.toString();
  }

  private raise(): void {
    const n = this.form.elements.namedItem("n");
    if (n instanceof HTMLInputElement) n.value = String(Number(n.value) + 1);
  }

  private body(): URLSearchParams {
    this.raise();
    const data = new URLSearchParams();
    for (const [k, v] of new FormData(this.form)) if (typeof v === "string") data.append(k, v);
    return data;
  }

  private post(content: string): Promise<Response> {
    const keepalive = content.length < 60000; // browsers refuse more than 64 KB on the way out
    return fetch(this.dataset.url ?? "", { method: "POST", body: this.body(), headers: { Accept: "application/json" }, keepalive, redirect: "manual" });
  }

  private plan(wait: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    const now = Date.now();
    if (!this.due) this.due = now + Math.max(most, wait);
    this.timer = window.setTimeout(() => { this.due = 0; if (this.onTheWay === undefined) this.under = this.save(); }, Math.min(wait, Math.max(0, this.due - now)));
  }

  private async save(): Promise<void> {
    if (this.onTheWay !== undefined || this.stopped) return; // the one under way plans the next
    const content = this.content();
    if (content === this.sent) return;
    this.onTheWay = content;
    this.show("saving");
    let status = 0, text = "";
    try {
      const r = await this.post(content);
      status = r.status;
      if (status === 409 || status === 422) text = ((await r.json()) as { error?: string }).error ?? "";
    } catch { /* no connection, or an answer without words: status and text stay as they are */ }
    this.onTheWay = undefined;
    if (status >= 200 && status < 300) {
      this.sent = content;
      this.failed = 0;
      this.show("saved");
      if (this.content() !== this.sent) this.plan(rest);
    } else if (status === 409) {
      this.stopped = true;
      this.show("stale", text);
      this.offer();
    } else if (status === 422) {
      this.show("failed", text);
    } else {
      this.show("failed");
      const wait = again[Math.min(this.failed++, again.length - 1)] ?? rest;
      if (status === 0 || status === 429 || status >= 500) this.plan(wait);
    }
  }

  /** The page is going: send what was typed since, even while a save is under way; the server goes by "n". */
  private leave(): void {
    const content = this.content();
    if (this.stopped || content === this.sent || content === this.onTheWay) return;
    clearTimeout(this.timer);
    this.onTheWay = content;
    this.post(content)
      .then((r) => { if (r.ok) { this.sent = content; this.show("saved"); } else { this.show("failed"); } })
      .catch(() => { this.show("failed"); })
      .finally(() => { this.onTheWay = undefined; this.plan(rest); }); // the page may have stayed after all
  }

  /** The text was changed elsewhere: sending the form as a form leads to a page where both can be seen. */
  private offer(): void {
    const button = document.createElement("button");
    button.className = "btn btn-quiet";
    button.type = "submit";
    button.formAction = this.dataset.url ?? "";
    button.textContent = say("stale_button");
    this.line.after(button);
  }

  private show(state: "saving" | "saved" | "failed" | "stale", instead = ""): void {
    const first = this.dataset.state !== state;
    this.dataset.state = this.line.dataset.state = state;
    const time = new Date().toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
    const text = instead || say({ saving: "saving", saved: "saved", failed: "not_saved", stale: "stale" }[state], { time });
    // "Saving" and a repeated "Saved" are to be seen, not heard.
    if (state === "saving" || (state === "saved" && !first)) this.line.setAttribute("aria-live", "off");
    else this.line.setAttribute("aria-live", "polite");
    this.line.textContent = text;
    if (state === "failed" && first) announce(text);
  }
}

import { announce } from "./status.ts";
import { say } from "./words.ts";

const rest = 1500; // ms after the last key
const again = [5000, 15000, 30000]; // ms until a failed save is tried again

/**
 * <auto-save data-url="…"> around a form sends the form to that address when typing rests and when the page is
 * left, and says so. Two saves are never under way together (but for the last one), and the field "n" counts them, so that the server
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
    form.addEventListener("input", () => this.plan(rest));
    form.addEventListener("change", () => this.plan(rest));
    form.addEventListener("submit", () => { this.stopped = true; clearTimeout(this.timer); this.raise(); });
    addEventListener("pagehide", () => this.leave());
    addEventListener("pageshow", (e) => { if (e.persisted) this.stopped = false; });
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.leave(); });
    addEventListener("online", () => { if (this.failed) this.plan(0); });
  }

  disconnectedCallback(): void { clearTimeout(this.timer); }

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
    this.timer = window.setTimeout(() => void this.save(), wait);
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

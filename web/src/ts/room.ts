import { announce } from "./status.ts";
import { say } from "./words.ts";

const often = 2000; // ms between looks, while the page is seen
const seldom = 10000; // after failures
const beat = 6000; // ms between signs of life

/**
 * <live-room> is a screen of a workshop: parts (data-part) that the server renders. It asks whether the room has changed
 * since the tag that it was read at, and replaces the parts that look different; what somebody is typing stays, and so does
 * the focus. Forms with data-send are sent without leaving the page; what could not be sent is sent again, under the same
 * client id, until the server has it.
 */
export class LiveRoom extends HTMLElement {
  private tag = "";
  private timer: number | undefined;
  private fails = 0;
  private ends = 0;
  private said = 0;
  private last = new Map<string, string>();
  private line: HTMLElement | undefined;
  private sending = false;
  private beaten = 0;

  connectedCallback(): void {
    if (this.tag) return;
    this.tag = this.dataset.tag ?? "";
    for (const p of this.parts(this)) this.last.set(p.dataset.part ?? "", plain(p));
    this.line = document.createElement("p");
    this.line.className = "room-link";
    this.line.setAttribute("role", "status");
    this.append(this.line);
    this.querySelector(".room-refresh")?.setAttribute("hidden", "");
    this.clock();
    window.setInterval(() => this.tick(), 1000);
    this.addEventListener("submit", (e) => this.submit(e));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.look();
      else this.hid();
    });
    window.addEventListener("online", () => void this.look());
    this.alive();
    this.plan();
  }

  disconnectedCallback(): void { clearTimeout(this.timer); }

  private parts(root: ParentNode): HTMLElement[] { return [...root.querySelectorAll<HTMLElement>("[data-part]")]; }

  private plan(): void {
    clearTimeout(this.timer);
    const wait = this.fails > 3 ? seldom : often;
    this.timer = window.setTimeout(() => void this.look(), wait * (0.85 + 0.3 * Math.random()));
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.isConnected || document.visibilityState === "hidden") return; // it looks when it is seen again
    try {
      const r = await fetch(`${this.dataset.url}?tag=${encodeURIComponent(this.tag)}`, { redirect: "manual", signal: AbortSignal.timeout(8000) });
      if (r.status === 200) this.take(await r.text());
      else if (r.status !== 204) throw new Error(String(r.status));
      this.found();
      this.alive();
    } catch { this.lost(); }
    this.plan();
  }

  private lost(): void {
    this.fails++;
    if (this.fails === 2) this.state(say("room_lost"));
  }

  private found(): void {
    if (this.fails > 1) this.state(say("room_back"));
    this.fails = 0;
  }

  private state(text: string): void { if (this.line) this.line.textContent = text; }

  /** Says that the page is there; a trainer's also that it is hidden, since browsers hardly let it speak then. */
  private alive(): void {
    const to = this.dataset.here ?? this.host();
    if (!to || performance.now() - this.beaten < beat && this.beaten) return;
    this.beaten = performance.now();
    fetch(to, { method: "POST", body: new URLSearchParams(), keepalive: true }).catch(() => {});
  }

  private hid(): void {
    const to = this.host();
    if (to) fetch(to, { method: "POST", body: new URLSearchParams({ hidden: "yes" }), keepalive: true }).catch(() => {});
    this.beaten = 0;
  }

  private host(): string | undefined { return this.querySelector("[data-drives]") ? this.dataset.host : undefined; }

  /** Takes the parts out of what the server rendered. */
  private take(html: string, sent = false): boolean {
    const doc = new DOMParser().parseFromString(html, "text/html");
    const fresh = this.parts(doc);
    if (fresh.length === 0) return false;
    for (const p of fresh) {
      const name = p.dataset.part ?? "", was = this.querySelector<HTMLElement>(`[data-part="${name}"]`);
      if (p.dataset.tag) this.tag = p.dataset.tag;
      const now = plain(p);
      if (!was || this.last.get(name) === now) continue;
      // A text that others write too stays with the version that it was read at while somebody types: saving tells what changed.
      if (!sent && "hold" in was.dataset && [...was.querySelectorAll("textarea")].some((f) => f.value !== f.defaultValue)) continue;
      this.last.set(name, now);
      this.swap(was, p);
    }
    const errors = doc.querySelector<HTMLElement>(".error-summary"), old = this.querySelector(".error-summary");
    old?.remove();
    if (errors) { this.prepend(errors); errors.focus(); }
    this.clock();
    return true;
  }

  /** Puts a part in the place of another: what was typed stays while it is about the same thing, and the focus too. */
  private swap(was: HTMLElement, p: HTMLElement): void {
    const moved = was.dataset.item !== p.dataset.item;
    const at = document.activeElement instanceof HTMLElement && was.contains(document.activeElement) ? document.activeElement : undefined;
    const typed = new Map<string, string | boolean>();
    if (!moved) for (const f of was.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input[id], textarea[id]")) {
      const box = f instanceof HTMLInputElement && (f.type === "radio" || f.type === "checkbox");
      if (box && f.checked !== f.defaultChecked) typed.set(f.id, f.checked);
      else if (!box && f.value !== f.defaultValue) typed.set(f.id, f.value);
    }
    was.replaceWith(p);
    for (const [id, v] of typed) {
      const f = p.querySelector<HTMLInputElement | HTMLTextAreaElement>("#" + CSS.escape(id));
      if (!f) continue;
      if (typeof v === "boolean") (f as HTMLInputElement).checked = v;
      else f.value = v;
    }
    if (moved && p.dataset.title) announce(say("room_item", { item: p.dataset.title }));
    if (!at) return;
    const again = at.id ? p.querySelector<HTMLElement>("#" + CSS.escape(at.id)) : twin(p, at);
    (again ?? p.querySelector<HTMLElement>("h2[tabindex]") ?? p.querySelector<HTMLElement>("button, a, input:not([type=hidden])"))?.focus({ preventScroll: true });
  }

  private submit(e: SubmitEvent): void {
    const form = e.target as HTMLFormElement;
    if (!form.hasAttribute("data-send")) return;
    e.preventDefault();
    if (this.sending) return;
    const data = new FormData(form, e.submitter);
    const body = new URLSearchParams();
    for (const [k, v] of data) body.append(k, String(v));
    void this.send(form, form.getAttribute("action") ?? "", body);
  }

  private async send(form: HTMLFormElement, url: string, body: URLSearchParams): Promise<void> {
    this.sending = true;
    for (let tries = 0; this.isConnected; tries++) {
      try {
        const r = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(8000) });
        if (r.status >= 500 || r.status === 429) throw new Error(String(r.status));
        const html = await r.text();
        if (r.ok) form.reset(); // it is there: nothing to keep
        if (!this.take(html, true)) location.reload();
        const notice = new DOMParser().parseFromString(html, "text/html").querySelector(".notice");
        this.state(notice?.textContent?.trim() ?? "");
        this.fails = 0;
        break;
      } catch {
        this.fails++;
        this.state(say("room_unsent"));
        await new Promise((done) => setTimeout(done, Math.min(seldom, often * (tries + 1) / 2)));
      }
    }
    this.sending = false;
    this.plan();
  }

  /** Notes when the timer ends, by this device's own clock: the server says how much is left. */
  private clock(): void {
    const left = this.querySelector<HTMLElement>("[data-left]");
    const ends = left ? performance.now() + Number(left.dataset.left) * 1000 : 0;
    if (Math.abs(ends - this.ends) > 1500) { this.ends = ends; this.said = 0; }
    this.tick();
  }

  private tick(): void {
    const at = this.querySelector<HTMLElement>("[data-left]");
    if (!at || !this.ends) return;
    const s = Math.max(0, Math.round((this.ends - performance.now()) / 1000));
    const text = s === 0 ? say("room_over") : say("room_left", { time: `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}` });
    if (at.textContent !== text) at.textContent = text;
    const mark = s === 0 ? 3 : s <= 60 ? 2 : s <= 300 ? 1 : 0;
    if (mark > this.said) { if (s > 0 && (s === 60 || s === 300) || s === 0) announce(text); this.said = mark; }
  }
}

/** How a part looks, without what differs each time it is rendered. */
function plain(p: HTMLElement): string {
  return p.innerHTML.replace(/name="client" value="[^"]*"/g, "").replace(/data-left="[^"]*"[^<]*/g, "").replace(/ checked=""/g, " checked") + (p.dataset.item ?? "") + ("drives" in p.dataset);
}

/** The button of a new part that says what the focused one of the old part said. */
function twin(p: HTMLElement, at: HTMLElement): HTMLElement | undefined {
  const text = at.textContent?.trim();
  return [...p.querySelectorAll<HTMLElement>(at.tagName)].find((b) => b.textContent?.trim() === text);
}

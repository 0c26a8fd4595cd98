import { live, type Frame, type Listener, type State } from "./live.ts";
import { announce } from "./status.ts";
import { say } from "./words.ts";

const often = 4000; // ms between looks without a socket, while the page is seen
const seldom = 10000; // after failures
const gap = 200; // ms at least between two looks that the socket asks for
const deskGap = 100; // of who runs the room, and its stage: there are few, and they watch the votes come in
const beat = 6000; // ms between signs of life of a driver
const sign = 25000; // of a participant without a socket

/** A stream of the room that the screen hears. Its number is only a reason to ask for the parts anew. */
class Ear implements Listener {
  looks = true;
  gone = false; // it may not be heard
  constructor(public topic: string, public epoch: number, public head: number, private room: LiveRoom) {}
  take(f: Frame): void { this.room.heard(this, f); }
  state(s: State): void { this.room.hears(this, s); }
}

/**
 * <live-room> is a screen of a workshop: parts (data-part) that the server renders. When its socket says that the room has
 * changed since the tag that it was read at, or without one every few seconds, it asks for the parts and replaces those that
 * look different; what somebody is typing stays, and so does the focus. Forms with data-send are sent without leaving the page; what could not be sent is sent again, under the same
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
  private sends = Promise.resolve();
  private waiting = new Set<string>();
  private beaten = 0;
  private ears = new Map<Ear, boolean>();
  private looked = 0;
  private looking = false;
  private again = false;
  private words = "";

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
    window.addEventListener("online", () => { live.nudge(); void this.look(); });
    window.addEventListener("offline", () => { this.fails = 2; this.say(); });
    window.setInterval(() => this.alive(), 1000);
    this.alive();
    this.listen();
    this.plan();
  }

  /** Who only sees a room hears its own stream, who runs it also that of the desk. A stage of nobody has no socket. */
  private listen(): void {
    const id = this.dataset.room, at = this.at();
    if (!id || "nobody" in this.dataset) return;
    this.ears.set(new Ear("room:" + id, at[0], at[1], this), false);
    if (at[2] > 0) this.ears.set(new Ear("room-desk:" + id, at[2], at[3], this), false);
    for (const e of this.ears.keys()) live.join(e);
  }

  /** The numbers that the page was read at: epoch and number of the room's stream, and of the desk's. */
  private at(): [number, number, number, number] {
    const n = this.tag.split(".").map(Number);
    return [n[0] ?? 1, n[1] ?? 0, n[2] ?? 0, n[3] ?? 0];
  }

  heard(e: Ear, f: Frame): void {
    if (f.t === "gone") { e.gone = true; this.ears.set(e, false); this.say(); this.plan(); return; }
    const at = this.at(), read = e.topic.startsWith("room:") ? at[1] : at[3];
    if (f.t !== "reset" && (f.n ?? 0) <= read) return;
    const spread = (f.data as { spread?: number } | undefined)?.spread ?? 0;
    this.soon(Math.random() * spread);
  }

  hears(e: Ear, s: State): void {
    const was = this.live();
    this.ears.set(e, s === "live" && !e.gone);
    if (this.live() && this.fails) void this.look();
    if (this.live() === was) return;
    this.say();
    this.plan();
  }

  private live(): boolean { return this.ears.size > 0 && [...this.ears.values()].every(Boolean); }

  /** Looks in a moment, once, however often it is told to. */
  private soon(ms: number): void {
    if (this.looking) { this.again = true; return; }
    if (this.timer && this.live()) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), Math.max(ms, this.looked + (this.at()[2] > 0 ? deskGap : gap) - performance.now()));
  }

  disconnectedCallback(): void { clearTimeout(this.timer); }

  private parts(root: ParentNode): HTMLElement[] { return [...root.querySelectorAll<HTMLElement>("[data-part]")]; }

  private plan(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.live() && this.fails === 0) return; // it will be told
    const wait = this.fails > 3 ? seldom : often;
    this.timer = window.setTimeout(() => void this.look(), wait * (0.85 + 0.3 * Math.random()));
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isConnected || document.visibilityState === "hidden") return; // it looks when it is seen again
    if (this.looking) { this.again = true; return; }
    this.looking = true;
    this.again = false;
    this.looked = performance.now();
    try {
      const url = this.dataset.url ?? "";
      const r = await fetch(`${url}${url.includes("?") ? "&" : "?"}tag=${encodeURIComponent(this.tag)}`, { redirect: "manual", signal: AbortSignal.timeout(8000) });
      if (r.status === 200) this.take(await r.text());
      else if (r.status !== 204) throw new Error(String(r.status));
      this.found();
    } catch { this.lost(); }
    this.looking = false;
    this.plan();
    if (this.again) this.soon(0);
  }

  private lost(): void {
    this.fails++;
    this.say();
  }

  private found(): void {
    this.fails = 0;
    this.say();
  }

  /** Says in words how the screen hears of news. The line speaks only of what has changed. */
  private say(): void {
    this.state(say(this.fails > 1 ? "room_lost" : this.live() ? "room_live" : "room_look"));
  }

  private state(text: string): void {
    if (this.words === text) return;
    this.words = text;
    if (this.line) this.line.textContent = text;
  }

  /**
   * Says that the page is there: a driver's often, so that the room soon hears that they are gone; a participant's only
   * without a socket, which says so by itself.
   */
  private alive(): void {
    const host = this.host(), to = this.dataset.here ?? host;
    if (!to || document.visibilityState === "hidden" || !host && this.live()) return;
    if (this.beaten && performance.now() - this.beaten < (host ? beat : sign)) return;
    this.beaten = performance.now();
    fetch(to, { method: "POST", body: new URLSearchParams(), keepalive: true }).catch(() => {});
  }

  private hid(): void {
    const to = this.live() ? undefined : this.host(); // browsers hardly let a hidden page speak; a socket goes on
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
    const data = new FormData(form, e.submitter);
    const body = new URLSearchParams();
    for (const [k, v] of data) body.append(k, String(v));
    // What is pressed while something is on its way is sent after it; the same thing twice is sent once.
    const url = form.getAttribute("action") ?? "", key = url + "?" + body;
    if (this.waiting.has(key)) return;
    this.waiting.add(key);
    this.sends = this.sends.then(() => this.send(form, url, body)).finally(() => this.waiting.delete(key));
  }

  private async send(form: HTMLFormElement, url: string, body: URLSearchParams): Promise<void> {
    for (let tries = 0; this.isConnected; tries++) {
      try {
        const r = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(8000) });
        if (r.status >= 500 || r.status === 429) throw new Error(String(r.status));
        const html = await r.text();
        if (r.ok) form.reset(); // it is there: nothing to keep
        if (!this.take(html, true)) location.reload();
        const notice = new DOMParser().parseFromString(html, "text/html").querySelector(".notice");
        this.fails = 0;
        const text = notice?.textContent?.trim();
        if (text) this.state(text); else this.say();
        break;
      } catch {
        this.fails++;
        this.state(say("room_unsent"));
        await new Promise((done) => setTimeout(done, Math.min(seldom, often * (tries + 1) / 2)));
      }
    }
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

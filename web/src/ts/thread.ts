import { live, type Frame, type Listener, type State } from "./live.ts";
import { announce } from "./status.ts";
import { say } from "./words.ts";

interface Item { id: string; root: string; level: number; rev: number; html: string }

/**
 * <live-thread> holds the posts of a thread. It hears what happens after the number that its page was read at. New posts
 * wait behind a button, which is announced; the focus stays where it is and what is there is not touched, but for a post
 * that was changed or taken away: that one is replaced. Where the answer is "reset", the button loads the page again. One
 * line, which stays in sight, says how the page hears of news.
 */
export class LiveThread extends HTMLElement implements Listener {
  topic = "";
  head = 0;
  epoch = 0;
  seat = "";
  private held: Item[] = [];
  private later = new Map<string, Item>();
  private kept = 0;
  private bar: HTMLElement | undefined;
  private last: State | undefined;

  connectedCallback(): void {
    if (!this.dataset.stream || this.topic) return;
    this.topic = this.dataset.stream;
    this.head = Number(this.dataset.head);
    this.epoch = Number(this.dataset.epoch);
    this.seat = this.dataset.seat ?? "";
    this.addEventListener("submit", (e) => this.like(e));
    live.join(this);
    window.setTimeout(() => this.seen(), 5000);
    if (this.hasAttribute("data-typing")) document.addEventListener("input", (e) => { if ((e.target as HTMLElement).id === "f-body") live.typing(this.topic); });
  }

  take(f: Frame): void {
    if (f.t === "reset" || f.t === "gone") { this.offer(say("thread_changed"), () => location.reload()); return; }
    if (f.t === "void") {
      this.kept += f.count ?? 0;
      if (f.count) this.offer(say("thread_count", { n: String(this.kept) }), () => location.reload());
      return;
    }
    const p = f.data as Item;
    const there = document.getElementById("p-" + p.id);
    if (there) {
      if (Number(there.dataset.rev) <= p.rev) this.replace(there, p);
      return;
    }
    const waits = this.held.some((h) => h.id === p.id);
    if (!waits && f.kind !== "post") return; // of another page of the thread
    this.held = this.held.filter((h) => h.id !== p.id).concat(p);
    this.offer(say(this.held.length === 1 ? "show_new" : "show_news", { n: String(this.held.length) }), () => this.show());
  }

  /** Says how the page hears of news. Only that it does not, and does again, is announced. */
  state(s: State): void {
    if (s === this.last) return;
    const line = document.querySelector<HTMLElement>(".live-state");
    const time = new Date().toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
    const text = say("live_" + s, { time });
    if (line) { line.textContent = text; line.dataset.state = s; }
    if (s === "off" || this.last === "off") announce(text);
    this.last = s;
    if (s === "look" || s === "off") this.here(0, 0); // nothing says any more how many there are
  }

  /** How many have the thread open, and how many others write in it. It is text to be read when one likes, and not announced: a number that changes would talk over it. */
  here(n: number, writing: number): void {
    const line = this.querySelector<HTMLElement>(".live-here");
    if (!line) return;
    line.hidden = n === 0;
    line.textContent = n ? say(writing ? "writing" : "reading", { n: String(n), w: String(writing) }) : "";
  }

  /** Replaces a post by what it is now: at once, or where the focus is in it, when that leaves. Of several the last counts. */
  private replace(there: HTMLElement, p: Item): void {
    if (!there.contains(document.activeElement)) { there.replaceWith(this.make(p.html)); return; }
    if (!this.later.has(there.id)) {
      there.addEventListener("focusout", (e) => {
        if (there.contains(e.relatedTarget as Node | null)) return;
        const now = this.later.get(there.id);
        if (!now) return;
        this.later.delete(there.id);
        setTimeout(() => there.replaceWith(this.make(now.html))); // after the focus has come to where it goes
      });
    }
    this.later.set(there.id, p);
  }

  /** "Useful" needs no other page. What comes of it is told like any change of the post; what fails goes the way without script. */
  private like(e: SubmitEvent): void {
    const form = e.target as HTMLFormElement, button = e.submitter;
    if (!form.action.endsWith("/useful") || !button || form.dataset.plain) return;
    e.preventDefault();
    const on = form.elements.namedItem("on") as HTMLInputElement;
    fetch(form.action, { method: "POST", body: new URLSearchParams({ on: on.value }), headers: { Accept: "application/json" }, redirect: "manual" })
      .then((r) => {
        if (!r.ok) throw new Error(String(r.status));
        const step = on.value === "1" ? 1 : -1;
        button.setAttribute("aria-pressed", String(step > 0));
        on.value = step > 0 ? "0" : "1";
        let n = button.querySelector(".num");
        const count = Number(n?.textContent ?? 0) + step;
        if (!n) { n = document.createElement("span"); n.className = "num"; button.append(n); }
        n.textContent = count > 0 ? String(count) : "";
      })
      .catch(() => { form.dataset.plain = "1"; form.requestSubmit(button); });
  }

  private make(html: string): HTMLElement {
    const t = document.createElement("template");
    t.innerHTML = html; // rendered and sanitised by the server, as on the page
    return t.content.firstElementChild as HTMLElement;
  }

  private offer(text: string, act: () => void): void {
    if (!this.bar) {
      this.bar = document.createElement("p");
      this.bar.className = "new-posts";
      this.append(this.bar);
    }
    const b = document.createElement("button");
    b.type = "button";
    b.className = "btn btn-primary";
    b.textContent = text;
    b.addEventListener("click", act);
    this.bar.replaceChildren(b);
    announce(text);
  }

  /** Puts the held posts into their places. The button goes, so the first of them takes the focus. */
  private show(): void {
    let first: HTMLElement | undefined;
    for (const p of this.held) {
      const post = this.make(p.html);
      const list = p.level < 3 ? this.querySelector<HTMLElement>("[data-posts]") : this.comments(p.root);
      if (!list || (p.level < 3 && !this.hasAttribute("data-last"))) continue;
      const li = document.createElement("li");
      li.append(post);
      if (p.level < 3) li.id = "r-" + p.root;
      list.append(li);
      first ??= post;
    }
    const last = this.held.at(-1);
    this.held = [];
    this.bar?.replaceChildren();
    if (first) first.focus();
    else if (last) location.assign("/posts/" + last.id); // on another page of the thread
    this.seen();
  }

  /** The list of what answers a response, which is made with the first of them; undefined where the page does not have the response. */
  private comments(root: string): HTMLElement | undefined {
    const branch = document.getElementById("r-" + root);
    const there = branch?.querySelector<HTMLElement>(".comments");
    if (there || !branch) return there ?? undefined;
    const list = document.createElement("ol");
    list.className = "comments";
    list.setAttribute("role", "list");
    branch.append(list);
    return list;
  }

  /** Tells the server how far the reader has come, where the page holds the end of the thread. */
  private seen(): void {
    if (!this.hasAttribute("data-open") || !this.hasAttribute("data-last") || document.visibilityState === "hidden") return;
    const ids = [...this.querySelectorAll<HTMLElement>("[data-post]")].map((e) => e.dataset.post ?? "").sort();
    const to = ids.at(-1);
    if (!to) return;
    fetch(this.dataset.url + "/read", { method: "POST", body: new URLSearchParams({ to }), headers: { Accept: "application/json" }, keepalive: true }).catch(() => {});
  }
}

import { announce } from "./status.ts";
import { say } from "./words.ts";

interface Item { id: string; root: string; level: number; rev: number; own?: boolean; html: string }
interface News { head: number; reset?: boolean; count?: number; posts: Item[] }

const often = 15000; // ms between looks
const seldom = 120000; // at most, after failures

/**
 * <live-thread> holds the posts of a thread. It asks what happened after the number that its page was read at. New posts
 * wait behind a button, which is announced; the focus stays where it is and what is there is not touched, but for a post
 * that was changed or taken away: that one is replaced. Where the answer is "reset", the button loads the page again.
 */
export class LiveThread extends HTMLElement {
  private head = 0;
  private wait = often;
  private timer: number | undefined;
  private held: Item[] = [];
  private bar: HTMLElement | undefined;
  private since = "";

  connectedCallback(): void {
    if (!this.dataset.stream || this.head) return;
    this.head = Number(this.dataset.head);
    this.plan();
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") void this.look(); });
    document.addEventListener("greenroom:stream", (e) => {
      if ((e as CustomEvent<string>).detail === this.dataset.stream) void this.look();
    });
    window.setTimeout(() => this.seen(), 5000);
  }

  disconnectedCallback(): void { clearTimeout(this.timer); }

  private plan(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), this.wait * (0.8 + 0.4 * Math.random()));
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.isConnected || document.visibilityState === "hidden") return; // it looks when it is seen again
    try {
      const r = await fetch(`${this.dataset.url}/news?n=${this.head}&epoch=${this.dataset.epoch}`, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (r.status === 200) this.take((await r.json()) as News);
      else if (r.status !== 204) throw new Error(String(r.status));
      this.wait = often;
      if (this.since) { this.since = ""; this.state(""); }
    } catch {
      this.wait = Math.min(seldom, this.wait * 2);
      if (!this.since) {
        this.since = new Date().toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
        this.state(say("offline", { time: this.since }));
      }
    }
    this.plan();
  }

  private take(n: News): void {
    this.head = n.head;
    if (n.reset || n.count) { this.offer(say(n.reset ? "thread_changed" : "thread_count", { n: String(n.count ?? 0) }), () => location.reload()); return; }
    for (const p of n.posts) {
      const there = document.getElementById("p-" + p.id);
      if (there) { if (Number(there.dataset.rev) < p.rev && !there.contains(document.activeElement)) there.replaceWith(this.make(p.html)); continue; }
      this.held = this.held.filter((h) => h.id !== p.id).concat(p);
    }
    if (this.held.length) this.offer(say(this.held.length === 1 ? "show_new" : "show_news", { n: String(this.held.length) }), () => this.show());
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
      const list = p.level < 3 ? this.querySelector<HTMLElement>("[data-posts]") : this.querySelector<HTMLElement>(`[data-root="${p.root}"] .comments`);
      if (!list || (p.level < 3 && !this.hasAttribute("data-last"))) continue;
      const li = document.createElement("li");
      li.append(post);
      if (p.level < 3) {
        li.id = "r-" + p.root;
        li.dataset.root = p.root;
        const ol = document.createElement("ol");
        ol.className = "comments";
        ol.setAttribute("role", "list");
        li.append(ol);
      }
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

  /** Tells the server how far the reader has come, where the page holds the end of the thread. */
  private seen(): void {
    if (!this.hasAttribute("data-open") || !this.hasAttribute("data-last") || document.visibilityState === "hidden") return;
    const ids = [...this.querySelectorAll<HTMLElement>("[data-post]")].map((e) => e.dataset.post ?? "").sort();
    const to = ids.at(-1);
    if (!to) return;
    fetch(this.dataset.url + "/read", { method: "POST", body: new URLSearchParams({ to }), headers: { Accept: "application/json" }, keepalive: true }).catch(() => {});
  }

  private state(text: string): void {
    let line = this.querySelector<HTMLElement>(".live-state");
    if (!line) {
      line = document.createElement("p");
      line.className = "live-state";
      line.setAttribute("role", "status");
      this.prepend(line);
    }
    line.textContent = text;
  }
}

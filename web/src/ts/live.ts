// The one socket of a page, and looking for news without it. See docs/live-protocol.md.

/** What is told of a topic. */
export interface Frame { t: string; topic?: string; n?: number; epoch?: number; kind?: string; data?: unknown; count?: number; writing?: number; retry?: number; heads?: Record<string, number>; beat?: number; seat?: string }

/** How the page hears of news: "live" by its socket, "again" while that is being made, "look" by asking, "off" not at all. */
export type State = "live" | "again" | "look" | "off";

/** Who listens to a topic: take gets each number once and in order. One that looks by itself is left alone without a socket. */
export interface Listener { topic: string; head: number; epoch: number; seat?: string; looks?: boolean; here?(n: number, writing: number): void; take(f: Frame): void; state(s: State): void }

const look = 15000; // ms between looks without a socket
const most = 120000; // at most, after failures
const tries = 2; // sockets that fail one after the other before the page looks by itself
const spread = (ms: number): number => ms * (0.8 + 0.4 * Math.random());

/** Hears one topic: by socket where that works, else by asking every 15 seconds while the page is seen. */
class Live {
  private ws: WebSocket | undefined;
  private on = false; // hello was heard
  private failed = 0;
  private list: Listener[] = [];
  private timer: number | undefined;
  private looks: number | undefined;
  private wait = look;
  private quiet: number | undefined;
  private beat = 25000;
  private off = false;
  private opening = false; // a ticket is being fetched
  private typed = 0;

  join(l: Listener): void {
    this.list.push(l);
    if (this.list.length === 1) this.begin();
    else if (this.on) this.ask(l);
    l.state(this.now());
  }

  /** Looks at once, whatever the socket says. */
  nudge(): void {
    if (this.on) this.send({ t: "ping" });
    else void this.seek();
  }

  /** Tells the others of a topic that somebody writes, as often as they believe it. */
  typing(topic: string): void {
    if (!this.on || Date.now() - this.typed < 3000) return;
    this.typed = Date.now();
    this.send({ t: "typing", topic });
  }

  private now(): State { return this.on ? "live" : this.off ? "off" : this.failed < tries ? "again" : "look"; }
  private tell(): void { for (const l of this.list) l.state(this.now()); }

  private begin(): void {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      if (!this.ws && navigator.onLine) void this.dial();
      this.nudge();
    });
    addEventListener("pagehide", () => this.ws?.close());
    addEventListener("pageshow", (e) => { if (e.persisted && !this.ws) void this.dial(); });
    // A browser often knows sooner than a socket that there is no network, and always when there is one again.
    addEventListener("offline", () => { this.off = true; this.drop(); });
    addEventListener("online", () => { if (!this.ws) void this.dial(); this.nudge(); });
    void this.dial();
  }

  /** Gives the socket up, whatever it still says. */
  private drop(): void {
    const ws = this.ws;
    if (!ws) return;
    this.lost(0, undefined);
    ws.close();
  }

  /** Opens a socket and shows the ticket that it is let in with. */
  private async dial(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.opening) return;
    this.opening = true;
    let ticket = "", ended = false;
    try {
      const r = await fetch("/live/ticket", { method: "POST", headers: { Accept: "application/json" }, redirect: "manual" });
      if (r.status === 200) ticket = ((await r.json()) as { ticket: string }).ticket;
      ended = r.status === 401 || r.type === "opaqueredirect";
    } catch { /* no network: as a socket that fails */ }
    this.opening = false;
    if (!ticket) { this.lost(ended ? 4401 : 0, undefined); return; }
    let ws: WebSocket;
    try { ws = new WebSocket(location.origin.replace(/^http/, "ws") + "/live"); } catch { this.lost(0, undefined); return; }
    this.ws = ws;
    let retry: number | undefined;
    ws.onopen = () => ws.send(JSON.stringify({ t: "ticket", ticket }));
    ws.onmessage = (e) => {
      this.listen();
      for (const line of String(e.data).split("\n")) {
        const f = JSON.parse(line) as Frame;
        if (f.t === "bye") retry = f.retry;
        else this.heard(f);
      }
    };
    ws.onclose = (e) => { if (this.ws === ws) this.lost(e.code, retry); };
  }

  /** Browsers do not show pings, so a socket that says nothing for two of its beats is taken for dead. */
  private listen(): void {
    clearTimeout(this.quiet);
    this.quiet = window.setTimeout(() => this.drop(), 2.5 * this.beat);
  }

  private lost(code: number, retry: number | undefined): void {
    this.ws = undefined;
    clearTimeout(this.quiet);
    this.failed = code === 4401 ? tries : this.on ? 0 : this.failed + 1; // signed out: asking says so at once
    this.on = false;
    this.tell();
    if (!navigator.onLine) { // no socket is tried until the network is there again, or a look finds that it is
      this.plan(this.wait);
      return;
    }
    const back = Math.random() * Math.min(this.failed < tries ? 30000 : most, 1000 * 2 ** Math.min(this.failed, 7));
    this.timer = window.setTimeout(() => void this.dial(), retry ?? (code === 4008 ? 0 : 500 + back));
    if (this.failed >= tries || retry) this.plan(this.failed === tries ? 0 : this.wait);
  }

  private send(o: object): void { if (this.ws?.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify(o)); }
  private ask(l: Listener): void { this.send({ t: "sub", topic: l.topic, after: l.head, epoch: l.epoch, seat: l.seat }); }

  private heard(f: Frame): void {
    if (f.t === "hello") {
      this.on = true;
      this.failed = 0;
      this.off = false;
      this.beat = f.beat ?? this.beat;
      clearTimeout(this.looks);
      this.tell();
      for (const l of this.list) this.ask(l);
      this.listen();
    }
    if (f.t === "beat") for (const l of this.list) if ((f.heads?.[l.topic] ?? 0) > l.head) this.ask(l);
    for (const l of this.list) if (f.topic === l.topic) this.pass(l, f);
  }

  private pass(l: Listener, f: Frame): void {
    const n = f.n ?? 0;
    l.seat = f.seat ?? l.seat;
    switch (f.t) {
      case "event": case "void":
        if (n <= l.head) return;
        if (n > l.head + 1) { this.ask(l); return; } // a hole: what is missing comes again, in order
        l.head = n;
        break;
      case "reset":
        l.head = n;
        l.epoch = f.epoch ?? l.epoch;
        break;
      case "gone": break;
      case "here": l.here?.(f.count ?? 0, f.writing ?? 0); return;
      default: return;
    }
    l.take(f);
  }

  private plan(ms: number): void {
    clearTimeout(this.looks);
    this.looks = window.setTimeout(() => void this.seek(), spread(ms));
  }

  private async seek(): Promise<void> {
    clearTimeout(this.looks);
    if (this.on || document.visibilityState === "hidden") return; // it looks when it is seen again
    let found = false;
    try {
      for (const l of this.list) {
        for (let more = !l.looks; more;) {
          const q = new URLSearchParams({ topic: l.topic, after: String(l.head), epoch: String(l.epoch), seat: l.seat ?? "" });
          const r = await fetch("/live/events?" + q, { headers: { Accept: "application/json" }, redirect: "manual" });
          if (r.status === 404) this.pass(l, { t: "gone" });
          else if (r.status !== 200 && r.status !== 204) throw new Error(String(r.status));
          found = true;
          more = false;
          if (r.status !== 200) continue;
          const got = (await r.json()) as { frames: Frame[]; more?: boolean };
          for (const f of got.frames) this.pass(l, f);
          more = got.more ?? false;
        }
      }
      this.wait = look;
      if (this.off && found) { // the network is back, so a socket may stand too
        this.off = false;
        this.tell();
        if (!this.ws) void this.dial();
      }
    } catch {
      this.wait = Math.min(most, this.wait * 2);
      if (!this.off && this.failed >= tries) { this.off = true; this.tell(); }
    }
    this.plan(this.wait);
  }
}

export const live = new Live();

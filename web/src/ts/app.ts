// The script of every page. Everything works without it: it saves a reload here and a lost text there.
//
//   words.ts      what it says (the server writes the words into the page), and counting words
//   status.ts     the one polite region that speaks to screen readers
//   focus.ts      where the focus goes after a page load
//   menus.ts      menus close on Esc and on a press elsewhere; colours change at once; passwords can be shown; what can be copied
//   counter.ts    word counters under text boxes
//   autosave.ts   <auto-save>
//   order.ts      <order-list>
//   limit.ts      <time-limit>
//   passkey.ts    <pass-key>
//   outline.ts    the current step in the outline, in view
//   markdown.ts   <mark-down>
//   room.ts       <live-room>
//   scenario.ts   <scenario-clock>, <scenario-inject>
//   live.ts       the page's socket, or looking for news without it
//   thread.ts     <live-thread>
//   zone.ts       the time zone for the register form
//   seen.ts       where the reader was when they left
import { counters } from "./counter.ts";
import { focusMarked } from "./focus.ts";
import { copies, menus, passwords, themes } from "./menus.ts";
import { outline } from "./outline.ts";
import { seen } from "./seen.ts";
import { zone } from "./zone.ts";

// What few pages have is loaded by those that have it.
const waiting = new Map<string, () => Promise<CustomElementConstructor>>();
waiting.set("auto-save", () => import("./autosave.ts").then((m) => m.AutoSave));
waiting.set("live-room", () => import("./room.ts").then((m) => m.LiveRoom));
waiting.set("live-thread", () => import("./thread.ts").then((m) => m.LiveThread));
waiting.set("mark-down", () => import("./markdown.ts").then((m) => m.MarkDown));
waiting.set("order-list", () => import("./order.ts").then((m) => m.OrderList));
waiting.set("pass-key", () => import("./passkey.ts").then((m) => m.PassKey));
waiting.set("scenario-clock", () => import("./scenario.ts").then((m) => m.ScenarioClock));
waiting.set("scenario-inject", () => import("./scenario.ts").then((m) => m.ScenarioInject));
waiting.set("time-limit", () => import("./limit.ts").then((m) => m.TimeLimit));
for (const [name, load] of waiting) if (document.querySelector(name)) void load().then((element) => customElements.define(name, element));
menus();
themes();
passwords();
copies();
counters();
focusMarked();
outline();
seen();
zone();

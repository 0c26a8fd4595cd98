import { say } from "./words.ts";

type Tool = { key: string; face: string; apply: (box: HTMLTextAreaElement) => void };

/** Puts marks around what is chosen; nothing chosen leaves the cursor between them. */
function around(before: string, after = before): Tool["apply"] {
  return (box) => {
    const { selectionStart: a, selectionEnd: b, value } = box;
    box.setRangeText(before + value.slice(a, b) + after, a, b, "end");
    if (a === b) box.selectionStart = box.selectionEnd = a + before.length;
  };
}

/** Puts a mark in front of each chosen line. */
function inFront(mark: string): Tool["apply"] {
  return (box) => {
    const { selectionStart: a, selectionEnd: b, value } = box;
    const from = value.lastIndexOf("\n", a - 1) + 1;
    box.setRangeText(value.slice(from, b).split("\n").map((l) => mark + l).join("\n"), from, b, "end");
  };
}

const tools: Tool[] = [
  { key: "md_bold", face: "B", apply: around("**") },
  { key: "md_italic", face: "I", apply: around("*") },
  { key: "md_quote", face: "❝", apply: inFront("> ") },
  { key: "md_list", face: "•", apply: inFront("- ") },
  { key: "md_link", face: "Link", apply: around("[", "](https://)") },
];

/** <mark-down> around a text box puts a row of buttons for Markdown above it. The keyboard reaches them as one stop. */
export class MarkDown extends HTMLElement {
  connectedCallback(): void {
    const box = this.querySelector("textarea");
    if (!box || this.querySelector(".md-tools")) return;
    const bar = document.createElement("div");
    bar.className = "md-tools";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", say("md_tools"));
    bar.setAttribute("aria-controls", box.id);
    const buttons = tools.map((t, i) => {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = t.face;
      b.title = say(t.key);
      b.setAttribute("aria-label", say(t.key));
      b.tabIndex = i ? -1 : 0;
      b.addEventListener("click", () => {
        t.apply(box);
        box.dispatchEvent(new Event("input", { bubbles: true }));
        box.focus();
      });
      bar.append(b);
      return b;
    });
    bar.addEventListener("keydown", (e) => {
      const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
      const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
      if (at < 0 || !step) return;
      e.preventDefault();
      const next = buttons[(at + step + buttons.length) % buttons.length]!;
      for (const b of buttons) b.tabIndex = b === next ? 0 : -1;
      next.focus();
    });
    box.before(bar);
  }
}

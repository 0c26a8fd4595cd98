import { announce } from "./status.ts";
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

/**
 * <mark-down> around a text box puts a row of buttons for Markdown above it. The keyboard reaches them as one stop. The
 * form's button with data-preview then shows below the box how the text will look, as the server makes it, and the page stays:
 * so do files that were chosen. What fails goes the way without script, to a page of its own.
 */
export class MarkDown extends HTMLElement {
  private look: HTMLElement | undefined;

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
    const end = box.value.length; // a draft, or a quote, is gone on with
    box.setSelectionRange(end, end);
    const preview = box.form?.querySelector<HTMLButtonElement>("button[data-preview]");
    preview?.addEventListener("click", (e) => {
      e.preventDefault();
      void this.preview(box, preview);
    });
  }

  private async preview(box: HTMLTextAreaElement, button: HTMLButtonElement): Promise<void> {
    const form = box.form as HTMLFormElement;
    const data = new URLSearchParams();
    for (const [k, v] of new FormData(form, button)) if (typeof v === "string") data.append(k, v);
    try {
      const to = button.hasAttribute("formaction") ? button.formAction : form.action;
      const r = await fetch(to, { method: "POST", body: data, headers: { Accept: "application/json" }, redirect: "manual" });
      if (!r.ok) throw new Error(String(r.status));
      const { html } = (await r.json()) as { html: string };
      this.look ??= this.room();
      this.look.lastElementChild!.innerHTML = html; // rendered and sanitised by the server, as on the page
      this.look.scrollIntoView({ block: "nearest" });
      announce(say("md_preview_below"));
    } catch {
      const click = button.cloneNode() as HTMLButtonElement; // without this listener
      click.hidden = true;
      button.after(click);
      form.requestSubmit(click);
    }
  }

  /** Where the preview stands: below the box, with a name. */
  private room(): HTMLElement {
    const room = document.createElement("section");
    room.className = "md-preview";
    room.setAttribute("aria-label", say("md_preview"));
    const title = document.createElement("p");
    title.className = "hint";
    title.textContent = say("md_preview");
    const text = document.createElement("div");
    text.className = "prose post-text";
    room.append(title, text);
    this.append(room);
    return room;
  }
}

import { announce } from "./status.ts";
import { say } from "./words.ts";

const open = (): NodeListOf<HTMLDetailsElement> => document.querySelectorAll<HTMLDetailsElement>("details.menu[open]");

/** Menus are details elements, which close by their own button alone; here they also close as menus do. */
export function menus(): void {
  document.addEventListener("click", (e) => {
    for (const m of open()) if (!m.contains(e.target as Node)) m.open = false;
  });
  document.addEventListener("focusin", (e) => {
    for (const m of open()) if (!m.contains(e.target as Node)) m.open = false;
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const m of open()) {
      const inside = m.contains(document.activeElement);
      m.open = false;
      if (inside) m.querySelector("summary")?.focus();
    }
  });
}

/** The colours form changes the page at once and tells the server behind it. */
export function themes(): void {
  document.addEventListener("submit", (e) => {
    const form = e.target as HTMLFormElement, button = e.submitter as HTMLButtonElement | null;
    if (!form.matches("[data-theme-form]") || !button) return;
    e.preventDefault();
    const root = document.documentElement, scheme = document.querySelector<HTMLMetaElement>('meta[name="color-scheme"]');
    if (button.value === "system") delete root.dataset.theme;
    else root.dataset.theme = button.value;
    if (scheme) scheme.content = button.value === "system" ? "light dark" : button.value;
    for (const b of form.querySelectorAll<HTMLButtonElement>("button[name=theme]")) b.setAttribute("aria-pressed", String(b === button));
    announce(say("theme", { name: button.textContent?.trim() ?? "" }));
    const body = new URLSearchParams({ theme: button.value });
    // Should this fail, the next page simply has the old colours again.
    fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true }).catch(() => {});
    const menu = form.closest("details");
    if (menu) { menu.open = false; menu.querySelector("summary")?.focus(); }
  });
}

/** Buttons that show a password appear only where they can work. */
export function passwords(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-show-password][hidden]")) {
    const input = document.getElementById(button.dataset.showPassword ?? "") as HTMLInputElement | null;
    if (!input) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      const label = button.querySelector("span");
      if (label) label.textContent = say(shown ? "hide" : "show");
    });
    button.removeAttribute("aria-pressed"); // its label changes instead
    input.form?.addEventListener("submit", () => { input.type = "password"; });
  }
}

/** Buttons that copy a text appear only where the browser lets a page do that (not on plain http of another machine). */
export function copies(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy][hidden]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.clipboard.writeText(button.dataset.copy ?? "").then(() => {
        const label = button.querySelector("span");
        if (label) label.textContent = say("copied");
        announce(say("copied"));
      }).catch(() => {}); // refused: the address stands on the page to be copied by hand
    });
  }
}

import { announce } from "./status.ts";

const warnings = [300, 60]; // seconds left at which it is said aloud

/**
 * <time-limit data-left="1200" data-form="…"> says how much time is left and sends the form when none is. The seconds
 * come from the server's clock at the time the page was made. Without scripts, and when the form cannot be sent, the
 * server submits what was saved.
 */
export class TimeLimit extends HTMLElement {
  private end = 0;
  private timer: number | undefined;
  private line: HTMLElement | undefined;
  private said = "";

  connectedCallback(): void {
    if (this.line) return;
    this.end = Date.now() + Number(this.dataset.left) * 1000; // the wall clock goes on while a laptop sleeps
    this.line = document.createElement("strong");
    this.line.setAttribute("role", "timer"); // to be looked up, not read out every second
    this.append(this.line);
    this.tick();
    this.timer = window.setInterval(() => this.tick(), 1000);
  }

  disconnectedCallback(): void { clearInterval(this.timer); }

  private words(left: number): string {
    if (left > 90) return (this.dataset.minutes ?? "").replace("{n}", String(Math.ceil(left / 60)));
    if (left > 60) return this.dataset.minute ?? "";
    return (this.dataset.seconds ?? "").replace("{n}", String(left));
  }

  private tick(): void {
    const left = Math.ceil((this.end - Date.now()) / 1000);
    if (left <= 0) {
      clearInterval(this.timer);
      this.show(this.dataset.over ?? "");
      announce(this.dataset.over ?? "");
      this.send();
      return;
    }
    this.show(this.words(left));
    if (warnings.includes(left)) announce(this.words(left));
  }

  private show(text: string): void {
    if (text === this.said || !this.line) return;
    this.said = this.line.textContent = text;
  }

  private send(): void {
    const form = document.getElementById(this.dataset.form ?? "");
    if (!(form instanceof HTMLFormElement)) return;
    if (!navigator.onLine) { // a page that cannot be loaded would take the answers away
      addEventListener("online", () => this.send(), { once: true });
      return;
    }
    const anyway = document.createElement("input");
    anyway.type = "hidden";
    anyway.name = "anyway";
    anyway.value = "1";
    form.append(anyway);
    form.requestSubmit();
  }
}

import { announce } from "./status.ts";

/** Whether the clocks of the page stand still: one button stops them all. */
let paused = false;

const clockText = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

/**
 * <scenario-clock data-seconds="120"> counts down and sends its form when the time is over. It can be paused, stands still
 * while the page is not looked at, and says half the time, twenty seconds and the end to screen readers. Without script
 * there is no clock, and the form is a button.
 */
export class ScenarioClock extends HTMLElement {
  private left = 0;
  private tick: number | undefined;

  connectedCallback(): void {
    this.left = Number(this.dataset.seconds ?? 0);
    const text = this.querySelector<HTMLElement>("[data-clock-text]"), button = this.querySelector<HTMLButtonElement>("[data-clock-pause]");
    if (!this.left || !text || !button || this.tick !== undefined) return;
    text.setAttribute("role", "timer");
    text.setAttribute("aria-live", "off");
    const half = Math.round(this.left / 2);
    const show = (): void => { text.textContent = clockText(this.left); };
    show();
    button.hidden = false;
    button.addEventListener("click", () => {
      paused = !paused;
      button.setAttribute("aria-pressed", String(paused));
    });
    this.tick = window.setInterval(() => {
      if (paused || document.visibilityState === "hidden") return;
      this.left -= 1;
      show();
      if (this.left === half && half > 20) announce(this.dataset.half ?? "");
      if (this.left === 20) announce(this.dataset.soon ?? "");
      if (this.left > 0) return;
      clearInterval(this.tick);
      announce(this.dataset.over ?? "");
      this.querySelector("form")?.requestSubmit();
    }, 1000);
  }

  disconnectedCallback(): void { clearInterval(this.tick); }
}

/** <scenario-inject data-after="60" hidden> is a message that arrives after so many seconds, pauses left out. */
export class ScenarioInject extends HTMLElement {
  private tick: number | undefined;

  connectedCallback(): void {
    let left = Number(this.dataset.after ?? 0);
    if (!this.hidden || this.tick !== undefined) return;
    this.tick = window.setInterval(() => {
      if (paused || document.visibilityState === "hidden") return;
      left -= 1;
      if (left > 0) return;
      clearInterval(this.tick);
      this.hidden = false; // the region around it is a polite one
    }, 1000);
  }

  disconnectedCallback(): void { clearInterval(this.tick); }
}

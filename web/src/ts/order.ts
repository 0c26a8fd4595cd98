import { announce } from "./status.ts";
import { say } from "./words.ts";

/**
 * <order-list> around a list whose rows have an up and a down button: with scripts the rows move in place instead
 * of sending the form. The hidden fields move with their rows, so the order of the fields is the order of the rows.
 */
export class OrderList extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (e) => {
      const button = (e.target as Element).closest<HTMLButtonElement>(".order-buttons button");
      const row = button?.closest("li");
      if (!button || !row) return;
      e.preventDefault();
      this.move(row, button);
    });
  }

  private move(row: HTMLLIElement, button: HTMLButtonElement): void {
    const up = button === row.querySelector(".order-buttons button");
    const other = up ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (up) other.before(row);
    else other.after(row);
    const rows = [...(row.parentElement?.children ?? [])] as HTMLElement[];
    rows.forEach((r, i) => {
      r.classList.toggle("moved", r === row);
      const [u, d] = r.querySelectorAll<HTMLButtonElement>(".order-buttons button");
      if (u) u.disabled = i === 0;
      if (d) d.disabled = i === rows.length - 1;
    });
    // At either end the pressed button is off now; the other one is where the hand goes next.
    if (button.disabled) [...row.querySelectorAll<HTMLButtonElement>(".order-buttons button")].find((b) => !b.disabled)?.focus();
    else button.focus();
    announce(say("moved", { item: row.querySelector(".order-text")?.textContent?.trim() ?? "", place: rows.indexOf(row) + 1, total: rows.length }));
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

import { announce } from "./status.ts";
import { countWords, say } from "./words.ts";

/** What to say about n words where min to max are wanted (0: no limit). */
export function judge(n: number, min: number, max: number): string {
  if (min > 0 && n < min) return say("words_few", { n, more: min - n });
  if (max > 0 && n > max) return say("words_many", { n, more: n - max });
  return say(min > 0 ? "words_enough" : "words", { n });
}

/** Lets the line under each text box that wants a number of words say how many there are. */
export function counters(): void {
  for (const line of document.querySelectorAll<HTMLElement>("[data-count]")) {
    const box = document.getElementById(line.dataset.count ?? "") as HTMLTextAreaElement | null;
    if (!box) continue;
    const rule = line.textContent?.trim() ?? "";
    const min = Number(box.dataset.wordMin ?? 0), max = Number(box.dataset.wordMax ?? 0);
    const over = (n: number): boolean => max > 0 && n > max;
    let wasOver = over(countWords(box.value)), told: number | undefined;
    const show = (): void => {
      const n = countWords(box.value);
      line.textContent = n === 0 ? rule : `${rule} ${judge(n, min, max)}.`;
      line.classList.toggle("count-over", over(n));
      // Screen readers hear the count when typing rests, and only when it matters: it came over the limit, or back.
      if (over(n) === wasOver) return;
      wasOver = over(n);
      clearTimeout(told);
      told = window.setTimeout(() => announce(judge(n, min, max)), 1000);
    };
    box.addEventListener("input", show);
    show();
  }
}

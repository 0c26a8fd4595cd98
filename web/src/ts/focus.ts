/** Moves the focus to what the server marked: the summary of errors, a notice, the result of a choice. */
export function focusMarked(within: ParentNode): void {
  const marked = within.querySelector<HTMLElement>("[data-focus]");
  if (!marked) return;
  marked.removeAttribute("data-focus"); // once: the next swap marks its own
  if (!marked.hasAttribute("tabindex")) marked.tabIndex = -1;
  marked.focus();
}

/** Moves the focus to what the server marked: the summary of errors, a notice, the result of a choice. */
export function focusMarked(): void {
  const marked = document.querySelector<HTMLElement>("[data-focus]");
  if (!marked) return;
  if (!marked.hasAttribute("tabindex")) marked.tabIndex = -1;
  marked.focus();
}

/** Shows the current step of the outline, which may be far down its list; the page itself does not move. */
export function outline(): void {
  const list = document.getElementById("outline"), current = list?.querySelector<HTMLElement>("[aria-current=page]");
  if (!list || !current) return;
  const show = (): void => {
    const a = list.getBoundingClientRect(), b = current.getBoundingClientRect();
    if (b.top < a.top || b.bottom > a.bottom) list.scrollTop += b.top - a.top - a.height / 3;
  };
  show();
  list.addEventListener("toggle", show);
}

let region: HTMLElement | undefined;

/** Tells screen readers something without moving the focus. There is one region a page, and it is polite. */
export function announce(text: string): void {
  if (!region) {
    region = document.createElement("div");
    region.className = "vh";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = "";
  const here = region;
  // A region that was filled in the same moment as it was made or emptied is not read out.
  setTimeout(() => { here.textContent = text; }, 100);
}

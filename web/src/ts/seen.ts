/** Tells the server, when the page is left, that the learner was here last. */
export function seen(): void {
  const url = document.querySelector<HTMLElement>("[data-seen]")?.dataset.seen;
  if (!url) return;
  let done = false;
  const tell = (): void => {
    if (done) return;
    done = true;
    fetch(url, { method: "POST", body: new URLSearchParams(), headers: { Accept: "application/json" }, keepalive: true }).catch(() => {});
  };
  addEventListener("pagehide", tell);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") tell(); });
}

/** Tells the register form which time zone the device is in; without it the site's own is used. */
export function zone(): void {
  const field = document.querySelector<HTMLInputElement>('form[action^="/register"] input[name=time_zone]');
  const form = field?.form ?? document.querySelector<HTMLFormElement>('main form[action^="/register"]');
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!form || !name) return;
  const input = field ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "time_zone" }));
  input.value ||= name;
}

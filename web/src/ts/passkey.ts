import { announce } from "./status.ts";

const bytes = (text: string): ArrayBuffer => {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer as ArrayBuffer;
};

const text = (of: ArrayBuffer | null): string =>
  of ? btoa(String.fromCharCode(...new Uint8Array(of))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : "";

interface Named { id: string }

/** The server's options, which hold bytes as text, as the browser wants them. */
const unpacked = (o: Record<string, any>): any => ({
  ...o,
  challenge: bytes(o.challenge),
  ...(o.user ? { user: { ...o.user, id: bytes(o.user.id) } } : {}),
  ...(o.excludeCredentials ? { excludeCredentials: o.excludeCredentials.map((c: Named) => ({ ...c, id: bytes(c.id) })) } : {}),
  ...(o.allowCredentials ? { allowCredentials: o.allowCredentials.map((c: Named) => ({ ...c, id: bytes(c.id) })) } : {}),
});

/** What the browser answers, with bytes as text. */
function packed(k: PublicKeyCredential): string {
  const r = k.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const response: Record<string, unknown> = { clientDataJSON: text(r.clientDataJSON) };
  if (r.attestationObject) {
    response.attestationObject = text(r.attestationObject);
    response.transports = r.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(r.authenticatorData);
    response.signature = text(r.signature);
    response.userHandle = text(r.userHandle);
  }
  return JSON.stringify({
    id: k.id, rawId: text(k.rawId), type: k.type, response,
    authenticatorAttachment: k.authenticatorAttachment ?? undefined, clientExtensionResults: k.getClientExtensionResults(),
  });
}

/**
 * <pass-key data-do="create|get" data-options="…"> around a form with the hidden fields session and response. It is
 * hidden until the browser has passkeys; pressing the button asks for one and then sends the form as any other.
 */
export class PassKey extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector("form");
    if (!form || !window.PublicKeyCredential) return;
    this.hidden = false;
    form.addEventListener("submit", (e) => {
      if (this.field("response").value !== "") return; // asked, answered: on its way
      e.preventDefault();
      void this.ask(form);
    });
    addEventListener("pageshow", (e) => { if (e.persisted) this.field("response").value = ""; });
  }

  private field(name: string): HTMLInputElement {
    return this.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
  }

  private async ask(form: HTMLFormElement): Promise<void> {
    const button = form.querySelector("button")!;
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const res = await fetch(this.dataset.options!, { method: "POST", headers: { Accept: "application/json" } });
      if (!res.ok) throw new Error(String(res.status));
      const { options, session } = await res.json() as { options: Record<string, any>; session: string };
      const publicKey = unpacked(options);
      const key = this.dataset.do === "create" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
      if (!key) throw new Error("none");
      this.field("session").value = session;
      this.field("response").value = packed(key as PublicKeyCredential);
      form.requestSubmit();
    } catch {
      this.failed();
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** Whatever went wrong, nothing has happened: closing the browser's question is the usual reason. */
  private failed(): void {
    let line = this.querySelector<HTMLElement>(".error");
    if (!line) {
      line = document.createElement("p");
      line.className = "error";
      this.append(line);
    }
    line.textContent = this.dataset.failed ?? "";
    announce(line.textContent);
  }
}

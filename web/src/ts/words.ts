let said: Record<string, string> | undefined;

/** The message called key with its places filled in. The server writes the messages, in the page's language. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  said ??= JSON.parse(document.querySelector<HTMLMetaElement>('meta[name="greenroom-words"]')?.content ?? "{}") as Record<string, string>;
  return (said[key] ?? "").replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Counts words as internal/words does: runs without white space that hold a letter or a number. */
export const countWords = (text: string): number => text.match(/\S*[\p{L}\p{N}]\S*/gu)?.length ?? 0;

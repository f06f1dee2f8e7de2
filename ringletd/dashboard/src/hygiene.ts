/*
 * What passes between an agent's terminal and the person's machine besides
 * text: pasted text, links, the clipboard, titles.  Pure functions; pane.tsx
 * asks the person.
 */

/* The most that an agent may put into a clipboard, in characters. */
export const CLIPBOARD_MAX = 100000;

/*
 * Pasted text without control characters: an escape in it would end a bracketed
 * paste early, and what follows would be typed as commands.
 */
export function cleanPaste(text: string): string {
  return text.replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}

/* Several lines are run one by one by whoever knows no bracketed paste. */
export function asksBeforePaste(text: string, bracketed: boolean): boolean {
  return !bracketed && text.includes('\n');
}

/* A link that may be opened: an address of the web, as it really is; or null. */
export function webLink(text: string): string | null {
  try {
    const url = new URL(text);
    return (url.protocol === 'https:' || url.protocol === 'http:') &&
      url.username === '' && url.password === '' ? url.href : null;
  } catch {
    return null;
  }
}

/*
 * The text of an OSC 52 that writes the clipboard; null: it does something else.
 * It is cleaned as if it were pasted, for it will be, somewhere.
 */
export function clipboardText(data: string): string | null {
  if (data.length > 4 * CLIPBOARD_MAX + 16)
    return null;
  const found = /^[cps0-7]*;([A-Za-z0-9+/]*={0,2})$/.exec(data);
  if (found === null || found[1] === undefined || found[1] === '')
    return null;
  try {
    const bytes = Uint8Array.from(atob(found[1]), c => c.charCodeAt(0));
    const text = cleanPaste(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return text !== '' && text.length <= CLIPBOARD_MAX ? text : null;
  } catch {
    return null;
  }
}

/* A title, or other words of the agent, as one short line of text. */
export function oneLine(text: string, most = 80): string {
  // Controls, what turns the direction of writing around, and what is not seen.
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{C}/gu, '').trim();
  const letters = Array.from(plain);
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : plain;
}

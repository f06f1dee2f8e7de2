/*
 * Text that is judged by reading it: what a screen would not show, or would show
 * in another order, is spelled out.  Lines and tabs stay.
 */

/* Control, format (bidirectional marks, joiners, tags) and odd blanks. */
const UNSEEN = /[^\P{C}\n\t]|[\u2028\u2029\u2800\u3164\u115f\u1160\uffa0\ufe00-\ufe0f]|[^\P{Zs} ]/gu;

export function seen(text: string): string {
  return text.replace(UNSEEN, c =>
    `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { seen } from '../src/seen';

for (const [what, text, wanted] of [
  ['words, lines and tabs', 'if a; then\n\tb "ä 日本 🙂"\nfi', null],
  ['a carriage return', 'rm x\recho', 'rm x\\u{d}echo'],
  ['an escape', '\x1b[2K', '\\u{1b}[2K'],
  ['a control character of the upper half', '\x9b2K', '\\u{9b}2K'],
  ['text that runs backwards', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
  ['what has no width', 'a\u200bb\ufeffc\u00add',
    'a\\u{200b}b\\u{feff}c\\u{ad}d'],
  ['a blank that is none to a shell', 'a\u00a0b\u3000c', 'a\\u{a0}b\\u{3000}c'],
  ['a letter that is blank', '\u3164', '\\u{3164}'],
  ['dots that are none', 'a\u2800b', 'a\\u{2800}b'],
  ['tags', '\u{e0041}', '\\u{e0041}'],
  ['another form of line', 'a\u2028b', 'a\\u{2028}b'],
] as [string, string, string | null][]) {
  test(wanted === null ? `kept: ${what}` : `spelled out: ${what}`, () => {
    assert.equal(seen(text), wanted ?? text);
  });
}

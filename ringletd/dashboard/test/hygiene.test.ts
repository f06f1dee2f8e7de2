import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  asksBeforePaste, cleanPaste, clipboardText, oneLine, webLink, CLIPBOARD_MAX,
} from '../src/hygiene';

test('pasted text has no escape that ends its brackets', () => {
  assert.equal(cleanPaste('a\x1b[201~\rrm -rf ~\r\nb\tc\x00\x9b201~'),
    'a[201~\nrm -rf ~\nb\tc201~');
});

test('several lines are asked about, unless they are in brackets', () => {
  assert.equal(asksBeforePaste('one', false), false);
  assert.equal(asksBeforePaste('one\n', false), true);
  assert.equal(asksBeforePaste('one\ntwo', true), false);
});

for (const [text, url] of [
  ['https://example.org/a?b#c', 'https://example.org/a?b#c'],
  ['http://127.0.0.1:3000', 'http://127.0.0.1:3000/'],
  // What is shown is where it leads: no letters that look like others.
  ['https://xn--80ak6aa92e.com/', 'https://xn--80ak6aa92e.com/'],
  ['https://аpple.com/', 'https://xn--pple-43d.com/'],
  ['https://good.example@evil.example/', null],
  ['javascript:alert(1)', null],
  ['JavaScript:alert(1)', null],
  ['data:text/html,x', null],
  ['file:///etc/passwd', null],
  ['vscode://x', null],
  ['//example.org', null],
  ['example.org', null],
  ['', null],
] as [string, string | null][]) {
  test(`a link: ${text}`, () => assert.equal(webLink(text), url));
}

for (const [data, text] of [
  ['c;aGk=', 'hi'],
  [';aGk=', 'hi'],
  ['pc;w6k=', 'é'],
  [`c;${btoa('a\x1b[201~\x07\nb')}`, 'a[201~\nb'],
  [`c;${btoa('\x1b\x07')}`, null],
  [`c;${'A'.repeat(8 * CLIPBOARD_MAX)}`, null],
  ['c;?', null],
  ['c;', null],
  ['c;!', null],
  ['x;aGk=', null],
  ['c;aGk', null],
  ['c;/w==', null], // not UTF-8
  [`c;${btoa('x'.repeat(CLIPBOARD_MAX + 1))}`, null],
] as [string, string | null][]) {
  test(`OSC 52: ${data.slice(0, 20)}`, () => {
    if (data === 'c;aGk') // atob() takes it without its padding
      assert.ok([null, 'hi'].includes(clipboardText(data)));
    else
      assert.equal(clipboardText(data), text);
  });
}

test('a title is one line that reads the way it is written', () => {
  assert.equal(oneLine('a\nb\x1b]0;c\u202egpj.exe'), 'a b ]0;cgpj.exe');
  assert.equal(oneLine('\u061ca\u200bb\u{e0041}c\u2028d\ue000'), 'abc d');
  assert.equal(oneLine('<img src=x>'), '<img src=x>');
  assert.equal(oneLine('x'.repeat(100)).length, 80);
  assert.equal(oneLine('😀'.repeat(100), 10), '😀'.repeat(9) + '…');
});

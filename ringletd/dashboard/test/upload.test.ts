import assert from 'node:assert/strict';
import { test } from 'node:test';

import { base64, filesOf, quoted, refusal, sizeText } from '../src/upload';

const data = (text: string, ...files: string[]) => ({
  getData: () => text,
  files: files.map(name => ({ name })),
}) as unknown as DataTransfer;

test('files are taken of a paste without text, and of every drop', () => {
  assert.equal(filesOf(null, true).length, 0);
  assert.equal(filesOf(data('', 'a', 'b'), true).length, 2);
  assert.equal(filesOf(data('words of a table', 'a'), true).length, 0);
  assert.equal(filesOf(data('words', 'a'), false).length, 1);
});

test('only pictures are asked about', () => {
  for (const type of ['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
    assert.equal(refusal({ type, size: 1 }), null);
  for (const type of ['image/svg+xml', 'text/html', 'application/pdf', ''])
    assert.match(refusal({ type, size: 1 }) ?? '', /no picture/);
  assert.match(refusal({ type: 'image/png', size: 0 }) ?? '', /empty/);
});

for (const [path, typed] of [
  ['/run/ringlet/files/paste-1.png', '/run/ringlet/files/paste-1.png'],
  ['/home/a b/paste-1.png', "'/home/a b/paste-1.png'"],
  ["/home/o'k/x", "'/home/o'\\''k/x'"],
  ['/home/$(x)/y', "'/home/$(x)/y'"],
  ['', "''"],
] as const)
  test(`typed: ${path}`, () => assert.equal(quoted(path), typed));

test('bytes are written as base64, however many', () => {
  const bytes = Uint8Array.from({ length: 20000 }, (_, i) => i & 255);
  assert.equal(base64(bytes), Buffer.from(bytes).toString('base64'));
  assert.equal(base64(new Uint8Array()), '');
});

test('sizes are for people', () => {
  assert.equal(sizeText(1), '1 bytes');
  assert.equal(sizeText(1500), '1.5 KiB');
  assert.equal(sizeText(200000), '195 KiB');
  assert.equal(sizeText(3 * 1024 * 1024), '3.0 MiB');
});

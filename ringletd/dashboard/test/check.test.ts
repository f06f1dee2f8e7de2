import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ShapeError, bool, int, list, map, maybe, orNull, shape, text, word,
} from '../src/check';

const thing = shape({
  name: text, n: int, on: bool, kind: word('a', 'b'), note: orNull(text),
  more: maybe(list(text)),
});
const good = { name: 'x', n: 1, on: true, kind: 'a', note: null };

test('what has the shape is taken, and what is not known let be', () => {
  assert.deepEqual(thing({ ...good, later: 1 }, 'data'),
    { ...good, more: undefined });
});

for (const [what, value] of [
  ['a missing member', { ...good, name: undefined }],
  ['a wrong type', { ...good, n: '1' }],
  ['no integer', { ...good, n: 1.5 }],
  ['one that JavaScript cannot hold', { ...good, n: 2 ** 53 }],
  ['another word', { ...good, kind: 'c' }],
  ['an inherited member', Object.create(good)],
  ['a list', [good]],
  ['null', null],
  ['a wrong element', { ...good, more: ['a', 1] }],
] as [string, unknown][]) {
  test(`refused: ${what}`, () => {
    assert.throws(() => thing(value, 'data'), ShapeError);
  });
}

test('an error names the place', () => {
  assert.throws(() => list(thing)([good, { ...good, more: ['a', 1] }], 'data'),
    /data\[1\]\.more\[1\] is not a text/);
});

test('a map has no member but its own', () => {
  const m = map(text)({ a: '1', constructor: '2' }, 'data');
  assert.deepEqual([...m], [['a', '1'], ['constructor', '2']]);
  assert.throws(() => map(text)({ a: 1 }, 'data'), ShapeError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Cast } from '../src/cast';

test('a recording is asciicast v2, with whole characters', () => {
  let now = 1000;
  const cast = new Cast(80, 24, 'demo', 'screen', () => now,
    new Date('2026-01-01T00:00:00Z'));
  const e = new TextEncoder().encode('aé');

  now += 500;
  cast.output(e.subarray(0, 2));
  now += 1;
  cast.output(e.subarray(2));
  cast.size(100, 30);
  assert.deepEqual(cast.file().trimEnd().split('\n').map(l => JSON.parse(l)), [
    { version: 2, width: 80, height: 24, timestamp: 1767225600, title: 'demo' },
    [0, 'o', 'screen'],
    [0.5, 'o', 'a'],
    [0.501, 'o', 'é'],
    [0.501, 'r', '100x30'],
  ]);
});

test('a recording has an end, after a whole event', () => {
  const cast = new Cast(80, 24, 'demo', '', () => 0, new Date(0), 40);
  const e = new TextEncoder();

  cast.output(e.encode('x'.repeat(100)));
  assert.ok(cast.full);
  cast.output(e.encode('more'));
  cast.size(1, 1);
  assert.equal(cast.file().trimEnd().split('\n').length, 2);
});

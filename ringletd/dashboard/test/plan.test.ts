import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytes, sortPlan, visible } from '../src/plan';
import type { JailMount } from '../src/types';

function mount(kind: string, destination: string, rule: string): JailMount {
  return { kind, destination, rule, source: destination, size_bytes: null };
}

test('a mount that a later one covers is not shown', () => {
  const seen = visible([
    mount('read-only', '/usr', 'system'),
    mount('read-only', '/usr/local/x', 'grant ro'),
    mount('read-only', '/run/a', 'system'),
    mount('memory', '/run', 'private'),
    mount('read-write', '/usr/local/x', 'grant rw'),
    mount('read-only', '/running', 'system'),
  ]);
  assert.deepEqual(seen.map(m => `${m.kind} ${m.destination}`), [
    'read-only /usr', 'memory /run', 'read-write /usr/local/x',
    'read-only /running',
  ]);
});

test('the root covers all that was there before', () => {
  const seen = visible([
    mount('read-only', '/usr', 'system'), mount('memory', '/', 'private'),
  ]);
  assert.deepEqual(seen.map(m => m.destination), ['/']);
});

test('parts are told apart by kind, and in them rules by their words', () => {
  const parts = sortPlan([
    mount('read-only', '/usr', 'system'),
    mount('read-write', '/home/me/work', 'working folder'),
    mount('read-only', '/etc', 'system'),
    mount('read-only', '/srv', 'grant ro'),
    mount('hidden', '/srv/keys', 'JailHide'),
  ]);
  assert.deepEqual(parts.map(p => [p.id, p.count]),
    [['rw', 1], ['ro', 3], ['hidden', 1]]);
  assert.deepEqual(parts[1]?.rules.map(r =>
    [r.words, r.mounts.map(m => m.destination)]),
  [['system', ['/usr', '/etc']], ['grant ro', ['/srv']]]);
});

test('a kind of a later daemon is shown, not dropped', () => {
  const parts = sortPlan([mount('portal', '/x', 'a rule')]);
  assert.deepEqual(parts.map(p => [p.title, p.count]), [['Other', 1]]);
});

test('sizes are told without loss', () => {
  assert.equal(bytes(2 ** 31), '2 GiB');
  assert.equal(bytes(1000), '1000 bytes');
  assert.equal(bytes(1536), '1536 bytes');
  assert.equal(bytes(3 * 512 * 1024), '1536 KiB');
});

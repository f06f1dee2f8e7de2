import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { Link, type LinkEvents } from '../src/link';

/* A WebSocket that the test plays the daemon for. */
class Fake {
  static all: Fake[] = [];
  static OPEN = 1;
  readyState = 0;
  sent: (string | Uint8Array)[] = [];
  closedWith: number | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number; reason: string }) => void) | null = null;

  constructor(readonly path: string) {
    Fake.all.push(this);
  }
  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }
  close(code: number): void {
    this.closedWith = code;
    this.readyState = 3;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  text(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  bytes(text: string): void {
    this.onmessage?.({ data: new TextEncoder().encode(text).buffer });
  }
  drop(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

let said: string[];
const on: LinkEvents = {
  state: (s, why) => said.push(`state ${s}${why && `: ${why}`}`),
  output: (b, old) =>
    said.push(`${old ? 'old' : 'new'} ${new TextDecoder().decode(b)}`),
  screen: (b, c, r) =>
    said.push(`screen ${c}x${r} ${new TextDecoder().decode(b)}`),
  size: (c, r) => said.push(`size ${c}x${r}`),
  gap: (from, to) => said.push(`gap ${from} ${to}`),
  readOnly: r => said.push(`read-only ${r}`),
  ended: (code, signal, reason) =>
    said.push(`ended ${code} ${signal} ${reason}`),
  error: words => said.push(`error ${words}`),
};

function start(readOnly = false): Link {
  return new Link('a b', readOnly, p => new Fake(p) as unknown as WebSocket, on);
}
function now(): Fake {
  const last = Fake.all.at(-1);
  assert.ok(last !== undefined);
  return last;
}
function connected(offset: number, head: number): object {
  return { type: 'connected', session_id: 'a', offset, head, cols: 80, rows: 24,
    state: 'running', read_only: false };
}

beforeEach(() => {
  said = [];
  Fake.all = [];
  mock.timers.enable({ apis: ['setTimeout'] });
  Object.assign(globalThis, { window: globalThis, WebSocket: Fake });
});
afterEach(() => mock.timers.reset());

test('output is parted where history ends', () => {
  start();
  assert.equal(now().path, '/ws/terminal/a%20b');
  now().open();
  now().text(connected(10, 13));
  now().bytes('abcde');
  now().bytes('f');
  assert.deepEqual(said.slice(1), ['state connected', 'read-only false',
    'size 80x24', 'old abc', 'new de', 'new f']);
});

test('it comes back for the next byte, at growing intervals', () => {
  const link = start(true);
  now().open();
  now().text(connected(0, 0));
  now().bytes('abc');
  now().drop();
  assert.equal(Fake.all.length, 1);
  mock.timers.tick(100);
  assert.equal(now().path, '/ws/terminal/a%20b?offset=3&read_only=1');
  now().drop();
  mock.timers.tick(249);
  assert.equal(Fake.all.length, 2);
  mock.timers.tick(1);
  assert.equal(Fake.all.length, 3);
  now().open();
  now().text(connected(3, 3));
  now().bytes('d');
  assert.equal(link.position, 4);
  assert.equal(said.at(-1), 'new d');
});

test('a gap moves it on, and so does a screen', () => {
  const link = start();
  now().open();
  now().text(connected(0, 0));
  now().text({ type: 'gap', from: 0, to: 100 });
  now().text({ type: 'screen', offset: 120, cols: 100, rows: 30, exact: true,
    data: btoa('hello') });
  now().bytes('x');
  assert.equal(link.position, 121);
  assert.deepEqual(said.slice(-3),
    ['gap 0 100', 'screen 100x30 hello', 'new x']);
});

test('the end is the end', () => {
  start();
  now().open();
  now().text(connected(0, 0));
  now().text({ type: 'state_changed', state: 'terminated', exit_code: 3,
    signal: null, reason: 'exit' });
  assert.equal(now().closedWith, 1000);
  now().drop(1000);
  mock.timers.tick(100000);
  assert.equal(Fake.all.length, 1);
  assert.deepEqual(said.slice(-2), ['ended 3 null exit', 'state ended']);
});

test('a session that was lost is not asked for again', () => {
  start();
  now().open();
  now().drop(1011, 'the sandboxer died');
  mock.timers.tick(100000);
  assert.equal(Fake.all.length, 1);
  assert.equal(said.at(-1), 'state broken: the sandboxer died');
});

test('what is no frame ends it, with words', () => {
  for (const bad of ['{', '[]', '{"type":"connected"}',
    '{"type":"gap","from":"0","to":1}',
    '{"type":"connected","offset":0,"head":0,"cols":5000,"rows":24}',
    '{"type":"resized","cols":80,"rows":0}',
    '{"type":"screen","offset":0,"cols":80,"rows":24,"data":"%"}']) {
    start();
    now().open();
    now().onmessage?.({ data: bad });
    assert.equal(said.at(-1),
      'state broken: the daemon sent what it should not', bad);
    assert.equal(now().closedWith, 1000);
  }
});

test('held, it wants nothing until it goes on where it was', () => {
  const link = start();
  now().open();
  now().text(connected(0, 0));
  now().bytes('abc');
  link.hold();
  assert.equal(now().closedWith, 1000);
  now().bytes('late');
  now().drop(1000);
  mock.timers.tick(20000);
  link.retry();
  assert.equal(Fake.all.length, 1);
  link.go();
  assert.equal(now().path, '/ws/terminal/a%20b?offset=3');
  link.hold();
  link.close();
  link.go();
  assert.equal(Fake.all.length, 2);
});

test('typing goes in pieces that a message may have, or is not sent', () => {
  const link = start();
  assert.equal(link.type(new Uint8Array(3)), false);
  now().open();
  assert.equal(link.type(new Uint8Array(1200000)), true);
  assert.deepEqual(now().sent.map(s => s.length), [524288, 524288, 151424]);
});

test('its size is told again after it came back', () => {
  const link = start();
  link.resize(90, 30);
  now().open();
  now().text(connected(0, 0));
  assert.deepEqual(now().sent, ['{"type":"resize","cols":90,"rows":30}']);
});

test('a size is told once', () => {
  const link = start();
  now().open();
  now().text(connected(0, 0));
  link.resize(90, 30);
  link.resize(90, 30);
  link.resize(91, 30);
  assert.equal(now().sent.length, 2);
});

test('what is typed while it is held comes first when it is back', () => {
  const link = start();
  now().open();
  now().text(connected(0, 0));
  link.hold();
  assert.equal(link.type(new Uint8Array([3])), true);
  assert.equal(link.type(new Uint8Array(64 * 1024)), false);
  link.go();
  assert.equal(link.type(new Uint8Array([4])), true);
  now().open();
  assert.deepEqual(now().sent, []);
  now().text(connected(0, 0));
  assert.deepEqual(now().sent, [new Uint8Array([3]), new Uint8Array([4])]);
  link.type(new Uint8Array([5]));
  assert.equal(now().sent.length, 3);
});

test('what was typed while it was held is not typed later, or in silence', () => {
  const link = start();
  now().open();
  now().text(connected(0, 0));
  link.hold();
  link.type(new Uint8Array([3]));
  link.go();
  now().drop();
  assert.ok(said.includes('error not sent: there is no connection'));
  mock.timers.tick(100);
  now().open();
  now().text(connected(0, 0));
  assert.deepEqual(now().sent, []);
});

test('a session that is not there is not asked for again', async () => {
  for (const [there, tries] of [[false, 1], [true, 2]] as const) {
    Fake.all = [];
    new Link('a', false, p => new Fake(p) as unknown as WebSocket, on,
      () => Promise.resolve(there));
    now().drop();
    await Promise.resolve();
    await Promise.resolve();
    mock.timers.tick(100);
    assert.equal(Fake.all.length, tries);
  }
});

test('an old connection is not listened to', () => {
  const link = start();
  const old = now();
  link.close();
  old.bytes('late');
  old.drop();
  mock.timers.tick(100000);
  assert.equal(Fake.all.length, 1);
  assert.deepEqual(said, ['state connecting']);
});

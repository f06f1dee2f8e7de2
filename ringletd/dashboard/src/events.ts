/*
 * What happens at the daemon, as it does: one WebSocket for the page.  Whoever
 * shows something listens for its topics and asks anew; after a time without
 * the daemon, or when events were dropped, everybody does.
 */

import { get, socket, tokenIs } from './api';
import { eventFrame, tokenSelf, type DaemonEvent } from './types';

/* How often the daemon is asked whether it is there, and how long it may take. */
const PING_MS = 30000;
const ANSWER_MS = 10000;

type Listener = (event: DaemonEvent | null) => void;

export type Online = 'connecting' | 'online' | 'offline';

const listeners = new Map<Listener, string>();
const watchers = new Set<(online: Online) => void>();
let ws: WebSocket | null = null;
let timer: number | undefined;
let tries = 0;
let asking: object | null = null; // whether it can be tried again
let heard = 0; // frames that have come
let online: Online = 'offline';

function say(now: Online): void {
  online = now;
  for (const w of watchers)
    w(now);
}

function matches(topic: string, type: string): boolean {
  return topic === '*' || topic === type ||
    (topic.endsWith('.*') && type.startsWith(topic.slice(0, -1)));
}

function tell(event: DaemonEvent | null): void {
  for (const [listener, topic] of [...listeners])
    if (event === null || matches(topic, event.type))
      listener(event);
}

function later(): void {
  if (timer !== undefined || tokenIs() === null)
    return;
  const wait = Math.min(8000, 250 * 2 ** tries++) * (0.75 + Math.random() / 2);
  timer = window.setTimeout(again, wait);
}

/*
 * A browser does not say why a WebSocket was closed or refused.  A request does: if
 * the token is good no longer, the page is told by that.
 */
function again(): void {
  const mine = {};

  timer = undefined;
  asking = mine;
  get('/api/token', tokenSelf, {
    signal: AbortSignal.timeout(ANSWER_MS),
  }).then(() => true, () => false).then(there => {
    if (asking !== mine)
      return;
    asking = null;
    if (there)
      eventsStart();
    else
      later();
  });
}

function onFrame(data: unknown): void {
  if (typeof data !== 'string')
    return;
  const frame = eventFrame(JSON.parse(data), 'event');
  if (frame.type === 'event' && frame.event !== undefined)
    tell(frame.event);
  else if (frame.type === 'dropped')
    tell(null);
}

export function eventsStart(): void {
  if (ws !== null || tokenIs() === null)
    return;
  asking = null;
  say('connecting');
  const mine = socket('/ws');
  ws = mine;
  mine.onopen = () => {
    say('online');
    tell(null);
  };
  mine.onmessage = e => {
    heard++;
    try {
      onFrame(e.data);
      tries = 0;
    } catch {
      // It is not the daemon that we know: try again, later and later.
      mine.close(1000);
    }
  };
  mine.onclose = () => lost(mine);
}

function lost(which: WebSocket): void {
  if (ws !== which)
    return;
  ws = null;
  say('offline');
  later();
}

/* A tunnel whose far end is gone keeps its connections open, and is silent. */
function ping(): void {
  const mine = ws, before = heard;

  if (mine?.readyState !== WebSocket.OPEN)
    return;
  mine.send('{"type":"ping"}');
  window.setTimeout(() => {
    if (heard !== before)
      return;
    mine.close(1000);
    lost(mine);
  }, ANSWER_MS);
}
window.setInterval(ping, PING_MS);

export function eventsStop(): void {
  const old = ws;
  ws = null;
  window.clearTimeout(timer);
  timer = undefined;
  asking = null;
  tries = 0;
  old?.close(1000);
  say('offline');
}

/* A topic is an event's type, "prefix.*" or "*".  Returns what ends it. */
export function listen(topic: string, listener: Listener): () => void {
  listeners.set(listener, topic);
  return () => listeners.delete(listener);
}

export function watchOnline(watcher: (online: Online) => void): () => void {
  watchers.add(watcher);
  watcher(online);
  return () => watchers.delete(watcher);
}

// A laptop that wakes up does not wait for the timer.
function now(): void {
  if (ws === null && timer !== undefined) {
    window.clearTimeout(timer);
    again();
  } else
    ping();
}
window.addEventListener('online', now);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden)
    now();
});

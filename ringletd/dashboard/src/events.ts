/*
 * What happens at the daemon, as it does: one WebSocket for the page.  Whoever
 * shows something listens for its topics and asks anew; after a time without
 * the daemon, or when events were dropped, everybody does.
 */

import { socket, tokenIs } from './api';
import { eventFrame, type DaemonEvent } from './types';

type Listener = (event: DaemonEvent | null) => void;

export type Online = 'connecting' | 'online' | 'offline';

const listeners = new Map<Listener, string>();
const watchers = new Set<(online: Online) => void>();
let ws: WebSocket | null = null;
let timer: number | undefined;
let tries = 0;
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
  timer = window.setTimeout(() => {
    timer = undefined;
    eventsStart();
  }, wait);
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
  say('connecting');
  const mine = socket('/ws');
  ws = mine;
  mine.onopen = () => {
    say('online');
    tell(null);
  };
  mine.onmessage = e => {
    try {
      onFrame(e.data);
      tries = 0;
    } catch {
      // It is not the daemon that we know: try again, later and later.
      mine.close(1000);
    }
  };
  mine.onclose = () => {
    if (ws !== mine)
      return;
    ws = null;
    say('offline');
    later();
  };
}

export function eventsStop(): void {
  const old = ws;
  ws = null;
  window.clearTimeout(timer);
  timer = undefined;
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
    timer = undefined;
    eventsStart();
  }
}
window.addEventListener('online', now);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden)
    now();
});

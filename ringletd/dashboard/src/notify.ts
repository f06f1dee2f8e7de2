/*
 * Notice for a person who looks elsewhere: the page's title and icon, and the
 * browser's notifications where they were allowed.
 */

import { listen } from './events';
import { oneLine } from './hygiene';
import { shape, maybe, orNull, text, int } from './check';

const BASE = 'Ringlet';
/* Sessions that have something to tell since the page was looked at. */
const waiting = new Set<string>();
let place = '';

const sessionEvent = shape({
  id: text,
  profile_alias: text,
  exit_code: maybe(orNull(int)),
  title: maybe(orNull(text)),
  text: maybe(orNull(text)),
});

function show(): void {
  document.title = `${waiting.size > 0 ? `(${waiting.size}) ` : ''}${place}${BASE}`;
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  if (icon === null)
    return;
  icon.dataset['plain'] ??= icon.href;
  if (waiting.size === 0) {
    icon.href = icon.dataset['plain'];
    return;
  }
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 32;
  const draw = canvas.getContext('2d');
  if (draw === null)
    return;
  draw.fillStyle = '#1d4f48';
  draw.fillRect(0, 0, 32, 32);
  draw.fillStyle = '#f2c14e';
  draw.beginPath();
  draw.arc(16, 16, 10, 0, 2 * Math.PI);
  draw.fill();
  icon.href = canvas.toDataURL('image/png');
}

/* What is looked at, for the title: text of an agent's, maybe. */
export function titleIs(what: string): void {
  place = what === '' ? '' : `${oneLine(what, 60)} – `;
  show();
}

export function mayNotify(): 'yes' | 'no' | 'ask' {
  if (!('Notification' in window) || Notification.permission === 'denied')
    return 'no';
  return Notification.permission === 'granted' ? 'yes' : 'ask';
}

export async function askToNotify(): Promise<void> {
  await Notification.requestPermission();
}

function notice(id: string, title: string, body: string): void {
  if (!document.hidden && document.hasFocus())
    return;
  waiting.add(id);
  show();
  if (mayNotify() !== 'yes')
    return;
  let n: Notification;
  try {
    // One for each session: a later one takes its place.
    n = new Notification(oneLine(title), { body: oneLine(body, 200), tag: id });
  } catch {
    return; // phones have them for service workers alone
  }
  n.onclick = () => {
    window.focus();
    location.hash = `#/session/${encodeURIComponent(id)}`;
    n.close();
  };
}

export function notifyStart(): void {
  listen('session.ended', event => {
    if (event === null)
      return;
    const s = sessionEvent(event.data, 'session.ended');
    notice(s.id, `${s.profile_alias} has ended`,
      s.exit_code !== null && s.exit_code !== undefined
        ? `exit ${s.exit_code}` : '');
  });
  listen('session.input_wanted', event => {
    if (event === null)
      return;
    const s = sessionEvent(event.data, 'session.input_wanted');
    notice(s.id, `${s.profile_alias} waits for you`,
      [s.title, s.text].filter(Boolean).join(': '));
  });
  const seen = () => {
    if (document.hidden)
      return;
    waiting.clear();
    show();
  };
  document.addEventListener('visibilitychange', seen);
  window.addEventListener('focus', seen);
}

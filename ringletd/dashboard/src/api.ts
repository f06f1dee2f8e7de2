/*
 * Requests to the daemon that this page came from, and to nobody else.
 *
 * The token is in the page's memory, and in the tab's storage (the browser's, if
 * the person asked for that) so that a reload finds it again.  Storage belongs to
 * an origin, which is a host and a port: two tunnels do not see each other's.
 */

import { int, shape, text, type Check } from './check';

const KEY = 'ringlet-token';

export class ApiError extends Error {
  override name = 'ApiError';

  constructor(readonly status: number, readonly code: string, words: string) {
    super(words);
  }
}

let token: string | null = null;
let onGone: () => void = () => {};

export function tokenIs(): string | null {
  return token;
}

/* What happens when the daemon no longer takes the token. */
export function onTokenGone(f: () => void): void {
  onGone = f;
}

export function tokenLoad(): boolean {
  token = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
  return token !== null;
}

/* One that the browser keeps for other tabs is let be, unless this replaces it. */
export function tokenKeep(value: string, inBrowser: boolean): void {
  token = value;
  sessionStorage.removeItem(KEY);
  (inBrowser ? localStorage : sessionStorage).setItem(KEY, value);
}

/* Forgets the page's token, which is good no longer, wherever it is kept. */
export function tokenForget(): void {
  for (const place of [sessionStorage, localStorage])
    if (token !== null && place.getItem(KEY) === token)
      place.removeItem(KEY);
  token = null;
}

/* Forgets every token, the browser's too, and returns them: to be revoked. */
export function tokensTake(): string[] {
  const all = [token, sessionStorage.getItem(KEY), localStorage.getItem(KEY)];

  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
  token = null;
  return [...new Set(all.filter(t => t !== null))];
}

/* What happens when another tab has signed the browser out. */
export function onSignedOut(f: () => void): void {
  window.addEventListener('storage', e => {
    if (e.storageArea === localStorage && token !== null &&
      e.oldValue === token && e.newValue === null)
      f();
  });
}

const failure = shape({ error: text, code: text });

async function answerOf(response: Response): Promise<unknown> {
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    throw new ApiError(response.status, 'UNKNOWN',
      `the daemon's answer (${response.status}) cannot be read`);
  }
  if (response.ok)
    return body;
  const { error, code } = failure(body, 'the error');
  throw new ApiError(response.status, code, error);
}

/* A tunnel that hangs is told from a daemon that takes its time. */
const ANSWER_MS = 120000;

async function send(
  method: string, path: string, body: unknown, bearer: string | null,
  more: RequestInit = {},
): Promise<unknown> {
  const headers: Record<string, string> = {};
  if (bearer !== null)
    headers['Authorization'] = `Bearer ${bearer}`;
  if (body !== undefined)
    headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body !== undefined ? JSON.stringify(body) : null,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(ANSWER_MS),
      ...more,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError')
      throw new ApiError(0, 'TIMEOUT', 'the daemon has not answered in time');
    throw new ApiError(0, 'UNREACHABLE',
      'the daemon cannot be reached: is the tunnel up?');
  }
  return answerOf(response);
}

const envelope = shape({ data: v => v });

async function call<T>(
  method: string, path: string, check: Check<T>, body?: unknown,
  more?: RequestInit,
): Promise<T> {
  const used = token;
  try {
    const answer = envelope(
      await send(method, path, body, used, more), 'the answer');
    return check(answer.data, 'data');
  } catch (error) {
    if (error instanceof ApiError && error.status === 401 && used === token)
      onGone();
    throw error;
  }
}

export function get<T>(
  path: string, check: Check<T>, more?: RequestInit,
): Promise<T> {
  return call('GET', path, check, undefined, more);
}

export function post<T>(
  path: string, body: unknown, check: Check<T>,
): Promise<T> {
  return call('POST', path, check, body);
}

export function put<T>(
  path: string, body: unknown, check: Check<T>,
): Promise<T> {
  return call('PUT', path, check, body);
}

export function del<T>(path: string, check: Check<T>): Promise<T> {
  return call('DELETE', path, check);
}

/* POST without a token: only the exchange of a code for one. */
export async function postOpen<T>(
  path: string, body: unknown, check: Check<T>,
): Promise<T> {
  const answer = envelope(await send('POST', path, body, null), 'the answer');
  return check(answer.data, 'data');
}

/* GET with a token that is not ours yet. */
export async function getWith<T>(
  bearer: string, path: string, check: Check<T>,
): Promise<T> {
  const answer = envelope(
    await send('GET', path, undefined, bearer), 'the answer');
  return check(answer.data, 'data');
}

/*
 * Ends a token; the request outlives the page, but is not waited for longer than
 * a person would.  False: nobody knows whether it is good still.
 */
export async function revoke(bearer: string): Promise<boolean> {
  try {
    await send('DELETE', '/api/token', undefined, bearer,
      { keepalive: true, signal: AbortSignal.timeout(5000) });
    return true;
  } catch (error) {
    // 401: it has ended before.  403: the main one, which no page ends.
    return error instanceof ApiError &&
      (error.status === 401 || error.status === 403);
  }
}

/* A path of segments, each as one: names have no '/' that counts. */
export function pathOf(...segments: string[]): string {
  return '/' + segments.map(encodeURIComponent).join('/');
}

export function socket(path: string): WebSocket {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const ws = new WebSocket(url, ['bearer', token ?? '']);
  ws.binaryType = 'arraybuffer';
  return ws;
}

export const counted = shape({ count: int });

export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

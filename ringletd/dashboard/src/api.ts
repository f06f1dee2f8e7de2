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

export function tokenKeep(value: string, inBrowser: boolean): void {
  tokenForget();
  token = value;
  (inBrowser ? localStorage : sessionStorage).setItem(KEY, value);
}

export function tokenForget(): void {
  token = null;
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
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

async function send(
  method: string, path: string, body: unknown, bearer: string | null,
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
    });
  } catch {
    throw new ApiError(0, 'UNREACHABLE',
      'the daemon cannot be reached: is the tunnel up?');
  }
  return answerOf(response);
}

const envelope = shape({ data: v => v });

async function call<T>(
  method: string, path: string, check: Check<T>, body?: unknown,
): Promise<T> {
  const used = token;
  try {
    const answer = envelope(await send(method, path, body, used), 'the answer');
    return check(answer.data, 'data');
  } catch (error) {
    if (error instanceof ApiError && error.status === 401 && used === token)
      onGone();
    throw error;
  }
}

export function get<T>(path: string, check: Check<T>): Promise<T> {
  return call('GET', path, check);
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

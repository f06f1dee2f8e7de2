/*
 * What the server sends is looked at before it is used: a value that has not
 * the shape that PROTOCOL.http promises is an error here, with its place, and
 * not "undefined" on the screen later.  Members that are not known are let be:
 * a later server may send more.
 */

export class ShapeError extends Error {
  override name = 'ShapeError';
}

/* Takes a value and its place, and returns it as what it is. */
export type Check<T> = (value: unknown, at: string) => T;

export type Checked<C> = C extends Check<infer T> ? T : never;

function fail(at: string, wanted: string): never {
  throw new ShapeError(`the daemon's answer: ${at} is not ${wanted}`);
}

export const text: Check<string> = (v, at) =>
  typeof v === 'string' ? v : fail(at, 'a text');

export const bool: Check<boolean> = (v, at) =>
  typeof v === 'boolean' ? v : fail(at, 'true or false');

export const int: Check<number> = (v, at) =>
  Number.isSafeInteger(v) ? v as number : fail(at, 'an integer');

export const nothing: Check<null> = (v, at) =>
  v === null ? v : fail(at, 'null');

export const anything: Check<unknown> = v => v;

export function word<W extends string>(...words: W[]): Check<W> {
  return (v, at) => words.includes(v as W)
    ? v as W : fail(at, `one of ${words.join(', ')}`);
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (v, at) => v === null ? null : check(v, at);
}

/* A member that servers of before do not send. */
export function maybe<T>(check: Check<T>): Check<T | undefined> {
  return (v, at) => v === undefined ? undefined : check(v, at);
}

export function list<T>(check: Check<T>): Check<T[]> {
  return (v, at) => Array.isArray(v)
    ? v.map((e, i) => check(e, `${at}[${i}]`)) : fail(at, 'a list');
}

export function map<T>(check: Check<T>): Check<Map<string, T>> {
  return (v, at) => {
    if (typeof v !== 'object' || v === null || Array.isArray(v))
      fail(at, 'an object');
    return new Map(Object.entries(v as object).map(
      ([k, e]) => [k, check(e, `${at}.${k}`)]));
  };
}

type Shape = Record<string, Check<unknown>>;
type Shaped<S extends Shape> = { [K in keyof S]: Checked<S[K]> };

export function shape<S extends Shape>(members: S): Check<Shaped<S>> {
  return (v, at) => {
    if (typeof v !== 'object' || v === null || Array.isArray(v))
      fail(at, 'an object');
    const out: Record<string, unknown> = {};
    for (const [k, check] of Object.entries(members)) {
      // Own members only: "constructor" is nobody's answer.
      const member = Object.hasOwn(v, k)
        ? (v as Record<string, unknown>)[k] : undefined;
      out[k] = check(member, `${at}.${k}`);
    }
    return out as Shaped<S>;
  };
}

/* Small parts that every view is made of. */

import type { ComponentChildren } from 'preact';
import {
  useCallback, useEffect, useId, useLayoutEffect, useRef, useState,
} from 'preact/hooks';

import { words } from './api';
import { listen } from './events';
import { seen } from './seen';

/* Fields that take the focus bring up a keyboard there. */
export const TOUCH = matchMedia('(pointer: coarse)').matches;

/* What a request brought; reload asks again, and keeps the value meanwhile. */
export interface Loaded<T> {
  value: T | null;
  error: string | null;
  reload: () => void;
}

/*
 * Asks when the view appears, and again for every event of the topics, not more
 * often than four times a second.
 */
export function useLoaded<T>(
  ask: () => Promise<T>, topics: readonly string[], key = '',
): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<string | null>(null);
  const asked = useRef(0);
  const told = useRef(0); // the request whose answer is shown, or a later one
  const timer = useRef<number>(undefined);

  const reload = useCallback(() => {
    if (timer.current !== undefined)
      return;
    timer.current = window.setTimeout(() => {
      timer.current = undefined;
    }, 250);
    const mine = ++asked.current;
    // One that is overtaken is dropped; one that is not the last is shown, for
    // where events come faster than answers there would never be a last one.
    const isNews = () => {
      const news = mine > told.current;
      told.current = Math.max(mine, told.current);
      return news;
    };
    ask().then(got => {
      if (!isNews())
        return;
      setValue(got);
      setError(null);
    }, (e: unknown) => {
      if (isNews())
        setError(words(e));
    });
  }, [key]);

  useEffect(() => {
    let again: number | undefined;
    // The last event of a burst counts, too.
    const soon = () => {
      window.clearTimeout(again);
      again = window.setTimeout(reload, 260);
      reload();
    };
    reload();
    const ends = topics.map(topic => listen(topic, soon));
    return () => {
      told.current = asked.current;
      window.clearTimeout(again);
      window.clearTimeout(timer.current);
      timer.current = undefined;
      for (const end of ends)
        end();
    };
  }, [key]);
  return { value, error, reload };
}

/*
 * For an element that appears in a page that is in use: browsers obey autofocus
 * only while a page loads, and in dialogs.
 */
export function useFocus<E extends HTMLElement>(wanted = true) {
  const element = useRef<E>(null);
  useEffect(() => {
    if (wanted)
      element.current?.focus();
  }, []);
  return element;
}

/* What went wrong, in words that may be anybody's: as text, and not all of a flood. */
export function Problem({ error }: { error: string | null }) {
  return error === null ? null :
    <p class="problem" role="alert">{seen(error.slice(0, 2000))}</p>;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

export function Badge(
  { kind, children }: { kind: string; children: ComponentChildren },
) {
  return <span class={`badge badge-${kind}`}>{children}</span>;
}

const UNITS: [number, string][] = [
  [86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's'],
];

/* "3 h" since then; the whole time is its title. */
export function Since({ time }: { time: string | null }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 10000);
    return () => window.clearInterval(timer);
  }, []);
  if (time === null)
    return <span>–</span>;
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  const [size, unit] = UNITS.find(([s]) => seconds >= s) ?? [1, 's'];
  return (
    <time dateTime={time} title={new Date(time).toLocaleString()}>
      {Math.floor(seconds / size)} {unit}
    </time>
  );
}

/*
 * A dialog of the browser's own: it takes the focus and gives it back, also where
 * what it was about goes while it is open.
 */
export function Dialog({ title, onClose, children }: {
  title: string; onClose: () => void; children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  const close = useRef(onClose);
  close.current = onClose;
  useLayoutEffect(() => {
    const mine = dialog.current;
    const closed = () => close.current();
    mine?.addEventListener('close', closed);
    mine?.showModal();
    return () => {
      mine?.removeEventListener('close', closed);
      mine?.close();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={name}>
      <header>
        <h2 id={name}>{title}</h2>
        <button type="button" class="quiet" aria-label="Close"
          onClick={() => dialog.current?.close()}>✕</button>
      </header>
      {children}
    </dialog>
  );
}

/* Asks before something that cannot be undone; act may fail, which is shown. */
export function Confirm({ title, action, act, onClose, children }: {
  title: string; action: string; act: () => Promise<unknown>;
  onClose: () => void; children: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setBusy(true);
    try {
      await act();
      onClose();
    } catch (e) {
      setError(words(e));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="dialog-body">{children}<Problem error={error} /></div>
      <footer>
        <button type="button" onClick={onClose} autofocus>Cancel</button>
        <button type="button" class="danger" disabled={busy}
          onClick={() => void go()}>{action}</button>
      </footer>
    </Dialog>
  );
}

export function Field({ label, hint, children }: {
  label: string; hint?: ComponentChildren; children: ComponentChildren;
}) {
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      {children}
      {hint !== undefined && <span class="field-hint">{hint}</span>}
    </label>
  );
}

/* A field for a folder on the daemon's machine, with what can be chosen there. */

import { useEffect, useId, useRef, useState } from 'preact/hooks';

import { get, words } from './api';
import { seen } from './seen';
import { folders, type Folders } from './types';

function ask(value: string): Promise<Folders> {
  return value.startsWith('/')
    ? get(`/api/fs/complete?prefix=${encodeURIComponent(value)}`, folders)
    : get('/api/fs/list', folders);
}

export function FolderField({ value, onValue, placeholder }: {
  value: string; onValue: (value: string) => void; placeholder?: string;
}) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [found, setFound] = useState<Folders | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [at, setAt] = useState(-1);
  const latest = useRef(0);

  useEffect(() => {
    if (!open)
      return;
    const mine = ++latest.current;
    const timer = window.setTimeout(() => {
      ask(value).then(got => {
        if (mine !== latest.current)
          return;
        setFound(got);
        setError(null);
        setAt(-1);
      }, (e: unknown) => {
        if (mine !== latest.current)
          return;
        setFound(null);
        setError(words(e));
      });
    }, 120);
    return () => window.clearTimeout(timer);
  }, [value, open]);

  const entries = open && found !== null ? found.entries : [];
  const take = (path: string) => onValue(`${path}/`);
  const onKey = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setOpen(true);
      if (entries.length > 0)
        setAt(old => (old + (e.key === 'ArrowDown' ? 1 : -1) +
          entries.length + (old === -1 && e.key === 'ArrowUp' ? 1 : 0)) %
          entries.length);
    } else if (e.key === 'Enter' && open && entries[at] !== undefined) {
      e.preventDefault();
      take(entries[at].path);
    } else if (e.key === 'Tab' && open && entries.length === 1 &&
      entries[0] !== undefined && !value.endsWith('/')) {
      e.preventDefault();
      take(entries[0].path);
    } else if (e.key === 'Escape' && open) {
      // Not the dialog that this is in.
      e.preventDefault();
      e.stopPropagation();
      setOpen(false);
    }
  };

  return (
    <span class="folder-field">
      <input value={value} spellcheck={false} autocomplete="off"
        role="combobox" aria-expanded={entries.length > 0}
        aria-controls={`${id}-list`} aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        placeholder={placeholder}
        onFocus={() => setOpen(true)} onBlur={() => setOpen(false)}
        onKeyDown={onKey}
        onInput={e => {
          setOpen(true);
          onValue(e.currentTarget.value);
        }} />
      <ul id={`${id}-list`} role="listbox" aria-label="Folders"
        class="folder-list" hidden={entries.length === 0}>
        {entries.map((entry, i) =>
          <li key={entry.path} id={`${id}-${i}`} role="option"
            aria-selected={i === at} aria-disabled={!entry.usable}
            onMouseDown={e => {
              e.preventDefault(); // the field keeps the focus
              take(entry.path);
            }}>
            {seen(entry.name)}{!entry.usable && ' (on the way)'}
          </li>)}
      </ul>
      {open && error !== null && <span class="field-hint">{seen(error)}</span>}
    </span>
  );
}

/* What is sent of what was typed: no last slash, but for the root. */
export function folderOf(value: string): string {
  const trimmed = value.trim();
  return trimmed.length > 1 ? trimmed.replace(/\/+$/, '') : trimmed;
}

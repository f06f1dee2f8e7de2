/*
 * A session's terminal, as xterm.js shows it.
 *
 * What the agent writes is its word alone: its title is text, links are shown
 * before they are opened, and it gets at no clipboard by itself.
 */

import { FitAddon } from '@xterm/addon-fit';
import { WebglAddon } from '@xterm/addon-webgl';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef, useState } from 'preact/hooks';

import { get, pathOf, socket } from './api';
import { Link, type LinkState } from './link';
import { muteQueries } from './queries';
import { fate, KillSession, SessionBadges } from './sessions';
import { session, type Session } from './types';
import { Problem, useLoaded } from './ui';

function token(name: string): string {
  return getComputedStyle(document.documentElement)
    .getPropertyValue(name).trim();
}

function theme(): Record<string, string> {
  return {
    background: token('--term-back'),
    foreground: token('--term-text'),
    cursor: token('--term-cursor'),
    selectionBackground: token('--term-selection'),
  };
}

const WAITING: Record<LinkState, string> = {
  connecting: 'connecting…',
  connected: '',
  broken: 'the connection is broken',
  ended: '',
};

interface Shown {
  state: LinkState;
  why: string;
  readOnly: boolean;
  notes: string[];
}

/* One terminal with its connection, outside of Preact's rendering. */
class Screen {
  readonly terminal = new Terminal({
    allowProposedApi: true,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    fontFamily: token('--font-mono'),
    fontSize: 14,
    scrollback: 50000,
    theme: theme(),
  });
  private readonly fit = new FitAddon();
  private readonly link: Link;
  private history = 0; // pieces of history that are being written

  constructor(
    id: string, watch: boolean, into: HTMLElement,
    changed: (change: Partial<Shown>) => void,
    private readonly note: (words: string) => void,
  ) {
    const t = this.terminal;

    t.loadAddon(this.fit);
    muteQueries(t, () => this.history > 0);
    t.open(into);
    try {
      const gl = new WebglAddon();
      gl.onContextLoss(() => gl.dispose());
      t.loadAddon(gl);
    } catch {
      // No WebGL here: xterm.js draws by elements then.
    }
    this.link = new Link(id, watch, socket, {
      state: (state, why) => changed({ state, why }),
      output: (bytes, history) => this.write(bytes, history),
      screen: (bytes, cols, rows) => {
        t.reset();
        t.resize(cols, rows);
        this.write(bytes, true);
      },
      size: (cols, rows) => t.resize(cols, rows),
      gap: (from, to) => note(`output was missed here: ${to - from} bytes`),
      readOnly: readOnly => {
        t.options.disableStdin = readOnly;
        changed({ readOnly });
      },
      ended: () => {
        t.options.disableStdin = true;
      },
      error: words => note(words),
    });
    t.onData(data => this.type(new TextEncoder().encode(data)));
    t.onBinary(data =>
      this.type(Uint8Array.from(data, c => c.charCodeAt(0))));
  }

  private write(bytes: Uint8Array, history: boolean): void {
    if (!history) {
      this.terminal.write(bytes);
      return;
    }
    this.history++;
    this.terminal.write(bytes, () => {
      this.history--;
    });
  }

  private type(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.link.type(bytes))
      this.note('not sent: there is no connection');
  }

  /* Asks for the size that fits the window; the last who typed decides. */
  resize(): void {
    const size = this.fit.proposeDimensions();

    if (size !== undefined && size.cols > 0 && size.rows > 0)
      this.link.resize(size.cols, size.rows);
  }

  recolour(): void {
    this.terminal.options.theme = theme();
  }

  retry(): void {
    this.link.retry();
  }

  close(): void {
    this.link.close();
    this.terminal.dispose();
  }
}

function Head({ s, shown, canControl }: {
  s: Session | null; shown: Shown; canControl: boolean;
}) {
  const [ending, setEnding] = useState(false);
  return (
    <header class="view-head terminal-head">
      <h1>{s?.profile_alias ?? 'Session'}</h1>
      {s !== null && <span class="card-sub" title={s.working_dir}>
        {s.working_dir}</span>}
      {s !== null && <SessionBadges s={s} />}
      <span class="terminal-state" role="status">
        {s?.state === 'terminated' ? fate(s) : WAITING[shown.state]}
        {shown.why !== '' && `: ${shown.why}`}
        {shown.readOnly && ' (read-only)'}
      </span>
      {canControl && s !== null && s.state !== 'terminated' &&
        <button type="button" onClick={() => setEnding(true)}>End…</button>}
      {ending && s !== null &&
        <KillSession s={s} onClose={() => setEnding(false)} />}
    </header>
  );
}

export function TerminalView({ id, watch, canControl }: {
  id: string; watch: boolean; canControl: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<Shown>(
    { state: 'connecting', why: '', readOnly: watch, notes: [] });
  const loaded = useLoaded(
    () => get(pathOf('api', 'terminal', 'sessions', id), session),
    ['session.*'], id);

  useEffect(() => {
    if (place.current === null)
      return;
    const screen = new Screen(id, watch, place.current,
      change => setShown(old => ({ ...old, ...change })),
      note => setShown(old => ({ ...old, notes: [...old.notes.slice(-4), note] })));
    const observer = new ResizeObserver(() => screen.resize());
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const recolour = () => screen.recolour();
    const retry = () => screen.retry();

    observer.observe(place.current);
    dark.addEventListener('change', recolour);
    window.addEventListener('online', retry);
    screen.terminal.focus();
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', recolour);
      window.removeEventListener('online', retry);
      screen.close();
    };
  }, [id, watch]);

  return (
    <section class="terminal-view" aria-label="Terminal">
      <Head s={loaded.value} shown={shown} canControl={canControl} />
      <Problem error={loaded.error} />
      {shown.notes.map((note, i) => <p key={i} class="note">{note}</p>)}
      <div class="terminal-place" ref={place} />
    </section>
  );
}

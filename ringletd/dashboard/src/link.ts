/*
 * A session's terminal over a WebSocket: PROTOCOL.http, section 5.
 *
 * It counts the bytes that came, and when the connection breaks it comes back
 * for the next one: none is lost or doubled, or a gap is told.  It knows nothing
 * of the screen that shows them.
 */

import { ShapeError } from './check';
import { terminalFrame } from './types';

export type LinkState = 'connecting' | 'connected' | 'broken' | 'ended';

export interface LinkEvents {
  state(state: LinkState, why: string): void;
  /* Bytes of the terminal; history was answered by others long ago. */
  output(bytes: Uint8Array, history: boolean): void;
  /* Forget what is shown, and begin with this, of that size. */
  screen(bytes: Uint8Array, cols: number, rows: number): void;
  size(cols: number, rows: number): void;
  gap(from: number, to: number): void;
  readOnly(readOnly: boolean): void;
  ended(exitCode: number | null, signal: number | null, reason: string): void;
  error(words: string): void;
}

/* Opens a WebSocket for a path; tests have their own. */
export type Opener = (path: string) => WebSocket;

/* Whether there is such a session; true if nobody knows. */
export type Asker = () => Promise<boolean>;

/* What is typed while the link is held is kept, up to so many bytes. */
const TYPED_MAX = 64 * 1024;

const TRIES_MS = [100, 250, 500, 1000, 2000, 4000, 8000];

function bytesOf(base64: string): Uint8Array {
  let text: string;
  try {
    text = atob(base64);
  } catch {
    throw new ShapeError('the daemon\'s screen is not base64');
  }
  return Uint8Array.from(text, c => c.charCodeAt(0));
}

/* A terminal's columns or rows: room is made for as many. */
function side(n: number): number {
  if (n < 1 || n > 4096)
    throw new ShapeError(`the daemon says that a terminal has a side of ${n}`);
  return n;
}

export class Link {
  private ws: WebSocket | null = null;
  private timer: number | undefined;
  private tries = 0;
  private closed = false;
  private held = false;
  private offset: number | null = null;
  private head = 0;
  private size: { cols: number; rows: number } | null = null;
  private waits = false; // from hold() until it is connected again
  private typed: Uint8Array<ArrayBuffer>[] = []; // meanwhile

  constructor(
    private readonly id: string,
    private readonly readOnly: boolean,
    private readonly open: Opener,
    private readonly on: LinkEvents,
    private readonly there: Asker = () => Promise.resolve(true),
  ) {
    this.connect();
  }

  /* The offset of the next byte; null: none has come yet. */
  get position(): number | null {
    return this.offset;
  }

  /* Nothing more is wanted until go(): it comes by its offset then. */
  hold(): void {
    const ws = this.ws;

    if (this.closed || this.held || ws === null)
      return;
    this.held = this.waits = true;
    this.ws = null;
    ws.close(1000);
    this.on.state('connecting', 'more output than can be shown at once');
  }

  go(): void {
    if (!this.held)
      return;
    this.held = false;
    if (!this.closed)
      this.connect();
  }

  private connect(): void {
    const query = [
      ...(this.offset !== null ? [`offset=${this.offset}`] : []),
      ...(this.readOnly ? ['read_only=1'] : []),
    ];
    const ws = this.open(`/ws/terminal/${encodeURIComponent(this.id)}` +
      (query.length > 0 ? `?${query.join('&')}` : ''));
    let opened = false;

    this.ws = ws;
    this.on.state('connecting', '');
    ws.onopen = () => {
      opened = true;
    };
    ws.onmessage = e => {
      if (this.ws === ws)
        this.take(e.data);
    };
    ws.onclose = e => {
      if (this.ws !== ws)
        return;
      this.ws = null;
      this.lost(e.code, e.reason, opened);
    };
  }

  private take(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      this.bytes(new Uint8Array(data));
      return;
    }
    try {
      this.frame(JSON.parse(String(data)));
    } catch (error) {
      // It is not the daemon that we know: nothing more of it is believed.
      this.on.error(error instanceof Error ? error.message : String(error));
      if (error instanceof ShapeError || error instanceof SyntaxError)
        this.finish('broken', 'the daemon sent what it should not');
    }
  }

  private bytes(bytes: Uint8Array): void {
    const from = this.offset ?? 0;

    this.offset = from + bytes.length;
    // A piece may hold both: what is history ends at head.
    const old = Math.min(bytes.length, Math.max(0, this.head - from));
    if (old > 0)
      this.on.output(bytes.subarray(0, old), true);
    if (old < bytes.length)
      this.on.output(bytes.subarray(old), false);
  }

  private frame(value: unknown): void {
    const f = terminalFrame(value, 'a frame');
    const need = (n: number | undefined, name: string): number => {
      if (n === undefined)
        throw new ShapeError(`the daemon's ${f.type} has no ${name}`);
      return n;
    };

    const size = (): [number, number] => [
      side(need(f.cols, 'cols')), side(need(f.rows, 'rows')),
    ];

    switch (f.type) {
    case 'connected':
      this.tries = 0;
      this.offset = need(f.offset, 'offset');
      this.head = need(f.head, 'head');
      this.on.state('connected', '');
      this.on.readOnly(f.read_only === true);
      this.on.size(...size());
      this.sendSize();
      this.waits = false;
      for (const bytes of this.typed.splice(0))
        this.type(bytes);
      break;
    case 'gap':
      this.offset = need(f.to, 'to');
      this.on.gap(need(f.from, 'from'), this.offset);
      break;
    case 'screen':
      this.offset = need(f.offset, 'offset');
      this.on.screen(bytesOf(f.data ?? ''), ...size());
      break;
    case 'resized':
      this.on.size(...size());
      break;
    case 'state_changed':
      if (f.state === 'terminated') {
        this.on.ended(f.exit_code ?? null, f.signal ?? null, f.reason ?? '');
        this.finish('ended', '');
      }
      break;
    case 'error':
      this.on.error(f.message ?? '');
      break;
    default: // of a later daemon
    }
  }

  private lost(code: number, reason: string, opened: boolean): void {
    if (this.closed)
      return;
    this.waits = false;
    if (this.typed.splice(0).length > 0)
      this.on.error('not sent: there is no connection');
    // 1000 after the last byte; 1008: it may not; 1011: the session was lost.
    if (code === 1008 || code === 1011) {
      this.finish('broken', reason || 'the session cannot be shown any more');
      return;
    }
    this.on.state('broken', opened ? 'the connection broke' :
      'the daemon cannot be reached');
    // A browser does not say why a WebSocket was refused.
    if (!opened)
      void this.there().then(is => {
        if (!is && !this.closed)
          this.finish('broken', 'there is no such session any more');
      });
    const wait = TRIES_MS[Math.min(this.tries++, TRIES_MS.length - 1)] ?? 8000;
    this.timer = window.setTimeout(() => this.connect(), wait);
  }

  private finish(state: LinkState, why: string): void {
    this.closed = true;
    window.clearTimeout(this.timer);
    const ws = this.ws;
    this.ws = null;
    ws?.close(1000);
    this.on.state(state, why);
  }

  /* Tries at once instead of when its time comes. */
  retry(): void {
    if (this.closed || this.held || this.ws !== null)
      return;
    window.clearTimeout(this.timer);
    this.connect();
  }

  private ready(): WebSocket | null {
    return this.ws !== null && this.ws.readyState === WebSocket.OPEN
      ? this.ws : null;
  }

  /* Whether type() would take something. */
  get takes(): boolean {
    return this.waits || this.ready() !== null;
  }

  /*
   * False: it was not sent, for there is no connection.  While it is held, what is
   * typed waits for go().
   */
  type(bytes: Uint8Array<ArrayBuffer>): boolean {
    const ws = this.ready();
    const most = 512 * 1024; // a message may have 1 MiB

    if (this.waits) {
      const kept = this.typed.reduce((sum, one) => sum + one.length, 0);
      if (kept + bytes.length > TYPED_MAX)
        return false;
      this.typed.push(bytes);
      return true;
    }
    for (let i = 0; ws !== null && i < bytes.length; i += most)
      ws.send(bytes.subarray(i, i + most));
    return ws !== null;
  }

  /* The size that is wanted here, from now on and after each loss. */
  resize(cols: number, rows: number): void {
    if (this.size?.cols === cols && this.size.rows === rows)
      return;
    this.size = { cols, rows };
    this.sendSize();
  }

  private sendSize(): void {
    if (this.size !== null)
      this.ready()?.send(JSON.stringify({ type: 'resize', ...this.size }));
  }

  signal(signal: 2 | 3 | 9 | 15): void {
    this.ready()?.send(JSON.stringify({ type: 'signal', signal }));
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.timer);
    const ws = this.ws;
    this.ws = null;
    ws?.close(1000);
  }
}

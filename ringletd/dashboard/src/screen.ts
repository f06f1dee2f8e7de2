/*
 * A session's terminal as xterm.js shows it, with its connection: all that is
 * outside of Preact's rendering.
 *
 * What the agent writes is its word alone.  It gets at no clipboard and opens no
 * link by itself: the person is asked, by the events below.
 */

import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { SerializeAddon } from '@xterm/addon-serialize';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { WebglAddon } from '@xterm/addon-webgl';
import { Terminal } from '@xterm/xterm';

import { ApiError, get, pathOf, socket } from './api';
import { Cast } from './cast';
import { cleanPaste, clipboardText, oneLine } from './hygiene';
import { Link, type LinkState } from './link';
import { muteQueries } from './queries';
import { session } from './types';
import { filesOf } from './upload';
import { Widths } from './widths.mjs';

export interface ScreenEvents {
  state(state: LinkState, why: string): void;
  readOnly(readOnly: boolean): void;
  /* Something that the person should know; passing: until it is connected. */
  note(words: string, passing: boolean): void;
  title(title: string): void;
  /* The agent wants the text in the clipboard. */
  clipboard(text: string): void;
  /* The person has clicked a link; it may be anything. */
  link(text: string): void;
  /* The person pastes this, cleaned. */
  paste(text: string): void;
  /* The person pastes or drops these. */
  files(files: File[]): void;
}

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

/* Beyond 50 MB xterm.js would throw output away. */
const UNSHOWN_MAX = 16 * 1024 * 1024;

/* Sizes of letters, pixels; the least where a terminal is wider than its place. */
const FONT = 14;
const FONT_LEAST = 9;

/* A window that is being drawn larger has many sizes on its way. */
const RESIZE_MS = 80;

/* False if the daemon says that there is no such session. */
async function isThere(id: string): Promise<boolean> {
  try {
    await get(pathOf('api', 'terminal', 'sessions', id), session);
    return true;
  } catch (error) {
    return !(error instanceof ApiError && error.status === 404);
  }
}

const RESET = new TextEncoder().encode('\x1bc');

// Tab is the agent's here, so there must be another way out, and it must be told.
Terminal.strings.promptLabel =
  'Terminal.  Control, Shift and X leave it; Control, Shift and F find in it';

export class Screen {
  readonly terminal: Terminal;
  private readonly fit = new FitAddon();
  private readonly finder = new SearchAddon();
  private readonly serializer = new SerializeAddon();
  private readonly link: Link;
  private unshown = 0; // bytes that xterm.js has still to take in
  private history = 0; // pieces of history that are being written
  private cast: Cast | null = null;
  private resizing: number | undefined; // that was a moment ago
  private resized = false; // and once more since

  constructor(
    id: string, watch: boolean, private readonly into: HTMLElement,
    private readonly on: ScreenEvents, readers: boolean,
  ) {
    this.terminal = new Terminal({
      allowProposedApi: true,
      disableStdin: watch,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      fontFamily: token('--font-mono'),
      fontSize: FONT,
      linkHandler: {
        activate: (_event, text) => on.link(text),
        allowNonHttpProtocols: false,
      },
      screenReaderMode: readers,
      scrollback: 50000,
      theme: theme(),
    });
    const t = this.terminal;

    const widths = new Widths();
    t.unicode.register(widths);
    t.unicode.activeVersion = widths.version;
    t.loadAddon(this.fit);
    t.loadAddon(this.finder);
    t.loadAddon(this.serializer);
    t.loadAddon(new WebLinksAddon((_event, text) => on.link(text)));
    muteQueries(t, () => this.history > 0);
    this.watchClipboard();
    t.onTitleChange(title => on.title(oneLine(title)));
    t.open(into);
    this.drawByGpu();
    into.addEventListener('paste', this.onPaste, { capture: true });
    into.addEventListener('dragover', this.onDrag);
    into.addEventListener('drop', this.onDrag);
    t.onData(data => this.type(data));
    t.onBinary(data =>
      this.send(Uint8Array.from(data, c => c.charCodeAt(0))));
    this.link = new Link(id, watch, socket, {
      state: on.state,
      output: (bytes, history) => this.write(bytes, history),
      screen: (bytes, cols, rows) => {
        this.inTurn(() => {
          t.reset();
          this.record(RESET);
        });
        this.size(cols, rows);
        this.write(bytes, true);
      },
      size: (cols, rows) => this.size(cols, rows),
      gap: (from, to) =>
        on.note(`output was missed here: ${to - from} bytes`, false),
      readOnly: readOnly => {
        t.options.disableStdin = readOnly;
        on.readOnly(readOnly);
      },
      ended: () => {
        t.options.disableStdin = true;
        this.resize();
      },
      error: words => on.note(words, true),
    }, () => isThere(id));
  }

  private drawByGpu(): void {
    try {
      const gl = new WebglAddon();
      gl.onContextLoss(() => gl.dispose());
      this.terminal.loadAddon(gl);
    } catch {
      // No WebGL here: xterm.js draws by elements then.
    }
  }

  /* Never a reading; a writing only while it happens, not when it is replayed. */
  private watchClipboard(): void {
    this.terminal.parser.registerOscHandler(52, data => {
      const text = this.history > 0 ? null : clipboardText(data);
      if (text !== null)
        this.on.clipboard(text);
      return true;
    });
  }

  private readonly onPaste = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    if (this.terminal.options.disableStdin)
      return;
    const files = filesOf(event.clipboardData, true);
    const text = cleanPaste(event.clipboardData?.getData('text/plain') ?? '');
    if (files.length > 0)
      this.on.files(files);
    else if (text !== '')
      this.on.paste(text);
    else // Control, Shift and V bring text alone.
      this.on.note('there is no text to paste: Shift and Insert, or the ' +
        'browser’s menu, paste a picture', true);
  };

  /* Else the browser would go to the file, and away from here. */
  private readonly onDrag = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true)
      return;
    event.preventDefault();
    if (this.terminal.options.disableStdin)
      event.dataTransfer.dropEffect = 'none';
    else if (event.type === 'drop')
      this.on.files(filesOf(event.dataTransfer, false));
  };

  private write(bytes: Uint8Array, history: boolean): void {
    this.unshown += bytes.length;
    if (history)
      this.history++;
    this.terminal.write(bytes, () => {
      this.record(bytes);
      this.unshown -= bytes.length;
      if (history)
        this.history--;
      if (this.unshown < UNSHOWN_MAX / 4)
        this.link.go();
    });
    if (this.unshown > UNSHOWN_MAX)
      this.link.hold();
  }

  /* As it is shown, so that a recording begins where the screen is. */
  private record(bytes: Uint8Array): void {
    const before = this.cast?.full;

    this.cast?.output(bytes);
    if (before === false && this.cast?.full === true)
      this.on.note('the recording is full: it ends here', false);
  }

  private size(cols: number, rows: number): void {
    this.inTurn(() => {
      this.cast?.size(cols, rows);
      this.terminal.resize(cols, rows);
      this.scale();
    });
  }

  /* When all that was written before is shown: xterm.js takes its time. */
  private inTurn(act: () => void): void {
    this.terminal.write('', act);
  }

  /* What is typed into a flood may be what ends it: the link comes back for it. */
  private send(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.link.type(bytes))
      this.on.note('not sent: there is no connection', true);
    else if (this.unshown < 2 * UNSHOWN_MAX)
      this.link.go();
  }

  get bracketed(): boolean {
    return this.terminal.modes.bracketedPasteMode;
  }

  /* Text as it is, such as a key's. */
  type(text: string): void {
    this.send(new TextEncoder().encode(text));
  }

  /* A key's sequence; arrows have two, of which the agent has chosen one. */
  key(sequence: string): void {
    this.type(this.terminal.modes.applicationCursorKeysMode
      ? sequence.replace(/^\x1b\[([ABCD])$/, '\x1bO$1') : sequence);
  }

  /*
   * Text that was pasted, in brackets if the agent knows them.  False: it was not
   * sent, and is the person's still.
   */
  paste(text: string): boolean {
    if (!this.link.takes) {
      this.on.note('not sent: there is no connection', true);
      return false;
    }
    this.terminal.paste(text);
    return true;
  }

  /*
   * The place has another size, and so has the terminal, if this viewer decides:
   * at once for the first of many, and for the last.
   */
  resize(): void {
    this.resized = this.resizing !== undefined;
    if (this.resized)
      return;
    this.refit();
    this.resizing = window.setTimeout(() => {
      this.resizing = undefined;
      if (this.resized)
        this.resize();
    }, RESIZE_MS);
  }

  private refit(): void {
    const size = this.fits();

    if (size === null)
      return;
    if (this.terminal.options.disableStdin !== true)
      this.link.resize(size.cols, size.rows);
    this.scale();
  }

  private fits(): { cols: number; rows: number } | null {
    const size = this.into.offsetParent === null
      ? undefined : this.fit.proposeDimensions();

    return size !== undefined && size.cols > 1 && size.rows > 1 ? size : null;
  }

  /* Who only watches sees all of it, in smaller letters. */
  private scale(): void {
    const { cols, rows, options } = this.terminal;
    const size = this.fits();

    if (size === null)
      return;
    const now = options.fontSize ?? FONT;
    const least = Math.min(size.cols / cols, size.rows / rows);
    const wanted = options.disableStdin !== true ? FONT :
      Math.max(FONT_LEAST, Math.min(FONT, Math.floor(now * least)));
    if (wanted !== now)
      options.fontSize = wanted;
  }

  find(text: string, back: boolean): boolean {
    return back ? this.finder.findPrevious(text) : this.finder.findNext(text);
  }

  findEnd(): void {
    this.finder.clearDecorations();
    this.terminal.clearSelection();
  }

  recordStart(title: string): void {
    this.cast = new Cast(this.terminal.cols, this.terminal.rows, title,
      this.serializer.serialize(), () => performance.now(), new Date());
  }

  /* What was recorded. */
  recordEnd(): string {
    const file = this.cast?.file() ?? '';
    this.cast = null;
    return file;
  }

  recolour(): void {
    this.terminal.options.theme = theme();
  }

  readers(on: boolean): void {
    this.terminal.options.screenReaderMode = on;
  }

  retry(): void {
    this.link.retry();
  }

  get recording(): boolean {
    return this.cast !== null;
  }

  close(): void {
    window.clearTimeout(this.resizing);
    this.into.removeEventListener('paste', this.onPaste, { capture: true });
    this.into.removeEventListener('dragover', this.onDrag);
    this.into.removeEventListener('drop', this.onDrag);
    this.link.close();
    this.terminal.dispose();
  }
}

/*
 * A recording of what a pane shows from now on: asciicast v2, as `asciinema play`
 * takes it.  It begins with what the screen has at that moment.
 */

/* A recording that is kept in the page ends here, in characters. */
export const CAST_MAX = 64 * 1024 * 1024;

export class Cast {
  private readonly lines: string[] = [];
  private length = 0;
  private readonly began: number;
  private readonly decoder = new TextDecoder();

  constructor(
    cols: number, rows: number, title: string, screen: string,
    private readonly now: () => number, date: Date,
    private readonly most = CAST_MAX,
  ) {
    this.began = now();
    this.lines.push(JSON.stringify({
      version: 2, width: cols, height: rows,
      timestamp: Math.floor(date.getTime() / 1000), title,
    }));
    if (screen !== '')
      this.put('o', screen);
  }

  /* Whether it has no room for more: what comes now is not in it. */
  get full(): boolean {
    return this.length >= this.most;
  }

  private put(kind: string, data: string): void {
    if (this.full)
      return;
    const at = Math.round((this.now() - this.began) * 1000) / 1e6;
    const line = JSON.stringify([at, kind, data]);
    this.length += line.length;
    this.lines.push(line);
  }

  /* Bytes may end within a character: the rest comes with the next ones. */
  output(bytes: Uint8Array): void {
    const text = this.decoder.decode(bytes, { stream: true });
    if (text !== '')
      this.put('o', text);
  }

  size(cols: number, rows: number): void {
    this.put('r', `${cols}x${rows}`);
  }

  file(): string {
    return this.lines.join('\n') + '\n';
  }
}

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const a = document.createElement('a');

  a.href = url;
  a.download = name;
  a.click();
  // After the click has begun the download.
  window.setTimeout(() => URL.revokeObjectURL(url), 1000);
}

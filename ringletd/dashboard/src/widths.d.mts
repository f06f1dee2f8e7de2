import type { IUnicodeVersionProvider } from '@xterm/xterm';

export function charWidth(code: number): 0 | 1 | 2;

export class Widths implements IUnicodeVersionProvider {
  readonly version: string;
  wcwidth(codepoint: number): 0 | 1 | 2;
  charProperties(codepoint: number, preceding: number): number;
}

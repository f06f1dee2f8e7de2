/*
 * History has questions in it that the agent asked of the terminal when it ran:
 * what it is, where the cursor is, which colours it has.  A terminal that is fed
 * them now would answer once more, and its answers would be typed.  Here they are
 * swallowed while history is being shown.
 */

import type { Terminal, IDisposable } from '@xterm/xterm';

/* CSI sequences that xterm.js answers. */
const CSI = [
  { final: 'c' }, // DA1
  { prefix: '>', final: 'c' }, // DA2
  { prefix: '=', final: 'c' }, // DA3
  { prefix: '>', final: 'q' }, // XTVERSION
  { final: 'n' }, // DSR
  { prefix: '?', final: 'n' }, // DSR, DEC's
  { intermediates: '$', final: 'p' }, // DECRQM
  { prefix: '?', intermediates: '$', final: 'p' },
  { final: 't' }, // XTWINOPS
  { final: 'x' }, // DECREQTPARM
  { prefix: '?', final: 'u' }, // kitty's keyboard flags
];
const DCS = [
  { intermediates: '$', final: 'q' }, // DECRQSS
  { intermediates: '+', final: 'q' }, // XTGETTCAP
];
/* OSC colours are asked for by "?". */
const OSC = [4, 5, 10, 11, 12, 13, 14, 15, 16, 17, 19, 52];

export function muteQueries(
  terminal: Terminal, muted: () => boolean,
): IDisposable[] {
  return [
    ...CSI.map(id => terminal.parser.registerCsiHandler(id, muted)),
    ...DCS.map(id => terminal.parser.registerDcsHandler(id, muted)),
    ...OSC.map(id => terminal.parser.registerOscHandler(
      id, data => muted() && data.split(';').includes('?'))),
  ];
}

#!/usr/bin/env node
/*
 * compare.js: our screens against xterm.js, cell by cell.
 *
 * usage: compare.js SCREEN-CUTS [-c CUTS] [-g FOLDER] RECORDING...
 *	  compare.js -e NAME COLUMNSxROWS EARLY LATE MARK
 *
 * For each recording (NAME.COLUMNSxROWS.raw), at many cuts:
 *   1. what our screen holds is what xterm.js holds that was fed the same;
 *   2. an xterm.js that was fed the snapshot, and then the rest of the
 *      recording, ends with the same as one that was fed all of it.
 * Then the width of every character.  With -g the dumps at four cuts are
 * written into FOLDER: xterm.js's, to compare with where there is no npm.
 *
 * With -e two files are compared: what an early viewer got, and what a late
 * one did up to where MARK is in it.
 *
 * Prints a line "ok ..." or "not ok ..." for each; exit status 1 if any is
 * not.  What xterm.js is known to do differently is left out, by name, below.
 */
'use strict';

const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync } = require('child_process');
const { Terminal } = require('@xterm/headless');
const { SerializeAddon } = require('@xterm/addon-serialize');

/* As the dashboard has it: in the tree, or beside this file in a test. */
const widths = import([__dirname,
  path.join(__dirname, '../../ringletd/dashboard/src')].map(
    folder => path.join(folder, 'widths.mjs')).find(fs.existsSync));

const HAS_EXTENDED = 0x10000000, UNDERLINE = 0x10000000;
const WHITE_BY_59 = 0x3ffffff;
const COMB_MAX = 16;

/* --- what an xterm.js holds, as ringlet-screen/dump.c writes it --- */

function color(what, value) {
  const n = value & 0xffffff;
  switch (value >>> 24 & 3) {
  case 1: return ` ${what}16:${n & 0xff}`;
  case 2: return ` ${what}256:${n & 0xff}`;
  case 3: return ` ${what}#${n.toString(16).padStart(6, '0')}`;
  default: return '';
  }
}

function text(s) {
  return [...Buffer.from(s)].map(c =>
      c > 0x20 && c < 0x7f && c !== 0x25 ? String.fromCharCode(c)
        : '%' + c.toString(16).padStart(2, '0')).join('');
}

function attributes(t, fg, bg, ext) {
  const flags = [[fg, 0x8000000, 'bold'], [bg, 0x8000000, 'faint'],
    [bg, 0x4000000, 'italic'], [fg, 0x20000000, 'blink'],
    [fg, 0x4000000, 'inverse'], [fg, 0x40000000, 'invisible'],
    [fg, 0x80000000, 'strike'], [bg, 0x40000000, 'overline'],
    [bg, 0x20000000, 'protected']];
  let out = flags.filter(f => f[0] & f[1]).map(f => ' ' + f[2]).join('');
  const has = bg & HAS_EXTENDED && ext;
  if (fg & UNDERLINE) {
    out += ' ul' + (has ? ext._ext >>> 26 & 7 || 1 : 1);
  }
  out += color('fg', fg) + color('bg', bg);
  if (has && (fg & UNDERLINE || ext._urlId) &&
      (ext._ext & WHITE_BY_59) !== WHITE_BY_59) {
    out += color('ul', ext._ext);
  }
  if (has && ext._urlId) {
    const link = t._core._oscLinkService.getLinkData(ext._urlId);
    out += link ? ` link=${text(link.id || '')};${text(link.uri)}` : ' link';
  }
  return out;
}

function cell(line, x) {
  const content = line._data[x * 3];
  const width = content >>> 22;
  const string = line.getString(x);
  if (width === 0 && string === '') {
    return '';
  }
  const codes = [...string].map(c => c.codePointAt(0)).slice(0, COMB_MAX);
  if (codes.length === 0) {
    return '\\_';
  }
  if (codes.length === 1 && codes[0] === 0x5c) {
    return '\\\\';
  }
  if (codes.length === 1 && codes[0] < 0x7f) {
    return string;
  }
  return `\\{${codes.map(c => c.toString(16)).join(',')}:${width}}`;
}

function row(t, line, y, cols) {
  const cells = [];
  for (let x = 0; x < cols; x++) {
    const d = line._data;
    cells.push([attributes(t, d[x * 3 + 1], d[x * 3 + 2],
        line._extendedAttrs[x]), cell(line, x)]);
  }
  let end = cols;
  while (end > 0 && cells[end - 1][0] === '' && cells[end - 1][1] === '\\_') {
    end--;
  }
  /* Whether row 0 goes on from the scrollback is not kept. */
  const wrapped = line.isWrapped && y > 0;
  if (end === 0 && !wrapped) {
    return '';
  }
  let out = `row ${y}${wrapped ? ' wrapped' : ''}\n`;
  for (let x = 0, n; x < end; x += n) {
    for (n = 1; x + n < end && cells[x + n][0] === cells[x][0]; n++);
    out += ` ${x}${cells[x][0]} |` +
        cells.slice(x, x + n).map(c => c[1]).join('') + '|\n';
  }
  return out;
}

function dump(t, title) {
  const core = t._core, m = t.modes, buffers = core.buffers;
  const dec = core.coreService.decPrivateModes;
  const shape = { block: 2, underline: 4, bar: 6 };
  const style = dec.cursorBlink === undefined ? 0
    : (shape[dec.cursorStyle] || 8) - (dec.cursorBlink ? 1 : 0);
  const mouse = { none: 0, x10: 9, vt200: 1000, drag: 1002, any: 1003 };
  const encode = { DEFAULT: 0, SGR: 1006, SGR_PIXELS: 1016 };
  const modes = [[m.applicationCursorKeysMode, 'cursor-keys'],
    [m.applicationKeypadMode, 'keypad'], [m.bracketedPasteMode, 'paste'],
    [m.insertMode, 'insert'], [m.originMode, 'origin'],
    [m.reverseWraparoundMode, 'backwrap'], [m.sendFocusMode, 'focus'],
    [m.synchronizedOutputMode, 'sync'], [m.wraparoundMode, 'wrap'],
    [t.options.convertEol, 'newline'], [t.options.cursorBlink, 'blink'],
    [!core.coreService.isCursorHidden, 'visible']];
  let out = `size ${t.cols} ${t.rows}\n` +
      `cursor ${buffers.active.x} ${buffers.active.y}\nmodes` +
      modes.filter(p => p[0]).map(p => ' ' + p[1]).join('') +
      ` mouse=${mouse[m.mouseTrackingMode]}` +
      ` encode=${encode[core.coreMouseService.activeEncoding]}` +
      ` style=${style}\ntitle ${text(title)}\n` +
      `region ${buffers.active.scrollTop} ${buffers.active.scrollBottom}\n`;
  for (const which of ['normal', 'alt']) {
    const b = buffers[which];
    if (which === 'alt' && buffers.active !== b) {
      continue;
    }
    out += which === 'alt' ? 'alternate\n' : 'normal\n';
    for (let y = 0; y < t.rows; y++) {
      out += row(t, b.lines.get(b.ybase + y), y, t.cols);
    }
  }
  return out;
}

/* --- feeding --- */

async function open(cols, rows) {
  const { Widths } = await widths;
  const t = new Terminal({ cols, rows, allowProposedApi: true,
    scrollback: 2000, logLevel: 'off',
    windowOptions: { pushTitle: true, popTitle: true } });
  const wide = new Widths();
  t.unicode.register(wide);
  t.unicode.activeVersion = wide.version;
  const serialize = new SerializeAddon();
  t.loadAddon(serialize);
  const self = { t, title: '', serialize };
  t.onTitleChange(s => { self.title = s; });
  return self;
}

/*
 * A character that is cut between two writes is lost where its second byte is
 * 0x80: a fault of xterm.js's decoder.  So cuts are moved to where characters
 * begin, as who writes to one must do.
 */
function whole(data, at) {
  while (at > 0 && at < data.length && (data[at] & 0xc0) === 0x80) {
    at--;
  }
  return at;
}

const write = (term, data) =>
  new Promise(done => term.t.write(data, done));

function first_difference(a, b) {
  const p = a.split('\n'), q = b.split('\n');
  let i = 0;
  while (i < p.length && p[i] === q[i]) {
    i++;
  }
  return `line ${i + 1}:\n\t${p[i]}\n\t${q[i]}`;
}

function our_cuts(tool, file, cols, rows, cuts) {
  const out = execFileSync(tool, [file, cols, rows, ...cuts].map(String),
      { maxBuffer: 1 << 30 });
  const all = [];
  for (let at = 0; at < out.length;) {
    const end = out.indexOf(10, at);
    const [, cut, from, d, s] = out.subarray(at, end).toString().split(' ')
        .map(Number);
    all.push({ cut, from,
      dump: out.subarray(end + 1, end + 1 + d).toString(),
      snapshot: out.subarray(end + 1 + d, end + 1 + d + s) });
    at = end + 1 + d + s;
  }
  return all;
}

/* --- the comparisons --- */

let bad = 0;
function verdict(ok, what) {
  console.log(`${ok ? 'ok' : 'not ok'} ${what}`);
  bad += ok ? 0 : 1;
}

function quarters(data) {
  return [1, 2, 3, 4].map(i => whole(data, Math.floor(data.length * i / 4)));
}

/* Behind the CAN that ends whatever a stream of chance.c ended in. */
function ends_of_streams(data) {
  const ends = [];
  let at = -1;
  while ((at = data.indexOf('\x18\x1b\\\x1bc', at + 1)) !== -1) {
    ends.push(at + 1);
  }
  return ends;
}

async function compare(tool, file, ncuts, golden) {
  const [, name, cols, rows] =
      /([^/]*)\.(\d+)x(\d+)\.raw$/.exec(file).map(
          (s, i) => i > 1 ? Number(s) : s);
  const data = fs.readFileSync(file);
  const cuts = new Set([data.length]);
  const golden_cuts = quarters(data);
  if (name === 'chance') {
    golden_cuts.splice(0, 3, ...ends_of_streams(data));
    ncuts = 400;
  } else if (name === 'emoji') {
    ncuts = 250; /* many between what joins */
  }
  golden_cuts.forEach(cut => cuts.add(cut));
  for (let i = 1; i < ncuts; i++) {
    cuts.add(whole(data, Math.floor(data.length * i / ncuts)));
  }
  const ours = our_cuts(tool, file, cols, rows, [...cuts].sort(
      (a, b) => a - b));
  const all = await open(cols, rows);
  let at = 0, cells = '', rest = '', serialized = '', size = 0;
  for (const o of ours) {
    await write(all, data.subarray(at, o.cut));
    at = o.cut;
    o.theirs = dump(all.t, all.title);
    if (o.from === o.cut) {
      o.text = all.serialize.serialize({ scrollback: 0 });
    }
    size = Math.max(size, o.snapshot.length);
    /* Within a sequence ours is the screen before it. */
    if (cells === '' && o.from === o.cut && o.theirs !== o.dump) {
      cells = `at ${o.cut}, ` + first_difference(o.theirs, o.dump);
    }
  }
  verdict(cells === '', `${name}: ${ours.length} cuts, every cell as in ` +
      `xterm.js ${cells}`);
  const whole_dump = dump(all.t, all.title);
  for (const o of ours) {
    const late = await open(cols, rows);
    await write(late, o.snapshot);
    if (o.from === o.cut) {
      const now = dump(late.t, late.title);
      if (rest === '' && now !== o.theirs) {
        rest = `snapshot at ${o.cut}, ` + first_difference(o.theirs, now);
      }
      if (serialized === '' && !o.dump.includes(' link') &&
          late.serialize.serialize({ scrollback: 0 }) !== o.text) {
        serialized = `at ${o.cut}`;
      }
    }
    await write(late, data.subarray(o.from));
    const end = dump(late.t, late.title);
    if (rest === '' && end !== whole_dump) {
      rest = `from ${o.cut}, ` + first_difference(whole_dump, end);
    }
    late.t.dispose();
  }
  verdict(rest === '', `${name}: a late terminal shows the same, ` +
      `${size} bytes at most ${rest}`);
  /* The add-on also says whether row 0 goes on from the scrollback. */
  if (name !== 'chance') {
    verdict(serialized === '', `${name}: and serializes to the same ` +
        serialized);
  }
  if (golden !== undefined) {
    let out = '';
    for (const cut of golden_cuts) {
      out += `at ${cut}\n${ours.find(o => o.cut === cut).theirs}`;
    }
    fs.writeFileSync(path.join(golden,
        path.basename(file).replace(/raw$/, 'dump')), out);
  }
  all.t.dispose();
}

/* The width of each character that can be printed, a thousand on a screen. */
async function compare_widths(tool) {
  const rows = 1000;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringlet-widths.'));
  const file = path.join(folder, 'all');
  const cps = [], cuts = [], parts = [];
  let at = 0;
  for (let cp = 0xa0; cp <= 0x10ffff; cp++) {
    if ((cp < 0xd800 || cp > 0xdfff) && cp !== 0xfeff) {
      cps.push(cp);
    }
  }
  for (let i = 0; i < cps.length; i += rows) {
    const some = Buffer.from('\x1b[2J' + cps.slice(i, i + rows).map((cp, y) =>
        `\x1b[${y + 1}H` + String.fromCodePoint(cp)).join(''));
    parts.push(some);
    at += some.length;
    cuts.push(at);
  }
  fs.writeFileSync(file, Buffer.concat(parts));
  const { unicodeService } = (await open(2, 1)).t._core;
  let wrong = '', seen = 0;
  our_cuts(tool, file, 2, rows, cuts).forEach((o, i) => {
    for (const [, y, hex, width] of
        o.dump.matchAll(/^row (\d+)\n 0 \|\\{([0-9a-f]+):(\d)}\|$/gm)) {
      const cp = cps[i * rows + Number(y)];
      seen++;
      if (wrong === '' && (parseInt(hex, 16) !== cp ||
          Number(width) !== unicodeService.wcwidth(cp))) {
        wrong = `U+${cp.toString(16)}`;
      }
    }
  });
  fs.rmSync(folder, { recursive: true });
  verdict(wrong === '' && seen === cps.length,
      `all ${seen} characters are as wide as in xterm.js ${wrong}`);
}

async function compare_viewers(name, size, early, late, mark) {
  const [cols, rows] = size.split('x').map(Number);
  const dumps = [];
  for (const file of [early, late]) {
    const data = fs.readFileSync(file);
    const end = data.lastIndexOf(mark);
    const term = await open(cols, rows);
    await write(term, data.subarray(0, end === -1 ? 0 : end + mark.length));
    dumps.push(dump(term.t, term.title));
  }
  const same = dumps[0] === dumps[1] && dumps[0].includes(mark);
  verdict(same, `${name}: who comes late sees the same ` +
      (same ? '' : first_difference(...dumps)));
  process.exitCode = bad;
}

async function main() {
  const args = process.argv.slice(2);
  if (args[0] === '-e') {
    await compare_viewers(...args.slice(1));
    return;
  }
  const tool = args.shift();
  let cuts = 40, golden;
  while (args[0] === '-c' || args[0] === '-g') {
    if (args.shift() === '-c') {
      cuts = Number(args.shift());
    } else {
      golden = args.shift();
    }
  }
  for (const file of args) {
    await compare(tool, file, cuts, golden);
  }
  await compare_widths(tool);
  process.exitCode = bad === 0 && args.length > 0 ? 0 : 1;
}

main();

// build.mjs: makes the dashboard's files, and a C source that embeds them.
//
// usage: node build.mjs -m NODE_MODULES [-d FOLDER] -o DATA.c
//
//   -m  node_modules as `npm ci` made it by package-lock.json
//   -d  also write the files, not compressed, into FOLDER: to look at; their
//       compressed sizes, and that of the first load, are printed
//   -o  the C source
//
// Scripts and styles get a hash of their contents in their names, so that a
// browser may keep them for ever; index.html names them.  The same sources
// make the same bytes: nothing of the time or the machine goes in.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const here = path.dirname(new URL(import.meta.url).pathname);
const { values: given } = parseArgs({
  options: {
    m: { type: 'string' },
    d: { type: 'string' },
    o: { type: 'string' },
  },
});
if (given.m === undefined || given.o === undefined) {
  console.error('usage: node build.mjs -m NODE_MODULES [-d FOLDER] -o DATA.c');
  process.exit(2);
}
const modules = path.resolve(given.m);
const { build } = createRequire(path.join(modules, 'x.js'))('esbuild');

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

function hash(data) {
  return createHash('sha256').update(data).digest('hex').slice(0, 16);
}

// One entry a page needs at once, and what it loads later in pieces.
const result = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.tsx', style: 'src/style.css' },
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  nodePaths: [modules],
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  outdir: '/assets',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  write: false,
  metafile: true,
  logLevel: 'warning',
});

const files = result.outputFiles.map(f => ({
  name: path.basename(f.path), data: Buffer.from(f.contents),
}));
const named = (start, end) => {
  const found = files.filter(f =>
    f.name.startsWith(start) && f.name.endsWith(end));
  if (found.length !== 1)
    throw new Error(`${start}*${end}: ${found.length} files`);
  return found[0].name;
};

const icon = readFileSync(path.join(here, 'src/icon.svg'));
const iconName = `icon-${hash(icon)}.svg`;
files.push({ name: iconName, data: icon });

let page = readFileSync(path.join(here, 'src/index.html'), 'utf8');
for (const [word, name] of [
  ['@SCRIPT@', named('app-', '.js')],
  ['@STYLE@', named('style-', '.css')],
  ['@ICON@', iconName]]) {
  if (!page.includes(word))
    throw new Error(`index.html does not name ${word}`);
  page = page.replaceAll(word, `/assets/${name}`);
}
files.push({ name: '', data: Buffer.from(page) });

// A name is one segment of a path: see ALIAS_MAX in common/valid.h.
for (const f of files) {
  if (f.name.length > 64 || !/^[A-Za-z0-9._-]*$/.test(f.name))
    throw new Error(`the name ${f.name} cannot be served`);
}

function cBytes(data) {
  let out = '';
  for (let i = 0; i < data.length; i += 24)
    out += '\t' + [...data.subarray(i, i + 24)].join(',') + ',\n';
  return out;
}

let source = '/* Made by ringletd/dashboard/build.mjs. */\n' +
  '#include "config.h"\n\n#include "assets.h"\n\n';
let rows = '';
files.sort((a, b) => (a.name < b.name ? -1 : 1));
for (const [i, f] of files.entries()) {
  const type = types[f.name === '' ? '.html' : path.extname(f.name)];
  if (type === undefined)
    throw new Error(`${f.name}: unknown type`);
  const packed = gzipSync(f.data, { level: 9 });
  packed[9] = 255; // the header's "operating system": unknown
  source += `static const uint8_t data_${i}[] = {\n${cBytes(packed)}};\n`;
  rows += `\t{ "${f.name}", "${type}", "\\"${hash(f.data)}\\"", data_${i},\n` +
    `\t    sizeof(data_${i}) },\n`;
  f.packed = packed.length;
}
source += `\nconst struct asset assets[] = {\n${rows}};\n` +
  'const size_t nassets = sizeof(assets) / sizeof(assets[0]);\n';

// What a browser has to fetch before the page can do anything: the page, what
// it names, and what that imports at once.
function firstLoad() {
  const outputs = new Map(Object.entries(result.metafile.outputs)
    .map(([name, output]) => [path.basename(name), output]));
  const needed = new Set(['', iconName, named('app-', '.js'),
    named('style-', '.css')]);
  for (const name of needed)
    for (const i of outputs.get(name)?.imports ?? [])
      if (i.kind === 'import-statement')
        needed.add(path.basename(i.path));
  return files.filter(f => needed.has(f.name))
    .reduce((sum, f) => sum + f.packed, 0);
}

if (given.d !== undefined) {
  mkdirSync(given.d, { recursive: true });
  console.log(`${String(firstLoad()).padStart(8)} first load`);
  for (const f of files) {
    writeFileSync(path.join(given.d, f.name || 'index.html'), f.data);
    console.log(`${String(f.packed).padStart(8)} ${f.name || 'index.html'}`);
  }
}
mkdirSync(path.dirname(path.resolve(given.o)), { recursive: true });
writeFileSync(`${given.o}.new`, source);
renameSync(`${given.o}.new`, given.o);

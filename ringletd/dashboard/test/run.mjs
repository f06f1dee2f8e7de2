// run.mjs: the unit tests.  Node cannot read TypeScript everywhere yet, so they
// are bundled first; node_modules is beside package.json.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const here = path.dirname(new URL(import.meta.url).pathname);
const out = mkdtempSync(path.join(tmpdir(), 'dashboard-test-'));
try {
  const tests = readdirSync(here).filter(f => f.endsWith('.test.ts'));
  await build({
    absWorkingDir: here,
    entryPoints: tests,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    outdir: out,
    outExtension: { '.js': '.cjs' },
    logLevel: 'warning',
  });
  const ran = spawnSync(process.execPath, ['--test',
    ...tests.map(f => path.join(out, f.replace(/\.ts$/, '.cjs')))],
  { stdio: 'inherit' });
  process.exitCode = ran.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}

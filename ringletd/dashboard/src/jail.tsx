/* Why is this jailed: what a session of a profile could see and do, by rule. */

import { useState } from 'preact/hooks';

import { get, pathOf } from './api';
import { FolderField, folderOf } from './folder';
import { bytes, sortPlan, type Part } from './plan';
import { seen } from './seen';
import { jail, type Jail, type JailMount } from './types';
import { Badge, Empty, Field, Problem, useLoaded } from './ui';

const NAMESPACES = new Map(Object.entries({
  user: 'No rights beyond its user’s',
  pid: 'Sees its own processes alone',
  ipc: 'No shared memory with others',
  uts: 'A host name of its own',
  cgroup: 'Counted and bounded as one',
  mount: 'Sees the files below alone',
  net: 'No network',
}));

const FILTERS = new Map(Object.entries({
  agent: 'The list of system calls for agents',
  'nested-sandbox': 'It may build a sandbox inside (granted)',
  'no-unix-sockets': 'No unix sockets: this kernel cannot confine them',
}));

const TIERS = new Map(Object.entries({
  full: 'All that Ringlet can put around an agent.',
  'no-landlock-scope': 'Unix sockets are refused whole, as the kernel cannot ' +
    'confine them.',
  'no-fresh-proc': 'There is no /proc inside, as the machine refuses one.',
  minimal: 'Neither a /proc nor unix sockets, as the machine lacks both.',
}));

function Place({ m }: { m: JailMount }) {
  return (
    <li>
      <code>{seen(m.destination)}</code>
      {m.source !== null && m.source !== m.destination &&
        <span class="fact"> {m.kind === 'link' ? 'leads to' : 'is'}
          {' '}<code>{seen(m.source)}</code> </span>}
      {m.size_bytes !== null &&
        <span class="fact"> at most {bytes(m.size_bytes)}</span>}
    </li>
  );
}

function PartView({ part }: { part: Part }) {
  return (
    <details class={`plan plan-${part.id}`} open={part.count <= 16}>
      <summary>
        <h2>{part.title}</h2>
        <span class="plan-count">{part.count}</span>
        <span class="fact">{part.says}</span>
      </summary>
      <dl class="facts">
        {part.rules.map(rule =>
          <div key={rule.words}>
            <dt>{rule.words}</dt>
            <dd><ul class="paths">
              {rule.mounts.map((m, i) => <Place key={i} m={m} />)}
            </ul></dd>
          </div>)}
      </dl>
    </details>
  );
}

function limitsOf(j: Jail): [string, string][] {
  const { memory_bytes, processes, files, cpu_seconds } = j.limits;
  const rows: [string, string | null][] = [
    ['Memory', memory_bytes !== null ? bytes(memory_bytes) : null],
    ['Processes', processes !== null ? String(processes) : null],
    ['Open files', files !== null ? String(files) : null],
    ['Processor time', cpu_seconds !== null ? `${cpu_seconds} s` : null],
  ];
  return rows.map(([name, value]) => [name, value ?? 'no bound']);
}

function Walls({ j }: { j: Jail }) {
  return (
    <>
      <h2>What else holds it</h2>
      <dl class="facts said">
        <div><dt>Network</dt><dd>{j.namespaces.includes('net')
          ? 'none' : 'as this machine has it'}</dd></div>
        {j.namespaces.filter(n => n !== 'net').map(n =>
          <div key={n}><dt>Own {n} namespace</dt>
            <dd>{NAMESPACES.get(n) ?? n}</dd></div>)}
        {j.filter.map(f =>
          <div key={f}><dt>System calls</dt><dd>{FILTERS.get(f) ?? f}</dd></div>)}
        {limitsOf(j).map(([name, value]) =>
          <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      <h2>Variables</h2>
      {j.environment.length === 0 ? <Empty>None.</Empty> :
        <ul class="names">
          {j.environment.map(name => <li key={name}><code>{seen(name)}</code></li>)}
        </ul>}
      <h2>Left out</h2>
      {j.left_out.length === 0
        ? <Empty>Nothing: all that the rules name is there.</Empty>
        : <ul class="paths">
          {j.left_out.map((line, i) => <li key={i}>{seen(line)}</li>)}
        </ul>}
    </>
  );
}

function Plan({ j }: { j: Jail }) {
  const parts = sortPlan(j.mounts);
  return (
    <>
      <p class="lead">
        <Badge kind="jail">jail: {j.tier || 'not known yet'}</Badge>
        {' '}{TIERS.get(j.tier) ?? ''}
        {' '}What no rule below names is not there at all.
      </p>
      <dl class="facts">
        <div><dt>Program</dt><dd>{seen(j.program)}</dd></div>
        <div><dt>Arguments</dt><dd>{seen(j.argv.slice(1).join(' ')) || 'none'}</dd></div>
        <div><dt>Folder</dt><dd>{seen(j.working_dir)}</dd></div>
        <div><dt>Home</dt><dd>{seen(j.home)}</dd></div>
      </dl>
      {parts.map(part => <PartView key={part.id} part={part} />)}
      <Walls j={j} />
    </>
  );
}

export function JailView({ alias, dir }: { alias: string; dir: string }) {
  const query = dir !== '' ? `?working_dir=${encodeURIComponent(dir)}` : '';
  const loaded = useLoaded(
    () => get(pathOf('api', 'profiles', alias, 'jail') + query, jail),
    ['profile.*'], `${alias} ${dir}`);
  const [folder, setFolder] = useState(dir);
  const profile = `#/profile/${encodeURIComponent(alias)}`;

  return (
    <section aria-labelledby="view-title">
      <header class="view-head">
        <h1 id="view-title">Why is this jailed</h1>
        <a class="button" href={profile}>Profile {alias}</a>
      </header>
      <form class="ask" onSubmit={e => {
        e.preventDefault();
        const wanted = folder !== ''
          ? `/${encodeURIComponent(folderOf(folder))}` : '';
        location.hash = `#/jail/${encodeURIComponent(alias)}${wanted}`;
      }}>
        <Field label="In this folder" hint="Empty: the profile's own.">
          <FolderField value={folder} onValue={setFolder} />
        </Field>
        <button type="submit">Show</button>
      </form>
      <Problem error={loaded.error} />
      {loaded.value === null && loaded.error === null && <Empty>Planning…</Empty>}
      {loaded.value !== null && loaded.error === null &&
        <Plan j={loaded.value} />}
      <p class="fact">Whether an agent can reach a path, and the very arguments of
        bwrap: <code>ringlet sandbox explain {alias} PATH</code> on the machine.</p>
    </section>
  );
}

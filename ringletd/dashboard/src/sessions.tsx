/* Sessions: the list, and the form that starts one. */

import { useState } from 'preact/hooks';

import { counted, del, get, pathOf, post, words } from './api';
import { anything, list, shape, text } from './check';
import { FolderField, folderOf } from './folder';
import { seen } from './seen';
import { profile, session, type Profile, type Session } from './types';
import {
  Badge, Confirm, Dialog, Empty, Field, Problem, Since, useLoaded,
} from './ui';

const sessions = list(session);

export function loadSessions(): Promise<Session[]> {
  return get('/api/terminal/sessions', sessions);
}

/* "exit 3", "signal 9, kill": how it ended, in a few words. */
export function fate(s: Session): string {
  if (s.state !== 'terminated')
    return s.state;
  const how = s.signal !== null ? `signal ${s.signal}` :
    s.exit_code !== null ? `exit ${s.exit_code}` : 'ended';
  return s.reason !== null && s.reason !== 'exit' ? `${how}, ${s.reason}` : how;
}

export function SessionBadges({ s }: { s: Session }) {
  const kind = s.state === 'running' ? 'good' :
    s.state === 'starting' ? 'busy' :
    s.exit_code === 0 ? 'quiet' : 'bad';
  return (
    <>
      <Badge kind={kind}>{fate(s)}</Badge>
      {s.sandboxed
        ? <Badge kind="jail">jail: {s.tier}</Badge>
        : <Badge kind="bad">no jail</Badge>}
    </>
  );
}

export function KillSession({ s, onClose }: {
  s: Session; onClose: () => void;
}) {
  return (
    <Confirm title="End this session?" action="End it" onClose={onClose}
      act={() => del(pathOf('api', 'terminal', 'sessions', s.id),
        shape({ message: text }))}>
      <p><b>{s.profile_alias}</b> in <code>{seen(s.working_dir)}</code>, session
        {' '}<code>{s.id}</code>, and every process that it started are told to
        end, and are killed if they do not.</p>
    </Confirm>
  );
}

function Row({ s, canControl }: { s: Session; canControl: boolean }) {
  const [ending, setEnding] = useState(false);
  const here = `#/session/${encodeURIComponent(s.id)}`;
  const folder = seen(s.working_dir);
  return (
    <li class="card session">
      <a class="card-main" href={here}>
        <span class="card-title">{s.profile_alias}</span>
        <span class="card-sub" title={folder}>{folder}</span>
      </a>
      <span class="card-facts">
        <SessionBadges s={s} />
        <span class="fact">started <Since time={s.created_at} /> ago</span>
        <span class="fact">{s.client_count === 1 ? '1 viewer'
          : `${s.client_count} viewers`}</span>
        <code title="ringlet terminal attach knows it by that">{s.id}</code>
      </span>
      <span class="card-actions">
        {canControl && s.state !== 'terminated' &&
          <a class="button" href={here}>Open</a>}
        <a class="button" href={`${here}/watch`}>
          {s.state === 'terminated' ? 'Read' : 'Watch'}</a>
        {canControl && s.sandboxed && s.state !== 'terminated' &&
          <a class="button" href={`#/jail/${encodeURIComponent(s.profile_alias)
          }/${encodeURIComponent(s.working_dir)}`}>Why jailed</a>}
        {canControl && s.state !== 'terminated' &&
          <button type="button" onClick={() => setEnding(true)}>End…</button>}
      </span>
      {ending && <KillSession s={s} onClose={() => setEnding(false)} />}
    </li>
  );
}

/* About what the terminal will have: a program begins with it, and is told later. */
function sizeHere(): { cols: number; rows: number } {
  const aside = innerWidth > 768 ? 300 : 50;
  const clamp = (n: number) => Math.max(20, Math.min(500, Math.floor(n)));
  return {
    cols: clamp((innerWidth - aside) / 8.5),
    rows: clamp((innerHeight - 160) / 17),
  };
}

/* Of those that can run, the one that ran last. */
function latest(profiles: Profile[]): string {
  const usable = profiles.filter(p => p.damage === null);
  return usable.reduce<Profile | undefined>((best, p) =>
    best === undefined || (p.last_used ?? '') > (best.last_used ?? '') ? p : best,
  undefined)?.alias ?? '';
}

/* alias: the profile that is meant; or the person chooses. */
export function NewSession({ alias: given, onClose }: {
  alias?: string; onClose: () => void;
}) {
  const profiles = useLoaded(
    () => get('/api/profiles', list(profile)), ['profile.*']);
  const [chosen, setAlias] = useState(given ?? null);
  const alias = chosen ?? latest(profiles.value ?? []);
  const [folder, setFolder] = useState('');
  const [args, setArgs] = useState('');
  const [network, setNetwork] = useState(true);
  const [size] = useState(sizeHere);
  const [cols, setCols] = useState('');
  const [rows, setRows] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const start = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const made = await post('/api/terminal/sessions', {
        profile_alias: alias,
        ...(folder !== '' ? { working_dir: folderOf(folder) } : {}),
        ...(args !== '' ? { args: args.split('\n') } : {}),
        ...(network ? {} : { bwrap_flags: ['--unshare-net'] }),
        cols: cols !== '' ? Number(cols) : size.cols,
        rows: rows !== '' ? Number(rows) : size.rows,
      }, shape({ session_id: text, ws_url: anything }));
      onClose();
      location.hash = `#/session/${encodeURIComponent(made.session_id)}`;
    } catch (error) {
      setError(words(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title="New session" onClose={onClose}>
      <form onSubmit={e => void start(e)}>
        <div class="dialog-body">
          <Field label="Profile">
            <select required value={alias} autofocus
              onChange={e => setAlias(e.currentTarget.value)}>
              <option value="">…</option>
              {(profiles.value ?? []).filter(p => p.damage === null).map(p =>
                <option key={p.alias} value={p.alias}>
                  {p.alias} ({p.agent_id}, {p.provider_id})
                </option>)}
            </select>
          </Field>
          <Field label="Folder" hint="Empty: the profile's own.">
            <FolderField value={folder} onValue={setFolder} />
          </Field>
          <label class="check">
            <input type="checkbox" checked={network}
              onChange={e => setNetwork(e.currentTarget.checked)} />
            Network
          </label>
          <details>
            <summary>More</summary>
            <Field label="Arguments" hint="After the profile's own, one a line.">
              <textarea rows={2} value={args} spellcheck={false}
                onInput={e => setArgs(e.currentTarget.value)} />
            </Field>
            <div class="row">
              <Field label="Columns" hint="Until somebody types.">
                <input type="number" min={1} max={4096} step={1} value={cols}
                  placeholder={String(size.cols)}
                  onInput={e => setCols(e.currentTarget.value)} />
              </Field>
              <Field label="Rows">
                <input type="number" min={1} max={4096} step={1} value={rows}
                  placeholder={String(size.rows)}
                  onInput={e => setRows(e.currentTarget.value)} />
              </Field>
            </div>
          </details>
          <Problem error={error ?? profiles.error} />
        </div>
        <footer>
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={busy}>Start</button>
        </footer>
      </form>
    </Dialog>
  );
}

export function Sessions({ canControl }: { canControl: boolean }) {
  const loaded = useLoaded(loadSessions, ['session.*']);
  const [doing, setDoing] = useState<'make' | 'forget' | null>(null);
  const all = loaded.value ?? [];
  const ended = all.filter(s => s.state === 'terminated');
  const alive = all.filter(s => s.state !== 'terminated');
  const rows = (some: Session[]) => (
    <ul class="cards">
      {some.map(s => <Row key={s.id} s={s} canControl={canControl} />)}
    </ul>
  );

  return (
    <section aria-labelledby="view-title">
      <header class="view-head">
        <h1 id="view-title">Sessions</h1>
        {canControl &&
          <button type="button" class="primary"
            onClick={() => setDoing('make')}>New session</button>}
      </header>
      <Problem error={loaded.error} />
      {loaded.value !== null && all.length === 0 &&
        <Empty>No session runs. Start one here, or
          by <code>ringlet profiles run ALIAS --remote</code>.</Empty>}
      {alive.length > 0 && rows(alive)}
      {ended.length > 0 &&
        <>
          <header class="view-head">
            <h2>Ended</h2>
            {canControl &&
              <button type="button" onClick={() => setDoing('forget')}>
                Forget all…</button>}
          </header>
          {rows(ended)}
        </>}
      {doing === 'make' && <NewSession onClose={() => setDoing(null)} />}
      {doing === 'forget' &&
        <Confirm title="Forget the ended sessions?" action="Forget them"
          onClose={() => setDoing(null)}
          act={async () => {
            await post('/api/terminal/cleanup', undefined, counted);
            loaded.reload();
          }}>
          <p>What they printed can be read no longer, by anybody.</p>
        </Confirm>}
    </section>
  );
}

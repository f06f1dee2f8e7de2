/* Profiles: the list, one with all that is known of it, and what changes them. */

import { useState } from 'preact/hooks';

import { del, get, pathOf, post, put, words } from './api';
import { list, shape, text } from './check';
import { FolderField, folderOf } from './folder';
import { Grants } from './grants';
import { sealKey } from './seal';
import { seen } from './seen';
import { NewSession } from './sessions';
import {
  agent, profile, provider, type Agent, type Profile, type Provider,
} from './types';
import {
  Badge, Confirm, Dialog, Empty, Field, Problem, Since, useLoaded,
} from './ui';

function KeyField({ label, value, onValue, required }: {
  label: string; value: string; onValue: (value: string) => void;
  required: boolean;
}) {
  return (
    <Field label={label}
      hint="It is sealed in this page to the daemon, and goes to the keychain.">
      <input type="password" autocomplete="off" spellcheck={false}
        required={required} value={value}
        onInput={e => onValue(e.currentTarget.value)} />
    </Field>
  );
}

function Rekey({ p, onClose }: { p: Profile; onClose: () => void }) {
  const [key, setKey] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [left, setLeft] = useState<string[] | null>(null);
  const [busy, setBusy] = useState(false);

  const go = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const done = await put(pathOf('api', 'profiles', p.alias, 'key'),
        { sealed_key: await sealKey(key, p) },
        shape({ keychain: text, sessions: list(text) }));
      setKey('');
      if (done.sessions.length === 0)
        onClose();
      else
        setLeft(done.sessions);
    } catch (error) {
      setError(words(error));
      setBusy(false);
    }
  };

  if (left !== null)
    return (
      <Dialog title="The key was replaced" onClose={onClose}>
        <div class="dialog-body">
          <p>These sessions go on with the former key, until they end:</p>
          <ul>{left.map(id =>
            <li key={id}><a href={`#/session/${id}`}>{id}</a></li>)}</ul>
        </div>
      </Dialog>
    );
  return (
    <Dialog title={`Another key for ${p.alias}`} onClose={onClose}>
      <form onSubmit={e => void go(e)}>
        <div class="dialog-body">
          <KeyField label={`API key for ${p.provider_id}`} required
            value={key} onValue={setKey} />
          <Problem error={error} />
        </div>
        <footer>
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={busy}>
            Replace the key</button>
        </footer>
      </form>
    </Dialog>
  );
}

/* Lines of a text field, without empty ones. */
function lines(value: string): string[] {
  return value.split('\n').map(line => line.trim()).filter(line => line !== '');
}

function NewProfile({ agents, providers, onClose }: {
  agents: Agent[]; providers: Provider[]; onClose: () => void;
}) {
  const [alias, setAlias] = useState('');
  const [agentId, setAgent] = useState(
    agents.find(a => a.installed)?.id ?? '');
  const [providerId, setProvider] = useState('');
  const [endpoint, setEndpoint] = useState('');
  const [model, setModel] = useState('');
  const [folder, setFolder] = useState('');
  const [args, setArgs] = useState('');
  const [env, setEnv] = useState('');
  const [key, setKey] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const chosen = providers.find(p => p.id === providerId);

  const go = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const wanted = {
        alias, agent_id: agentId, provider_id: providerId,
        endpoint_id: endpoint !== '' ? endpoint : null,
      };
      await post('/api/profiles', {
        alias, agent_id: agentId, provider_id: providerId,
        ...(endpoint !== '' ? { endpoint_id: endpoint } : {}),
        ...(model !== '' ? { model } : {}),
        ...(folder !== '' ? { working_dir: folderOf(folder) } : {}),
        ...(lines(args).length > 0 ? { args: lines(args) } : {}),
        ...(lines(env).length > 0 ? { env: lines(env) } : {}),
        ...(key !== '' ? { sealed_key: await sealKey(key, wanted) } : {}),
      }, profile);
      setKey('');
      onClose();
      location.hash = `#/profile/${encodeURIComponent(alias)}`;
    } catch (error) {
      setError(words(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title="New profile" onClose={onClose}>
      <form onSubmit={e => void go(e)}>
        <div class="dialog-body">
          <Field label="Name" hint="Letters, digits, '.', '_', '-'.">
            <input value={alias} required spellcheck={false} autocomplete="off"
              pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,63}" autofocus
              onInput={e => setAlias(e.currentTarget.value)} />
          </Field>
          <Field label="Agent">
            <select required value={agentId}
              onChange={e => setAgent(e.currentTarget.value)}>
              <option value="">…</option>
              {agents.map(a => <option key={a.id} value={a.id}>
                {a.name}{!a.installed && ' (not installed)'}</option>)}
            </select>
          </Field>
          <Field label="Provider">
            <select required value={providerId} onChange={e => {
              setProvider(e.currentTarget.value);
              setEndpoint('');
              setModel('');
            }}>
              <option value="">…</option>
              {providers.map(p =>
                <option key={p.id} value={p.id}>{p.name}</option>)}
            </select>
          </Field>
          {chosen !== undefined && chosen.endpoints.size > 1 &&
            <Field label="Endpoint" hint="The key is sent there.">
              <select value={endpoint}
                onChange={e => setEndpoint(e.currentTarget.value)}>
                <option value="">the provider's default</option>
                {[...chosen.endpoints].map(([id, url]) =>
                  <option key={id} value={id}>{id}: {url}</option>)}
              </select>
            </Field>}
          {chosen !== undefined && chosen.auth_variable !== null &&
            <KeyField label="API key" required value={key} onValue={setKey} />}
          <details>
            <summary>More</summary>
            <Field label="Model" hint="Empty: the agent's or provider's own.">
              <input value={model} spellcheck={false} autocomplete="off"
                list="models" onInput={e => setModel(e.currentTarget.value)} />
              <datalist id="models">
                {(chosen?.models ?? []).map(m => <option key={m} value={m} />)}
              </datalist>
            </Field>
            <Field label="Folder" hint="Where its sessions work, by default.">
              <FolderField value={folder} onValue={setFolder} />
            </Field>
            <Field label="Arguments" hint="One a line.">
              <textarea rows={2} value={args} spellcheck={false}
                onInput={e => setArgs(e.currentTarget.value)} />
            </Field>
            <Field label="Environment" hint="NAME=value, one a line.  No secrets.">
              <textarea rows={2} value={env} spellcheck={false}
                onInput={e => setEnv(e.currentTarget.value)} />
            </Field>
          </details>
          <Problem error={error} />
        </div>
        <footer>
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={busy}>Make it</button>
        </footer>
      </form>
    </Dialog>
  );
}

function Row({ p }: { p: Profile }) {
  return (
    <li class="card">
      <a class="card-main" href={`#/profile/${encodeURIComponent(p.alias)}`}>
        <span class="card-title">{p.alias}</span>
        <span class="card-sub">{
          seen(p.damage ?? p.working_dir ?? p.profile_home)}</span>
      </a>
      <span class="card-facts">
        {p.damage !== null ? <Badge kind="bad">damaged</Badge> :
          <>
            <Badge kind="quiet">{p.agent_id}</Badge>
            <Badge kind="quiet">{p.provider_id}</Badge>
            <span class="fact">{p.last_used === null ? 'never used' :
              <>used <Since time={p.last_used} /> ago</>}</span>
          </>}
      </span>
    </li>
  );
}

export function Profiles({ canControl }: { canControl: boolean }) {
  const loaded = useLoaded(
    () => get('/api/profiles', list(profile)), ['profile.*', 'session.*']);
  const choices = useLoaded(async () => ({
    agents: await get('/api/agents', list(agent)),
    providers: await get('/api/providers', list(provider)),
  }), []);
  const [making, setMaking] = useState(false);

  return (
    <section aria-labelledby="view-title">
      <header class="view-head">
        <h1 id="view-title">Profiles</h1>
        {canControl &&
          <button type="button" class="primary"
            disabled={choices.value === null}
            onClick={() => setMaking(true)}>New profile</button>}
      </header>
      <Problem error={loaded.error ?? choices.error} />
      {loaded.value?.length === 0 &&
        <Empty>There is no profile yet: an agent with a provider, a key and a
          home of its own.</Empty>}
      <ul class="cards">
        {(loaded.value ?? []).map(p => <Row key={p.alias} p={p} />)}
      </ul>
      {making && choices.value !== null &&
        <NewProfile agents={choices.value.agents}
          providers={choices.value.providers}
          onClose={() => setMaking(false)} />}
    </section>
  );
}

function Facts({ p }: { p: Profile }) {
  const rows: [string, string][] = [
    ['Agent', p.agent_id],
    ['Provider', p.provider_id],
    ['Endpoint', p.endpoint_url ?? 'none'],
    ['Model', p.model ?? 'the default'],
    ['API key', p.has_key ? '****...****' : 'none'],
    ['Home', p.profile_home],
    ['Folder', p.working_dir ?? 'as each session says'],
    ['Arguments', p.args.join(' ') || 'none'],
    ['Environment', p.env.join(', ') || 'nothing of its own'],
    ['Runs', String(p.total_runs)],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) =>
        <div key={name}><dt>{name}</dt><dd>{seen(value)}</dd></div>)}
    </dl>
  );
}

export function ProfileView({ alias, canControl }: {
  alias: string; canControl: boolean;
}) {
  const loaded = useLoaded(
    () => get(pathOf('api', 'profiles', alias), profile),
    ['profile.*'], alias);
  const [doing, setDoing] = useState<'run' | 'rekey' | 'delete' | null>(null);
  const p = loaded.value;

  return (
    <section aria-labelledby="view-title">
      <header class="view-head">
        <h1 id="view-title">{alias}</h1>
        <a class="button" href={`#/hooks/${encodeURIComponent(alias)}`}>Hooks</a>
        {canControl &&
          <a class="button" href={`#/jail/${encodeURIComponent(alias)}`}>
            Why is this jailed</a>}
        {canControl && p !== null &&
          <>
            {p.has_key && <button type="button"
              onClick={() => setDoing('rekey')}>Replace the key…</button>}
            <button type="button" class="danger"
              onClick={() => setDoing('delete')}>Delete…</button>
            {p.damage === null && <button type="button" class="primary"
              onClick={() => setDoing('run')}>New session</button>}
          </>}
      </header>
      <Problem error={loaded.error ?? p?.damage ?? null} />
      {p !== null && <Facts p={p} />}
      {p !== null && <Grants p={p} />}
      {p !== null && doing === 'run' &&
        <NewSession alias={alias} onClose={() => setDoing(null)} />}
      {p !== null && doing === 'rekey' &&
        <Rekey p={p} onClose={() => setDoing(null)} />}
      {p !== null && doing === 'delete' &&
        <Confirm title={`Delete ${alias}?`} action="Delete it"
          onClose={() => setDoing(null)}
          act={async () => {
            await del(pathOf('api', 'profiles', alias), shape({ alias: text }));
            location.hash = '#/profiles';
          }}>
          <p>Its key, its settings and its home with all that the agent keeps
            there are removed.  There is no way back.</p>
        </Confirm>}
    </section>
  );
}

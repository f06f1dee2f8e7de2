/* The registry of manifests: what is used, from where, and what is held fast. */

import { useState } from 'preact/hooks';

import { get, post, words } from './api';
import { seen } from './seen';
import {
  registry, registryInstalled, type Registry, type RegistryInstalled,
  type RegistryVersion,
} from './types';
import { Badge, Confirm, Empty, Problem, Since, useLoaded } from './ui';

function pin(ref: string): Promise<Registry> {
  return post('/api/registry/pin', { ref }, registry);
}

function isPinned(s: Registry, v: RegistryVersion): boolean {
  return s.pin !== null &&
    [v.id, v.version, v.sha256, String(v.serial)].includes(s.pin);
}

function Version({ s, v, canControl, onDone }: {
  s: Registry; v: RegistryVersion; canControl: boolean; onDone: () => void;
}) {
  const [asking, setAsking] = useState(false);
  const name = seen(`${v.name} ${v.version}`);
  return (
    <li class="card">
      <span class="card-main">
        <span class="card-title">{name}</span>
        <span class="card-sub" title={v.sha256}>{seen(v.id)}</span>
      </span>
      <span class="card-facts">
        {s.current === v.id && <Badge kind="good">in use</Badge>}
        {isPinned(s, v) && <Badge kind="jail">pinned</Badge>}
        <Badge kind="quiet">{v.channel}</Badge>
        <span class="fact">serial {v.serial}</span>
        <span class="fact">signed by {v.key_id}</span>
        <span class="fact">here for <Since time={v.installed_at} /></span>
      </span>
      {canControl && !isPinned(s, v) &&
        <span class="card-actions">
          <button type="button" aria-label={`Pin ${name}`}
            onClick={() => setAsking(true)}>Pin…</button>
        </span>}
      {asking &&
        <Confirm title={`Pin ${name}?`} action="Pin it"
          onClose={() => setAsking(false)}
          act={async () => {
            // By its hash: two can have the same version.
            await pin(v.sha256);
            onDone();
          }}>
          <p>It is used from now on, and no other is taken until it is unpinned:
            newer ones that mend something wait, too.</p>
        </Confirm>}
    </li>
  );
}

function Synced({ i }: { i: RegistryInstalled }) {
  return (
    <div class="notice" role="status">
      <p>{i.unchanged ? 'Nothing is new: ' : 'In use now: '}
        {seen(`${i.name} ${i.version}`)}, signed by {i.key_id}.</p>
      {i.endpoints.length > 0 &&
        <p>These profiles keep another address than their provider’s manifest
          has now: {i.endpoints.join(', ')}. It is moved
          by <code>ringlet profiles endpoint</code>.</p>}
    </div>
  );
}

function Manifests({ s }: { s: Registry }) {
  return (
    <>
      <h2>Manifests of the version in use</h2>
      {s.manifests.length === 0
        ? <Empty>None: the built-in ones hold, and your own files.</Empty>
        : <ul class="names">
          {s.manifests.map(name => <li key={name}><code>{seen(name)}</code></li>)}
        </ul>}
      {s.shadowed.length > 0 &&
        <>
          <h2>Not used, as you have your own</h2>
          <ul class="paths">
            {s.shadowed.map(line => <li key={line}><code>{seen(line)}</code></li>)}
          </ul>
        </>}
    </>
  );
}

export function RegistryView({ canControl }: { canControl: boolean }) {
  const loaded = useLoaded(
    () => get('/api/registry', registry), ['registry.*']);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [synced, setSynced] = useState<RegistryInstalled | null>(null);
  const s = loaded.value;

  const act = (what: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    setSynced(null);
    what().catch((e: unknown) => setError(words(e))).finally(() => {
      setBusy(false);
      loaded.reload();
    });
  };
  const sync = async () =>
    setSynced(await post('/api/registry/sync', undefined, registryInstalled));
  const unpin = async () => {
    await pin('');
  };

  return (
    <section aria-labelledby="view-title" aria-busy={busy}>
      <header class="view-head">
        <h1 id="view-title">Registry</h1>
        {canControl && s !== null &&
          <>
            {s.pin !== null &&
              <button type="button" disabled={busy}
                onClick={() => act(unpin)}>Unpin</button>}
            <button type="button" class="primary"
              disabled={busy || s.url === null}
              onClick={() => act(sync)}>{busy ? 'Working…' : 'Sync'}</button>
          </>}
      </header>
      <p class="lead">Where manifests of agents and providers come from. What is
        signed by none of the keys below is not taken.</p>
      <Problem error={error ?? loaded.error} />
      {synced !== null && <Synced i={synced} />}
      {s === null && loaded.error === null && <Empty>Reading…</Empty>}
      {s !== null &&
        <>
          {s.problem !== null && <Problem error={s.problem} />}
          <dl class="facts">
            <div><dt>From</dt><dd>{s.url ??
              'nowhere: RegistryURL and RegistryKey in ringlet.conf say it'}
            </dd></div>
            <div><dt>Channel</dt><dd>{s.channel ?? 'any'}</dd></div>
            <div><dt>Keys</dt><dd>{s.key_ids.join(', ') || 'none'}</dd></div>
            <div><dt>Pinned to</dt><dd>{s.pin ?? 'nothing'}</dd></div>
          </dl>
          <h2>Versions</h2>
          {s.versions.length === 0 ? <Empty>None is here.</Empty> :
            <ul class="cards">
              {s.versions.map(v =>
                <Version key={v.id} s={s} v={v} canControl={canControl}
                  onDone={() => {
                    setSynced(null);
                    loaded.reload();
                  }} />)}
            </ul>}
          <Manifests s={s} />
        </>}
    </section>
  );
}

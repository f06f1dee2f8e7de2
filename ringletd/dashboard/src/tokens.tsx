/* Tokens: which there are, and their ends.  None is made here. */

import { useState } from 'preact/hooks';

import { del, get, pathOf } from './api';
import { list, nothing } from './check';
import { seen } from './seen';
import { tokenSelf, type TokenSelf } from './types';
import { Badge, Confirm, Empty, Problem, Since, useLoaded } from './ui';

function nameOf(t: TokenSelf): string {
  return t.label !== null ? seen(t.label) :
    (t.id === 'main' ? 'Main token' : 'Without a label');
}

function Expiry({ t }: { t: TokenSelf }) {
  return t.expires_at === null ? <span class="fact">never expires</span> :
    <span class="fact">expires <time dateTime={t.expires_at}>
      {new Date(t.expires_at).toLocaleString()}</time></span>;
}

function Row({ t, mine, onGone }: {
  t: TokenSelf; mine: boolean; onGone: () => void;
}) {
  const [asking, setAsking] = useState(false);
  return (
    <li class="card">
      <span class="card-main">
        <span class="card-title">{nameOf(t)}</span>
        <span class="card-sub">{t.id}</span>
      </span>
      <span class="card-facts">
        {mine && <Badge kind="good">this page's</Badge>}
        <Badge kind={t.scope === 'control' ? 'busy' : 'quiet'}>
          {t.scope === 'control' ? 'may do all' : 'may only look'}</Badge>
        {t.created_at !== null &&
          <span class="fact">made <Since time={t.created_at} /> ago</span>}
        <Expiry t={t} />
      </span>
      <span class="card-actions">
        {t.id === 'main' ? <code>ringlet token rotate</code> :
          <button type="button" aria-label={`Revoke ${nameOf(t)}`}
            onClick={() => setAsking(true)}>Revoke…</button>}
      </span>
      {asking &&
        <Confirm title={`Revoke ${nameOf(t)}?`} action="Revoke it"
          onClose={() => setAsking(false)}
          act={async () => {
            await del(pathOf('api', 'tokens', t.id), nothing);
            onGone();
          }}>
          <p>Whoever has it is refused from now on, and what it has open ends
            at once.{mine && ' It is this page’s own: you are signed out.'}</p>
        </Confirm>}
    </li>
  );
}

export function Tokens() {
  const loaded = useLoaded(async () => ({
    all: await get('/api/tokens', list(tokenSelf)),
    mine: (await get('/api/token', tokenSelf)).id,
  }), []);

  return (
    <section aria-labelledby="view-title">
      <header class="view-head">
        <h1 id="view-title">Tokens</h1>
        <button type="button" onClick={loaded.reload}>Look again</button>
      </header>
      <p class="lead">A token opens this port. New ones are made on the machine,
        by <code>ringlet token create</code>: who has one must not make himself
        another.</p>
      <Problem error={loaded.error} />
      {loaded.value === null && loaded.error === null && <Empty>Reading…</Empty>}
      {loaded.value !== null &&
        <ul class="cards">
          {loaded.value.all.map(t =>
            <Row key={t.id} t={t} mine={t.id === loaded.value?.mine}
              onGone={loaded.reload} />)}
        </ul>}
    </section>
  );
}

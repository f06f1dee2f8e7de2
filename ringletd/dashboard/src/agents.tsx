/* Agents and providers: what profiles can be made of. */

import { get } from './api';
import { list } from './check';
import { seen } from './seen';
import { agent, provider } from './types';
import { Badge, Problem, useLoaded } from './ui';

export function Agents() {
  const agents = useLoaded(
    () => get('/api/agents', list(agent)), ['agent.*', 'registry.*']);
  const providers = useLoaded(
    () => get('/api/providers', list(provider)), ['registry.*']);

  return (
    <section aria-labelledby="view-title">
      <header class="view-head"><h1 id="view-title">Agents</h1></header>
      <Problem error={agents.error} />
      <ul class="cards">
        {(agents.value ?? []).map(a =>
          <li class="card" key={a.id}>
            <span class="card-main">
              <span class="card-title">{seen(a.name)}</span>
              <span class="card-sub">
                {seen(a.binary_path ?? a.install ?? a.id)}</span>
            </span>
            <span class="card-facts">
              {a.installed
                ? <Badge kind="good">{
                  seen(a.version ?? 'installed')}</Badge>
                : <Badge kind="quiet">not installed</Badge>}
              <span class="fact">{a.profile_count === 1 ? '1 profile'
                : `${a.profile_count} profiles`}</span>
            </span>
          </li>)}
      </ul>
      <header class="view-head"><h2>Providers</h2></header>
      <Problem error={providers.error} />
      <ul class="cards">
        {(providers.value ?? []).map(p =>
          <li class="card" key={p.id}>
            <span class="card-main">
              <span class="card-title">{seen(p.name)}</span>
              <span class="card-sub">
                {seen([...p.endpoints.values()].join('  ')) || 'no endpoint'}</span>
            </span>
            <span class="card-facts">
              <Badge kind="quiet">{p.type}</Badge>
              {p.auth_variable !== null && <code>{p.auth_variable}</code>}
            </span>
          </li>)}
      </ul>
    </section>
  );
}

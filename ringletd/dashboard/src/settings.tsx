/* Settings as they hold now, and where each comes from.  Nothing is set here. */

import { useState } from 'preact/hooks';

import { get } from './api';
import { seen } from './seen';
import { settings, type Settings } from './types';
import { Badge, Empty, Field, Problem, useLoaded } from './ui';

function Policy({ s }: { s: Settings }) {
  return (
    <>
      <header class="view-head">
        <h2>The administrator's policy</h2>
        <Badge kind={s.policy_there ? 'jail' : 'quiet'}>
          {s.policy_there ? 'in force' : 'there is none'}</Badge>
      </header>
      {s.policy_trouble !== null &&
        <Problem error={`The file has changed and could not be read again, so
          what it said before holds: ${s.policy_trouble}`} />}
      {!s.policy_there
        ? <Empty>It would be in <code>{s.policy_file}</code>, which only root can
          write.</Empty>
        : <>
          <p class="lead"><code>{s.policy_file}</code></p>
          {s.rules.length === 0 && <Empty>It has no rule.</Empty>}
          {s.rules.length > 0 &&
            <dl class="facts">
              {s.rules.map(r =>
                <div key={r.keyword}>
                  <dt>{r.keyword}</dt>
                  <dd>{seen(r.value)}<span class="origin">line {r.line}</span></dd>
                </div>)}
            </dl>}
        </>}
    </>
  );
}

export function SettingsView() {
  const loaded = useLoaded(() => get('/api/settings', settings), []);
  const [wanted, setWanted] = useState('');
  const [changed, setChanged] = useState(false);
  const s = loaded.value;
  const shown = (s?.settings ?? []).filter(one =>
    (!changed || one.origin !== 'default') &&
    `${one.keyword} ${one.value} ${one.origin}`.toLowerCase()
      .includes(wanted.toLowerCase()));

  return (
    <section aria-labelledby="view-title">
      <header class="view-head">
        <h1 id="view-title">Settings</h1>
        <button type="button" onClick={loaded.reload}>Look again</button>
      </header>
      <p class="lead">As they hold now. They are changed in their files on the
        machine: <code>man ringlet.conf</code> has each.</p>
      <Problem error={loaded.error} />
      {s === null && loaded.error === null && <Empty>Reading…</Empty>}
      {s !== null &&
        <>
          <div class="row">
            <Field label="With the words">
              <input value={wanted} spellcheck={false} type="search"
                onInput={e => setWanted(e.currentTarget.value)} />
            </Field>
            <label class="check">
              <input type="checkbox" checked={changed}
                onChange={e => setChanged(e.currentTarget.checked)} />
              Only what somebody has set
            </label>
          </div>
          <p class="fact" role="status">{shown.length} of {s.settings.length}
            {' '}settings</p>
          {shown.length > 0 &&
            <dl class="facts settings">
              {shown.map(one =>
                <div key={one.keyword}>
                  <dt>{one.keyword}</dt>
                  <dd>
                    {one.value === '' ? '(nothing)' : seen(one.value)}
                    <span class="origin">
                      {one.origin}
                      {one.forced && <> <Badge kind="jail">policy</Badge></>}
                    </span>
                  </dd>
                </div>)}
            </dl>}
          <Policy s={s} />
        </>}
    </section>
  );
}

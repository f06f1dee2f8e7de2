/*
 * Hooks of a profile.  A page can propose, and take away; that one runs is said
 * by a person at the machine.
 */

import { useState } from 'preact/hooks';

import { del, get, pathOf, post, words } from './api';
import { download } from './cast';
import { anything, list, map, nothing, shape } from './check';
import { seen } from './seen';
import { hook, type Hook } from './types';
import {
  Badge, Confirm, Dialog, Empty, Field, Problem, Since, useLoaded,
} from './ui';

const EVENTS = ['PreToolUse', 'PostToolUse', 'Notification', 'Stop'];

const hooks = list(hook);

function pathHooks(alias: string, ...more: string[]): string {
  return pathOf('api', 'profiles', alias, 'hooks', ...more);
}

function State({ h }: { h: Hook }) {
  return h.approved ? <Badge kind="good">approved</Badge> :
    h.was !== null ? <Badge kind="bad">changed since it was approved</Badge> :
      <Badge kind="busy">waits for approval</Badge>;
}

/* What was approved and what there is, of the members that differ. */
function Change({ h }: { h: Hook }) {
  const was = h.was;
  if (was === null)
    return null;
  const rows = ([
    ['Event', was.event, h.event],
    ['Matcher', was.matcher, h.matcher],
    ['Command', was.command, h.command],
    ['Seconds', String(was.timeout), String(h.timeout)],
  ] as const).filter(([, before, now]) => before !== now);
  return (
    <dl class="change">
      {rows.map(([name, before, now]) =>
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <del><span class="unseen">was </span>{seen(before) || '(nothing)'}</del>
            <ins><span class="unseen">is </span>{seen(now) || '(nothing)'}</ins>
          </dd>
        </div>)}
    </dl>
  );
}

function Row({ alias, h, canControl, onEdit, onGone }: {
  alias: string; h: Hook; canControl: boolean; onEdit: () => void;
  onGone: () => void;
}) {
  const [asking, setAsking] = useState(false);
  const name = `${h.event} ${h.index}`;
  return (
    <li class="card hook">
      <div class="hook-head">
        <h2>{name}</h2>
        <State h={h} />
        <span class="fact">{h.matcher === '' ? 'for everything'
          : <>for <code>{seen(h.matcher)}</code></>}</span>
        <span class="fact">at most {h.timeout} s</span>
        {canControl &&
          <span class="card-actions">
            <button type="button" aria-label={`Change ${name}`}
              onClick={onEdit}>Change…</button>
            <button type="button" aria-label={`Remove ${name}`}
              onClick={() => setAsking(true)}>Remove…</button>
          </span>}
      </div>
      <pre class="quote">{seen(h.command)}</pre>
      <Change h={h} />
      <p class="fact">
        {h.added_at !== null && <>Added <Since time={h.added_at} /> ago
          by {h.added_by}. </>}
        {h.approved_at !== null && <>Approved <Since time={h.approved_at} /> ago.
          {' '}</>}
      </p>
      {!h.approved &&
        <p class="fact">It does not run. If it should, as it stands here, on the
          machine: <code>ringlet hooks approve {alias} {h.event} {h.index}
            {' '}--hash {h.hash.slice(0, 16)}</code></p>}
      {asking &&
        <Confirm title={`Remove ${name}?`} action="Remove it"
          onClose={() => setAsking(false)}
          act={async () => {
            await del(pathHooks(alias, h.event, String(h.index)), nothing);
            onGone();
          }}>
          <p>It does not run any more:</p>
          <pre class="quote">{seen(h.command)}</pre>
        </Confirm>}
    </li>
  );
}

/* One more, or another in the place of one. */
function Edit({ alias, h, onClose, onDone }: {
  alias: string; h: Hook | null; onClose: () => void; onDone: () => void;
}) {
  const [event, setEvent] = useState(h?.event ?? 'PreToolUse');
  const [matcher, setMatcher] = useState(h?.matcher ?? '');
  const [command, setCommand] = useState(h?.command ?? '');
  const [timeout, setTimeout] = useState(String(h?.timeout ?? 60));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const go = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      await post(pathHooks(alias), {
        event, matcher, command, timeout: Number(timeout),
        ...(h !== null ? { index: h.index } : {}),
      }, hook);
      onDone();
      onClose();
    } catch (error) {
      setError(words(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title={h !== null ? `Change ${h.event} ${h.index}` : 'New hook'}
      onClose={onClose}>
      <form onSubmit={e => void go(e)}>
        <div class="dialog-body">
          <Field label="When">
            {/* Its number is among those of the event. */}
            <select value={event} disabled={h !== null}
              onChange={e => setEvent(e.currentTarget.value)}>
              {EVENTS.map(name => <option key={name}>{name}</option>)}
            </select>
          </Field>
          <Field label="For" hint="Names of tools, as Bash|Edit. Empty: all.">
            <input value={matcher} spellcheck={false} autocomplete="off"
              maxLength={256}
              onInput={e => setMatcher(e.currentTarget.value)} />
          </Field>
          <Field label="Command" hint="A shell runs it, with the event on its input.">
            <textarea rows={3} required value={command} spellcheck={false}
              maxLength={4096} autofocus
              onInput={e => setCommand(e.currentTarget.value)} />
          </Field>
          <Field label="Seconds it may take">
            <input type="number" min={1} max={3600} step={1} required
              value={timeout}
              onInput={e => setTimeout(e.currentTarget.value)} />
          </Field>
          <p class="note">It waits until somebody approves it on the machine.</p>
          <Problem error={error} />
        </div>
        <footer>
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={busy}>
            {h !== null ? 'Change it' : 'Add it'}</button>
        </footer>
      </form>
    </Dialog>
  );
}

/* The member hooks of a settings file, or that alone. */
const file = shape({ hooks: map(anything) });

function Import({ alias, onClose, onDone }: {
  alias: string; onClose: () => void; onDone: () => void;
}) {
  const [text, setText] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const go = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        throw new Error('this is no JSON');
      }
      await post(pathHooks(alias, 'import'),
        { hooks: Object.fromEntries(file(value, 'the file').hooks) }, hooks);
      onDone();
      onClose();
    } catch (error) {
      setError(words(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Import hooks" onClose={onClose}>
      <form onSubmit={e => void go(e)}>
        <div class="dialog-body">
          <Field label="A settings file of Claude Code">
            <input type="file" accept=".json,application/json" onChange={e => {
              void e.currentTarget.files?.[0]?.text().then(setText);
            }} />
          </Field>
          <Field label="Its text" hint={'An object with the member "hooks".'}>
            <textarea rows={8} required value={text} spellcheck={false}
              onInput={e => setText(e.currentTarget.value)} />
          </Field>
          <p class="note">All are added, or none; they wait for approval.</p>
          <Problem error={error} />
        </div>
        <footer>
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={busy}>
            Import them</button>
        </footer>
      </form>
    </Dialog>
  );
}

export function HooksView({ alias, canControl }: {
  alias: string; canControl: boolean;
}) {
  const loaded = useLoaded(
    () => get(pathHooks(alias), hooks), ['hook.*'], alias);
  const [doing, setDoing] = useState<'add' | 'import' | Hook | null>(null);
  const [error, setError] = useState<string | null>(null);
  const all = loaded.value ?? [];
  const waiting = all.filter(h => !h.approved).length;

  const save = () => {
    get(pathHooks(alias, 'export'), shape({ hooks: anything })).then(got => {
      setError(null);
      download(`${alias}-hooks.json`, 'application/json',
        JSON.stringify(got, null, 2) + '\n');
    }, (e: unknown) => setError(words(e)));
  };

  return (
    <section aria-labelledby="view-title">
      <header class="view-head">
        <h1 id="view-title">Hooks of {alias}</h1>
        <a class="button" href={`#/profile/${encodeURIComponent(alias)}`}>
          Profile</a>
        <button type="button" disabled={all.length === 0} onClick={save}>
          Export</button>
        {canControl &&
          <>
            <button type="button" onClick={() => setDoing('import')}>
              Import…</button>
            <button type="button" class="primary"
              onClick={() => setDoing('add')}>New hook</button>
          </>}
      </header>
      <p class="lead">Commands that the agent runs at events. Each runs as
        somebody at the machine has approved it, or not at all.</p>
      {waiting > 0 &&
        <p class="notice" role="status">{waiting === 1 ? '1 hook waits'
          : `${waiting} hooks wait`} for approval, which is given on the machine:
          {' '}<code>ringlet hooks approve {alias}</code></p>}
      <Problem error={error ?? loaded.error} />
      {loaded.value === null && loaded.error === null && <Empty>Reading…</Empty>}
      {loaded.value !== null && all.length === 0 && <Empty>It has none.</Empty>}
      <ul class="cards">
        {all.map(h =>
          <Row key={`${h.event} ${h.index}`} alias={alias} h={h}
            canControl={canControl} onEdit={() => setDoing(h)}
            onGone={loaded.reload} />)}
      </ul>
      {doing === 'import' &&
        <Import alias={alias} onClose={() => setDoing(null)}
          onDone={loaded.reload} />}
      {doing !== null && doing !== 'import' &&
        <Edit alias={alias} h={doing === 'add' ? null : doing}
          onClose={() => setDoing(null)} onDone={loaded.reload} />}
    </section>
  );
}

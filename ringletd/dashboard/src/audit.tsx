/* The audit log, from its end backwards: ringlet-audit(5). */

import { useEffect, useState } from 'preact/hooks';

import { get, words } from './api';
import { seen } from './seen';
import { auditPage } from './types';
import { Badge, Empty, Field, Problem } from './ui';

type Entry = Map<string, unknown>;

/* At most so many are kept on the page. */
const MOST = 2000;

/*
 * The last entries since then, piece by piece, until nobody wants them: `ringlet
 * audit verify` judges them.
 */
async function load(since: string, isWanted: () => boolean): Promise<Entry[]> {
  let entries: Entry[] = [];
  let offset = 0;

  for (;;) {
    const page = await get(`/api/audit?offset=${offset}` +
      `&since=${encodeURIComponent(since)}`, auditPage);
    entries = [...entries, ...page.entries].slice(-MOST);
    if (page.next >= page.size || page.next <= offset || !isWanted())
      return entries.reverse();
    offset = page.next;
  }
}

function day(ago: number): string {
  return new Date(Date.now() - ago * 86400000).toISOString().slice(0, 10);
}

function say(value: unknown): string {
  return seen(typeof value === 'string' ? value : JSON.stringify(value));
}

/* Members that have places of their own, and the chain's. */
const KNOWN = new Set(['time', 'event', 'object', 'outcome', 'actor', 'seq',
  'prev', 'key', 'hash', 'mac', 'v']);

/* Who it was, as `ringlet audit show` has it. */
function who(actor: unknown): string {
  if (typeof actor !== 'object' || actor === null)
    return say(actor ?? '');
  const { kind, token, exe, comm, pid } =
    Object.fromEntries(Object.entries(actor)) as Record<string, unknown>;
  if (kind === 'http')
    return `http ${say(token ?? '')}`;
  if (kind !== 'cli')
    return say(kind ?? '');
  const program = String(exe ?? comm ?? '');
  return `${seen(program.slice(program.lastIndexOf('/') + 1))}[${say(pid)}]`;
}

/* The wall clock's time, as everywhere; what is none is shown as it is. */
function Time({ time }: { time: string }) {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? <span class="fact">{seen(time)}</span> :
    <time class="fact" dateTime={time} title={time}>{at.toLocaleString()}</time>;
}

const KINDS = new Map([['ok', 'good'], ['intent', 'quiet']]);

function Row({ entry }: { entry: Entry }) {
  if (entry.get('damaged') === true)
    return <li class="card"><Badge kind="bad">damaged line</Badge></li>;
  const outcome = say(entry.get('outcome') ?? '');
  return (
    <li class="card entry">
      <Time time={say(entry.get('time') ?? '')} />
      <span class="card-main">
        <span class="card-title">{say(entry.get('event') ?? '?')}
          {' '}{say(entry.get('object') ?? '')}</span>
        <span class="entry-rest">
          <b>actor</b> {who(entry.get('actor'))}{' '}
          {[...entry].filter(([k]) => !KNOWN.has(k)).map(([k, v]) =>
            <span key={k}><b>{seen(k)}</b> {say(v)} </span>)}
        </span>
      </span>
      <Badge kind={KINDS.get(outcome) ?? 'bad'}>{outcome}</Badge>
    </li>
  );
}

export function Audit() {
  const [since, setSince] = useState(day(1));
  const [wanted, setWanted] = useState('');
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => {
    let gone = false;
    setEntries(null);
    load(since, () => !gone).then(got => {
      if (gone)
        return;
      setEntries(got);
      setError(null);
    }, (e: unknown) => {
      if (!gone)
        setError(words(e));
    });
    return () => {
      gone = true;
    };
  }, [since]);

  const shown = (entries ?? []).filter(e => wanted === '' ||
    [...e.values()].some(v => say(v).includes(wanted)));
  return (
    <section aria-labelledby="view-title">
      <header class="view-head"><h1 id="view-title">Audit log</h1></header>
      <div class="row">
        <Field label="Since">
          <input type="date" value={since} required
            onChange={e => e.currentTarget.value !== '' &&
              setSince(e.currentTarget.value)} />
        </Field>
        <Field label="With the words">
          <input value={wanted} spellcheck={false}
            onInput={e => setWanted(e.currentTarget.value)} />
        </Field>
      </div>
      <Problem error={error} />
      {entries === null && error === null && <Empty>Reading…</Empty>}
      {entries !== null && shown.length === 0 && <Empty>No entry.</Empty>}
      <ul class="cards">{shown.map((e, i) => <Row key={i} entry={e} />)}</ul>
      <p class="fact">Whether the log is whole, <code>ringlet audit
        verify</code> tells on the machine.</p>
    </section>
  );
}

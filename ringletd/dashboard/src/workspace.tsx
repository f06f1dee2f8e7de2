/*
 * The terminals that are open in this tab: one is shown, or two beside each
 * other, and all keep their connections.
 */

import { useEffect, useState } from 'preact/hooks';

import { list, text } from './check';
import { Pane } from './pane';
import { seen } from './seen';
import { loadSessions } from './sessions';
import { useLoaded } from './ui';

const KEY = 'ringlet-open';

function load(): string[] {
  try {
    return list(text)(JSON.parse(sessionStorage.getItem(KEY) ?? '[]'), KEY);
  } catch {
    return [];
  }
}

export function Workspace({ id, watch, canControl }: {
  id: string; watch: boolean; canControl: boolean;
}) {
  const [open, setOpen] = useState(load);
  const [beside, setBeside] = useState<string | null>(null);
  const [watched, setWatched] = useState(new Map<string, boolean>());
  const sessions = useLoaded(loadSessions, ['session.*']);
  const ids = open.includes(id) ? open : [...open, id];

  useEffect(() => {
    setOpen(ids);
    setWatched(old => new Map(old).set(id, watch));
    if (beside === id)
      setBeside(null);
  }, [id, watch]);
  useEffect(() => {
    sessionStorage.setItem(KEY, JSON.stringify(ids));
  }, [ids.join()]);

  // With its folder where another one has the same profile.
  const shown = (sessions.value ?? []).filter(s => ids.includes(s.id));
  const nameOf = (which: string): string => {
    const s = shown.find(one => one.id === which);
    if (s === undefined)
      return which;
    return shown.filter(one => one.profile_alias === s.profile_alias).length > 1
      ? seen(`${s.profile_alias}: ${s.working_dir.replace(/^.*\//s, '')}`)
      : s.profile_alias;
  };
  // Who only watched one does so when he comes back to it.
  const hrefOf = (which: string) => `#/session/${encodeURIComponent(which)}` +
    ((which === id ? watch : watched.get(which)) === true && canControl
      ? '/watch' : '');
  const close = (which: string) => {
    const left = ids.filter(other => other !== which);
    const at = Math.max(0, ids.indexOf(which) - 1);
    setOpen(left);
    sessionStorage.setItem(KEY, JSON.stringify(left));
    if (beside === which)
      setBeside(null);
    if (which !== id)
      return;
    const next = left[at] ?? left[0];
    location.hash = next !== undefined ? hrefOf(next) : '#/sessions';
  };
  const split = () => setBeside(beside !== null ? null :
    ids.find(other => other !== id) ?? null);

  return (
    <section class="workspace" aria-label="Terminals">
      <div class="tabs">
        <ul>
          {ids.map(which =>
            <li key={which} class={which === id ? 'tab tab-now' : 'tab'}>
              <a href={hrefOf(which)}
                aria-current={which === id ? 'true' : undefined}>
                {nameOf(which)}</a>
              <button type="button" class="quiet"
                aria-label={`Close ${nameOf(which)}`}
                onClick={() => close(which)}>✕</button>
            </li>)}
        </ul>
        <span class="fact leave">Ctrl+Shift+X leaves the terminal</span>
        {ids.length > 1 &&
          <button type="button" class="split" aria-pressed={beside !== null}
            onClick={split}>Two at once</button>}
      </div>
      <div class={beside !== null ? 'panes panes-two' : 'panes'}>
        {ids.map(which =>
          <Pane key={which} id={which} canControl={canControl}
            watch={which === id ? watch : watched.get(which) ?? !canControl}
            hidden={which !== id && which !== beside} />)}
      </div>
    </section>
  );
}

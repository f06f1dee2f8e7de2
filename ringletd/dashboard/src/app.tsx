/* The frame: who is signed in, which view is shown, whether the daemon is there. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { Agents } from './agents';
import {
  ApiError, get, onSignedOut, onTokenGone, revoke, tokenForget, tokenLoad,
  tokensTake, words,
} from './api';
import { Audit } from './audit';
import { eventsStart, eventsStop, watchOnline, type Online } from './events';
import { HooksView } from './hooks';
import { JailView } from './jail';
import { LOOKS, lookIs, lookKeep } from './look';
import { askToNotify, mayNotify, notifyStart, titleIs } from './notify';
import { Profiles, ProfileView } from './profiles';
import { RegistryView } from './registry';
import { Sessions } from './sessions';
import { SettingsView } from './settings';
import { SignIn, exchange, takeCode } from './signin';
import { Tokens } from './tokens';
import { tokenSelf, type TokenSelf } from './types';
import { Empty, Problem } from './ui';
import { Workspace } from './workspace';

/* The views that the bar on the side leads to. */
const VIEWS = [
  { path: 'sessions', name: 'Sessions' },
  { path: 'profiles', name: 'Profiles' },
  { path: 'agents', name: 'Agents' },
  { path: 'registry', name: 'Registry' },
  { path: 'audit', name: 'Audit' },
  { path: 'tokens', name: 'Tokens' },
  { path: 'settings', name: 'Settings' },
] as const;

/* Those that are about one profile. */
const OF_PROFILE = ['profile', 'hooks', 'jail'];

/* The one that is in the bar: a session is among sessions. */
function viewOf(at: string[]): string {
  const first = at[0] ?? '';
  return first === '' || first === 'session' ? 'sessions' :
    OF_PROFILE.includes(first) ? 'profiles' : first;
}

/* "#/session/ID/watch" as its parts. */
function route(): string[] {
  return location.hash.replace(/^#\/?/, '').split('/').map(part => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

function useRoute(): string[] {
  const [now, setNow] = useState(route);
  useEffect(() => {
    const change = () => setNow(route());
    window.addEventListener('hashchange', change);
    return () => window.removeEventListener('hashchange', change);
  }, []);
  return now;
}

function useOnline(): Online {
  const [online, setOnline] = useState<Online>('offline');
  useEffect(() => watchOnline(setOnline), []);
  return online;
}

function View({ at, canControl }: { at: string[]; canControl: boolean }) {
  switch (at[0]) {
  case '':
  case 'sessions':
    return <Sessions canControl={canControl} />;
  case 'session':
    return at[1] === undefined || at[1] === ''
      ? <Sessions canControl={canControl} />
      : <Workspace id={at[1]}
        watch={at[2] === 'watch' || !canControl} canControl={canControl} />;
  case 'profiles':
    return <Profiles canControl={canControl} />;
  case 'profile':
    return <ProfileView key={at[1]} alias={at[1] ?? ''}
      canControl={canControl} />;
  case 'agents':
    return <Agents />;
  case 'audit':
    return canControl ? <Audit /> :
      <Empty>This token may not read the audit log.</Empty>;
  case 'registry':
    return <RegistryView canControl={canControl} />;
  case 'hooks':
    return <HooksView key={at[1]} alias={at[1] ?? ''}
      canControl={canControl} />;
  case 'jail':
    return canControl
      ? <JailView key={at.join('/')} alias={at[1] ?? ''} dir={at[2] ?? ''} />
      : <Empty>This token may not see how jails are made.</Empty>;
  case 'tokens':
    return canControl ? <Tokens /> :
      <Empty>This token may not see the others.</Empty>;
  case 'settings':
    return canControl ? <SettingsView /> :
      <Empty>This token may not see the settings.</Empty>;
  default:
    return <Empty>There is no such view.</Empty>;
  }
}

function Notices() {
  const [may, setMay] = useState(mayNotify);
  return may !== 'ask' ? null :
    <button type="button" onClick={() => {
      void askToNotify().then(() => setMay(mayNotify()));
    }}>Notify me</button>;
}

const FACES = { system: '◐', light: '○', dark: '●' };

function LookButton() {
  const [look, setLook] = useState(lookIs);
  const name = `Colours: ${look}`;
  return (
    <button type="button" class="quiet" title={name} aria-label={name}
      onClick={() => {
        const next = LOOKS[(LOOKS.indexOf(look) + 1) % LOOKS.length] ?? 'system';
        lookKeep(next);
        setLook(next);
      }}>{FACES[look]}</button>
  );
}

/* The page's title, where no terminal has its own. */
function titleOf(at: string[]): string {
  const first = at[0] ?? '';
  return OF_PROFILE.includes(first) ? `${at[1] ?? ''}: ${first}` :
    VIEWS.find(v => v.path === viewOf(at))?.name ?? '';
}

function Frame({ me, onSignOut, children }: {
  me: TokenSelf; onSignOut: () => void; children: ComponentChildren;
}) {
  const at = useRoute();
  const online = useOnline();
  const view = viewOf(at);
  // On a phone the bar is wider than the screen.
  useEffect(() => {
    document.querySelector('nav [aria-current]')
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [view]);
  const title = titleOf(at);
  useEffect(() => {
    if (at[0] !== 'session')
      titleIs(title);
  }, [at[0], title]);
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={e => {
        e.preventDefault();
        document.getElementById('main')?.focus();
      }}>To the content</a>
      <nav aria-label="Views">
        <span class="brand">Ringlet
          <span class="fact">{location.host}</span></span>
        <ul>
          {VIEWS.map(v =>
            <li key={v.path}>
              <a href={`#/${v.path}`} aria-current={
                view === v.path ? 'page' : undefined
              }>{v.name}</a>
            </li>)}
        </ul>
        <span class="nav-end">
          <span class={`online online-${online}`} role="status">
            <span class="online-word">{online}</span></span>
          <span class="fact">{me.scope === 'view' ? 'may only watch' :
            me.label ?? 'main token'}</span>
          <Notices />
          <button type="button" onClick={onSignOut}>Sign out</button>
          <LookButton />
        </span>
      </nav>
      <main id="main" tabIndex={0}>
        {children}
        <View at={at} canControl={me.scope === 'control'} />
      </main>
    </div>
  );
}

export function App() {
  const [me, setMe] = useState<TokenSelf | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [begun, setBegun] = useState(false);

  const again = useRef<number>(undefined);

  // why: what went wrong before, and does not keep the person out.
  const enter = async (why: string | null) => {
    window.clearTimeout(again.current);
    try {
      setMe(await get('/api/token', tokenSelf));
      setProblem(why);
      eventsStop(); // it had another token, maybe
      eventsStart();
    } catch (e) {
      setProblem(words(e));
      // The daemon is away, or starts: its token may be good all the same.
      if (e instanceof ApiError && (e.status === 0 || e.status >= 500))
        again.current = window.setTimeout(() => void enter(why), 2000);
    }
    setBegun(true);
  };
  const leave = (why: string | null) => {
    window.clearTimeout(again.current);
    eventsStop();
    tokenForget();
    setMe(null);
    setProblem(why);
    setBegun(true);
  };
  /* Here it is over at once, whether or not the daemon can be told. */
  const signOut = async () => {
    const ends = tokensTake().map(revoke);

    setBegun(false);
    eventsStop();
    setMe(null);
    leave((await Promise.all(ends)).every(ended => ended) ? null :
      'signed out here, but the daemon could not be told: the token is good ' +
      'until it expires, or `ringlet token revoke` ends it');
  };

  useEffect(() => {
    notifyStart();
    onTokenGone(() => leave('the token is not good any more: sign in again'));
    onSignedOut(() => leave('signed out in another tab'));
    // A code that is typed into a tab that is here already loads no page.
    const withCode = (): boolean => {
      const code = takeCode();
      if (code !== null)
        exchange(code).then(() => enter(null), (e: unknown) =>
          // A link with a wrong code ends nobody's work.
          tokenLoad() ? enter(words(e)) : leave(words(e)));
      return code !== null;
    };
    window.addEventListener('hashchange', withCode);
    if (!withCode()) {
      if (tokenLoad())
        void enter(null);
      else
        setBegun(true);
    }
    return () => window.removeEventListener('hashchange', withCode);
  }, []);

  if (!begun)
    return <main class="signin" aria-busy="true"><h1>Ringlet</h1></main>;
  if (me === null)
    return <SignIn key={problem ?? ''} problem={problem}
      onDone={() => void enter(null)} />;
  return (
    <Frame me={me} onSignOut={() => void signOut()}>
      <Problem error={problem} />
    </Frame>
  );
}

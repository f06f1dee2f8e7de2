/* One session's terminal on the page, with what is around it. */

import { useEffect, useRef, useState } from 'preact/hooks';

import { get, pathOf } from './api';
import { download } from './cast';
import { asksBeforePaste, cleanPaste, webLink } from './hygiene';
import { Composer, Keys } from './keys';
import type { LinkState } from './link';
import { titleIs } from './notify';
import { Pictures } from './pictures';
import { Screen } from './screen';
import { seen } from './seen';
import { KillSession, SessionBadges } from './sessions';
import { session, type Session } from './types';
import { Dialog, Problem, TOUCH, useFocus, useLoaded } from './ui';

const CAST_TYPE = 'application/x-asciicast';

const WAITING: Record<LinkState, string> = {
  connecting: 'connecting…',
  connected: '',
  broken: 'the connection is broken',
  ended: '',
};

/* What the person has said of sessions that want to write to the clipboard. */
const clipboards = new Map<string, boolean>();

/* Who did not ask for a question has so long to see it before Yes is taken. */
const LOOK_MS = 500;

/* More than anybody reads. */
const QUOTE_MAX = 20000;

/* What the person is asked. */
type Question =
  | { kind: 'link'; text: string }
  | { kind: 'paste'; text: string }
  | { kind: 'clipboard'; text: string };

function Ask({ question, onYes, onNo }: {
  question: Question; onYes: () => void; onNo: () => void;
}) {
  const url = question.kind === 'link' ? webLink(question.text) : null;
  const [ready, setReady] = useState(question.kind !== 'clipboard');
  useEffect(() => {
    const timer = window.setTimeout(() => setReady(true), LOOK_MS);
    return () => window.clearTimeout(timer);
  }, []);
  const [title, action, words] = {
    link: ['Open this link?', 'Open it', url !== null
      ? 'It was printed in the terminal, and leads to:'
      : 'This is no address of the web, so it is not opened:'],
    paste: ['Paste several lines?', 'Paste them',
      'The program in the terminal takes each line as typed, and a shell runs it:'],
    clipboard: ['Let this session write to your clipboard?', 'Let it',
      'Until this page is closed.  It wants to put there:'],
  }[question.kind] as [string, string, string];

  return (
    <Dialog title={title} onClose={onNo}>
      <div class="dialog-body">
        <p>{words}</p>
        <pre class="quote" tabIndex={0}>{seen((url ?? question.text)
          .slice(0, QUOTE_MAX))}</pre>
        {question.text.length > QUOTE_MAX &&
          <p class="note">… and {question.text.length - QUOTE_MAX} characters
            more.</p>}
      </div>
      <footer>
        <button type="button" onClick={onNo} autofocus>No</button>
        {(question.kind !== 'link' || url !== null) &&
          <button type="button" class="primary" disabled={!ready}
            onClick={onYes}>{action}</button>}
      </footer>
    </Dialog>
  );
}

function Find({ screen, onClose }: { screen: Screen; onClose: () => void }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState(true);
  const field = useFocus<HTMLInputElement>();
  const go = (back: boolean) =>
    setFound(text === '' || screen.find(text, back));

  return (
    <form class="find" role="search" onSubmit={e => {
      e.preventDefault();
      go(true);
    }}>
      <input value={text} aria-label="Find in the output" ref={field}
        spellcheck={false} placeholder="Find in the output"
        onKeyDown={e => {
          if (e.key === 'Escape')
            onClose();
        }}
        onInput={e => setText(e.currentTarget.value)} />
      <button type="submit">Before</button>
      <button type="button" onClick={() => go(false)}>After</button>
      <span role="status" class="fact">{found ? '' : 'not found'}</span>
      <button type="button" class="quiet" aria-label="End the search"
        onClick={onClose}>✕</button>
    </form>
  );
}

interface Shown {
  state: LinkState;
  why: string;
  readOnly: boolean;
  title: string;
  notes: Note[];
}

interface Note {
  words: string;
  passing: boolean;
  count: number;
}

/* The last few, and one that comes again counted. */
function noted(notes: Note[], words: string, passing: boolean): Note[] {
  const last = notes.at(-1);
  return last?.words === words
    ? [...notes.slice(0, -1), { ...last, count: last.count + 1 }]
    : [...notes.slice(-2), { words, passing, count: 1 }];
}

function Notes({ notes, onClose }: { notes: Note[]; onClose: () => void }) {
  return (
    <div class="notes" role="status">
      {notes.map((n, i) => <span key={i} class="note">
        {seen(n.words.slice(0, 300))}{n.count > 1 && ` (${n.count} times)`}</span>)}
      {notes.length > 0 &&
        <button type="button" class="quiet" aria-label="Dismiss the notes"
          onClick={onClose}>✕</button>}
    </div>
  );
}

interface Tools {
  find: boolean;
  compose: boolean;
  record: boolean;
  readers: boolean;
}

function Bar({ s, shown, tools, watch, canControl, onTool, onKill }: {
  s: Session | null; shown: Shown; tools: Tools; watch: boolean;
  canControl: boolean; onTool: (tool: keyof Tools) => void;
  onKill: () => void;
}) {
  const tool = (name: keyof Tools, words: string) =>
    <button type="button" aria-pressed={tools[name]}
      onClick={() => onTool(name)}>{words}</button>;
  return (
    <header class="pane-head">
      <h2 class="pane-title" title={shown.title}>
        {s?.profile_alias ?? 'Session'}
        {shown.title !== '' && <span class="fact"> {shown.title}</span>}
      </h2>
      {s !== null && <SessionBadges s={s} />}
      <span class="pane-state" role="status">
        {s?.state === 'terminated' ? 'has ended' : WAITING[shown.state]}
        {shown.why !== '' && `: ${shown.why}`}
        {shown.readOnly && shown.state === 'connected' && 'read-only'}
      </span>
      <span class="pane-tools">
        {tool('find', 'Find')}
        {!shown.readOnly && s?.state !== 'terminated' &&
          tool('compose', 'Compose')}
        {tool('record', tools.record ? 'Save recording' : 'Record')}
        {tool('readers', 'Screen reader')}
        {canControl && watch && s !== null && s.state !== 'terminated' &&
          <a class="button" href={`#/session/${encodeURIComponent(s.id)}`}>
            Type here</a>}
        {canControl && s !== null && s.state !== 'terminated' &&
          <button type="button" onClick={onKill}>End…</button>}
      </span>
    </header>
  );
}

/* What the command says when it starts one: its guards may be missing. */
function LeftOut({ s }: { s: Session | null }) {
  return (
    <details class="notice">
      <summary>{s?.hooks_left_out.length === 1
        ? 'A hook of the profile was left out'
        : `${s?.hooks_left_out.length} hooks of the profile were left out`}
      </summary>
      <ul>{s?.hooks_left_out.map(why => <li key={why}>{seen(why)}</li>)}</ul>
    </details>
  );
}

export function Pane({ id, watch, hidden, canControl }: {
  id: string; watch: boolean; hidden: boolean; canControl: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  const whole = useRef<HTMLElement>(null);
  const screen = useRef<Screen | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const [files, setFiles] = useState<File[]>([]);
  const [ending, setEnding] = useState(false);
  const [shown, setShown] = useState<Shown>({
    state: 'connecting', why: '', readOnly: watch, title: '', notes: [],
  });
  const [tools, setTools] = useState<Tools>({
    find: false, compose: TOUCH && !watch, record: false, readers: false,
  });
  const loaded = useLoaded(
    () => get(pathOf('api', 'terminal', 'sessions', id), session),
    ['session.*'], id);
  const s = loaded.value;
  const note = (words: string, passing: boolean) => setShown(old =>
    ({ ...old, notes: noted(old.notes, words, passing) }));
  const toClipboard = (text: string) => {
    navigator.clipboard.writeText(text).catch(() =>
      note('the browser has not let this page write to the clipboard', true));
  };

  useEffect(() => {
    const into = place.current;
    if (into === null)
      return;
    const change = (c: Partial<Shown>) => setShown(old => ({ ...old, ...c }));
    // One at a time: none takes another's place below a hand that is to say yes.
    const ask = (next: Question) => setQuestion(old => old ?? next);
    const mine = new Screen(id, watch, into, {
      state: (state, why) => setShown(old => ({
        ...old, state, why, notes: state === 'connected'
          ? old.notes.filter(n => !n.passing) : old.notes,
      })),
      readOnly: readOnly => change({ readOnly }),
      title: title => change({ title }),
      note,
      link: text => ask({ kind: 'link', text }),
      paste: text => {
        if (asksBeforePaste(text, mine.bracketed))
          ask({ kind: 'paste', text });
        else
          mine.paste(text);
      },
      files: setFiles,
      clipboard: text => {
        const may = clipboards.get(id);
        if (may === true)
          toClipboard(text);
        else if (may === undefined)
          ask({ kind: 'clipboard', text });
      },
    }, tools.readers);
    const observer = new ResizeObserver(() => mine.resize());
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const recolour = () => mine.recolour();
    const retry = () => mine.retry();

    screen.current = mine;
    observer.observe(into);
    dark.addEventListener('change', recolour);
    window.addEventListener('online', retry);
    return () => {
      screen.current = null;
      observer.disconnect();
      dark.removeEventListener('change', recolour);
      window.removeEventListener('online', retry);
      if (mine.recording)
        download(`session-${id}.cast`, CAST_TYPE, mine.recordEnd());
      setTools(old => ({ ...old, record: false }));
      mine.close();
    };
  }, [id, watch]);

  useEffect(() => {
    if (hidden)
      return;
    titleIs(shown.title || (s?.profile_alias ?? ''));
    return () => titleIs('');
  }, [hidden, shown.title, s?.profile_alias]);
  // Also when a dialog or a field has gone, which had the focus.
  useEffect(() => {
    if (!hidden && !TOUCH && question === null && files.length === 0 &&
      !ending && !tools.find && !tools.compose)
      screen.current?.terminal.focus();
  }, [hidden, question, files, ending, tools.find, tools.compose]);

  const onTool = (tool: keyof Tools) => {
    const now = screen.current;
    if (tool === 'record' && now !== null) {
      if (tools.record)
        download(`${s?.profile_alias ?? 'session'}-${id}.cast`, CAST_TYPE,
          now.recordEnd());
      else
        now.recordStart(s?.profile_alias ?? id);
    } else if (tool === 'readers')
      now?.readers(!tools.readers);
    else if (tool === 'find' && tools.find)
      now?.findEnd();
    setTools(old => ({ ...old, [tool]: !old[tool] }));
  };
  const onKey = (e: KeyboardEvent) => {
    if (!e.ctrlKey || !e.shiftKey || !['KeyF', 'KeyX'].includes(e.code))
      return;
    e.preventDefault();
    e.stopPropagation();
    if (e.code === 'KeyF')
      onTool('find');
    else
      whole.current?.querySelector<HTMLElement>('.pane-tools button')?.focus();
  };
  const answer = (yes: boolean) => {
    if (question?.kind === 'clipboard') {
      clipboards.set(id, yes);
      if (yes)
        toClipboard(question.text);
    } else if (question?.kind === 'paste' && yes)
      screen.current?.paste(question.text);
    else if (question?.kind === 'link' && yes) {
      const url = webLink(question.text);
      if (url !== null)
        window.open(url, '_blank', 'noopener,noreferrer');
    }
    setQuestion(null);
  };

  return (
    <section class="pane" aria-label={`Terminal ${s?.profile_alias ?? id}`}
      hidden={hidden} ref={whole} onKeyDownCapture={onKey}>
      <Bar s={s} shown={shown} tools={tools} watch={watch}
        canControl={canControl} onTool={onTool}
        onKill={() => setEnding(true)} />
      <Problem error={loaded.error} />
      {(s?.hooks_left_out ?? []).length > 0 && <LeftOut s={s} />}
      <Notes notes={shown.notes}
        onClose={() => setShown(old => ({ ...old, notes: [] }))} />
      {tools.find && screen.current !== null &&
        <Find screen={screen.current} onClose={() => onTool('find')} />}
      <div class="pane-place" ref={place} />
      {tools.compose && !shown.readOnly && s?.state !== 'terminated' &&
        <>
          <Keys type={text => screen.current?.key(text)} />
          <Composer type={text => screen.current?.type(text)}
            paste={text =>
              screen.current?.paste(cleanPaste(text)) ?? false}
            onFiles={setFiles} />
        </>}
      {/* One that is not seen would keep the person from all else. */}
      {question !== null && !hidden && <Ask question={question}
        onYes={() => answer(true)} onNo={() => answer(false)} />}
      {files.length > 0 && <Pictures id={id} files={files}
        onPaths={text => screen.current?.paste(cleanPaste(text))}
        onClose={() => setFiles([])} />}
      {ending && !hidden && s !== null &&
        <KillSession s={s} onClose={() => setEnding(false)} />}
    </section>
  );
}

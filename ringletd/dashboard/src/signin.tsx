/*
 * Signing in: by the one-time code that `ringlet dashboard` puts behind the '#'
 * of the address, where it goes to no server and no log, or by a token.
 */

import { useState } from 'preact/hooks';

import { getWith, postOpen, tokenKeep, words } from './api';
import { Field, Problem } from './ui';
import { tokenMade, tokenSelf } from './types';

/*
 * Takes the code out of the address, and of the tab's history: also one that was
 * damaged on its way, which the daemon refuses.
 */
export function takeCode(): string | null {
  const found = /^#code=(.*)$/s.exec(location.hash);
  if (found === null)
    return null;
  history.replaceState(null, '', location.pathname);
  return (found[1] ?? '').slice(0, 256);
}

export async function exchange(code: string): Promise<void> {
  const made = await postOpen('/api/token/exchange', { code }, tokenMade);
  tokenKeep(made.token, false);
}

export function SignIn({ problem, onDone }: {
  problem: string | null; onDone: () => void;
}) {
  const [value, setValue] = useState('');
  const [stay, setStay] = useState(false);
  const [error, setError] = useState(problem);
  const [busy, setBusy] = useState(false);

  const submit = async (e: Event) => {
    e.preventDefault();
    const given = value.trim();
    setBusy(true);
    try {
      if (!/^[A-Za-z0-9._~+/=-]{1,256}$/.test(given))
        throw new Error('that is no token: it has other characters');
      await getWith(given, '/api/token', tokenSelf);
      tokenKeep(given, stay);
      onDone();
    } catch (error) {
      setError(words(error));
      setBusy(false);
    }
  };

  return (
    <main class="signin">
      <h1>Ringlet</h1>
      <p>On the machine that runs it, type <code>ringlet dashboard</code> and
        open what it prints, through your tunnel if you have one.</p>
      <form onSubmit={e => void submit(e)}>
        <Field label="Or paste a token"
          hint={<>From <code>ringlet token create --scope control</code>, or the
            main one's file: <code>ringlet token path</code>.</>}>
          <input type="password" autocomplete="off" spellcheck={false} required
            value={value} onInput={e => setValue(e.currentTarget.value)} />
        </Field>
        <label class="check">
          <input type="checkbox" checked={stay}
            onChange={e => setStay(e.currentTarget.checked)} />
          Keep it in this browser until I sign out
        </label>
        {stay && <p class="note">It belongs to {location.host} then: use another
          port for another machine.</p>}
        <Problem error={error} />
        <button type="submit" class="primary" disabled={busy}>Sign in</button>
      </form>
    </main>
  );
}

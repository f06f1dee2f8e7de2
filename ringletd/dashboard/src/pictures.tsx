/* Asks before a picture goes to an agent, and shows how it gets there. */

import { useEffect, useRef, useState } from 'preact/hooks';

import { words } from './api';
import { oneLine } from './hygiene';
import { Dialog, Problem } from './ui';
import { PICTURES, Stopped, give, quoted, refusal, sizeText } from './upload';

function Picture({ file }: { file: File }) {
  const [url, setUrl] = useState('');
  const why = refusal(file);

  useEffect(() => {
    if (why !== null)
      return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return (
    <li>
      {url !== '' && <img src={url} alt="" />}
      <span>
        <b>{oneLine(file.name, 60)}</b>, {sizeText(file.size)}
        {why !== null && <span class="problem"> {why}</span>}
      </span>
    </li>
  );
}

export function Pictures({ id, files, onPaths, onClose }: {
  id: string; files: File[]; onPaths: (text: string) => void;
  onClose: () => void;
}) {
  const good = files.filter(file => refusal(file) === null);
  const all = good.reduce((sum, file) => sum + file.size, 0);
  const [sent, setSent] = useState<number | null>(null);
  const [error, setError] = useState<string | null>(null);
  const stop = useRef(new AbortController());

  // However the dialog goes, nothing goes on behind it.
  useEffect(() => () => stop.current.abort(), []);
  const go = async () => {
    const paths: string[] = [];
    let before = 0;

    setError(null);
    setSent(0);
    try {
      for (const file of good) {
        paths.push(quoted(await give(id, file,
          bytes => setSent(before + bytes), stop.current.signal)));
        before += file.size;
      }
    } catch (e) {
      if (e instanceof Stopped)
        return;
      setError(words(e));
      setSent(null);
    }
    // Those that are there are of use, even if one was refused.
    if (paths.length > 0)
      onPaths(paths.join(' '));
    if (paths.length === good.length)
      onClose();
  };

  return (
    <Dialog title={good.length === 1
      ? 'Show the agent this picture?' : 'Show the agent these pictures?'}
      onClose={onClose}>
      <div class="dialog-body">
        <p>It is copied to the session's own folder, which goes with the
          session, and the path there is typed.  What it shows goes wherever the
          agent sends it.</p>
        <ul class="pictures">
          {files.map((file, i) => <Picture key={i} file={file} />)}
        </ul>
        {sent !== null &&
          <progress max={all} value={sent} aria-label="Sent" />}
        <Problem error={error} />
      </div>
      <footer>
        <button type="button" onClick={onClose} autofocus>
          {sent === null ? 'No' : 'Stop'}</button>
        {good.length > 0 &&
          <button type="button" class="primary" disabled={sent !== null}
            onClick={() => void go()}>Show it</button>}
      </footer>
    </Dialog>
  );
}

/* For whoever has no clipboard with files, such as on a phone. */
export function PictureButton({ onFiles }: {
  onFiles: (files: File[]) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => field.current?.click()}>
        Picture…</button>
      <input type="file" hidden multiple accept={PICTURES.join(',')}
        ref={field} aria-label="Pictures" onChange={e => {
          onFiles(Array.from(e.currentTarget.files ?? []));
          e.currentTarget.value = '';
        }} />
    </>
  );
}

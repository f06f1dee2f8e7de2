/*
 * Pictures for a session's agent: which of what was pasted or dropped can be
 * one, how it goes to the daemon, and how its path is typed.  The daemon has the
 * last word about all of it.
 */

import { del, pathOf, post, put } from './api';
import { bool, int, nothing, shape, text } from './check';

/* What the daemon takes; it looks at the first bytes, not at this. */
export const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/* Bytes that say what a file is; the answer says how many may follow. */
const FIRST_PIECE = 512;

const upload = shape({
  name: text,
  path: text,
  received: int,
  piece: int,
  complete: bool,
});

/*
 * The files of a paste or a drop.  None of a paste that has text, too: whoever
 * copies from a table or a document means the words.
 */
export function filesOf(data: DataTransfer | null, pasted: boolean): File[] {
  if (data === null || (pasted && data.getData('text/plain') !== ''))
    return [];
  return Array.from(data.files);
}

/* Why a file is not worth asking about; or null. */
export function refusal(file: { type: string; size: number }): string | null {
  if (!PICTURES.includes(file.type))
    return 'is no picture that agents are shown: PNG, JPEG, GIF or WebP';
  return file.size === 0 ? 'is empty' : null;
}

export function sizeText(bytes: number): string {
  const [size, unit] = bytes < 1024 ? [bytes, 'bytes'] :
    bytes < 1024 * 1024 ? [bytes / 1024, 'KiB'] :
    [bytes / 1024 / 1024, 'MiB'];
  return `${size < 10 && unit !== 'bytes' ? size.toFixed(1) : Math.round(size)
  } ${unit}`;
}

/* As shells and agents read it: as it is, or quoted. */
export function quoted(path: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(path)
    ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

export function base64(bytes: Uint8Array): string {
  const most = 8192; // arguments of one call
  let binary = '';

  for (let i = 0; i < bytes.length; i += most)
    binary += String.fromCharCode(...bytes.subarray(i, i + most));
  return btoa(binary);
}

/* It was stopped by the person. */
export class Stopped extends Error {
  override name = 'Stopped';
}

/*
 * Gives the session that file, a piece after the other, and returns the path
 * that its agent finds it at.  What fails, or is stopped, leaves nothing there.
 */
export async function give(
  id: string, file: Blob, onSent: (bytes: number) => void, stop: AbortSignal,
): Promise<string> {
  const files = ['api', 'terminal', 'sessions', id, 'files'];
  const piece = async (from: number, length: number) =>
    base64(new Uint8Array(
      await file.slice(from, from + length).arrayBuffer()));
  const stopped = () => {
    if (stop.aborted)
      throw new Stopped('it was stopped');
  };

  let state = await post(pathOf(...files), {
    size: file.size, data: await piece(0, FIRST_PIECE),
  }, upload);
  const one = pathOf(...files, state.name);
  try {
    while (!state.complete) {
      onSent(state.received);
      stopped();
      state = await put(one, {
        offset: state.received,
        data: await piece(state.received, state.piece),
      }, upload);
    }
  } catch (error) {
    // Where the daemon has given it up itself, there is none of that name.
    await del(one, nothing).catch(() => {});
    throw error;
  }
  onSent(state.received);
  return state.path;
}

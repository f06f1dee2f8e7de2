/*
 * Keys that a phone's keyboard lacks, and a box to compose text in before any of
 * it is typed: for phones, input methods, and whoever thinks before sending.
 */

import { useState } from 'preact/hooks';

import { PictureButton } from './pictures';
import { TOUCH, useFocus } from './ui';
import { filesOf } from './upload';

const KEYS: [string, string, string][] = [
  ['Esc', '\x1b', 'Esc'],
  ['Tab', '\t', 'Tab'],
  ['⇧Tab', '\x1b[Z', 'Shift and Tab'],
  ['^C', '\x03', 'Control C'],
  ['^D', '\x04', 'Control D'],
  ['←', '\x1b[D', 'Left'],
  ['↑', '\x1b[A', 'Up'],
  ['↓', '\x1b[B', 'Down'],
  ['→', '\x1b[C', 'Right'],
  ['⏎', '\r', 'Enter'],
];

export function Keys({ type }: { type: (text: string) => void }) {
  return (
    <div class="keys" role="group" aria-label="Keys">
      {KEYS.map(([face, text, name]) =>
        <button key={name} type="button" aria-label={name}
          // The field that has the focus, and its keyboard, stay.
          onMouseDown={e => e.preventDefault()}
          onClick={() => type(text)}>{face}</button>)}
    </div>
  );
}

export function Composer({ type, paste, onFiles }: {
  type: (text: string) => void; paste: (text: string) => boolean;
  onFiles: (files: File[]) => void;
}) {
  const [text, setText] = useState('');
  const [enter, setEnter] = useState(true);
  const field = useFocus<HTMLTextAreaElement>(!TOUCH);

  const send = () => {
    if (text !== '' && !paste(text))
      return; // it stays, to be sent later
    if (enter)
      type('\r');
    setText('');
  };
  return (
    <form class="composer" onSubmit={e => {
      e.preventDefault();
      send();
    }}>
      <textarea rows={2} value={text} aria-label="Text to send" ref={field}
        placeholder="Text to send; Control and Enter send it"
        onKeyDown={e => {
          if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && !e.isComposing) {
            e.preventDefault();
            send();
          }
        }}
        onPaste={e => {
          const files = filesOf(e.clipboardData, true);
          if (files.length === 0)
            return;
          e.preventDefault();
          onFiles(files);
        }}
        onInput={e => setText(e.currentTarget.value)} />
      <span class="composer-end">
        <label class="check">
          <input type="checkbox" checked={enter}
            onChange={e => setEnter(e.currentTarget.checked)} />
          then Enter
        </label>
        <span class="composer-buttons">
          <PictureButton onFiles={onFiles} />
          <button type="submit" class="primary">Send</button>
        </span>
      </span>
    </form>
  );
}

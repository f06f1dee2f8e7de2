/*
 * Light, dark, or as the system has it: the person's choice, which the browser
 * keeps.  tokens.css has the colours.
 */

const KEY = 'ringlet-look';

export const LOOKS = ['system', 'light', 'dark'] as const;
export type Look = typeof LOOKS[number];

export function lookIs(): Look {
  const kept = localStorage.getItem(KEY);
  return LOOKS.find(look => look === kept) ?? 'system';
}

export function lookStart(): void {
  document.documentElement.dataset['look'] = lookIs();
}

export function lookKeep(look: Look): void {
  if (look === 'system')
    localStorage.removeItem(KEY);
  else
    localStorage.setItem(KEY, look);
  lookStart();
}

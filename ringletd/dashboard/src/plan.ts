/* The plan of a jail, sorted for people: what an agent could do with what. */

import type { JailMount } from './types';

export interface Rule {
  words: string;
  mounts: JailMount[];
}

export interface Part {
  id: string;
  title: string;
  says: string;
  kinds: readonly string[];
  rules: Rule[];
  count: number;
}

const PARTS = [
  {
    id: 'rw', title: 'It can change', kinds: ['read-write'],
    says: 'What is written there is on this machine, and stays.',
  },
  {
    id: 'ro', title: 'It can read', kinds: ['read-only'],
    says: 'As it is outside; nothing of it can be changed.',
  },
  {
    id: 'private', title: 'Its own', kinds: ['memory', 'folder'],
    says: 'Empty at first, seen by nobody else, gone with the session.',
  },
  {
    id: 'hidden', title: 'Hidden', kinds: ['hidden'],
    says: 'There is something outside; inside it is empty.',
  },
  {
    id: 'system', title: 'Made for it',
    says: 'Devices and processes of its own, and links.',
    kinds: ['devices', 'processes', 'link'],
  },
] as const;

function isBelow(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir === '/' ? '/' : `${dir}/`);
}

/* Those that can be seen: a later one at the same place or above covers it. */
export function visible(mounts: JailMount[]): JailMount[] {
  return mounts.filter((m, i) =>
    mounts.findLastIndex(o => isBelow(m.destination, o.destination)) === i);
}

function byRule(mounts: JailMount[]): Rule[] {
  const rules: Rule[] = [];
  for (const m of mounts) {
    const rule = rules.find(r => r.words === m.rule);
    if (rule !== undefined)
      rule.mounts.push(m);
    else
      rules.push({ words: m.rule, mounts: [m] });
  }
  return rules;
}

/* Every kind is in one part; those that are not known have one of their own. */
export function sortPlan(mounts: JailMount[]): Part[] {
  const seen = visible(mounts);
  const known: string[] = PARTS.flatMap(p => [...p.kinds]);
  const rest = {
    id: 'rest', title: 'Other', says: 'This page does not know what it is.',
    kinds: seen.map(m => m.kind).filter(kind => !known.includes(kind)),
  };
  return [...PARTS, rest].map(p => {
    const kinds: readonly string[] = p.kinds;
    const mine = seen.filter(m => kinds.includes(m.kind));
    return { ...p, kinds, rules: byRule(mine), count: mine.length };
  }).filter(p => p.count > 0);
}

/* "2 GiB", as long as nothing is lost by it. */
export function bytes(n: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && n % 1024 === 0 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${n} ${units[i] ?? ''}`;
}

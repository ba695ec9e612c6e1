import type { TablerIcon } from '@tabler/icons-react';

/** One thing that the palette can do or go to. */
export type Entry = {
  id: string;
  label: string;
  /** Where it lies, or what it does; looked through as well. */
  hint?: string | undefined;
  icon: TablerIcon;
  act: () => unknown;
};
export type EntryGroup = { name: string; entries: Entry[] };

const MAX_OF_A_GROUP = 8;

const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/**
 * How well an entry fits: it is called what was typed, its name begins with all of that or with its first word, a word of
 * it does, or it is somewhere in it.
 */
function rankOf({ label, hint = '' }: Entry, typed: string[]): number {
  const name = label.toLowerCase();
  const all = `${name} ${hint.toLowerCase()}`;
  if (!typed.every((word) => all.includes(word))) return 0;
  const whole = typed.join(' ');
  if (name === whole) return 5;
  if (name.startsWith(whole)) return 4;
  const [first = ''] = typed;
  if (name.startsWith(first)) return 3;
  return name.split(/[\s-]+/).some((word) => word.startsWith(first)) ? 2 : 1;
}

/** The entries that hold every word that was typed, best first; all of them while nothing was. */
export function matching(entries: Entry[], text: string): Entry[] {
  const typed = wordsOf(text);
  if (typed.length === 0) return entries;
  return entries
    .map((entry) => ({ entry, rank: rankOf(entry, typed) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, MAX_OF_A_GROUP)
    .map(({ entry }) => entry);
}

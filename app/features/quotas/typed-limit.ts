import { count } from '../../ui/format.ts';
import type { Resource } from '../capacity/capacity.ts';

/** What the API takes at most. */
const MOST = 100_000_000;

/** The limit that was entered; undefined where it is none. */
export const limitOf = (entered: number | string): number | undefined =>
  typeof entered === 'number' && Number.isInteger(entered) && entered >= 0 && entered <= MOST ? entered : undefined;

/** What is wrong with what was entered, in words for its box. */
export function wrongWith(entered: number | string): string | undefined {
  if (limitOf(entered) !== undefined) return undefined;
  if (entered === '') return 'Enter a number';
  return Number(entered) > MOST ? `At most ${count(MOST)}` : 'A whole number, 0 or more';
}

const AMOUNT = {
  cpu: /^\d[\d,\s]*(cores?)?$/i,
  ram_gb: /^\d[\d,\s]*(gib|gb)?$/i,
} as const satisfies Record<Resource, RegExp>;

/** Whether a pasted text is a whole number of this resource, with its own unit or with none. */
export const isAmountOf = (resource: Resource, text: string): boolean => AMOUNT[resource].test(text);

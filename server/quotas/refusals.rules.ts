import {
  amountOf,
  deficitOf,
  type FieldBudget,
  freeOf,
  quantity,
  type Resources,
} from '../allocations/allocations.rules.ts';
import type { Shortage } from '../platform/errors.ts';
import { type Budget, type LimitChange, leftOf, limitShortages, type ShortageHere } from './quotas.rules.ts';

/** Why something cannot be: in words, and resource by resource. */
export type Refusal = { message: string; shortages: [Shortage, ...Shortage[]] };

/** What setting a department's limit is judged by, and planning it as well; undefined if it fits. */
export function judgeDepartmentLimit(
  names: DepartmentNames,
  { from, to, field }: Pick<LimitChange, 'from' | 'to'> & { field: FieldBudget },
): Refusal | undefined {
  const change = { from, to, parentFree: freeOf(field), deficit: deficitOf(field) };
  return refusalOf(names.site, limitShortages(change), (shortage) => departmentRefusal(names, shortage));
}

/** The same of a team's limit. */
export function judgeTeamLimit(
  names: TeamNames,
  { from, to, department, field }: Pick<LimitChange, 'from' | 'to'> & { department: Budget; field: FieldBudget },
): Refusal | undefined {
  const change = { from, to, parentFree: leftOf(department), deficit: deficitOf(field) };
  return refusalOf(names.site, limitShortages(change), (shortage) => teamRefusal(names, shortage, freeOf(field)));
}

/** A refusal that has a sentence or two for each shortage; undefined where there is none. */
export function refusalOf(
  site: string,
  shortages: readonly ShortageHere[],
  words: (shortage: ShortageHere) => string,
): Refusal | undefined {
  const [first, ...others] = shortages.map((shortage) => ({ site, ...shortage }));
  return first && { message: shortages.map(words).join(' '), shortages: [first, ...others] };
}

type DepartmentNames = { site: string; fieldName: string; departmentName: string };
type TeamNames = DepartmentNames & { teamName: string };

/** Why a department's limit cannot become that, and who can change it. */
export function departmentRefusal(names: DepartmentNames, shortage: ShortageHere): string {
  const { site, fieldName, departmentName } = names;
  const cannot = cannotHave(`Department ${departmentName}`, site, shortage);
  if (shortage.reason === 'deficit') return `${cannot}: ${deficitOfField(fieldName, shortage)}`;
  if (shortage.reason === 'held') return `${cannot}: ${heldBy('teams', shortage)} Lower theirs first.`;
  const free = `field ${fieldName} has ${freeOrNone(shortage.free)} free`;
  return `${shortAt(site, shortage)}: ${askedFor(shortage)}, ${free}. Ask a center admin for more servers.`;
}

/** Why a team's limit cannot become that, and who can change it. */
export function teamRefusal(names: TeamNames, shortage: ShortageHere, fieldFree: Resources): string {
  const { site, fieldName, departmentName, teamName } = names;
  const cannot = cannotHave(`Team ${teamName}`, site, shortage);
  if (shortage.reason === 'deficit') return `${cannot}: ${deficitOfField(fieldName, shortage)}`;
  if (shortage.reason === 'held') return `${cannot}: ${heldBy('projects', shortage)} Decommission some first.`;
  const free = `department ${departmentName} has ${freeOrNone(shortage.free)} free`;
  return `${shortAt(site, shortage)}: ${askedFor(shortage)}, ${free}. ${helpFrom(`Field ${fieldName}`, shortage, fieldFree)}`;
}

/** Why a project does not fit its team's quota, and who can give more, if the department can. */
export function usageRefusal(
  names: { site: string; departmentName: string },
  shortage: ShortageHere,
  departmentFree: Resources,
): string {
  const help = helpFrom(`Department ${names.departmentName}`, shortage, departmentFree);
  return `${shortAt(names.site, shortage)}: ${askedFor(shortage)}, ${freeOrNone(shortage.free)} free. ${help}`;
}

/** `12 cores short at haifa` */
const shortAt = (site: string, { resource, short }: ShortageHere): string =>
  `${quantity(resource, short)} short at ${site}`;

/** `16 more asked for` */
const askedFor = ({ before, requested }: ShortageHere): string => `${requested}${before > 0 ? ' more' : ''} asked for`;

const freeOrNone = (amount: number): string => (amount === 0 ? 'none' : `${amount}`);

/** `Department Vision cannot have 56 cores at haifa` */
const cannotHave = (who: string, site: string, { resource, after }: ShortageHere): string =>
  `${who} cannot have ${quantity(resource, after)} at ${site}`;

/** `104 are held by teams; the lowest possible is 104.` */
function heldBy(holders: string, { before, free }: ShortageHere): string {
  const held = before - free;
  return `${held} ${held === 1 ? 'is' : 'are'} held by ${holders}; the lowest possible is ${held}.`;
}

const deficitOfField = (name: string, { resource, short }: ShortageHere): string =>
  `field ${name} has granted ${quantity(resource, short)} more there than its servers now give. ` +
  'Until that deficit is gone, no quota of it can be raised.';

/** Sends people on only where there is enough: `Department Vision has 40 free; ask its admin.` */
function helpFrom(who: string, { resource, short }: ShortageHere, free: Resources): string {
  const amount = amountOf(free, resource);
  if (amount === 0) return `${who} has none free.`;
  return amount < short
    ? `${who} has only ${amount} free, too little for that.`
    : `${who} has ${amount} free; ask its admin.`;
}

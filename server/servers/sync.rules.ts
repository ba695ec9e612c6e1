import type { InventoryAnswer, InventoryServer, RejectedRow } from '../adapters/inventory/inventory.port.ts';
import type { PerformanceTier } from '../platform/schema.ts';

/** Up to as many servers may vanish without a question: a percentage alone misfires on a small fleet. */
const FEW_SERVERS = 10;
const MAX_REJECTED_PERCENT = 5;

/** An answer sorted into what can be used and what cannot. */
export type SortedAnswer = {
  /** Each name once. */
  usable: InventoryServer[];
  /** Rejected rows, and every copy of a name that came more than once. */
  quarantined: RejectedRow[];
  /** Names in quarantine: the inventory named these servers, so they stay as they were. */
  kept: string[];
};

/** Which of two rows with one name is right cannot be known, so neither is used. */
export function sortOut({ servers, rejected }: InventoryAnswer): SortedAnswer {
  const times = new Map<string | null, number>();
  for (const { name } of [...servers, ...rejected]) times.set(name, (times.get(name) ?? 0) + 1);
  const isUnique = ({ name }: InventoryServer) => times.get(name) === 1;
  const copies = servers.filter((server) => !isUnique(server));
  const quarantined = [
    ...rejected,
    ...copies.map(({ name }) => ({
      name,
      reason: `is named ${times.get(name)} times; give each server a name of its own`,
    })),
  ];
  const kept = new Set(quarantined.flatMap(({ name }) => name ?? []));
  return { usable: servers.filter(isUnique), quarantined, kept: [...kept] };
}

/** Why an answer may not be applied at all; undefined if it may. */
export function whyUnusable(
  { servers, rejected }: InventoryAnswer,
  { usable }: Pick<SortedAnswer, 'usable'>,
): string | undefined {
  const rows = servers.length + rejected.length;
  if (rows === 0) {
    return 'The inventory answered without a single server. Nothing was changed. Check what its account may see, then sync again.';
  }
  if (usable.length === 0) {
    return `None of the ${rows} rows in the inventory's answer can be used. Nothing was changed. Repair the rows that are listed, then sync again.`;
  }
  if (rejected.length * 100 > rows * MAX_REJECTED_PERCENT) {
    return `${rejected.length} of the ${rows} rows in the inventory's answer cannot be used, more than ${MAX_REJECTED_PERCENT} %. Nothing was changed. Repair the rows that are listed, then sync again.`;
  }
  return undefined;
}

export type Disappearance = {
  /** Servers that were online and are not in the answer. */
  vanished: number;
  /** Servers that were online. */
  online: number;
  maxOfflinePercent: number;
  /** Up to how many an admin has confirmed. */
  confirmed: number;
};

/** Whether the vanished servers may be marked offline, or somebody has to look first. */
export function mayMarkOffline({ vanished, online, maxOfflinePercent, confirmed }: Disappearance): boolean {
  const isMany = vanished > FEW_SERVERS && vanished * 100 > online * maxOfflinePercent;
  return !isMany || vanished <= confirmed;
}

/** What to tell the admin who has to look. */
export const whyWithheld = ({ vanished, online }: Disappearance): string =>
  `${vanished} of ${online} online servers are missing from the inventory's answer. They stay online for now. If they are really gone, confirm this run; if not, repair the inventory and sync again.`;

/** `threshold` in cores. */
export const tierOf = (cpu: number, threshold: number): PerformanceTier =>
  cpu >= threshold ? 'high_performance' : 'regular';

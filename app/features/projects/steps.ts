import type { EventKind, ProjectStatus } from '../../../server/projects/projects.schema.ts';

type Way = readonly { kind: EventKind; label: string; hint: string }[];

const SYNCING = { kind: 'syncing', label: 'Syncing', hint: 'Argo CD applies it' } as const;

/** The way to what was asked for last, by the event with which it begins. */
const WAYS = {
  reserved: [
    { kind: 'reserved', label: 'Reserved', hint: 'The quota is held' },
    { kind: 'committed', label: 'Committed', hint: 'Its entry is in Git' },
    SYNCING,
    { kind: 'healthy', label: 'Healthy', hint: 'The namespace is ready' },
  ],
  resizing: [
    { kind: 'resizing', label: 'Asked for', hint: 'The larger size is held' },
    { kind: 'committed', label: 'Committed', hint: 'The new size is in Git' },
    SYNCING,
    { kind: 'resized', label: 'Resized', hint: 'The namespace has it' },
  ],
  decommissioning: [
    { kind: 'decommissioning', label: 'Asked for', hint: 'The quota is still held' },
    { kind: 'removed', label: 'Removed', hint: 'Its entry left Git' },
    SYNCING,
    { kind: 'decommissioned', label: 'Gone', hint: 'The quota is given back' },
  ],
} as const satisfies Partial<Record<EventKind, Way>>;

export type StepState = 'done' | 'current' | 'stopped' | 'ahead';
export type Step = Way[number] & { state: StepState };

const begins = (kind: EventKind): kind is keyof typeof WAYS => kind in WAYS;

/** How far what was asked for last has come: what is behind it, and where it stands or has stopped. */
export function stepsOf(kinds: EventKind[], status: ProjectStatus): Step[] {
  const begin = kinds.findLastIndex(begins);
  const first = kinds[begin] ?? 'reserved';
  const way: Way = begins(first) ? WAYS[first] : WAYS.reserved;
  const since = kinds.slice(Math.max(0, begin));
  const failed = since.indexOf('failing');
  const forth = failed === -1 ? since : since.slice(0, failed);
  const reached = way.findLastIndex(({ kind }) => forth.includes(kind));
  // Syncing is told when it begins; the other steps when they are done.
  const here = way[reached]?.kind === 'syncing' ? reached : reached + 1;
  const stopped = failed !== -1 || status === 'failed' || status === 'rolling_back';
  return way.map((step, at) => ({
    ...step,
    state: at < here ? 'done' : at > here ? 'ahead' : stopped ? 'stopped' : 'current',
  }));
}

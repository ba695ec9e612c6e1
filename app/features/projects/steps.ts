import type { EventKind, ProjectStatus } from '../../../server/projects/projects.schema.ts';

/** The way of a project to a running namespace. */
export const STEPS = [
  { kind: 'reserved', label: 'Reserved', hint: 'The quota is held' },
  { kind: 'committed', label: 'Committed', hint: 'Its entry is in Git' },
  { kind: 'syncing', label: 'Syncing', hint: 'Argo CD creates it' },
  { kind: 'healthy', label: 'Healthy', hint: 'The namespace is ready' },
] as const satisfies { kind: EventKind; label: string; hint: string }[];

export type StepState = 'done' | 'current' | 'stopped' | 'ahead';

/** How far the last attempt has come: what is behind it, and where it stands or has stopped. */
export function stepStates(kinds: EventKind[], status: ProjectStatus): StepState[] {
  const attempt = kinds.slice(Math.max(0, kinds.lastIndexOf('reserved')));
  const reached = STEPS.findLastIndex(({ kind }) => attempt.includes(kind));
  // Syncing is told when it begins; the other steps when they are done.
  const here = STEPS[reached]?.kind === 'syncing' ? reached : reached + 1;
  const stopped = status === 'failed' || status === 'rolling_back';
  return STEPS.map((_, at) => {
    if (at < here) return 'done';
    if (at > here) return 'ahead';
    return stopped ? 'stopped' : 'current';
  });
}

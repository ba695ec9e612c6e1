import type { Outputs } from '../../api.ts';
import { plural } from '../../ui/format.ts';

export type SyncRun = Outputs['admin']['syncRuns']['items'][number];

export const OUTCOME = {
  running: { label: 'Running', tone: 'busy' },
  succeeded: { label: 'Succeeded', tone: 'good' },
  withheld: { label: 'Withheld', tone: 'quiet' },
  failed: { label: 'Failed', tone: 'bad' },
} as const;

/** What became of a run, as it is told now: one that withheld may wait for somebody, or be settled. */
export function outcomeOf({ outcome, needs_confirmation, confirmed_at }: SyncRun) {
  if (needs_confirmation) return { label: 'Waits for you', tone: 'warn' } as const;
  return outcome === 'withheld' && confirmed_at ? { ...OUTCOME.withheld, label: 'Confirmed' } : OUTCOME[outcome];
}

export const TRIGGER = { schedule: 'Schedule', manual: 'By hand', confirmation: 'Confirmation' } as const;

/** What the picture of some runs tells, in one sentence. */
export function summaryOf(runs: SyncRun[]): string {
  const failed = runs.filter(({ outcome }) => outcome === 'failed').length;
  const sum = (count: 'updated' | 'marked_offline' | 'quarantined') => runs.reduce((all, run) => all + run[count], 0);
  const parts = [
    `${sum('updated')} new or changed`,
    `${plural(sum('marked_offline'), 'server')} gone offline`,
    plural(sum('quarantined'), 'unusable row'),
  ];
  return `${plural(runs.length, 'run')}, of which ${failed} failed: ${parts.join(', ')}.`;
}

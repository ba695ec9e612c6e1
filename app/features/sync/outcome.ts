import type { Outputs } from '../../api.ts';

export type SyncRun = Outputs['admin']['syncRuns']['items'][number];

export const OUTCOME = {
  running: { label: 'Running', tone: 'busy' },
  succeeded: { label: 'Succeeded', tone: 'good' },
  withheld: { label: 'Waits for you', tone: 'warn' },
  failed: { label: 'Failed', tone: 'bad' },
} as const;

export const TRIGGER = { schedule: 'Schedule', manual: 'By hand', confirmation: 'Confirmation' } as const;

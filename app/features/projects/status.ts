import type { ProjectStatus } from '../../../server/projects/projects.schema.ts';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

/** How each state of a project is told: its words, and what they mean for the reader. */
export const STATUS = {
  provisioning: { label: 'Provisioning', tone: 'busy' },
  active: { label: 'Active', tone: 'good' },
  updating: { label: 'Updating', tone: 'busy' },
  rolling_back: { label: 'Cleaning up', tone: 'warn' },
  failed: { label: 'Failed', tone: 'bad' },
  decommissioning: { label: 'Decommissioning', tone: 'busy' },
  decommissioned: { label: 'Decommissioned', tone: 'quiet' },
} as const satisfies Record<ProjectStatus, { label: string; tone: Tone }>;

/** Whether a project in this state has given its quota back. */
export const gaveBack = (status: ProjectStatus): boolean => status === 'failed' || status === 'decommissioned';

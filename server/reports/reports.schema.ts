import { z } from 'zod';
import { id, site } from '../platform/schema.ts';

export const usageInput = z.strictObject({ site: site.optional() });
export type UsageInput = z.infer<typeof usageInput>;

const deficit = z.number().int().describe('What is granted beyond what is there; 0 unless over-allocated');

/** One node's numbers at one site. What does not apply to its level is null. */
export const usageRow = z
  .object({
    level: z.enum(['field', 'department', 'team']),
    id,
    name: z.string(),
    parent_id: id,
    site: z.string(),
    cpu_capacity: z.number().int().nullable().describe('Cores of all servers given to it; fields only'),
    cpu_online: z.number().int().nullable().describe('Of its capacity, what is online; fields only'),
    cpu_limit: z.number().int().nullable().describe('Cores of its quota; departments and teams only'),
    cpu_granted: z.number().int().describe('Cores of the quotas given below it; for a team, its own quota'),
    cpu_used: z.number().int().describe('Cores that projects hold below it'),
    cpu_deficit: deficit,
    ram_gb_capacity: z.number().int().nullable(),
    ram_gb_online: z.number().int().nullable(),
    ram_gb_limit: z.number().int().nullable(),
    ram_gb_granted: z.number().int(),
    ram_gb_used: z.number().int(),
    ram_gb_deficit: deficit,
  })
  .meta({ id: 'UsageRow' });
export type UsageRow = z.infer<typeof usageRow>;

/** Totals of the caller's scope at one site. For who does not see servers, capacity and online are the quota of the scope. */
export const usageTotal = z
  .object({
    site: z.string(),
    cpu_capacity: z.number().int(),
    cpu_online: z.number().int(),
    cpu_granted: z.number().int(),
    cpu_used: z.number().int(),
    cpu_deficit: deficit.describe('Sum of the deficits: what one field has too much does not fill another’s'),
    ram_gb_capacity: z.number().int(),
    ram_gb_online: z.number().int(),
    ram_gb_granted: z.number().int(),
    ram_gb_used: z.number().int(),
    ram_gb_deficit: deficit,
  })
  .meta({ id: 'UsageTotal' });
export type UsageTotal = z.infer<typeof usageTotal>;

export const usageOutput = z.object({ sites: z.array(usageTotal), items: z.array(usageRow) }).meta({ id: 'Usage' });
export type Usage = z.infer<typeof usageOutput>;

/** One thing outside that keeps projects waiting. */
export const waiting = z
  .object({
    waiting_for: z.enum(['git', 'values_file', 'argocd', 'sync_window']),
    reason: z.string().describe('What Git or Argo CD said, or what is wrong with the values file'),
    since: z.iso.datetime({ offset: true }),
    projects: z.number().int().describe('Projects of the caller’s scope that wait for it'),
    project_id: id.describe('The one that has waited the longest'),
  })
  .meta({ id: 'WaitingProject' });
export type Waiting = z.infer<typeof waiting>;

export const attentionOutput = z
  .object({
    waiting: z.array(waiting),
    inventory_unread_since: z.iso
      .datetime({ offset: true })
      .nullable()
      .describe('When the inventory was last read, where that is more than two hours ago; null for who runs no syncs'),
  })
  .meta({ id: 'Attention' });
export type Attention = z.infer<typeof attentionOutput>;

/** Days that a snapshot is kept, and so the most that can be asked for. */
export const DAYS_KEPT = 400;

export const historyInput = z
  .strictObject({
    level: z.enum(['center', 'field', 'department', 'team']).optional(),
    id: id.optional().describe('The node of that level; without both, everything the caller may see'),
    site: site.optional(),
    days: z.number().int().min(1).max(DAYS_KEPT).default(90).describe('Days back, today included'),
  })
  .refine((input) => (input.level === undefined) === (input.id === undefined), 'Name a node by `level` and `id`.');
export type HistoryInput = z.infer<typeof historyInput>;

/** One day at one site. Of earlier days, as last seen on that day; of today, as it is now. */
export const historyRow = z
  .object({
    day: z.iso.date().describe('UTC'),
    site: z.string(),
    cpu_online: z.number().int().describe('Cores of servers that were online; for departments and teams, their quota'),
    cpu_granted: z.number().int().describe('Cores of the quotas given below; for a team, its own quota'),
    cpu_used: z.number().int().describe('Cores that projects held'),
    ram_gb_online: z.number().int(),
    ram_gb_granted: z.number().int(),
    ram_gb_used: z.number().int(),
  })
  .meta({ id: 'HistoryRow' });
export type HistoryRow = z.infer<typeof historyRow>;

export const historyOutput = z
  .object({
    items: z.array(historyRow).describe('Oldest day first; a day of which nothing is known is left out'),
  })
  .meta({ id: 'History' });
export type History = z.infer<typeof historyOutput>;

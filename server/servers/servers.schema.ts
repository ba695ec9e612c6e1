import { z } from 'zod';
import { id, pageInput, pageOf, performanceTier, site, timestamp } from '../platform/schema.ts';

export const serverStatus = z.enum(['online', 'offline']).meta({ id: 'ServerStatus' });

export const server = z
  .object({
    id,
    name: z.string(),
    site: z.string(),
    cpu: z.number().int().describe('Cores'),
    ram_gb: z.number().int().describe('GiB'),
    performance_tier: performanceTier,
    status: serverStatus,
    last_seen_at: timestamp.describe('When the inventory last named it'),
    field_id: id.nullable().describe('The field it is given to; null while it is free'),
    field_name: z.string().nullable(),
  })
  .meta({ id: 'Server' });
export type Server = z.infer<typeof server>;

const filters = {
  site: site.optional(),
  performance_tier: performanceTier.optional(),
  status: serverStatus.optional(),
  field_id: id.optional(),
  allocated: z.boolean().optional().describe('true: given to a field; false: free'),
  text: z
    .string()
    .max(100)
    .regex(/^[^\p{C}]*$/u, 'Control characters are not allowed')
    .optional()
    .describe('Part of the name'),
};

export const listServers = z.strictObject({
  ...pageInput,
  sort: z.enum(['name', 'site', 'cpu', 'ram_gb', 'status', 'last_seen_at']).default('name'),
  ...filters,
});
export type ListServers = z.infer<typeof listServers>;
export const serverPage = pageOf(server);

export const serverFacetsInput = z.strictObject(filters);
export type ServerFilters = z.infer<typeof serverFacetsInput>;

const facet = z.array(z.object({ value: z.string(), count: z.number().int() }));
/** What could be filtered by, with how many servers each choice would show beside the other filters. */
export const serverFacets = z
  .object({
    total: z.number().int(),
    sites: facet,
    performance_tiers: facet,
    statuses: facet,
    fields: z.array(z.object({ value: id, name: z.string(), count: z.number().int() })),
    allocated: z.object({ allocated: z.number().int(), free: z.number().int() }),
  })
  .meta({ id: 'ServerFacets' });
export type ServerFacets = z.infer<typeof serverFacets>;

export const syncOutcome = z.enum(['running', 'succeeded', 'withheld', 'failed']);

/** One pass over the inventory. */
export const syncRun = z
  .object({
    id,
    trigger: z.enum(['schedule', 'manual', 'confirmation']).meta({ example: 'manual' }),
    requested_by: z.string(),
    outcome: syncOutcome
      .describe('withheld: too many servers vanished at once; an admin has to confirm')
      .meta({ example: 'succeeded' }),
    synced: z.number().int().describe('Servers in the answer').meta({ example: 300 }),
    updated: z.number().int().describe('Of those, new or different ones').meta({ example: 12 }),
    added: z
      .number()
      .int()
      .nullable()
      .describe('Of the updated, the new ones; null while it runs, and for runs before this was counted')
      .meta({ example: 2 }),
    marked_offline: z.number().int().meta({ example: 1 }),
    withheld_offline: z.number().int().describe('Servers that vanished but wait for a confirmation'),
    quarantined: z.number().int().describe('Rows that could not be used'),
    quarantined_rows: z.array(z.object({ name: z.string().nullable(), reason: z.string() })).meta({ example: [] }),
    error: z.string().nullable().describe('Why it failed or withheld, and what to do'),
    needs_confirmation: z
      .boolean()
      .describe('It withheld, and no later run has settled that: `confirm_run_id` may name it')
      .meta({ example: false }),
    confirmed_at: timestamp.nullable().meta({ example: null }),
    confirmed_by: z.string().nullable().meta({ example: null }),
    started_at: timestamp,
    finished_at: timestamp.nullable(),
    duration_ms: z.number().int().nullable(),
  })
  .meta({ id: 'SyncRun' });
export type SyncRun = z.infer<typeof syncRun>;

export const listSyncRuns = z.strictObject({ ...pageInput, outcome: syncOutcome.optional() });
export type ListSyncRuns = z.infer<typeof listSyncRuns>;
export const syncRunPage = pageOf(syncRun).extend({
  next_run_at: timestamp.nullable().describe('When the schedule runs next'),
});
export type SyncRunPage = z.infer<typeof syncRunPage>;

/** Without a run, a plain sync; with one, the offline marks that it withheld are confirmed. */
export const syncServersInput = z.strictObject({
  confirm_run_id: id.optional().describe('A withheld run: up to as many servers as it named may be marked offline'),
});
export type SyncServers = z.infer<typeof syncServersInput>;

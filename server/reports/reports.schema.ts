import { z } from 'zod';
import { id, site } from '../platform/schema.ts';

export const usageInput = z.strictObject({ site: site.optional() });
export type UsageInput = z.infer<typeof usageInput>;

const deficit = z.number().int().describe('What is granted beyond what is there; 0 unless over-allocated');

/** One node's numbers at one site. What does not apply to its level is null. */
export const usageRow = z.object({
  level: z.enum(['field', 'department', 'team']),
  id,
  name: z.string(),
  parent_id: id,
  site: z.string(),
  cpu_capacity: z.number().int().nullable().describe('Cores of servers that are online; fields only'),
  cpu_limit: z.number().int().nullable().describe('Cores of its quota; departments and teams only'),
  cpu_granted: z.number().int().describe('Cores of the quotas given below it; for a team, its own quota'),
  cpu_used: z.number().int().describe('Cores that projects hold below it'),
  cpu_deficit: deficit,
  ram_gb_capacity: z.number().int().nullable(),
  ram_gb_limit: z.number().int().nullable(),
  ram_gb_granted: z.number().int(),
  ram_gb_used: z.number().int(),
  ram_gb_deficit: deficit,
});
export type UsageRow = z.infer<typeof usageRow>;

/** Totals of the caller's scope at one site. For who does not see capacity, it is the quota of the scope. */
export const usageTotal = z.object({
  site: z.string(),
  cpu_capacity: z.number().int(),
  cpu_granted: z.number().int(),
  cpu_used: z.number().int(),
  cpu_deficit: deficit.describe('Sum of the deficits: what one field has too much does not fill another’s'),
  ram_gb_capacity: z.number().int(),
  ram_gb_granted: z.number().int(),
  ram_gb_used: z.number().int(),
  ram_gb_deficit: deficit,
});
export type UsageTotal = z.infer<typeof usageTotal>;

export const usageOutput = z.object({ sites: z.array(usageTotal), items: z.array(usageRow) });
export type Usage = z.infer<typeof usageOutput>;

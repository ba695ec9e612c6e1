import { z } from 'zod';
import { performanceTier } from '../../../server/platform/schema.ts';
import { serverStatus } from '../../../server/servers/servers.schema.ts';

/** The filters of the servers page, as they stand in its address. */
export const filterShape = z.object({
  text: z.string().max(100).optional(),
  site: z.string().optional(),
  performance_tier: performanceTier.optional(),
  status: serverStatus.optional(),
  field_id: z.uuid().optional(),
  allocated: z.enum(['yes', 'no']).optional(),
  sort: z.enum(['name', 'site', 'cpu', 'ram_gb', 'status', 'last_seen_at']).default('name'),
  direction: z.enum(['asc', 'desc']).default('asc'),
});
export type ServerFilters = z.infer<typeof filterShape>;

/** The same filters as the API takes them. */
export function asked({ sort: _, direction: __, allocated, ...filters }: ServerFilters) {
  return allocated === undefined ? filters : { ...filters, allocated: allocated === 'yes' };
}

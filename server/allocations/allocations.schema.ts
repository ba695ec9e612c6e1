import { z } from 'zod';
import { amounts, id } from '../platform/schema.ts';

/** Many at once, all or nothing. */
export const serversOfField = z.strictObject({
  id: id.describe('The field'),
  server_ids: z.array(id).min(1).max(1000),
});
export type ServersOfField = z.infer<typeof serversOfField>;

export const allocationOutput = z.object({ field_id: id, server_ids: z.array(id) }).meta({ id: 'FieldAllocation' });

/** A field's capacity at a site. */
export const siteCapacity = z
  .object({
    site: z.string(),
    servers: z.number().int(),
    servers_online: z.number().int(),
    capacity: amounts.describe('Sum over the servers given to the field'),
    online: amounts.describe('Of it, what is there now'),
    granted: amounts.describe('Sum of the department quotas'),
    free: amounts.describe('What can still be granted'),
    deficit: amounts.describe('By how much the grants exceed what is there now; 0 unless over-allocated'),
  })
  .meta({ id: 'SiteCapacity' });

export const fieldCapacity = z.object({ field_id: id, sites: z.array(siteCapacity) }).meta({ id: 'FieldCapacity' });

import { z } from 'zod';
import { id, pageInput, pageOf, site, timestamp } from '../platform/schema.ts';

/** PostgreSQL's integer is the ceiling; no organisation on one planet comes near it. */
const limit = z.number().int().min(0).max(100_000_000);

export const setQuota = z.strictObject({
  id: id.describe('The department or team'),
  site,
  cpu_limit: limit.describe('Cores'),
  ram_gb_limit: limit.describe('GiB'),
});
export type SetQuota = z.infer<typeof setQuota>;

const limits = {
  id: id.nullable().describe('Null where it is 0 and always was'),
  site: z.string(),
  cpu_limit: z.number().int(),
  ram_gb_limit: z.number().int(),
};

export const departmentQuota = z
  .object({
    ...limits,
    department_id: id,
    cpu_granted: z.number().int().describe('Cores given to teams'),
    ram_gb_granted: z.number().int(),
    cpu_parent_free: z.number().int().describe('Cores of the field that are still free at this site'),
    ram_gb_parent_free: z.number().int(),
  })
  .meta({ id: 'DepartmentQuota' });

export const teamQuota = z
  .object({
    ...limits,
    team_id: id,
    cpu_used: z.number().int().describe('Cores that projects hold'),
    ram_gb_used: z.number().int(),
    cpu_parent_free: z.number().int().describe('Cores of the department that are still free at this site'),
    ram_gb_parent_free: z.number().int(),
  })
  .meta({ id: 'TeamQuota' });

export const departmentQuotaList = z.object({ items: z.array(departmentQuota) });
export const teamQuotaList = z.object({ items: z.array(teamQuota) });

export const explainInput = z.strictObject({ ...pageInput, id: id.describe('The team'), site });
export type ExplainInput = z.infer<typeof explainInput>;
export const ledgerEntry = z
  .object({
    id,
    project_id: id,
    project_name: z.string().nullable(),
    operation_id: id,
    kind: z.enum(['reserve', 'adjust', 'release']),
    cpu: z.number().int().describe('Cores added (or, negative, given back)'),
    ram_gb: z.number().int(),
    at: timestamp,
  })
  .meta({ id: 'LedgerEntry' });
export type LedgerEntry = z.infer<typeof ledgerEntry>;
export const ledgerPage = pageOf(ledgerEntry).extend({
  cpu_used: z.number().int().describe('The number that all entries add up to'),
  ram_gb_used: z.number().int(),
});

export const verifyInput = z.strictObject({
  repair: z.boolean().default(false),
  team_id: id.optional().describe('Only counters of this team'),
  site: site.optional().describe('Only counters at this site'),
});
export type VerifyInput = z.infer<typeof verifyInput>;
export const verifyOutput = z
  .object({
    checked: z.number().int().describe('Counters that were recounted'),
    repaired: z.boolean().describe('Whether any of them was set to the sum of its ledger'),
    mismatches: z.array(
      z.object({
        team_quota_id: id,
        team_id: id,
        team_name: z.string(),
        site: z.string(),
        resource: z.enum(['cpu', 'ram_gb']),
        counter: z.number().int().describe('As it was found'),
        ledger: z.number().int().describe('Sum of the ledger'),
        projects: z.number().int().describe('Sum over the projects that hold quota'),
        repaired: z.boolean().describe('Whether the counter was set to the sum of the ledger'),
      }),
    ),
  })
  .meta({ id: 'QuotaCheck' });

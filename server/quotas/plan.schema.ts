import { z } from 'zod';
import { id } from '../platform/schema.ts';

const amount = z.number().int();

/** What a node has, gave away and sees used at a site. */
export const share = z.object({
  cpu_limit: amount.describe('Cores of its quota; for a field, of its servers that are online'),
  cpu_granted: amount.describe('Cores of the quotas given below it; for a team, its own quota'),
  cpu_used: amount.describe('Cores that projects hold below it'),
  ram_gb_limit: amount,
  ram_gb_granted: amount,
  ram_gb_used: amount,
});
export type Share = z.infer<typeof share>;

export const nodeChange = z.object({
  level: z.enum(['field', 'department', 'team']),
  id,
  name: z.string(),
  before: share,
  after: share,
});
export type NodeChange = z.infer<typeof nodeChange>;

const shortage = z.object({
  site: z.string(),
  resource: z.enum(['cpu', 'ram_gb']),
  requested: amount.describe('By how much it was to be raised or lowered'),
  before: amount.describe('The limit as it is'),
  after: amount.describe('The limit as it was to be'),
  free: amount.describe('By how much it can be raised or lowered'),
  short: amount.describe('What is missing'),
  reason: z
    .enum(['deficit', 'parent', 'held'])
    .describe(
      '`deficit`: the field is over-allocated · `parent`: it has too little free · `held`: below it more is held',
    ),
});

export const quotaPlan = z
  .object({
    site: z.string(),
    allowed: z.boolean(),
    refusal: z
      .object({ code: z.literal('QUOTA_EXCEEDED'), message: z.string(), shortages: z.array(shortage) })
      .nullable()
      .describe('Why setting it would be refused; null if it would not'),
    node: nodeChange,
    parent: nodeChange,
    siblings: z
      .array(nodeChange)
      .describe('Who else has a quota out of the parent’s, the largest first. A plan leaves them as they are'),
  })
  .meta({ id: 'QuotaPlan' });
export type QuotaPlan = z.infer<typeof quotaPlan>;

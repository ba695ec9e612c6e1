import { z } from 'zod';

/** Shapes that every room's wire schema shares. Field names are snake_case, dates ISO 8601, ids UUIDs. */

/** Lower case, as PostgreSQL writes it: what is derived from an id, or compared with one, is then the same. */
export const id = z.uuid().toLowerCase();
export const timestamp = z.iso.datetime();

/** A data-centre location. It becomes a Kubernetes label, a file name and a part of an application's name. */
export const site = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/, 'Letters, digits, - and _ only, at most 63 characters')
  .describe('Data-centre location');

/** A name that people give to a node of the organisation. What cannot be seen in it would make two names look like one. */
export const displayName = z
  .string()
  .normalize()
  .trim()
  .min(1, 'Give it a name')
  .max(100, 'At most 100 characters')
  .regex(/^[^\p{C}\p{Default_Ignorable_Code_Point}\u2800]*$/u, 'Control and invisible characters are not allowed');

/** Part of a name to look for. What no name contains is refused here, as PostgreSQL would fail on some of it. */
export const searchText = z
  .string()
  .max(100)
  .regex(/^\P{Cc}*$/u, 'Control characters are not allowed');

/** Amounts of one thing, in cores and GiB. */
export const amounts = z.object({ cpu: z.number().int(), ram_gb: z.number().int() });
export type Amounts = z.infer<typeof amounts>;

export const performanceTier = z.enum(['regular', 'high_performance']).meta({ id: 'PerformanceTier' });
export type PerformanceTier = z.infer<typeof performanceTier>;

/** What every list takes. */
export const pageInput = {
  limit: z.number().int().min(1).max(200).default(50).describe('Items in one answer'),
  cursor: z.string().max(500).optional().describe('`next_cursor` of the answer before'),
  direction: z.enum(['asc', 'desc']).optional().describe('Order of the sort'),
};

/** What every list answers. The API's document names it after its items. */
export function pageOf<T extends z.ZodType>(item: T) {
  const page = z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('Ask with it for the next items; null at the end'),
  });
  const name = z.globalRegistry.get(item)?.id;
  return name === undefined ? page : page.meta({ id: `${name}Page` });
}

export type Page<T> = { items: T[]; next_cursor: string | null };

/** What a delete takes. */
export const byId = z.strictObject({ id });

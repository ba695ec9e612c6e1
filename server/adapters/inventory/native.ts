import { z } from 'zod';
import { endpoint, type InventoryFormat, type InventorySettings } from './format.ts';
import { inventoryServer, readRow, serverRow } from './row.ts';

/** One answer of `GET {url}/servers`; `docs/inventory.schema.json` is made from it, and a test keeps the two equal. */
export const nativePage = z.object({
  items: z.array(serverRow).describe('The servers of this page, in an order that stays the same while pages are read.'),
  next: z
    .string()
    .min(1)
    .max(2000)
    .nullable()
    .describe('What to send as `cursor` for the next page; null on the last one.'),
  total: z.int().min(0).describe('Servers on all pages together. An answer with another number of them is not used.'),
});

const envelope = nativePage.extend({ items: z.array(z.unknown()) });

/** InfraHub's own format (docs/inventory.md). */
export function native(settings: InventorySettings): InventoryFormat {
  const { EXTERNAL_SERVER_API_URL: url, EXTERNAL_SERVER_API_TOKEN: token } = settings;
  return {
    title: 'native',
    first: endpoint(url, '/servers'),
    headers: () => (token === undefined ? {} : { authorization: `Bearer ${token}` }),
    page(body) {
      const { items, next, total } = envelope.parse(body);
      return { rows: items, next: next === null ? null : endpoint(url, '/servers', { cursor: next }), total };
    },
    row: (raw) => readRow(inventoryServer, raw, ['name']),
  };
}

import { z } from 'zod';
import { endpoint, type InventoryFormat, type InventorySettings } from './format.ts';
import { inventoryServer, readRow } from './row.ts';

const PAGE_SIZE = '500';

const page = z.object({ results: z.array(z.unknown()), next: z.url().nullable(), count: z.int().min(0) });

const device = z.object({
  name: z.string(),
  site: z.object({ slug: z.string().nullish(), name: z.string().nullish() }),
  custom_fields: z.record(z.string(), z.unknown()),
});

/** NetBox: devices by pages, cores and RAM from custom fields. */
export function netbox(settings: InventorySettings): InventoryFormat {
  const { EXTERNAL_SERVER_API_URL: url, EXTERNAL_SERVER_API_TOKEN: token } = settings;
  const row = device
    .transform(({ name, site, custom_fields }) => ({
      name,
      site: site.slug || site.name,
      cpu: custom_fields[settings.EXTERNAL_SERVER_API_NETBOX_CPU_FIELD],
      ram_gb: custom_fields[settings.EXTERNAL_SERVER_API_NETBOX_RAM_FIELD],
    }))
    .pipe(inventoryServer);
  return {
    title: 'NetBox',
    first: endpoint(url, '/api/dcim/devices/', { limit: PAGE_SIZE }),
    headers: () => (token === undefined ? {} : { authorization: `Token ${token}` }),
    page(body) {
      const { results, next, count } = page.parse(body);
      return { rows: results, next: next === null ? null : new URL(next), total: count };
    },
    row: (raw) => readRow(row, raw, ['name']),
  };
}

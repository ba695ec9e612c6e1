import type { Config } from '../../platform/config.ts';
import type { Row } from './row.ts';

/** One page in a format's own terms. `total` is how many rows the whole answer has, where the format says so. */
export type RawPage = { rows: unknown[]; next: URL | null; total: number | undefined };

/** What differs between the inventories InfraHub can read. */
export type InventoryFormat = {
  /** How people call it, for messages. */
  title: string;
  first: URL;
  /** Made anew for each request. The credential lives here and nowhere else. */
  headers(): Record<string, string>;
  /** @throws z.ZodError or Error for a body that is not a page of this format. */
  page(body: unknown): RawPage;
  row(raw: unknown): Row;
};

/**
 * Everything that tells one inventory from another. The URL is the part before the format's own path; its query is sent
 * along (NetBox: `?role=server`).
 */
export type InventorySettings = Pick<
  Config,
  | 'EXTERNAL_SERVER_API_FORMAT'
  | 'EXTERNAL_SERVER_API_URL'
  | 'EXTERNAL_SERVER_API_TOKEN'
  | 'EXTERNAL_SERVER_API_MAAS_SITE'
  | 'EXTERNAL_SERVER_API_NETBOX_CPU_FIELD'
  | 'EXTERNAL_SERVER_API_NETBOX_RAM_FIELD'
  | 'EXTERNAL_SERVER_API_TIMEOUT_SECONDS'
>;

/** The base URL with the path appended, its query kept and more added. */
export function endpoint(base: string, path: string, query: Record<string, string> = {}): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  url.hash = '';
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url;
}

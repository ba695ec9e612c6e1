import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { endpoint, type InventoryFormat, type InventorySettings } from './format.ts';
import { inventoryServer, readRow } from './row.ts';

const MIB_PER_GIB = 1024;

const named = z.object({ name: z.string() }).nullish();

const machine = z.object({
  hostname: z.string().nullish(),
  fqdn: z.string().nullish(),
  cpu_count: z.number(),
  memory: z.number(),
  zone: named,
  pool: named,
});

/** A machine that MAAS has enrolled but not commissioned: it knows neither cores nor RAM yet. */
const unsized = z.object({ cpu_count: z.literal(0), memory: z.literal(0) });

/** Canonical MAAS, API 2.0: one answer with every machine. */
export function maas(settings: InventorySettings, clock: Clock): InventoryFormat {
  const { EXTERNAL_SERVER_API_URL: url, EXTERNAL_SERVER_API_TOKEN: token } = settings;
  const key = token === undefined ? undefined : apiKey(token);
  const row = machine
    .transform((m) => ({
      name: m.hostname || m.fqdn,
      site: m[settings.EXTERNAL_SERVER_API_MAAS_SITE]?.name,
      cpu: m.cpu_count,
      ram_gb: Math.floor(m.memory / MIB_PER_GIB),
    }))
    .pipe(inventoryServer);
  return {
    title: 'MAAS',
    first: endpoint(url, '/MAAS/api/2.0/machines/'),
    headers: () => (key === undefined ? {} : { authorization: oauth(key, clock) }),
    page: (body) => ({ rows: z.array(z.unknown()).parse(body), next: null, total: undefined }),
    row: (raw) => (unsized.safeParse(raw).success ? { unsized: true } : readRow(row, raw, ['hostname', 'fqdn'])),
  };
}

type ApiKey = { consumer: string; token: string; secret: string };

function apiKey(text: string): ApiKey {
  const [consumer, token, secret, ...more] = text.split(':');
  if (!consumer || !token || !secret || more.length > 0) {
    throw new Error('EXTERNAL_SERVER_API_TOKEN: a MAAS API key has three parts, consumer:token:secret');
  }
  return { consumer, token, secret };
}

/** OAuth 1.0 with the PLAINTEXT method (RFC 5849, 3.4.4): MAAS has no consumer secret, so the key is `&` and the secret. */
function oauth({ consumer, token, secret }: ApiKey, clock: Clock): string {
  const parameters = {
    oauth_version: '1.0',
    oauth_signature_method: 'PLAINTEXT',
    oauth_consumer_key: consumer,
    oauth_token: token,
    oauth_signature: `&${secret}`,
    oauth_nonce: randomUUID(),
    oauth_timestamp: String(Math.floor(clock.now().getTime() / 1000)),
  };
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}="${encodeURIComponent(value)}"`);
  return `OAuth ${pairs.join(', ')}`;
}

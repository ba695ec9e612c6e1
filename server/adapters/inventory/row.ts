import { z } from 'zod';
import { site } from '../../platform/schema.ts';
import type { InventoryServer, RejectedRow } from './inventory.port.ts';

/** A server's name as its key: trimmed, lower case, NFC, so that two spellings of one name are one server. */
export const serverName = z
  .string('must be text')
  .trim()
  .toLowerCase()
  .normalize('NFC')
  .min(1, 'must not be empty')
  .max(253, 'may have 253 characters at most')
  .regex(/^[^\p{C}]*$/u, 'must not contain control characters');

const size = (max: number, what: string) =>
  z.int(`must be ${what}`).min(1, `must be ${what}`).max(max, `must be ${what}`);
export const cores = size(100_000, 'a whole number of cores, 1 to 100,000');
export const gibibytes = size(1_000_000, 'a whole number of GiB, 1 to 1,000,000');
export const siteName = z.string('must be text').trim().pipe(site);

/** What a format's row must come to. */
export const inventoryServer = z.object({ name: serverName, site: siteName, cpu: cores, ramGb: gibibytes });

/** What became of one row; `unsized` is a machine whose hardware its own system does not know yet, so no server so far. */
export type Row = { server: InventoryServer } | { rejected: RejectedRow } | { unsized: true };

/** Reads one row; what is wrong with it is told in words, without the row's content beside its name. */
export function readRow(shape: z.ZodType<InventoryServer>, raw: unknown, nameKeys: readonly string[]): Row {
  const parsed = shape.safeParse(raw);
  if (parsed.success) return { server: parsed.data };
  const reasons = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(' '));
  return { rejected: { name: nameIn(raw, nameKeys), reason: reasons.join('; ').slice(0, 300) } };
}

function nameIn(raw: unknown, keys: readonly string[]): string | null {
  const row = z.record(z.string(), z.unknown()).safeParse(raw).data ?? {};
  const names = keys.map((key) => serverName.safeParse(row[key]));
  return names.find((name) => name.success)?.data ?? null;
}

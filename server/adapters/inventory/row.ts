import { z } from 'zod';
import { site } from '../../platform/schema.ts';
import type { InventoryServer, RejectedRow } from './inventory.port.ts';

/** A server's name as its key: trimmed, lower case, NFC, so that two spellings of one name are one server. */
const serverName = z
  .string()
  .trim()
  .toLowerCase()
  .normalize('NFC')
  .min(1, 'must not be empty')
  .max(253, 'may have 253 characters at most')
  .regex(/^[^\p{C}]*$/u, 'must not contain control characters');

/** A whole number from 1 on. */
const size = (max: number, what: string) =>
  z.int(`must be ${what}`).min(1, `must be ${what}`).max(max, `must be ${what}`);
/** A server as the native format writes it, and what every other format's row must come to. */
export const serverRow = z.object({
  name: serverName.describe('The server’s key: unique, and never given to another machine. Case does not matter.'),
  site: site.describe('The data-centre location it stands in: letters, digits, - and _, at most 63.'),
  cpu: size(100_000, 'a whole number of cores, 1 to 100,000').describe('Cores.'),
  ram_gb: size(1_000_000, 'a whole number of GiB, 1 to 1,000,000').describe('RAM in GiB.'),
});

export const inventoryServer = serverRow.transform(({ ram_gb, ...server }) => ({ ...server, ramGb: ram_gb }));

/** What became of one row; `unsized` is a machine whose hardware its own system does not know yet, so no server so far. */
export type Row = { server: InventoryServer } | { rejected: RejectedRow } | { unsized: true };

/** Reads one row; what is wrong with it is told in words, without the row's content beside its name. */
export function readRow(shape: z.ZodType<InventoryServer>, raw: unknown, nameKeys: readonly string[]): Row {
  const parsed = shape.safeParse(raw, { error: wrongType });
  if (parsed.success) return { server: parsed.data };
  const reasons = parsed.error.issues.map(({ path, message }) => [...path, message].join(': '));
  return { rejected: { name: nameIn(raw, nameKeys), reason: reasons.join('; ').slice(0, 300) } };
}

/** Says of the wrong type what zod says to programmers; the rest has words of its own. */
const wrongType: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'invalid_type') return undefined;
  return issue.input === undefined || issue.input === null ? 'is missing' : `must be of type ${issue.expected}`;
};

function nameIn(raw: unknown, keys: readonly string[]): string | null {
  const row = z.record(z.string(), z.unknown()).safeParse(raw).data ?? {};
  const names = keys.map((key) => serverName.safeParse(row[key]));
  return names.find((name) => name.success)?.data ?? null;
}

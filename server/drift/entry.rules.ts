import { z } from 'zod';
import { id, performanceTier, site } from '../platform/schema.ts';
import { projectName, slaType } from '../projects/projects.schema.ts';
import type { NamespaceEntry } from '../provisioning/values-file.rules.ts';
import type { KnownProject } from './drift.rules.ts';
import type { Facts } from './drift.schema.ts';

/** What the values file should say of a project. */
export const entryOf = ({ teamId, name, site, sla, tier, cpu, ramGb }: KnownProject): NamespaceEntry => ({
  team_id: teamId,
  project: name,
  site,
  sla,
  tier,
  cpu,
  ram_gb: ramGb,
});

const amount = z.int().positive();
const entryShape = z.object({
  team_id: id,
  project: projectName,
  site,
  sla: slaType,
  tier: performanceTier,
  cpu: amount,
  ram_gb: amount,
});

/** An entry of the values file as InfraHub would have written it; undefined when it is somebody else's. */
export const ourEntry = (entry: unknown): NamespaceEntry | undefined =>
  entryShape.safeParse(Object.fromEntries(fieldsOf(entry))).data;

const fieldsOf = (entry: unknown): ReadonlyMap<string, unknown> => (entry instanceof Map ? entry : new Map());

/** The fields in which an entry is not what it should be. What others have added to it is nobody's business. */
export function differencesOf(should: NamespaceEntry, entry: unknown): { expected: Facts; found: Facts } {
  const is = fieldsOf(entry);
  const wrong = Object.entries(should).filter(([key, value]) => is.get(key) !== value);
  return {
    expected: Object.fromEntries(wrong),
    found: Object.fromEntries(wrong.map(([key]) => [key, asFact(is.get(key))])),
  };
}

function asFact(value: unknown): string | number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return typeof value === 'object' ? 'something else' : printable(String(value));
}

/** Text of a file that anybody may have written, as a page, a log and the database can hold it. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cs}]/gu, '\u{FFFD}').slice(0, 200);

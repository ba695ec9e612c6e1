import { z } from 'zod';
import { id, timestamp } from '../platform/schema.ts';

export const findingKind = z.enum([
  'entry_without_project',
  'project_without_entry',
  'entry_differs',
  'namespace_missing',
  'namespace_unexpected',
  'quota_counter',
]);
export type FindingKind = z.infer<typeof findingKind>;

export const mendAction = z.enum(['write_entry', 'remove_entry', 'sync', 'prune', 'recount']);
export type MendAction = z.infer<typeof mendAction>;

const facts = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export type Facts = z.infer<typeof facts>;

/** One thing about which the database, the values file and Argo CD disagree. */
export const difference = z.object({
  id: z.string().describe('The same in every check for as long as the difference is there'),
  kind: findingKind,
  project_id: id.nullable(),
  team_id: id.nullable().describe('The team of the project or of the counter'),
  namespace_name: z.string().nullable(),
  site: z.string().nullable(),
  values_file: z.string().nullable().describe('Path in the Git repository'),
  application: z.string().nullable().describe('Argo CD’s application'),
  message: z.string().describe('What differs, in plain words'),
  expected: facts.nullable(),
  found: facts.nullable(),
  mend: z
    .object({ action: mendAction, label: z.string() })
    .nullable()
    .describe('What InfraHub can do about it when asked; null: somebody has to look'),
});
export type Difference = z.infer<typeof difference>;

/** A difference as a check keeps it. */
export const finding = difference.extend({ since: timestamp.describe('The first check that found it') });

/** Something that could not be read, so that nothing is said about it. */
export const unreadable = z
  .object({
    source: z.enum(['git', 'values_file', 'argocd']),
    name: z.string().describe('Path of the values file, or name of the application'),
    reason: z.string(),
  })
  .meta({ id: 'Unreadable' });
export type Unreadable = z.infer<typeof unreadable>;

const mending = z.object({
  requested_by: z.string(),
  requested_at: timestamp,
  done: z.boolean().describe('Everything is done; the next check tells whether it helped'),
  waiting: z.string().nullable().describe('What keeps it from going on; it is tried again'),
});
export type Mending = z.infer<typeof mending>;

export const driftReport = z
  .object({
    checked_at: timestamp.nullable().describe('When the last check began; null before the first'),
    age_seconds: z.number().int().nullable(),
    total: z.number().int().describe('Differences found; more than are listed if there are very many'),
    since: timestamp.nullable().describe('The first check that found the oldest of them'),
    findings: z.array(finding.extend({ mending: mending.nullable().describe('null: nobody has asked') })),
    unreadable: z.array(unreadable),
  })
  .meta({ id: 'DriftReport' });
export type DriftReport = z.infer<typeof driftReport>;

export const mendInput = z
  .strictObject({
    finding_id: z.string().min(1).max(500).optional(),
    kind: findingKind.optional(),
    namespace_name: z.string().min(1).max(63).optional(),
  })
  .refine(
    (input) => (input.finding_id === undefined) === (input.kind !== undefined && input.namespace_name !== undefined),
    'Name the finding by `finding_id`, or by `kind` and `namespace_name`.',
  );
export type MendInput = z.infer<typeof mendInput>;

export const mendOutput = difference.extend({ mending }).meta({ id: 'MendedFinding' });
export type MendOutput = z.infer<typeof mendOutput>;

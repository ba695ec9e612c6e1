import { z } from 'zod';

const namespaces = z.array(z.string()).default([]);

/** How the Argo CD stand-in behaves. Everything is off by default. */
export const argoCdBehaviour = z.strictObject({
  delay_ms: z.number().int().min(0).default(0).describe('Every answer comes this much later.'),
  hang: z.boolean().default(false).describe('No answer comes.'),
  status: z
    .number()
    .int()
    .min(400)
    .max(599)
    .nullable()
    .default(null)
    .describe('Every answer is an error of this status.'),
  garbage: z
    .enum(['html', 'truncated', 'wrong_shape'])
    .nullable()
    .default(null)
    .describe('Answers are a web page, JSON cut in the middle, or JSON of another shape.'),
  no_application: z.boolean().default(false).describe('There is no application, whatever its name.'),
  read_only: z.boolean().default(false).describe('The token may look at applications, and not sync them.'),
  busy_times: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('So many syncs are refused because another operation is in progress.'),
  auto_sync_error: z.boolean().default(false).describe('Syncs are refused because auto-sync is set to the branch.'),
  sync_window: z.boolean().default(false).describe('Syncs are refused by a sync window.'),
  auto_sync: z.boolean().default(false).describe('What a refresh finds out of sync is synced without being asked.'),
  stale: z
    .boolean()
    .default(false)
    .describe('Keeps reporting what it last compared, as Synced and Healthy, whatever has been pushed since.'),
  drop_namespace: namespaces.describe(
    'These are left out of the resources of an application that is Synced and Healthy.',
  ),
  missing: namespaces.describe(
    'These are listed as Missing, and the application is Healthy all the same (Argo CD 3.4).',
  ),
  degraded: namespaces.describe('These are Degraded, and so is the application.'),
  sync_failed: z.record(z.string(), z.string()).default({}).describe('Namespace → message with which its sync fails.'),
  never_prune: z.boolean().default(false).describe('Namespaces without an entry stay.'),
});
export type ArgoCdBehaviour = z.infer<typeof argoCdBehaviour>;

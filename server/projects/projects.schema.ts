import { z } from 'zod';
import { amounts, id, pageInput, pageOf, performanceTier, searchText, site, timestamp } from '../platform/schema.ts';

export const slaType = z.enum(['bronze', 'silver', 'gold']).meta({ id: 'SlaType' });
export type SlaType = z.infer<typeof slaType>;

export const projectStatus = z
  .enum(['provisioning', 'active', 'updating', 'rolling_back', 'failed', 'decommissioning', 'decommissioned'])
  .meta({ id: 'ProjectStatus' });
export type ProjectStatus = z.infer<typeof projectStatus>;

export const projectName = z
  .string()
  .min(1, 'Give it a name')
  .max(63, 'At most 63 characters')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'Lower-case letters, digits and single hyphens, such as vision-api');

export const createProject = z
  .strictObject({
    team_id: id,
    name: projectName,
    site,
    sla_type: slaType,
    performance_tier: performanceTier,
  })
  .meta({ id: 'NewProject' });
export type CreateProject = z.infer<typeof createProject>;

export const project = z
  .object({
    id,
    team_id: id,
    team_name: z.string(),
    name: z.string(),
    namespace_name: z.string().describe('The Kubernetes namespace'),
    site: z.string(),
    sla_type: slaType,
    performance_tier: performanceTier,
    cpu: z
      .number()
      .int()
      .describe('Cores; held of the team’s quota unless the project is `failed` or `decommissioned`')
      .meta({ example: 2 }),
    ram_gb: z
      .number()
      .int()
      .describe('GiB; held of the team’s quota unless the project is `failed` or `decommissioned`')
      .meta({ example: 4 }),
    status: projectStatus,
    status_reason: z.string().nullable().describe('Why it is where it is, and what comes next'),
    commit_sha: z.string().nullable().describe('The last commit that changed its entry'),
    argocd_url: z.string().nullable().describe('Its application in Argo CD'),
    created_by: z.string(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Project' });
export type Project = z.infer<typeof project>;

export const listProjects = z.strictObject({
  ...pageInput,
  sort: z.enum(['created_at', 'name', 'updated_at']).default('created_at'),
  team_id: id.optional(),
  department_id: id.optional(),
  field_id: id.optional(),
  site: site.optional(),
  status: projectStatus.optional(),
  decommissioned: z.boolean().optional().describe('false leaves out those that are decommissioned, true all others'),
  sla_type: slaType.optional(),
  performance_tier: performanceTier.optional(),
  text: searchText.optional().describe('Part of the name or the namespace'),
});
export type ListProjects = z.infer<typeof listProjects>;
export const projectPage = pageOf(project);

/** One resource of the team's quota, before and after. */
const effect = z.object({
  limit: z.number().int(),
  used_before: z.number().int(),
  used_after: z.number().int(),
  free_after: z.number().int().describe('Negative: this much is missing'),
});

export const planOutput = z
  .object({
    namespace_name: z.string(),
    cost: amounts,
    quota: z.object({ cpu: effect, ram_gb: effect }),
    allowed: z.boolean(),
    refusal: z
      .object({ code: z.enum(['QUOTA_EXCEEDED', 'CONFLICT']), message: z.string() })
      .nullable()
      .describe('Why create would be refused; null if it would not'),
  })
  .meta({ id: 'ProjectPlan' });

export const resizeProject = z.strictObject({ id, sla_type: slaType, performance_tier: performanceTier });
export type ResizeProject = z.infer<typeof resizeProject>;

const size = z.object({
  sla_type: slaType,
  performance_tier: performanceTier,
  cpu: z.number().int().describe('Cores').meta({ example: 2 }),
  ram_gb: z.number().int().describe('GiB').meta({ example: 4 }),
});

export const planResizeOutput = z
  .object({
    before: size,
    after: size,
    quota: z.object({ cpu: effect, ram_gb: effect }).describe('The team’s quota, once the resize is done'),
    allowed: z.boolean(),
    refusal: z
      .object({ code: z.enum(['QUOTA_EXCEEDED', 'INVALID_STATE']), message: z.string() })
      .nullable()
      .describe('Why resize would be refused; null if it would not'),
  })
  .meta({ id: 'ResizePlan' });

/**
 * What a timeline tells. `reserved`, `resizing`, `decommissioning`: asked for · `committed`, `removed`: written to Git ·
 * `syncing`, `waiting`: on its way · `healthy`, `resized`, `decommissioned`: done · `failing`: it did not work, and is being
 * undone · `failed` (provisioning), `restored` (a resize): undone.
 */
export const eventKind = z.enum([
  'reserved',
  'resizing',
  'decommissioning',
  'committed',
  'removed',
  'syncing',
  'waiting',
  'healthy',
  'resized',
  'failing',
  'failed',
  'restored',
  'decommissioned',
]);
export type EventKind = z.infer<typeof eventKind>;

export const projectEvent = z
  .object({
    id,
    seq: z.number().int().describe('Order of the timeline'),
    kind: eventKind,
    message: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    at: timestamp,
  })
  .meta({ id: 'ProjectEvent' });
export type ProjectEvent = z.infer<typeof projectEvent>;
export const timeline = z
  .object({ project_id: id, status: projectStatus, items: z.array(projectEvent) })
  .meta({ id: 'ProjectTimeline' });

export const watchProject = z.strictObject({
  id,
  lastEventId: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .describe('The last event seen, to go on after it; set by tRPC'),
});
/** One event of a project, with the project as it was when it was told. */
export type WatchItem = { event: ProjectEvent; project: Project };

import { randomUUID } from 'node:crypto';
import { desc, eq, sql } from 'drizzle-orm';
import { projectOperations, projects, quotaLedger, teamQuotaAllocations } from '../../db/schema/index.ts';
import { createArgoCd } from '../../server/adapters/argocd/argocd.adapter.ts';
import type { ArgoCd } from '../../server/adapters/argocd/argocd.port.ts';
import { createValuesRepository } from '../../server/adapters/git/git.adapter.ts';
import type { ValuesRepository } from '../../server/adapters/git/values-repository.port.ts';
import { startArgoCd } from '../../server/demo/argocd.ts';
import { createLive } from '../../server/platform/live.ts';
import { createLog } from '../../server/platform/log.ts';
import type { CreateProject } from '../../server/projects/projects.schema.ts';
import { createProjectsService } from '../../server/projects/projects.service.ts';
import { WATCH_TASK, WRITE_TASK } from '../../server/provisioning/provisioning.jobs.ts';
import { createProvisioning } from '../../server/provisioning/provisioning.service.ts';
import { freshDatabase } from '../support/database.ts';
import { createTestRepository, gitSettings } from '../support/git-server.ts';
import { adminOf } from './caller.ts';
import { newBranch, quotaServices } from './quotas.ts';

const log = createLog('silent');

/** What a team lead sends to create a project. */
export const newProject = (teamId: string, over: Partial<CreateProject> = {}): CreateProject => ({
  team_id: teamId,
  name: `p-${randomUUID().slice(0, 8)}`,
  site: 'haifa',
  sla_type: 'bronze',
  performance_tier: 'regular',
  ...over,
});

/** The projects room over a database of its own, with one team that has this much quota at Haifa. */
export async function projectsRoom(
  quota = { cpu: 1000, ramGb: 4000 },
  link = (site: string) => `https://argo/${site}`,
) {
  const database = await freshDatabase();
  const { db } = database;
  const live = createLive({ url: database.url, log });
  const { quotas } = quotaServices(db);
  const branch = await newBranch(db, { capacity: quota, department: quota, team: quota });
  return {
    database,
    db,
    live,
    quotas,
    ...branch,
    lead: adminOf('team_lead', branch.team.id),
    projects: createProjectsService({ db, quotas, links: { argocd: link }, live }),
    drop: async () => {
      await live.stop();
      await database.drop();
    },
  };
}

export type ProjectsRoom = Awaited<ReturnType<typeof projectsRoom>>;

const SETTINGS = {
  HELM_VALUES_PATH: 'values.yaml',
  ARGOCD_APP_NAME: 'tenants',
  PROVISION_POLL_SECONDS: 10,
  PROVISION_TIMEOUT_SECONDS: 300,
  GIT_TIMEOUT_SECONDS: 20,
};
/** How long the stand-in's cluster takes for a step; its clock moves only when a test says so. */
const STEP_MS = 1000;

/** The whole road: the room, a real Git repository and the Argo CD stand-in, each step run by hand. */
export async function provisioningWorld(over: Partial<typeof SETTINGS> = {}) {
  const room = await projectsRoom();
  const remote = await createTestRepository();
  const settings = { ...SETTINGS, ...over };
  const repository = createValuesRepository(gitSettings(remote.folder, { GIT_TOKEN: undefined }), log);
  let now = Date.now();
  const cluster = await startArgoCd({
    repository: remote.folder,
    branch: 'main',
    valuesPath: settings.HELM_VALUES_PATH,
    application: settings.ARGOCD_APP_NAME,
    token: 'token',
    reconcileMs: STEP_MS,
    clock: { now: () => new Date(now) },
  });
  const argocd = createArgoCd({ ARGOCD_URL: cluster.url, ARGOCD_TOKEN: 'token', ARGOCD_TIMEOUT_SECONDS: 2 });
  const replica = (git: ValuesRepository = repository, argo: ArgoCd = argocd) =>
    createProvisioning({ db: room.db, quotas: room.quotas, repository: git, argocd: argo, settings, log });
  const provisioning = replica();
  const run = (task: string, payload = {}) => provisioning.handlers[task]?.({ request_id: randomUUID(), ...payload });

  return {
    ...room,
    remote,
    repository,
    cluster,
    argocd,
    settings,
    provisioning,
    /** Another replica over the same database, perhaps with a repository or an Argo CD that behaves otherwise. */
    replica,
    write: () => run(WRITE_TASK),
    watch: (application = 'tenants') => run(WATCH_TASK, { application }),
    /** The cluster has had time for one step. */
    pass: () => {
      now += STEP_MS;
    },
    create: (over: Partial<CreateProject> = {}) => room.projects.create(room.lead, newProject(room.team.id, over)),
    get: (id: string) => room.projects.get(room.lead, id),
    timeline: async (id: string) => (await room.projects.timeline(room.lead, id)).items.map((event) => event.kind),
    operationOf: (id: string) => operationOf(room, id),
    drop: async () => {
      await cluster.stop();
      await repository.close();
      await remote.remove();
      await room.drop();
    },
  };
}

export type ProvisioningWorld = Awaited<ReturnType<typeof provisioningWorld>>;

/** The newest operation on a project. */
async function operationOf({ db }: ProjectsRoom, projectId: string) {
  const [operation] = await db
    .select()
    .from(projectOperations)
    .where(eq(projectOperations.projectId, projectId))
    .orderBy(desc(projectOperations.createdAt))
    .limit(1);
  if (!operation) throw new Error('the project has no operation');
  return operation;
}

/** A project that is active. */
export async function activeProject(world: ProvisioningWorld, over: Partial<CreateProject> = {}) {
  const { id } = await world.create(over);
  await throughTheCluster(world);
  return world.get(id);
}

/** A project that has failed and is cleaned up. */
export async function failedProject(world: ProvisioningWorld, over: Partial<CreateProject> = {}) {
  const { id, namespace_name } = await world.create(over);
  world.cluster.behave({ degraded: [namespace_name] });
  await throughTheCluster(world);
  world.cluster.behave({ degraded: [] });
  await throughTheCluster(world);
  return world.get(id);
}

/** What waits is written, Argo CD is asked, and it has had time to bring namespaces up or down. */
export async function throughTheCluster(world: Pick<ProvisioningWorld, 'write' | 'watch' | 'pass'>): Promise<void> {
  await world.write();
  await world.watch();
  for (let step = 0; step < 2; step++) {
    world.pass();
    await world.watch();
  }
}

/** As if everything that was asked of Argo CD had been asked this much earlier. */
export const minutesPass = ({ db }: Pick<ProvisioningWorld, 'db'>, minutes: number) =>
  db.execute(sql`update project_operations set
    asked_at = asked_at - make_interval(mins => ${minutes}), waiting_since = waiting_since - make_interval(mins => ${minutes})`);

/** What a team uses according to its counter, its ledger and its projects: three ways that must agree. */
export async function usageOfTeam({ db, team }: Pick<ProjectsRoom, 'db' | 'team'>) {
  const [counter] = await db
    .select({ cpu: teamQuotaAllocations.cpuUsed, ram: teamQuotaAllocations.ramGbUsed })
    .from(teamQuotaAllocations)
    .where(eq(teamQuotaAllocations.teamId, team.id));
  const sums = { cpu: sql`coalesce(sum(cpu), 0)`.mapWith(Number), ram: sql`coalesce(sum(ram_gb), 0)`.mapWith(Number) };
  const [ledger] = await db.select(sums).from(quotaLedger);
  const [held] = await db
    .select(sums)
    .from(projects)
    .where(sql`team_id = ${team.id} and status not in ('failed', 'decommissioned')`);
  return { counter, ledger, held };
}

export const using = (cpu: number, ram: number) => ({
  counter: { cpu, ram },
  ledger: { cpu, ram },
  held: { cpu, ram },
});

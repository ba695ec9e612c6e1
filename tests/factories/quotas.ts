import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { departmentQuotaAllocations, projects, teamQuotaAllocations } from '../../db/schema/index.ts';
import { createAllocationsService } from '../../server/allocations/allocations.service.ts';
import type { Db, Executor } from '../../server/platform/database.ts';
import { createQuotasService, type QuotasService, type UsageChange } from '../../server/quotas/quotas.service.ts';
import { newDepartment, newField, newServer, newTeam } from './org.ts';

/** The two rooms over one database, as the composition root joins them. */
export function quotaServices(db: Db) {
  const allocations = createAllocationsService({ db });
  return { allocations, quotas: createQuotasService({ db, allocations }) };
}

export type Size = { cpu: number; ramGb: number };

type BranchSizes = { capacity: Size; department?: Size; team?: Size; site?: string };

/** A field with one online server of this capacity, a department and a team, with the limits that are named. */
export async function newBranch(db: Db, { capacity, department, team, site = 'haifa' }: BranchSizes) {
  const field = await newField(db);
  const server = await newServer(db, { fieldId: field.id, site, ...capacity });
  const dept = await newDepartment(db, { fieldId: field.id });
  const squad = await newTeam(db, { departmentId: dept.id });
  if (department) await newDepartmentQuota(db, dept.id, department, site);
  if (team) await newTeamQuota(db, squad.id, team, site);
  return { field, server, department: dept, team: squad, site };
}

export async function newDepartmentQuota(db: Db, departmentId: string, { cpu, ramGb }: Size, site = 'haifa') {
  await db.insert(departmentQuotaAllocations).values({ departmentId, site, cpuLimit: cpu, ramGbLimit: ramGb });
}

export async function newTeamQuota(db: Db, teamId: string, { cpu, ramGb }: Size, site = 'haifa') {
  await db.insert(teamQuotaAllocations).values({ teamId, site, cpuLimit: cpu, ramGbLimit: ramGb });
}

/** A change of usage by an operation and a project of its own. */
export const usageOf = (teamId: string, over: Partial<UsageChange> = {}): UsageChange => ({
  teamId,
  site: 'haifa',
  projectId: randomUUID(),
  operationId: randomUUID(),
  kind: 'reserve',
  cpu: 1,
  ramGb: 1,
  ...over,
});

/** The row of a project that holds what it is said to, without its ledger. */
export async function newProjectRow(db: Executor, teamId: string, over: Partial<typeof projects.$inferInsert> = {}) {
  const id = over.id ?? randomUUID();
  await db.insert(projects).values({
    id,
    teamId,
    name: `p-${id.slice(0, 8)}`,
    namespaceName: `ns-${id}`,
    site: 'haifa',
    slaType: 'bronze',
    performanceTier: 'regular',
    cpu: 2,
    ramGb: 4,
    status: 'active',
    createdBy: 'test',
    ...over,
  });
  return id;
}

/** Takes usage for a new project, as creating one does: ledger, counter and project in one transaction. */
export async function reserve(db: Db, quotas: QuotasService, teamId: string, size: Size): Promise<UsageChange> {
  const change = usageOf(teamId, size);
  await db.transaction(async (tx) => {
    await quotas.changeUsage(tx, change);
    await newProjectRow(tx, teamId, { id: change.projectId, ...size, status: 'provisioning' });
  });
  return change;
}

/** Gives back what `reserve` took, as a failed project does. */
export async function releaseAgain(db: Db, quotas: QuotasService, taken: UsageChange): Promise<void> {
  await db.transaction(async (tx) => {
    await quotas.changeUsage(tx, { ...taken, kind: 'release', cpu: -taken.cpu, ramGb: -taken.ramGb });
    await tx.update(projects).set({ status: 'failed' }).where(eq(projects.id, taken.projectId));
  });
}

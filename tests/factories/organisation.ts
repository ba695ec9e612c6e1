import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { projectEvents, projects } from '../../db/schema/index.ts';
import { recordAudit } from '../../server/audit/audit.repository.ts';
import type { Db } from '../../server/platform/database.ts';
import type { Place } from '../../server/platform/policy.ts';
import { newCenter, newDepartment, newField, newServer, newTeam } from './org.ts';
import { newDepartmentQuota, newTeamQuota, quotaServices, reserve } from './quotas.ts';

const SIZE = { cpu: 400, ramGb: 1600 };
const HALF = { cpu: 200, ramGb: 800 };
const QUARTER = { cpu: 100, ramGb: 400 };

/**
 * Two centers: `c1` of the fields `f1` (departments `d1` of the teams `t1` and `t2`, `d2` of `t3`) and `f2` (`d3` of `t4`),
 * `c2` of `f3`. Every field has a server and `s0` is free; every team has quota and an active project `p1` … `p4`; each
 * node below the centers has one audit event that is named like it.
 */
export async function newOrganisation(db: Db) {
  const { quotas } = quotaServices(db);

  async function event(name: string, place: Place): Promise<void> {
    const entry = { action: 'test.happened', target: { type: 'test', id: randomUUID(), name }, place };
    await db.transaction((tx) => recordAudit(tx, { sub: 'test', requestId: randomUUID() }, entry));
  }

  async function field(name: string, centerId: string) {
    const made = await newField(db, { name, centerId });
    const server = await newServer(db, { name: `s-${name}`, fieldId: made.id, ...SIZE });
    await event(name, { fieldId: made.id });
    return { id: made.id, server: server.id };
  }

  async function department(name: string, fieldId: string) {
    const made = await newDepartment(db, { name, fieldId });
    await newDepartmentQuota(db, made.id, HALF);
    await event(name, { fieldId, departmentId: made.id });
    return { id: made.id, fieldId };
  }

  async function team(name: string, { id: departmentId, fieldId }: { id: string; fieldId: string }) {
    const { id } = await newTeam(db, { name, departmentId });
    await newTeamQuota(db, id, QUARTER);
    const { projectId } = await reserve(db, quotas, id, { cpu: 2, ramGb: 4 });
    await db.update(projects).set({ status: 'active' }).where(eq(projects.id, projectId));
    await db.insert(projectEvents).values({ projectId, kind: 'healthy', message: 'Ready', requestId: randomUUID() });
    await event(name, { fieldId, departmentId, teamId: id });
    return { id, project: projectId };
  }

  const [c1, c2] = [await newCenter(db, { name: 'c1' }), await newCenter(db, { name: 'c2' })];
  const [f1, f2, f3] = [await field('f1', c1.id), await field('f2', c1.id), await field('f3', c2.id)];
  const [d1, d2, d3] = [await department('d1', f1.id), await department('d2', f1.id), await department('d3', f2.id)];
  const [t1, t2] = [await team('t1', d1), await team('t2', d1)];
  const [t3, t4] = [await team('t3', d2), await team('t4', d3)];
  const s0 = await newServer(db, { name: 's0', ...SIZE });
  return { c1: c1.id, c2: c2.id, f1, f2, f3, d1: d1.id, d2: d2.id, d3: d3.id, t1, t2, t3, t4, s0: s0.id };
}

export type Organisation = Awaited<ReturnType<typeof newOrganisation>>;

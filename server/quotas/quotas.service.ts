import type { z } from 'zod';
import { type FieldBudget, freeOf, type Resources } from '../allocations/allocations.rules.ts';
import type { AllocationsService } from '../allocations/allocations.service.ts';
import { type AuditEntry, recordAudit } from '../audit/audit.repository.ts';
import { enterDepartment, enterTeam } from '../org/enter.ts';
import type { DepartmentPlace, TeamPlace } from '../org/place.repository.ts';
import { type Db, inTransaction, sqlState, type Tx } from '../platform/database.ts';
import { NotFoundError, QuotaExceededError } from '../platform/errors.ts';
import type { Caller } from '../platform/policy.ts';
import { createPlanService } from './plan.service.ts';
import {
  type DepartmentBudget,
  ensureDepartmentQuota,
  ensureTeamQuota,
  findDepartmentBudget,
  findTeamBudget,
  listDepartmentBudgets,
  listTeamBudgets,
  lockDepartmentBudget,
  lockTeamBudget,
  setDepartmentLimit,
  setTeamLimit,
  type TeamBudget,
} from './quotas.repository.ts';
import { type Budget, leftOf, limitOf, NO_BUDGET } from './quotas.rules.ts';
import type { departmentQuota, departmentQuotaList, SetQuota, teamQuota, teamQuotaList } from './quotas.schema.ts';
import { judgeDepartmentLimit, judgeTeamLimit, type Refusal } from './refusals.rules.ts';
import { createUsageService } from './usage.service.ts';

export type { UsageChange } from './ledger.repository.ts';

/** The quotas of departments and teams, in cores and GiB: how much each may hold at a site, and how much it does. */
export function createQuotasService({ db, allocations }: { db: Db; allocations: AllocationsService }) {
  return {
    ...createUsageService({ db }),
    ...createPlanService({ db, allocations }),

    /**
     * Sets a department's limit at a site, carved out of what its field has online there. A quota of 0 is none.
     * @throws QuotaExceededError when the field has too little or a deficit, or when the teams hold more than that.
     */
    async setDepartment(caller: Caller, input: SetQuota): Promise<z.output<typeof departmentQuota>> {
      const { site } = input;
      const to = limitOf(input);
      return inTransaction(db, async (tx) => {
        const place = await enterDepartment(tx, caller, 'department_quotas.set', input.id);
        await allocations.enterSite(tx, site);
        const field = await allocations.lockFieldBudget(tx, place.fieldId, site);
        if (isNothing(to) && !(await findDepartmentBudget(tx, place.departmentId, site))) {
          return departmentOnWire(place, { ...NO_BUDGET, id: null, site }, field);
        }
        await ensureDepartmentQuota(tx, place.departmentId, site);
        const from = await lockDepartmentBudget(tx, place.departmentId, site);
        if (!from) throw new NotFoundError('department', input.id);
        throwIfRefused(judgeDepartmentLimit({ ...place, site }, { from, to, field }));
        await setDepartmentLimit(tx, from.id, to);
        const target = { type: 'department', id: place.departmentId, name: place.departmentName };
        await recordLimit(tx, caller, { action: 'department_quota.set', target, place, site, from: from.limit, to });
        const granted = replaced(field.granted, from.limit, to);
        return departmentOnWire(place, { ...from, limit: to }, { ...field, granted });
      }).catch(whenGone('department', input.id));
    },

    /** A department's quota at each site, what its teams hold of it, and what the field can still give. */
    async listDepartment(caller: Caller, id: string): Promise<z.output<typeof departmentQuotaList>> {
      const place = await enterDepartment(db, caller, 'quotas.read', id);
      const [quotas, fieldBudgets] = await Promise.all([
        listDepartmentBudgets(db, place.departmentId),
        allocations.fieldBudgets(db, place.fieldId),
      ]);
      const fieldAt = (site: string) => fieldBudgets.find((budget) => budget.site === site);
      return { items: quotas.map((quota) => departmentOnWire(place, quota, fieldAt(quota.site))) };
    },

    /**
     * Sets a team's limit at a site, carved out of its department's. A quota of 0 is none.
     * @throws QuotaExceededError when the department has too little, the field has a deficit, or projects hold more.
     */
    async setTeam(caller: Caller, input: SetQuota): Promise<z.output<typeof teamQuota>> {
      const { site } = input;
      const to = limitOf(input);
      return inTransaction(db, async (tx) => {
        const place = await enterTeam(tx, caller, 'team_quotas.set', input.id);
        await allocations.enterSite(tx, site);
        const department = (await lockDepartmentBudget(tx, place.departmentId, site)) ?? NO_BUDGET;
        if (isNothing(to) && !(await findTeamBudget(tx, place.teamId, site))) {
          return teamOnWire(place, { ...NO_BUDGET, id: null, site }, department);
        }
        await ensureTeamQuota(tx, place.teamId, site);
        const from = await lockTeamBudget(tx, place.teamId, site);
        if (!from) throw new NotFoundError('team', input.id);
        // Without a lock: only a sync makes a deficit, and its facts wait for nobody.
        const field = await allocations.fieldBudget(tx, place.fieldId, site);
        throwIfRefused(judgeTeamLimit({ ...place, site }, { from, to, department, field }));
        await setTeamLimit(tx, from.id, to);
        const target = { type: 'team', id: place.teamId, name: place.teamName };
        await recordLimit(tx, caller, { action: 'team_quota.set', target, place, site, from: from.limit, to });
        const held = replaced(department.held, from.limit, to);
        return teamOnWire(place, { ...from, limit: to }, { ...department, held });
      }).catch(whenGone('team', input.id));
    },

    /** A team's quota and usage at each site, and what its department can still give. */
    async listTeam(caller: Caller, id: string): Promise<z.output<typeof teamQuotaList>> {
      const place = await enterTeam(db, caller, 'quotas.read', id);
      const quotas = await listTeamBudgets(db, place.departmentId, place.teamId);
      return {
        items: quotas.map((quota) => teamOnWire(place, quota, { limit: quota.parentLimit, held: quota.parentHeld })),
      };
    },
  };
}

export type QuotasService = ReturnType<typeof createQuotasService>;

const isNothing = ({ cpu, ramGb }: Resources): boolean => cpu === 0 && ramGb === 0;

/** A sum after one of its parts became another. */
const replaced = (sum: Resources, from: Resources, to: Resources): Resources => ({
  cpu: sum.cpu - from.cpu + to.cpu,
  ramGb: sum.ramGb - from.ramGb + to.ramGb,
});

function throwIfRefused(refusal: Refusal | undefined): void {
  if (refusal) throw new QuotaExceededError(refusal.message, refusal.shortages);
}

/** Somebody deleted the node between our look at it and the write: the foreign key refuses. */
const whenGone = (what: string, id: string) => (error: unknown) => {
  throw sqlState(error) === '23503' ? new NotFoundError(what, id) : error;
};

type LimitRecord = Pick<AuditEntry, 'action' | 'target' | 'place'> & { site: string; from: Resources; to: Resources };

async function recordLimit(tx: Tx, caller: Caller, { site, from, to, ...entry }: LimitRecord): Promise<void> {
  const limits = ({ cpu, ramGb }: Resources) => ({ site, cpu_limit: cpu, ram_gb_limit: ramGb });
  await recordAudit(tx, caller, { ...entry, before: limits(from), after: limits(to) });
}

/** Where there is no quota, its id is null. */
type OnWire<Quota> = Omit<Quota, 'id'> & { id: string | null };

function departmentOnWire(place: DepartmentPlace, quota: OnWire<DepartmentBudget>, field: FieldBudget | undefined) {
  const free = field ? freeOf(field) : { cpu: 0, ramGb: 0 };
  return {
    id: quota.id,
    department_id: place.departmentId,
    site: quota.site,
    cpu_limit: quota.limit.cpu,
    ram_gb_limit: quota.limit.ramGb,
    cpu_granted: quota.held.cpu,
    ram_gb_granted: quota.held.ramGb,
    cpu_parent_free: free.cpu,
    ram_gb_parent_free: free.ramGb,
  };
}

function teamOnWire(place: TeamPlace, quota: OnWire<TeamBudget>, department: Budget) {
  const free = leftOf(department);
  return {
    id: quota.id,
    team_id: place.teamId,
    site: quota.site,
    cpu_limit: quota.limit.cpu,
    ram_gb_limit: quota.limit.ramGb,
    cpu_used: quota.held.cpu,
    ram_gb_used: quota.held.ramGb,
    cpu_parent_free: free.cpu,
    ram_gb_parent_free: free.ramGb,
  };
}

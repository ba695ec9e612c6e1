import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Size } from '../../db/schema/index.ts';
import { recordAudit } from '../audit/audit.repository.ts';
import { type Db, type Executor, inTransaction, type Tx } from '../platform/database.ts';
import { type InvalidStateError, NotFoundError } from '../platform/errors.ts';
import { once } from '../platform/idempotency.ts';
import { authorize, type Caller, type Permission } from '../platform/policy.ts';
import { enqueueWrite } from '../provisioning/provisioning.jobs.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import {
  type Act,
  decommissioned,
  type Living,
  resized,
  resizeRefusal,
  retried,
  stateRefusal,
  type Turn,
} from './life.rules.ts';
import { findProject, insertEvents, insertOperation, lockProjects, setStates } from './projects.repository.ts';
import { sizeOf } from './projects.rules.ts';
import * as shape from './projects.schema.ts';

type Options = {
  db: Db;
  quotas: Pick<QuotasService, 'changeUsage' | 'lockUsage' | 'previewUsage'>;
  /** A project as the caller is shown it. */
  show(executor: Executor, caller: Caller, id: string): Promise<shape.Project>;
};

type Locked = Awaited<ReturnType<typeof lockProjects>>[number];
type Request = { act: Act; permission: Permission; input: { id: string }; key: string | undefined };

/** What can be asked of a project that exists: retry, resize, decommission. Git and Argo CD are not touched here. */
export function createLifeService({ db, quotas, show }: Options) {
  /** The project's team and site never change, so that they may be read before the locks: the quota, then the project. */
  async function enter(executor: Executor, caller: Caller, permission: Permission, id: string) {
    const found = await findProject(executor, id);
    if (!found) throw new NotFoundError('project', id);
    authorize(caller, permission, found.place);
    return found;
  }

  /** Does what `decide` makes of the project, once for each key, in one transaction. */
  async function ask(
    caller: Caller,
    { act, permission, input, key }: Request,
    decide: (project: Living) => Turn,
  ): Promise<shape.Project> {
    const { id } = input;
    const { place, project } = await enter(db, caller, permission, id);
    const request = { actor: caller.sub, procedure: `projects.${act}`, key, input, output: shape.project };
    return inTransaction(db, (tx) =>
      once(tx, request, async () => {
        await quotas.lockUsage(tx, place.teamId, project.site);
        const [locked] = await lockProjects(tx, [id]);
        if (!locked) throw new NotFoundError('project', id);
        await begin(tx, caller, act, locked, decide(locked));
        return show(tx, caller, id);
      }),
    );
  }

  async function begin(tx: Tx, caller: Caller, act: Act, project: Locked, turn: Turn): Promise<void> {
    const { requestId } = caller;
    const { id, name, place, site } = project;
    const operationId = randomUUID();
    const { cpu, ram_gb: ramGb } = turn.reserve;
    if (cpu > 0 || ramGb > 0) {
      const what = { teamId: place.teamId, site, projectId: id, operationId, cpu, ramGb };
      await quotas.changeUsage(tx, { ...what, kind: 'reserve' });
    }
    await setStates(tx, [{ id, status: turn.to, statusReason: turn.reason, size: turn.holds }]);
    await insertEvents(tx, [{ ...turn.event, projectId: id, requestId }]);
    await recordAudit(tx, caller, {
      action: `project.${act}`,
      target: { type: 'project', id, name },
      place,
      before: { status: project.status, ...onWire(project.size) },
      after: { status: turn.to, ...(turn.operation?.after && onWire(turn.operation.after)) },
    });
    if (!turn.operation) return;
    await insertOperation(tx, { id: operationId, projectId: id, requestId, ...turn.operation });
    await enqueueWrite(tx, requestId);
  }

  return {
    /**
     * Provisions a failed project again, in the same namespace.
     * @throws InvalidStateError, QuotaExceededError, NotFoundError, ForbiddenError
     */
    retry: (caller: Caller, id: string, key?: string): Promise<shape.Project> =>
      ask(caller, { act: 'retry', permission: 'projects.create', input: { id }, key }, (project) => {
        refuse(stateRefusal('retry', project));
        return retried(project);
      }),

    /**
     * Gives an active project another SLA type or tier; until Argo CD has confirmed it, it holds the larger of both.
     * @throws InvalidStateError, QuotaExceededError, NotFoundError, ForbiddenError
     */
    resize(caller: Caller, input: shape.ResizeProject, key?: string): Promise<shape.Project> {
      const after = sizeOf(input.sla_type, input.performance_tier);
      return ask(caller, { act: 'resize', permission: 'projects.create', input, key }, (project) => {
        refuse(resizeRefusal(project, after));
        return resized(project, after);
      });
    },

    /** What `resize` would do with the same input, or why it would refuse. Changes nothing and holds nothing. */
    async planResize(caller: Caller, input: shape.ResizeProject): Promise<z.output<typeof shape.planResizeOutput>> {
      const { project } = await enter(db, caller, 'projects.create', input.id);
      const { sla_type: sla, performance_tier: tier, cpu, ram_gb } = project;
      const [before, after] = [{ sla, tier, cpu, ram_gb }, sizeOf(input.sla_type, input.performance_tier)];
      const inState = resizeRefusal({ ...project, size: before }, after);
      const more = { cpu: after.cpu - cpu, ramGb: after.ram_gb - ram_gb };
      const { quota, refusal: short } = await quotas.previewUsage(db, {
        teamId: project.team_id,
        site: project.site,
        ...more,
      });
      const refusal = inState
        ? { code: 'INVALID_STATE' as const, message: inState.message }
        : short
          ? { code: 'QUOTA_EXCEEDED' as const, message: short.message }
          : null;
      return { before: onWire(before), after: onWire(after), quota, allowed: refusal === null, refusal };
    },

    /**
     * Removes a project's namespace for good. Its quota is given back when the namespace is gone, not before.
     * @throws InvalidStateError, NotFoundError, ForbiddenError
     */
    decommission: (caller: Caller, id: string, key?: string): Promise<shape.Project> =>
      ask(caller, { act: 'decommission', permission: 'projects.decommission', input: { id }, key }, (project) => {
        refuse(stateRefusal('decommission', project));
        return decommissioned(project);
      }),
  };
}

function refuse(refusal: InvalidStateError | undefined): void {
  if (refusal) throw refusal;
}

const onWire = ({ sla, tier, cpu, ram_gb }: Size) => ({ sla_type: sla, performance_tier: tier, cpu, ram_gb });

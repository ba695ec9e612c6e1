import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { recordAudit } from '../audit/audit.repository.ts';
import { findTeamPlace, type TeamPlace } from '../org/place.repository.ts';
import { type Db, type Executor, inTransaction, type Tx, violatedConstraint } from '../platform/database.ts';
import { ConflictError, NotFoundError } from '../platform/errors.ts';
import { once } from '../platform/idempotency.ts';
import type { Live } from '../platform/live.ts';
import { authorize, type Caller, scopeOf } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import { enqueueWrite } from '../provisioning/provisioning.jobs.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { reserved } from './life.rules.ts';
import { createLifeService } from './life.service.ts';
import {
  findProject,
  insertEvents,
  insertOperation,
  insertProject,
  isNameTaken,
  listEvents,
  listProjects,
} from './projects.repository.ts';
import { costOf, namespaceName, sizeOf } from './projects.rules.ts';
import * as shape from './projects.schema.ts';

type Options = {
  db: Db;
  quotas: Pick<QuotasService, 'changeUsage' | 'lockUsage' | 'previewUsage'>;
  links: {
    /** Where people see a site's application in Argo CD. */
    argocd(site: string): string;
  };
  live: Live;
};

/** How long a watcher may go on before it is asked again who it is. */
const RECHECK_MS = 10_000;

export function createProjectsService({ db, quotas, links, live }: Options) {
  const withLink = (project: Omit<shape.Project, 'argocd_url'>): shape.Project => ({
    ...project,
    argocd_url: links.argocd(project.site),
  });

  async function enter(executor: Executor, caller: Caller, id: string): Promise<shape.Project> {
    const found = await findProject(executor, id);
    if (!found) throw new NotFoundError('project', id);
    authorize(caller, 'projects.read', found.place);
    return withLink(found.project);
  }

  async function insert(tx: Tx, caller: Caller, place: TeamPlace, input: shape.CreateProject): Promise<shape.Project> {
    const [id, operationId] = [randomUUID(), randomUUID()];
    const { requestId } = caller;
    const size = sizeOf(input.sla_type, input.performance_tier);
    const { cpu, ram_gb: ramGb } = size;
    const { team_id: teamId, name, site, sla_type: slaType, performance_tier: performanceTier } = input;
    const what = { teamId, site, cpu, ramGb };
    await quotas.changeUsage(tx, { ...what, projectId: id, operationId, kind: 'reserve' });
    const namespace = namespaceName(teamId, name);
    const status = 'provisioning' as const;
    const row = {
      ...what,
      id,
      name,
      namespaceName: namespace,
      slaType,
      performanceTier,
      status,
      createdBy: caller.sub,
    };
    await insertProject(tx, row);
    await insertOperation(tx, { id: operationId, requestId, projectId: id, kind: 'provision', after: size });
    await insertEvents(tx, [{ ...reserved(size, site), projectId: id, requestId }]);
    await recordAudit(tx, caller, {
      action: 'project.create',
      target: { type: 'project', id, name },
      place,
      after: {
        site,
        namespace_name: namespace,
        sla_type: slaType,
        performance_tier: performanceTier,
        cpu,
        ram_gb: ramGb,
      },
    });
    await enqueueWrite(tx, requestId);
    return enter(tx, caller, id);
  }

  return {
    ...createLifeService({ db, quotas, show: enter }),

    /** The projects of the caller's part of the organisation. */
    async list(caller: Caller, filter: shape.ListProjects): Promise<Page<shape.Project>> {
      const { items, next_cursor } = await listProjects(db, scopeOf(caller, 'projects.read'), filter);
      return { items: items.map(withLink), next_cursor };
    },

    /** @throws NotFoundError, ForbiddenError */
    get: (caller: Caller, id: string): Promise<shape.Project> => enter(db, caller, id),

    /** Everything that happened to a project so far, oldest first. */
    async timeline(caller: Caller, id: string): Promise<z.output<typeof shape.timeline>> {
      const { status } = await enter(db, caller, id);
      return { project_id: id, status, items: await listEvents(db, id) };
    },

    /** What `create` would do with the same input, or why it would refuse. Changes nothing and holds nothing. */
    async plan(caller: Caller, input: shape.CreateProject): Promise<z.output<typeof shape.planOutput>> {
      await enterTeam(db, caller, input.team_id);
      const cost = costOf(input.sla_type, input.performance_tier);
      const question = { teamId: input.team_id, site: input.site, cpu: cost.cpu, ramGb: cost.ram_gb };
      const { quota, refusal: short } = await quotas.previewUsage(db, question);
      const namespace = namespaceName(input.team_id, input.name);
      const taken = await isNameTaken(db, input.team_id, input.name, namespace);
      const refusal = short
        ? { code: 'QUOTA_EXCEEDED' as const, message: short.message }
        : taken
          ? { code: 'CONFLICT' as const, message: nameTaken(input.name) }
          : null;
      return { namespace_name: namespace, cost, quota, allowed: refusal === null, refusal };
    },

    /**
     * Reserves the quota and hands the project to provisioning, in one transaction: afterwards there is all of it or
     * nothing. Git and Argo CD are not touched here.
     * @throws QuotaExceededError, ConflictError (name taken), NotFoundError (team), ForbiddenError
     */
    async create(caller: Caller, input: shape.CreateProject, key?: string): Promise<shape.Project> {
      const place = await enterTeam(db, caller, input.team_id);
      const request = { actor: caller.sub, procedure: 'projects.create', key, input, output: shape.project };
      try {
        return await inTransaction(db, (tx) => once(tx, request, () => insert(tx, caller, place, input)));
      } catch (error) {
        const constraint = violatedConstraint(error);
        if (constraint === 'projects_team_id_name_key' || constraint === 'projects_namespace_name_key') {
          throw new ConflictError(nameTaken(input.name), { name: input.name });
        }
        if (constraint === 'projects_team_id_teams_id_fk') throw new NotFoundError('team', input.team_id);
        throw error;
      }
    },

    /**
     * A project's timeline as it grows, with the project as it then is; starts with what came after `afterSeq`. Ends when
     * `signal` aborts, or with the error of `recheck` once the caller may no longer see it.
     */
    async *watch(
      caller: Caller,
      { id, afterSeq }: { id: string; afterSeq: number },
      { signal, recheck }: { signal: AbortSignal | undefined; recheck: () => Promise<Caller> },
    ): AsyncGenerator<shape.WatchItem> {
      const changes = live.subscribe(
        (change) => change.on === 'reconnect' || ('project_id' in change && change.project_id === id),
      );
      try {
        for (let seen = afterSeq, current = caller; ; current = await recheck()) {
          const project = await enter(db, current, id);
          for (const event of await listEvents(db, id, seen)) {
            seen = event.seq;
            yield { event, project };
          }
          await changes.next({ signal, timeoutMs: RECHECK_MS });
          if (signal?.aborted) return;
        }
      } finally {
        changes.close();
      }
    },
  };
}

async function enterTeam(db: Db, caller: Caller, teamId: string): Promise<TeamPlace> {
  const place = await findTeamPlace(db, teamId);
  if (!place) throw new NotFoundError('team', teamId);
  authorize(caller, 'projects.create', place);
  return place;
}

const nameTaken = (name: string): string => `The team has a project named ${name} already. Choose another name.`;

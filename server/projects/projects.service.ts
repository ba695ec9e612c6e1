import type { z } from 'zod';
import { enterTeam } from '../org/enter.ts';
import type { Db, Executor } from '../platform/database.ts';
import { NotFoundError } from '../platform/errors.ts';
import type { Live } from '../platform/live.ts';
import { authorize, type Caller, scopeOf } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { createCreateService } from './create.service.ts';
import { nameTaken } from './create-decision.ts';
import { createLifeService } from './life.service.ts';
import { findProject, findTaken, listEvents, listProjects } from './projects.repository.ts';
import { costOf, namespaceName } from './projects.rules.ts';
import type * as shape from './projects.schema.ts';

type Options = {
  db: Db;
  quotas: Pick<QuotasService, 'changeUsage' | 'lockUsage' | 'openQuotas' | 'previewUsage'>;
  links: {
    /** Where people see a site's application in Argo CD. */
    argocd(site: string): string;
  };
  live: Live;
};

/** How long a watcher may go on before it is asked again who it is. */
const RECHECK_MS = 10_000;

/** The projects of teams: asked for, shown and watched. What has to happen in Git and Argo CD is handed to provisioning. */
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

  return {
    ...createCreateService({ db, quotas, withLink }),
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
      await enterTeam(db, caller, 'projects.create', input.team_id);
      const cost = costOf(input.sla_type, input.performance_tier);
      const question = { teamId: input.team_id, site: input.site, cpu: cost.cpu, ramGb: cost.ram_gb };
      const { quota, refusal: short } = await quotas.previewUsage(db, question);
      const namespace = namespaceName(input.team_id, input.name);
      const { taken } = await findTaken(db, [{ teamId: input.team_id, name: input.name, namespace }]);
      const refusal = short
        ? { code: 'QUOTA_EXCEEDED' as const, message: short.message }
        : taken.size > 0
          ? { code: 'CONFLICT' as const, message: nameTaken(input.name).message }
          : null;
      return { namespace_name: namespace, cost, quota, allowed: refusal === null, refusal };
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
        caller.sessionId,
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

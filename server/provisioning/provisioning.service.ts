import type { ArgoCd } from '../adapters/argocd/argocd.port.ts';
import type { ValuesRepository } from '../adapters/git/values-repository.port.ts';
import type { Config } from '../platform/config.ts';
import type { Db } from '../platform/database.ts';
import type { JobHandler } from '../platform/jobs.ts';
import type { Log } from '../platform/log.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { silenceOf } from './one-writer.ts';
import { enqueueWatch, enqueueWrite, WATCH_TASK, WRITE_TASK } from './provisioning.jobs.ts';
import { listOpenOperations, listProblems, type Problem, TO_WATCH, TO_WRITE } from './provisioning.repository.ts';
import type { SettlementOptions } from './settlement.ts';
import { applicationOf, type Targets } from './targets.rules.ts';
import { createWatcher } from './watcher.ts';
import { createWriter } from './writer.ts';

type Options = {
  db: Db;
  quotas: Pick<QuotasService, 'changeUsage'>;
  repository: ValuesRepository;
  argocd: ArgoCd;
  settings: Pick<
    Config,
    | 'HELM_VALUES_PATH'
    | 'ARGOCD_APP_NAME'
    | 'PROVISION_POLL_SECONDS'
    | 'PROVISION_TIMEOUT_SECONDS'
    | 'GIT_TIMEOUT_SECONDS'
  >;
  /** Told of each operation that this replica brings to its end. */
  onEnd?: SettlementOptions['onEnd'];
  log: Log;
};

const SWEEP_MS = 60_000;

/** The road from a reserved project to an active one, or back: durable jobs over Git and Argo CD. */
export function createProvisioning({ db, quotas, repository, argocd, settings, onEnd, log }: Options) {
  const targets: Targets = { valuesPath: settings.HELM_VALUES_PATH, application: settings.ARGOCD_APP_NAME };
  const handlers: Record<string, JobHandler> = {
    [WRITE_TASK]: createWriter({ db, repository, targets, silenceSeconds: silenceOf(settings), log }),
    [WATCH_TASK]: createWatcher({
      db,
      quotas,
      repository,
      argocd,
      targets,
      pollSeconds: settings.PROVISION_POLL_SECONDS,
      timeoutSeconds: settings.PROVISION_TIMEOUT_SECONDS,
      onEnd,
      log,
    }),
  };

  /** Has every open operation looked at, whatever became of its job. */
  async function sweep(): Promise<void> {
    const [toWrite] = await listOpenOperations(db, TO_WRITE);
    if (toWrite) await enqueueWrite(db, toWrite.requestId, 0);
    const toWatch = await listOpenOperations(db, TO_WATCH);
    const causes = new Map(toWatch.map((o) => [applicationOf(targets, o.site), o.requestId]));
    for (const [application, requestId] of causes) await enqueueWatch(db, application, requestId);
  }

  const sweepAndCarryOn = () => sweep().catch((err) => log.warn({ err }, 'open operations could not be looked for'));
  let timer: NodeJS.Timeout | undefined;

  return {
    /** For `createJobs`. */
    handlers,

    /** Resumes what a replica that died has left, now and every minute. */
    async start(): Promise<void> {
      await sweepAndCarryOn();
      timer = setInterval(sweepAndCarryOn, SWEEP_MS);
    },

    stop: (): void => clearInterval(timer),

    /** What outside keeps projects waiting at the moment, on any replica; empty when nothing does. */
    problems: (): Promise<Problem[]> => listProblems(db),

    /** Where people see a site's application in Argo CD. */
    linkTo: (site: string): string => argocd.linkTo(applicationOf(targets, site)),
  };
}

export type Provisioning = ReturnType<typeof createProvisioning>;

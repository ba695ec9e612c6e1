import { type ArgoCd, ArgoCdError } from '../adapters/argocd/argocd.port.ts';
import { GitError, type ValuesRepository } from '../adapters/git/values-repository.port.ts';
import { type Db, inBackground } from '../platform/database.ts';
import type { JobPayload } from '../platform/jobs.ts';
import type { Log } from '../platform/log.ts';
import { type AssertMine, asTheOneWriter } from '../provisioning/one-writer.ts';
import type { Targets } from '../provisioning/targets.rules.ts';
import { editValuesFile, ValuesFileError } from '../provisioning/values-file.rules.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { enqueueEarlyCheck, enqueueMend } from './drift.jobs.ts';
import { advanceMends, keepMendsWaiting, listMends, type Mend, readProjects } from './drift.repository.ts';
import { changeFor, mendMessage, sparingOthers } from './mend.rules.ts';
import { actingFor } from './system-caller.ts';

/** Seconds until what the outside would not take is tried again. */
const RETRY_SECONDS = 15;
/** Seconds that Argo CD has until it is looked whether a mend helped. */
const CHECK_AFTER_SECONDS = 10;

type Options = {
  db: Db;
  quotas: Pick<QuotasService, 'verify'>;
  repository: Pick<ValuesRepository, 'write'>;
  argocd: Pick<ArgoCd, 'sync'>;
  targets: Targets;
  /** As for `asTheOneWriter`. */
  silenceSeconds: number;
  log: Log;
};

/**
 * The job that mends what somebody asked for: counters, then values files, then Argo CD. Each step is found done when it
 * runs again, so it may be killed anywhere; what the outside will not take now waits with the reason.
 */
export function createMender({ db, quotas, repository, argocd, targets, silenceSeconds, log }: Options) {
  const open = async (state: Mend['state']): Promise<Mend[]> => (await listMends(db)).filter((m) => m.state === state);

  async function recount({ finding, findingId, requestId }: Mend): Promise<void> {
    const { team_id, site } = finding;
    if (team_id === null || site === null) return;
    const { mismatches } = await quotas.verify(actingFor(requestId), { repair: true, team_id, site });
    if (mismatches.some((m) => m.counter !== m.ledger && !m.repaired)) {
      const reason = `The ledger’s sum does not fit into the team’s limit at ${site}. Raise the limit first.`;
      await keepMendsWaiting(db, [findingId], reason);
    } else await finish([findingId], requestId);
  }

  async function writeFile(path: string, mends: Mend[], assertMine: AssertMine): Promise<void> {
    const ids = idsOf(mends);
    // Under the writer's lock: whatever changes after this read is written after this.
    const change = changeFor(
      mends.map((mend) => mend.finding),
      await readProjects(db),
      targets,
    );
    try {
      const edit = (text: string | undefined) => editValuesFile(text, sparingOthers(text, change));
      const { commit } = await repository.write(new Map([[path, edit]]), mendMessage(change), assertMine);
      await advanceMends(db, ids, 'written');
      log.info({ commit, path, findings: ids }, 'drift was mended in a values file');
    } catch (error) {
      if (!(error instanceof GitError || error instanceof ValuesFileError)) throw error;
      log.warn({ err: error, path, findings: ids }, 'drift could not be mended in a values file');
      await keepMendsWaiting(db, ids, `${path}: ${error.message}`);
    }
  }

  async function sync(application: string, mends: [Mend, ...Mend[]]): Promise<void> {
    const [{ requestId }] = mends;
    const ids = idsOf(mends);
    try {
      const answer = await argocd.sync(application, requestId);
      if (answer.kind === 'started') {
        await finish(ids, requestId);
        log.info({ application, findings: ids }, 'Argo CD was asked to mend drift');
      } else {
        const reason = answer.kind === 'busy' ? 'Argo CD is at another operation.' : answer.reason;
        await keepMendsWaiting(db, ids, reason);
      }
    } catch (error) {
      if (!(error instanceof ArgoCdError)) throw error;
      log.warn({ err: error, application, findings: ids }, 'Argo CD could not be asked to mend drift');
      await keepMendsWaiting(db, ids, error.message);
    }
  }

  async function finish(findingIds: string[], requestId: string): Promise<void> {
    await inBackground(db, async (tx) => {
      await advanceMends(tx, findingIds, 'done');
      await enqueueEarlyCheck(tx, requestId, CHECK_AFTER_SECONDS);
    });
  }

  return async ({ request_id }: JobPayload): Promise<void> => {
    const requested = await open('requested');
    for (const mend of requested.filter((m) => m.finding.kind === 'quota_counter')) await recount(mend);
    if (requested.some(isOfFile)) {
      await asTheOneWriter(db, silenceSeconds, async (assertMine) => {
        const files = Map.groupBy((await open('requested')).filter(isOfFile), (m) => m.finding.values_file ?? '');
        for (const [path, mends] of files) await writeFile(path, mends, assertMine);
      });
    }
    const applications = Map.groupBy(await open('written'), (m) => m.finding.application ?? '');
    for (const [application, [first, ...others]] of applications)
      if (first) await sync(application, [first, ...others]);
    const left = (await listMends(db)).some((mend) => mend.state !== 'done');
    if (left) await enqueueMend(db, request_id, RETRY_SECONDS);
  };
}

const isOfFile = ({ finding }: Mend): boolean => finding.kind !== 'quota_counter';
const idsOf = (mends: readonly Mend[]): string[] => mends.map((mend) => mend.findingId);

import { randomUUID } from 'node:crypto';
import { recordAudit } from '../audit/audit.repository.ts';
import { findTeamPlace } from '../org/place.repository.ts';
import type { Config } from '../platform/config.ts';
import { inBackground, inTransaction, type Tx } from '../platform/database.ts';
import { InvalidStateError } from '../platform/errors.ts';
import type { JobHandler } from '../platform/jobs.ts';
import type { Log } from '../platform/log.ts';
import { authorize, type Caller } from '../platform/policy.ts';
import { silenceOf } from '../provisioning/one-writer.ts';
import { CHECK_TASK, enqueueEarlyCheck, enqueueHourlyCheck, enqueueMend, MEND_TASK } from './drift.jobs.ts';
import { findLatestCheck, findUnreadable, insertMend, listMends, type Mend, storeCheck } from './drift.repository.ts';
import type { Difference, DriftReport, MendInput, Mending, MendOutput, Unreadable } from './drift.schema.ts';
import { createLook, type Looked, type LookOptions } from './look.ts';
import { createMender } from './mender.ts';

/** Seconds from a start to its check: what starts together with InfraHub shall be up by then. */
const AFTER_START_SECONDS = 10;
/** Seconds until it is looked again at what could not be read. */
const AFTER_UNREADABLE_SECONDS = 60;

type Options = Omit<LookOptions, 'targets'> & {
  settings: Pick<Config, 'HELM_VALUES_PATH' | 'ARGOCD_APP_NAME' | 'GIT_TIMEOUT_SECONDS'>;
  log: Log;
};

/** Compares the database, the values files and Argo CD. It mends nothing by itself, only what somebody asks for. */
export function createDriftService({ settings, log, ...outside }: Options) {
  const { db } = outside;
  const targets = { valuesPath: settings.HELM_VALUES_PATH, application: settings.ARGOCD_APP_NAME };
  const look = createLook({ ...outside, targets });
  const handlers: Record<string, JobHandler> = {
    [CHECK_TASK]: scheduledCheck,
    [MEND_TASK]: createMender({ ...outside, targets, silenceSeconds: silenceOf(settings), log }),
  };

  async function lookAndKeep(requestId: string): Promise<Looked> {
    const looked = await look(requestId);
    await inBackground(db, (tx) => storeCheck(tx, looked));
    return looked;
  }

  async function scheduledCheck({ request_id }: { request_id: string }): Promise<void> {
    const { differences, unreadable } = await lookAndKeep(request_id);
    if (differences.length > 0) {
      const kinds = Object.groupBy(differences, (found) => found.kind);
      const counts = Object.fromEntries(Object.entries(kinds).map(([kind, found]) => [kind, found.length]));
      log.error({ alarm: 'drift', findings: counts }, 'the database, the values files and Argo CD disagree');
    }
    if (unreadable.length > 0) {
      log.warn({ unreadable }, 'not everything could be compared');
      await enqueueEarlyCheck(db, request_id, AFTER_UNREADABLE_SECONDS);
    }
    await enqueueHourlyCheck(db);
  }

  async function readReport(): Promise<DriftReport> {
    const [check, mends] = await Promise.all([findLatestCheck(db), listMends(db)]);
    const mendings = new Map(mends.map((mend) => [mend.findingId, mendingOf(mend)]));
    const findings = check?.findings ?? [];
    return {
      checked_at: check?.checkedAt ?? null,
      age_seconds: check?.ageSeconds ?? null,
      total: check?.total ?? 0,
      since: findings.map((found) => found.since).sort()[0] ?? null,
      findings: findings.map((found) => ({ ...found, mending: mendings.get(found.id) ?? null })),
      unreadable: check?.unreadable ?? [],
    };
  }

  /** Writes down in one transaction what is to be mended, who wants it and the job that does it. */
  async function request(tx: Tx, caller: Caller, finding: Difference): Promise<Mend> {
    const { requestId } = caller;
    const state = finding.kind.startsWith('namespace') ? 'written' : 'requested';
    const mend = await insertMend(tx, { finding, state, requestedBy: caller.sub, requestId });
    if (!mend) throw new InvalidStateError('This is being mended already. Check again in a minute.');
    const place = finding.team_id === null ? undefined : await findTeamPlace(tx, finding.team_id);
    await recordAudit(tx, caller, {
      action: 'drift.mend',
      target: targetOf(finding, place?.teamName),
      place: place ?? {},
      before: { kind: finding.kind, ...finding.found },
      after: { mend: finding.mend?.action, ...finding.expected },
    });
    await enqueueMend(tx, requestId);
    return mend;
  }

  return {
    /** For `createJobs`. */
    handlers,

    /** Begins the schedule, which all replicas share, and has mends carried on that were left. */
    async start(): Promise<void> {
      await enqueueEarlyCheck(db, randomUUID(), AFTER_START_SECONDS);
      await enqueueMend(db, randomUUID(), AFTER_START_SECONDS);
    },

    /** Nothing to stop: the jobs stop with the others. */
    stop(): void {},

    /** What the last check could not read, on any replica; empty before the first. */
    unreadable: (): Promise<Unreadable[]> => findUnreadable(db),

    /** What the last check found, and what becomes of it. Reads nothing outside. */
    async report(caller: Caller): Promise<DriftReport> {
      authorize(caller, 'drift.read', {});
      return readReport();
    },

    /** Checks now, which takes as long as Git and Argo CD do. Changes nothing. */
    async check(caller: Caller): Promise<DriftReport> {
      authorize(caller, 'drift.read', {});
      await lookAndKeep(caller.requestId);
      return readReport();
    },

    /**
     * Has one difference mended by a job, if it is still there.
     * @throws ForbiddenError, InvalidStateError (gone, mended already, or nothing that InfraHub can mend)
     */
    async mend(caller: Caller, input: MendInput): Promise<MendOutput> {
      authorize(caller, 'drift.mend', {});
      const finding = pick(await lookAndKeep(caller.requestId), input);
      const mend = await inTransaction(db, (tx) => request(tx, caller, finding));
      log.info({ finding: finding.id }, 'drift is to be mended');
      return { ...finding, mending: mendingOf(mend) };
    },
  };
}

/** @throws InvalidStateError unless it is exactly one difference, and one that can be mended. */
function pick({ differences, unreadable }: Looked, { finding_id, kind, namespace_name }: MendInput): Difference {
  const [found, another] = differences.filter((one) =>
    finding_id === undefined ? one.kind === kind && one.namespace_name === namespace_name : one.id === finding_id,
  );
  if (!found) {
    const unread = unreadable.map(({ name, reason }) => ` ${name} could not be read: ${reason}`).join('');
    throw new InvalidStateError(`There is no such difference now, so there is nothing to mend.${unread}`);
  }
  if (another) throw new InvalidStateError('More than one difference is meant. Name it by `finding_id`.');
  if (found.mend === null) throw new InvalidStateError(`InfraHub cannot mend this. ${found.message}`);
  return found;
}

function targetOf({ project_id, team_id, namespace_name, id }: Difference, teamName: string | undefined) {
  const name = namespace_name ?? teamName ?? id;
  if (project_id !== null) return { type: 'project', id: project_id, name };
  return team_id === null ? { type: 'namespace', id: name, name } : { type: 'team', id: team_id, name };
}

const mendingOf = ({ requestedBy, createdAt, state, waiting }: Mend): Mending => ({
  requested_by: requestedBy,
  requested_at: createdAt,
  done: state === 'done',
  waiting,
});

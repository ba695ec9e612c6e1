import { randomUUID } from 'node:crypto';
import { CHECK_TASK, MEND_TASK } from '../../server/drift/drift.jobs.ts';
import type { FindingKind } from '../../server/drift/drift.schema.ts';
import { createDriftService } from '../../server/drift/drift.service.ts';
import type { CreateProject } from '../../server/projects/projects.schema.ts';
import { recordingLog } from '../support/log.ts';
import { centerAdmin } from './caller.ts';
import { provisioningWorld, throughTheCluster } from './projects.ts';

type Parts = Parameters<typeof createDriftService>[0];

/** The world of provisioning, and drift over it; its jobs are run by hand. */
export async function driftWorld(over: Parameters<typeof provisioningWorld>[0] = {}) {
  const world = await provisioningWorld(over);
  const { lines, log } = recordingLog();
  const { db, quotas, repository, argocd, settings } = world;
  /** Another replica over the same database, perhaps with something outside that behaves otherwise. */
  const driftReplica = (change: Partial<Parts> = {}) =>
    createDriftService({ db, quotas, repository, argocd, settings, log, ...change });
  const drift = driftReplica();
  const admin = centerAdmin();
  const run = (task: string, of = drift) => of.handlers[task]?.({ request_id: randomUUID() });

  return {
    ...world,
    lines,
    drift,
    driftReplica,
    admin,
    check: () => drift.check(admin),
    report: () => drift.report(admin),
    mend: (finding_id: string) => drift.mend(admin, { finding_id }),
    runCheck: () => run(CHECK_TASK),
    runMend: (of = drift) => run(MEND_TASK, of),
    /** A project that is there in every respect. */
    async active(over: Partial<CreateProject> = {}) {
      const { id } = await world.create(over);
      await throughTheCluster(world);
      return world.get(id);
    },
    /** The only difference there is now. */
    async only(kind: FindingKind) {
      const { findings } = await drift.check(admin);
      const [found] = findings;
      if (findings.length !== 1 || found?.kind !== kind)
        throw new Error(`not just ${kind}: ${JSON.stringify(findings)}`);
      return found;
    },
    /** The mend is carried out, and the cluster follows. */
    async throughTheMend() {
      await run(MEND_TASK);
      for (let step = 0; step < 2; step++) {
        world.pass();
        await world.argocd.getApplication('tenants', { refresh: true });
      }
    },
  };
}

export type DriftWorld = Awaited<ReturnType<typeof driftWorld>>;

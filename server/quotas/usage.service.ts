import type { z } from 'zod';
import { amountOf, type Resources } from '../allocations/allocations.rules.ts';
import { recordAudit } from '../audit/audit.repository.ts';
import { findTeamPlace } from '../org/place.repository.ts';
import { type Db, type Executor, inBackground, type Tx } from '../platform/database.ts';
import { NotFoundError, type QuotaExceededError } from '../platform/errors.ts';
import { authorize, type Caller } from '../platform/policy.ts';
import {
  type CounterRecount,
  hasLedgerEntry,
  listLedger,
  lockTeamQuotas,
  recountUsage,
  setUsage,
  sumLedger,
  type UsageChange,
} from './ledger.repository.ts';
import { freeOfDepartment, openQuotas, quotaExceeded } from './open-quota.ts';
import { findTeamBudget, lockTeamBudget } from './quotas.repository.ts';
import {
  type Budget,
  isRepairable,
  mismatchesOf,
  NO_BUDGET,
  type UsageEffect,
  usageEffect,
  usageShortages,
} from './quotas.rules.ts';
import type { ExplainInput, ledgerPage, VerifyInput, verifyOutput } from './quotas.schema.ts';

/** The team and site whose quota is asked, and for how much. */
export type UsageQuestion = { teamId: string; site: string; cpu: number; ramGb: number };

/** What a change of usage would do to a quota, and why it would be refused, if it would. */
export type UsagePreview = { quota: UsageEffect; refusal: QuotaExceededError | undefined };

/** How much of a team’s quota its projects hold: the counter, and the ledger that explains it. */
export function createUsageService({ db }: { db: Db }) {
  return {
    /**
     * The one way by which usage changes: create, retry, resize, release. Locks the team's quota, writes the ledger entry
     * and adds to the counters, in the caller's transaction. A change that this operation has made before changes
     * nothing and answers false. Whoever changes the usage of several teams in one transaction does so in the order of
     * their ids.
     * @throws QuotaExceededError when it does not fit, also when the team has no quota at that site.
     */
    async changeUsage(tx: Tx, change: UsageChange): Promise<boolean> {
      const quotas = await openQuotas(tx, [change], { waits: true });
      const quota = quotas.of(change);
      const refusal = await quota.refusal(change);
      if (!refusal) quota.take(change);
      else if (!(await hasLedgerEntry(tx, change))) throw refusal;
      return (await quotas.write()) > 0;
    },

    /** The same for many changes of many teams' usage, each of which is answered for itself. */
    openQuotas,

    /** Takes the lock of `changeUsage` ahead, for whoever has to lock a project before it knows what to change. */
    async lockUsage(tx: Tx, teamId: string, site: string): Promise<void> {
      await lockTeamBudget(tx, teamId, site);
    },

    /** What `changeUsage` would do now. Locks nothing and changes nothing. */
    async previewUsage(executor: Executor, question: UsageQuestion): Promise<UsagePreview> {
      const { teamId, site } = question;
      const quota: Budget = (await findTeamBudget(executor, teamId, site)) ?? NO_BUDGET;
      const shortages = usageShortages(quota, question);
      const fits = shortages.length === 0;
      const refusal = fits ? undefined : quotaExceeded(site, shortages, await freeOfDepartment(executor, teamId, site));
      return { quota: usageEffect(quota, question), refusal };
    },

    /** Every ledger entry that adds up to what a team uses at a site. */
    async explain(caller: Caller, input: ExplainInput): Promise<z.output<typeof ledgerPage>> {
      const place = await findTeamPlace(db, input.id);
      if (!place) throw new NotFoundError('team', input.id);
      authorize(caller, 'quotas.read', place);
      const quota = await findTeamBudget(db, place.teamId, input.site);
      if (!quota) return { items: [], next_cursor: null, cpu_used: 0, ram_gb_used: 0 };
      const [page, sum] = await Promise.all([listLedger(db, quota.id, input), sumLedger(db, quota.id)]);
      return { ...page, cpu_used: sum.cpu, ram_gb_used: sum.ramGb };
    },

    /**
     * Recounts every usage counter, or those of a team or site, from its ledger and from the projects that hold quota, and
     * names what differs. With `repair`, sets a counter that differs from its ledger to the ledger's sum, if its limit
     * allows that; projects that differ from the ledger are only named.
     */
    async verify(caller: Caller, { repair, team_id, site }: VerifyInput): Promise<z.output<typeof verifyOutput>> {
      authorize(caller, 'quotas.verify', {});
      const isMeant = (c: CounterRecount) => (team_id ?? c.teamId) === c.teamId && (site ?? c.site) === c.site;
      const counters = (await recountUsage(db)).filter(isMeant);
      const wrong = counters.filter((counter) => mismatchesOf(counter).length > 0);
      const repaired = repair && wrong.length > 0 ? await repairCounters(db, caller, wrong) : new Set<string>();
      return {
        checked: counters.length,
        repaired: repaired.size > 0,
        mismatches: wrong.flatMap((counter) => findingsOf(counter, repaired.has(counter.id))),
      };
    },
  };
}

/** Counts again under the locks, since what was seen before them may have been a change on its way. */
async function repairCounters(db: Db, caller: Caller, suspects: CounterRecount[]): Promise<Set<string>> {
  const ids = suspects.map((counter) => counter.id);
  return inBackground(db, async (tx) => {
    await lockTeamQuotas(tx, ids);
    const repairable = (await recountUsage(tx, ids)).filter(isRepairable);
    for (const counter of repairable) {
      await setUsage(tx, counter);
      await recordAudit(tx, caller, {
        action: 'quota.repair',
        target: { type: 'team', id: counter.teamId, name: counter.teamName },
        place: counter,
        before: used(counter.site, counter.counter),
        after: used(counter.site, counter.ledger),
      });
    }
    return new Set(repairable.map((counter) => counter.id));
  });
}

const used = (site: string, { cpu, ramGb }: Resources) => ({ site, cpu_used: cpu, ram_gb_used: ramGb });

const findingsOf = (counter: CounterRecount, repaired: boolean) =>
  mismatchesOf(counter).map((resource) => ({
    team_quota_id: counter.id,
    team_id: counter.teamId,
    team_name: counter.teamName,
    site: counter.site,
    resource,
    counter: amountOf(counter.counter, resource),
    ledger: amountOf(counter.ledger, resource),
    projects: amountOf(counter.projects, resource),
    repaired,
  }));

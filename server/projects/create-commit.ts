import { type Db, inTransaction, isUnavailable, type Tx, violatedConstraint } from '../platform/database.ts';
import { DatabaseUnavailableError } from '../platform/errors.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { type Admitted, createDecision, type Decided, type Fates, quotaOf, type WithLink } from './create-decision.ts';
import { isAnyThere } from './projects.repository.ts';

const MAX_TRIES = 4;
/** What somebody else may take between our look and our write, as our locks do not cover it. */
const RACES = ['projects_team_id_name_key', 'projects_namespace_name_key', 'idempotency_keys_pkey'];

export type CommitOptions = { db: Db; quotas: Pick<QuotasService, 'openQuotas'>; withLink: WithLink };

/** The transactions in which creates are decided. */
export function createCommits({ db, quotas, withLink }: CommitOptions) {
  const decide = createDecision({ withLink });

  /**
   * One transaction for all of them; who does not wait for a quota that somebody else holds gets no fate. Whether a
   * transaction took place of which that is not known is told by its projects.
   */
  async function commit(
    creates: Admitted[],
    { waits, inDoubt }: { waits: boolean; inDoubt?: InDoubt },
  ): Promise<Fates> {
    if (creates.length === 0) return new Map();
    let decided: Decided | undefined;
    const work = async (tx: Tx) => {
      decided = undefined;
      const open = await quotas.openQuotas(tx, creates.map(quotaOf), { waits });
      if (inDoubt && (await tookPlace(tx, inDoubt))) return inDoubt.fates;
      decided = await decide(tx, creates, open);
      return decided.fates;
    };
    try {
      return await inTransaction(db, work);
    } catch (error) {
      if (inDoubt) throw new DatabaseUnavailableError(inDoubt.error);
      // Waits for the end of the transaction in doubt, since it held these locks.
      if (decided && isUnavailable(error)) return commit(creates, { waits: true, inDoubt: { ...decided, error } });
      throw error;
    }
  }

  /** Looks again where somebody was first between our look and our write. */
  async function commitDespiteRaces(creates: Admitted[]): Promise<Fates> {
    for (let tries = 1; ; tries++) {
      try {
        return await commit(creates, { waits: true });
      } catch (error) {
        if (tries === MAX_TRIES || !RACES.includes(violatedConstraint(error) ?? '')) throw error;
      }
    }
  }

  return { commit, commitDespiteRaces };
}

/** What a transaction decided of which it is not known whether it took place. */
type InDoubt = Decided & { error: unknown };

const tookPlace = (tx: Tx, { accepted }: InDoubt): Promise<boolean> =>
  isAnyThere(
    tx,
    accepted.map(({ id }) => id),
  );

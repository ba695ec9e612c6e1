import { findTeamPlaces } from '../org/place.repository.ts';
import { type Db, inTransaction, isUnavailable, type Tx, violatedConstraint } from '../platform/database.ts';
import { DatabaseUnavailableError, InfraHubError, NotFoundError } from '../platform/errors.ts';
import { authorize, type Caller } from '../platform/policy.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { createBatches, type Fate } from './batches.ts';
import {
  type Admitted,
  type Create,
  createDecision,
  type Decided,
  type Fates,
  newCreate,
  quotaOf,
  type WithLink,
} from './create-decision.ts';
import { isAnyThere } from './projects.repository.ts';
import type * as shape from './projects.schema.ts';

const MAX_TRIES = 4;
/** What somebody else may take between our look and our write, as our locks do not cover it. */
const RACES = ['projects_team_id_name_key', 'projects_namespace_name_key', 'idempotency_keys_pkey'];

type Options = { db: Db; quotas: Pick<QuotasService, 'openQuotas'>; withLink: WithLink };
type Project = shape.Project;

/**
 * Creates projects. Those that wait are decided together, whichever teams they are of, each as if it came alone, in the
 * order of their arrival: they share what costs most, a commit (docs/decisions/016). Nobody waits for what only another
 * needs: whoever's quota somebody else holds, and everybody when that commit fails, goes on among those of the same quota.
 */
export function createCreateService({ db, quotas, withLink }: Options) {
  const decide = createDecision({ withLink });
  const together = createBatches(serveTogether);
  const apart = createBatches(serveApart);

  async function serveTogether(creates: Create[]): Promise<Fate<Project>[]> {
    const members = await admit(creates);
    const free = members.flatMap((member) => ('error' in member || apart.isAtWork(queueOf(member)) ? [] : [member]));
    const fates = await commit(free, { waits: false }).catch((error: unknown): Fates => {
      if (error instanceof DatabaseUnavailableError || isUnavailable(error)) throw error;
      return new Map();
    });
    return members.map((member) =>
      'error' in member ? member : (fates.get(member) ?? { answer: apart.join(queueOf(member), member) }),
    );
  }

  /** What fails for a reason that nobody foresaw may do so because of one of them: then each is on its own. */
  async function serveApart(creates: Admitted[]): Promise<Fate<Project>[]> {
    try {
      const fates = await commitDespiteRaces(creates);
      return creates.flatMap((create) => fates.get(create) ?? []);
    } catch (error) {
      if (error instanceof InfraHubError || isUnavailable(error)) throw error;
      if (creates.length > 1) return serveEachAlone(creates);
      throw isTeamGone(error) ? new NotFoundError('team', creates[0]?.place.teamId ?? '') : error;
    }
  }

  async function serveEachAlone(creates: Admitted[]): Promise<Fate<Project>[]> {
    const fates: Fate<Project>[] = [];
    for (const create of creates) {
      fates.push(...(await serveApart([create]).catch((error: unknown) => [{ error }])));
    }
    return fates;
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

  /** For each create the place of its team, or why its caller may not create there. */
  async function admit(creates: Create[]): Promise<(Admitted | { error: unknown })[]> {
    const places = await findTeamPlaces(db, [...new Set(creates.map(({ input }) => input.team_id))]);
    return creates.map((create) => {
      const place = places.find(({ teamId }) => teamId === create.input.team_id);
      if (!place) return { error: new NotFoundError('team', create.input.team_id) };
      try {
        authorize(create.caller, 'projects.create', place);
        return { ...create, place };
      } catch (error) {
        return { error };
      }
    });
  }

  return {
    /**
     * Reserves the quota and hands the project to provisioning, in one transaction: afterwards there is all of it or
     * nothing. Git and Argo CD are not touched here.
     * @throws QuotaExceededError, ConflictError (name taken), NotFoundError (team), ForbiddenError
     */
    create: (caller: Caller, input: shape.CreateProject, key?: string): Promise<Project> =>
      together.join('', newCreate(caller, input, key)),
  };
}

/** What a transaction decided of which it is not known whether it took place. */
type InDoubt = Decided & { error: unknown };

const tookPlace = (tx: Tx, { accepted }: InDoubt): Promise<boolean> =>
  isAnyThere(
    tx,
    accepted.map(({ id }) => id),
  );

/** Those of one quota wait for each other. */
const queueOf = ({ input }: Create): string => `${input.team_id} ${input.site}`;

/** Somebody deleted it between our look at it and the write. */
const isTeamGone = (error: unknown): boolean => violatedConstraint(error) === 'projects_team_id_teams_id_fk';

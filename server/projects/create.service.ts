import { findTeamPlace, type TeamPlace } from '../org/place.repository.ts';
import { type Db, inTransaction, isUnavailable, type Tx, violatedConstraint } from '../platform/database.ts';
import { DatabaseUnavailableError, InfraHubError, NotFoundError } from '../platform/errors.ts';
import { authorize, type Caller } from '../platform/policy.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { createBatches, type Fate } from './batches.ts';
import { type Create, createDecision, type Decided, newCreate, type WithLink } from './create-decision.ts';
import { isAnyThere } from './projects.repository.ts';
import type * as shape from './projects.schema.ts';

const MAX_TRIES = 4;
/** What somebody else may take between our look and our write, as our lock does not cover it. */
const RACES = ['projects_team_id_name_key', 'projects_namespace_name_key', 'idempotency_keys_pkey'];

type Options = { db: Db; quotas: Pick<QuotasService, 'openQuota'>; withLink: WithLink };

/**
 * Creates projects. Those of one team at one site that wait for its quota are decided together, each as if it came
 * alone, in the order of their arrival: they share what costs most, a commit (docs/performance.md).
 */
export function createCreateService({ db, quotas, withLink }: Options) {
  const decide = createDecision({ withLink });
  const inBatches = createBatches(serve);

  /** One transaction for all of them. Whether one took place of which that is not known is told by its projects. */
  async function commit(place: TeamPlace, creates: Create[], lost?: Lost): Promise<Fate<shape.Project>[]> {
    let decided: Decided | undefined;
    const work = async (tx: Tx) => {
      decided = undefined;
      // Waits for the end of the transaction that was lost, since it held this lock.
      const quota = await quotas.openQuota(tx, place.teamId, creates[0]?.input.site ?? '');
      if (lost && (await isAnyThere(tx, idsOf(lost.accepted)))) return lost.fates;
      decided = await decide(tx, place, creates, quota);
      return decided.fates;
    };
    try {
      return await inTransaction(db, work);
    } catch (error) {
      if (lost) throw new DatabaseUnavailableError(lost.error);
      if (decided && isUnavailable(error)) return commit(place, creates, { ...decided, error });
      throw error;
    }
  }

  /** Looks again where somebody was first between our look and our write. */
  async function commitInTurn(place: TeamPlace, creates: Create[]): Promise<Fate<shape.Project>[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await commit(place, creates);
      } catch (error) {
        if (tries === MAX_TRIES || !RACES.includes(violatedConstraint(error) ?? '')) throw error;
      }
    }
  }

  async function serve(creates: Create[]): Promise<Fate<shape.Project>[]> {
    const teamId = creates[0]?.input.team_id ?? '';
    const place = await findTeamPlace(db, teamId);
    if (!place) throw new NotFoundError('team', teamId);
    const barred = new Map(creates.map((create) => [create, whyBarred(create, place)]));
    const admitted = creates.filter((create) => !barred.get(create));
    const fates = admitted.length > 0 ? await decideForAll(place, admitted) : [];
    return creates.map((create) => barred.get(create) ?? fates[admitted.indexOf(create)] ?? LEFT_OUT);
  }

  /** What fails for a reason that nobody foresaw may do so because of one of them: then each is on its own. */
  async function decideForAll(place: TeamPlace, creates: Create[]): Promise<Fate<shape.Project>[]> {
    try {
      return await commitInTurn(place, creates);
    } catch (error) {
      if (error instanceof InfraHubError || isUnavailable(error)) throw error;
      if (creates.length === 1) throw isTeamGone(error) ? new NotFoundError('team', place.teamId) : error;
    }
    const fates: Fate<shape.Project>[] = [];
    for (const create of creates) {
      fates.push(...(await decideForAll(place, [create]).catch((error: unknown) => [{ error }])));
    }
    return fates;
  }

  return {
    /**
     * Reserves the quota and hands the project to provisioning, in one transaction: afterwards there is all of it or
     * nothing. Git and Argo CD are not touched here.
     * @throws QuotaExceededError, ConflictError (name taken), NotFoundError (team), ForbiddenError
     */
    create: (caller: Caller, input: shape.CreateProject, key?: string): Promise<shape.Project> =>
      inBatches(`${input.team_id} ${input.site}`, newCreate(caller, input, key)),
  };
}

type Lost = Decided & { error: unknown };

const idsOf = (creates: Create[]): string[] => creates.map(({ id }) => id);
const LEFT_OUT = { error: new Error('a create was left out of its batch') };

function whyBarred({ caller }: Create, place: TeamPlace): { error: unknown } | undefined {
  try {
    authorize(caller, 'projects.create', place);
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** Somebody deleted it between our look at it and the write. */
const isTeamGone = (error: unknown): boolean => violatedConstraint(error) === 'projects_team_id_teams_id_fk';

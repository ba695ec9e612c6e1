import { findTeamPlaces } from '../org/place.repository.ts';
import { isUnavailable, violatedConstraint } from '../platform/database.ts';
import { DatabaseUnavailableError, InfraHubError, NotFoundError } from '../platform/errors.ts';
import { authorize, type Caller } from '../platform/policy.ts';
import { createBatches, type Fate } from './batches.ts';
import { type CommitOptions, createCommits } from './create-commit.ts';
import { type Admitted, type Create, type Fates, newCreate } from './create-decision.ts';
import type * as shape from './projects.schema.ts';

type Project = shape.Project;

/**
 * Creates projects. Those that wait are decided together, whichever teams they are of, each as if it came alone, in the
 * order of their arrival: they share what costs most, a commit (docs/decisions/016). Nobody waits for what only another
 * needs: whoever's quota somebody else holds, and everybody when that commit fails, goes on among those of the same quota.
 */
export function createCreateService(options: CommitOptions) {
  const { commit, commitDespiteRaces } = createCommits(options);
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

  /** For each create the place of its team, or why its caller may not create there. */
  async function admit(creates: Create[]): Promise<(Admitted | { error: unknown })[]> {
    const places = await findTeamPlaces(options.db, [...new Set(creates.map(({ input }) => input.team_id))]);
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

/** Those of one quota wait for each other. */
const queueOf = ({ input }: Create): string => `${input.team_id} ${input.site}`;

/** Somebody deleted it between our look at it and the write. */
const isTeamGone = (error: unknown): boolean => violatedConstraint(error) === 'projects_team_id_teams_id_fk';

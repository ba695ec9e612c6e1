import { randomUUID } from 'node:crypto';
import { recordAudits } from '../audit/audit.repository.ts';
import type { TeamPlace } from '../org/place.repository.ts';
import type { Tx } from '../platform/database.ts';
import { ConflictError } from '../platform/errors.ts';
import { findResults, hashOf, keyConflict, remember } from '../platform/idempotency.ts';
import type { Caller } from '../platform/policy.ts';
import { enqueueWrite } from '../provisioning/provisioning.jobs.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import type { Fate } from './batches.ts';
import { reserved } from './life.rules.ts';
import { findTakenNames, insertNewProjects } from './projects.repository.ts';
import { namespaceName, sizeOf } from './projects.rules.ts';
import * as shape from './projects.schema.ts';

const PROCEDURE = 'projects.create';
export type WithLink = (project: Omit<shape.Project, 'argocd_url'>) => shape.Project;

/** A create that waits, with the ids that its project and operation get if it succeeds, however often it is tried. */
export type Create = ReturnType<typeof newCreate>;

export const newCreate = (caller: Caller, input: shape.CreateProject, key: string | undefined) => ({
  caller,
  input,
  id: randomUUID(),
  operationId: randomUUID(),
  namespace: namespaceName(input.team_id, input.name),
  size: sizeOf(input.sla_type, input.performance_tier),
  use: key === undefined ? undefined : { actor: caller.sub, key, inputHash: hashOf(input) },
});

type Project = shape.Project;
/** A fate for each create, in their order, and those of which there is a project now. */
export type Decided = { fates: Fate<Project>[]; accepted: Create[] };
/** What is answered, once it is known when the transaction was. */
type Verdict = (at: string) => Fate<Project>;
/** What the creates that are judged next find, beside the quota. */
type Seen = { taken: Set<string>; known: Map<string, { inputHash: string; verdict: Verdict }> };

/**
 * Decides creates of one team at one site, one after the other: each is answered and each leaves behind what it would
 * have if it had come alone. One that is refused changes nothing and stands in nobody's way.
 */
export function createDecision({ withLink }: { withLink: WithLink }) {
  /** Why there will be no new project, or the answer of before; undefined if there will be one. */
  async function alreadyDecided(create: Create, quota: OpenQuota, seen: Seen): Promise<Verdict | undefined> {
    const { input, use, size } = create;
    const before = use && seen.known.get(keyOf(use));
    if (before) return before.inputHash === use.inputHash ? before.verdict : refused(keyConflict());
    const short = await quota.refusal({ cpu: size.cpu, ramGb: size.ram_gb });
    if (short) return refused(short);
    return seen.taken.has(input.name) ? refused(nameTaken(input.name)) : undefined;
  }

  /** Counts a create for those that come after it. */
  function accept(create: Create, place: TeamPlace, quota: OpenQuota, { taken, known }: Seen): Verdict {
    const { id: projectId, operationId, input, size, use } = create;
    const what = { teamId: input.team_id, site: input.site, projectId, operationId, cpu: size.cpu, ramGb: size.ram_gb };
    quota.take({ ...what, kind: 'reserve' });
    taken.add(input.name);
    const verdict: Verdict = (at) => ({ answer: withLink(projectOf(create, place, at)) });
    if (use) known.set(keyOf(use), { inputHash: use.inputHash, verdict });
    return verdict;
  }

  /** Writes everything that is to be there afterwards; answers when that was. */
  async function write(tx: Tx, place: TeamPlace, accepted: Create[], quota: OpenQuota): Promise<string> {
    const at = await insertNewProjects(tx, accepted.map(rowsOf));
    await quota.write();
    await recordAudits(tx, accepted.map(auditOf(place)));
    const results = accepted.flatMap((create) =>
      create.use ? [{ ...create.use, result: withLink(projectOf(create, place, at)) }] : [],
    );
    await remember(tx, PROCEDURE, results);
    const [first] = accepted;
    if (first) await enqueueWrite(tx, first.caller.requestId);
    return at;
  }

  return async (tx: Tx, place: TeamPlace, creates: Create[], quota: OpenQuota): Promise<Decided> => {
    const names = creates.map(({ input, namespace }) => ({ name: input.name, namespace }));
    const seen = { taken: await findTakenNames(tx, place.teamId, names), known: await resultsOf(tx, creates) };
    const accepted: Create[] = [];
    const verdicts: Verdict[] = [];
    for (const create of creates) {
      const decided = await alreadyDecided(create, quota, seen);
      if (!decided) accepted.push(create);
      verdicts.push(decided ?? accept(create, place, quota, seen));
    }
    const at = accepted.length > 0 ? await write(tx, place, accepted, quota) : '';
    return { fates: verdicts.map((verdict) => verdict(at)), accepted };
  };
}

type OpenQuota = Awaited<ReturnType<QuotasService['openQuota']>>;

const refused = (error: unknown) => (): Fate<Project> => ({ error });

export const nameTaken = (name: string): ConflictError =>
  new ConflictError(`The team has a project named ${name} already. Choose another name.`, { name });

const keyOf = ({ actor, key }: { actor: string; key: string }): string => JSON.stringify([actor, key]);

/** What was answered under the keys of these creates before. */
async function resultsOf(tx: Tx, creates: Create[]): Promise<Map<string, { inputHash: string; verdict: Verdict }>> {
  const found = await findResults(
    tx,
    PROCEDURE,
    creates.flatMap(({ use }) => use ?? []),
  );
  return new Map(
    found.map(({ actor, key, inputHash, result }) => [
      keyOf({ actor, key }),
      { inputHash, verdict: () => ({ answer: shape.project.parse(result) }) },
    ]),
  );
}

function rowsOf({ caller, input, id, operationId, namespace, size }: Create) {
  const { team_id, name, site } = input;
  const { kind, message, details = {} } = reserved(size, site);
  return {
    ...{ id, operation_id: operationId, request_id: caller.requestId, team_id, name, namespace_name: namespace, site },
    ...{ size, created_by: caller.sub, event: { kind, message, details } },
  };
}

const auditOf =
  (place: TeamPlace) =>
  ({ caller, input, id, namespace, size }: Create) => {
    const { site, sla_type, performance_tier } = input;
    const { cpu, ram_gb } = size;
    return {
      by: caller,
      entry: {
        action: 'project.create',
        target: { type: 'project', id, name: input.name },
        place,
        after: { site, namespace_name: namespace, sla_type, performance_tier, cpu, ram_gb },
      },
    };
  };

function projectOf({ caller, input, id, namespace, size }: Create, place: TeamPlace, at: string) {
  const { team_id, name, site, sla_type, performance_tier } = input;
  return {
    ...{ id, team_id, team_name: place.teamName, name, namespace_name: namespace, site, sla_type, performance_tier },
    ...{ cpu: size.cpu, ram_gb: size.ram_gb, status: 'provisioning' as const, status_reason: null, commit_sha: null },
    ...{ created_by: caller.sub, created_at: at, updated_at: at },
  };
}

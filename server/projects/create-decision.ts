import { randomUUID } from 'node:crypto';
import { recordAudits } from '../audit/audit.repository.ts';
import type { TeamPlace } from '../org/place.repository.ts';
import type { Tx } from '../platform/database.ts';
import { ConflictError } from '../platform/errors.ts';
import { findResults, hashOf, keyConflict, remember, storedAnswer } from '../platform/idempotency.ts';
import type { Caller } from '../platform/policy.ts';
import { enqueueWrite } from '../provisioning/provisioning.jobs.ts';
import type { QuotasService } from '../quotas/quotas.service.ts';
import { reserved } from './life.rules.ts';
import { findTaken, insertNewProjects } from './projects.repository.ts';
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

/** One whose caller may create projects there. */
export type Admitted = Create & { place: TeamPlace };

type Project = shape.Project;
type OpenQuotas = Awaited<ReturnType<QuotasService['openQuotas']>>;
/** The project, new or that of an answer of before, or why there is none. */
type Decision = { answer: Project } | { error: unknown };
export type Fates = Map<Admitted, Decision>;
/** The fates of those whose quota is ours, and those of them of which there is a project now. */
export type Decided = { fates: Fates; accepted: Admitted[] };
/** What the creates that are judged next find, beside their quotas: namespaces, and what was answered under a key. */
type Seen = { taken: Set<string>; known: Map<string, { inputHash: string; decision: Decision }> };

/**
 * Decides creates, one after the other: each is answered and each leaves behind what it would have if it had come alone.
 * One that is refused changes nothing and stands in nobody's way.
 */
export function createDecision({ withLink }: { withLink: WithLink }) {
  /** Why there will be no new project, or the answer of before; undefined if there will be one. */
  async function alreadyDecided(create: Admitted, quotas: OpenQuotas, seen: Seen): Promise<Decision | undefined> {
    const { input, namespace, use, size } = create;
    const before = use && seen.known.get(keyOf(use));
    if (before) return before.inputHash === use.inputHash ? before.decision : { error: keyConflict() };
    const short = await quotas.of(quotaOf(create)).refusal({ cpu: size.cpu, ramGb: size.ram_gb });
    if (short) return { error: short };
    return seen.taken.has(namespace) ? { error: nameTaken(input.name) } : undefined;
  }

  /** Counts a create for those that come after it. */
  function accept(create: Admitted, at: string, quotas: OpenQuotas, { taken, known }: Seen): Decision {
    const { id: projectId, operationId, namespace, size, use } = create;
    const what = { ...quotaOf(create), projectId, operationId, cpu: size.cpu, ramGb: size.ram_gb };
    quotas.of(what).take({ ...what, kind: 'reserve' });
    taken.add(namespace);
    const decision = { answer: withLink(projectOf(create, at)) };
    if (use) known.set(keyOf(use), { inputHash: use.inputHash, decision });
    return decision;
  }

  /** Writes everything that is to be there afterwards. */
  async function write(tx: Tx, accepted: Admitted[], quotas: OpenQuotas, fates: Fates): Promise<void> {
    await insertNewProjects(tx, accepted.map(rowsOf));
    await quotas.write();
    await recordAudits(tx, accepted.map(auditOf));
    const results = accepted.flatMap((create) => {
      const fate = fates.get(create);
      return create.use && fate && 'answer' in fate ? [{ ...create.use, result: fate.answer }] : [];
    });
    await remember(tx, PROCEDURE, results);
    const [first] = accepted;
    if (first) await enqueueWrite(tx, first.caller.requestId);
  }

  return async (tx: Tx, creates: Admitted[], quotas: OpenQuotas): Promise<Decided> => {
    const ours = creates.filter((create) => !quotas.isHeld(quotaOf(create)));
    const known = await resultsOf(tx, ours);
    const { taken, at } = await findTaken(tx, ours.map(nameOf));
    const fates: Fates = new Map();
    const accepted: Admitted[] = [];
    for (const create of ours) {
      const decided = await alreadyDecided(create, quotas, { taken, known });
      if (!decided) accepted.push(create);
      fates.set(create, decided ?? accept(create, at, quotas, { taken, known }));
    }
    if (accepted.length > 0) await write(tx, accepted, quotas, fates);
    return { fates, accepted };
  };
}

export const quotaOf = ({ input }: Create) => ({ teamId: input.team_id, site: input.site });

const nameOf = ({ input, namespace }: Create) => ({ teamId: input.team_id, name: input.name, namespace });

export const nameTaken = (name: string): ConflictError =>
  new ConflictError(`The team has a project named ${name} already. Choose another name.`, { name });

const keyOf = ({ actor, key }: { actor: string; key: string }): string => JSON.stringify([actor, key]);

/** What was answered under the keys of these creates before. */
async function resultsOf(tx: Tx, creates: Create[]): Promise<Seen['known']> {
  const uses = creates.flatMap(({ use }) => use ?? []);
  const found = await findResults(tx, PROCEDURE, uses);
  return new Map(
    found.map(({ inputHash, result, ...use }) => [
      keyOf(use),
      { inputHash, decision: storedAnswer(shape.project, result) },
    ]),
  );
}

function rowsOf({ caller, input, id, operationId, namespace, size }: Create) {
  const { team_id, name, site } = input;
  const { kind, message, details = {} } = reserved(size, site);
  return {
    id,
    operation_id: operationId,
    request_id: caller.requestId,
    team_id,
    name,
    namespace_name: namespace,
    site,
    size,
    created_by: caller.sub,
    event: { kind, message, details },
  };
}

function auditOf({ caller, input, id, namespace, size, place }: Admitted) {
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
}

function projectOf({ caller, input, id, namespace, size, place }: Admitted, at: string) {
  const { team_id, name, site, sla_type, performance_tier } = input;
  return {
    id,
    team_id,
    team_name: place.teamName,
    name,
    namespace_name: namespace,
    site,
    sla_type,
    performance_tier,
    cpu: size.cpu,
    ram_gb: size.ram_gb,
    status: 'provisioning' as const,
    status_reason: null,
    commit_sha: null,
    created_by: caller.sub,
    created_at: at,
    updated_at: at,
  };
}

import { recordAudit } from '../audit/audit.repository.ts';
import { type Db, type Executor, inTransaction, sqlState, type Tx } from '../platform/database.ts';
import { ConflictError, NotFoundError } from '../platform/errors.ts';
import { once } from '../platform/idempotency.ts';
import { authorize, type Caller, type Permission, type Place, scopeOf } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import type { FindPlace, Level } from './levels.repository.ts';
import {
  deleteNode,
  findBlockers,
  findNode,
  insertNode,
  listNodes,
  lockNode,
  type NodeFilter,
  type OrgNode,
  renameNode,
} from './nodes.repository.ts';
import { whyNotDeleted } from './org.rules.ts';

type Options<N, K extends string> = { db: Db; level: Level<N, K>; manage: Permission };

/** The nodes of one level of the organisation: read by whom it covers, changed by who holds `manage` at the place. */
export function createNodesService<N extends OrgNode, K extends string>({ db, level, manage }: Options<N, K>) {
  const { noun, parent } = level;

  const parentIn = (input: { [key in K]?: string | undefined }) => {
    const id = parent && input[parent.key];
    return parent && id !== undefined ? { ...parent, id } : undefined;
  };

  async function placeToManage(tx: Tx, caller: Caller, id: string): Promise<Place> {
    const place = await placeOf(tx, level, id);
    authorize(caller, manage, place);
    return place;
  }

  async function locked(tx: Tx, id: string): Promise<N> {
    const node = await lockNode(tx, level, id);
    if (!node) throw new NotFoundError(noun, id);
    return node;
  }

  const record = (tx: Tx, caller: Caller, verb: string, node: N, place: Place, change: Change) =>
    recordAudit(tx, caller, {
      action: `${noun}.${verb}`,
      target: { type: noun, id: node.id, name: node.name },
      place,
      ...change,
    });

  const nameIsTaken = (name: string) => {
    const where = parent ? `This ${parent.noun} already has` : 'There is already';
    return new ConflictError(`${where} a ${noun} named “${name}”.`, { name });
  };

  return {
    /** By name; only what the caller's grants cover. */
    list: (caller: Caller, input: NodeFilter & { [key in K]?: string | undefined }): Promise<Page<N>> =>
      listNodes(db, level, scopeOf(caller, 'org.read'), parentIn(input)?.id, input),

    async get(caller: Caller, id: string): Promise<N> {
      authorize(caller, 'org.read', await placeOf(db, level, id));
      const node = await findNode(db, level, id);
      if (!node) throw new NotFoundError(noun, id);
      return node;
    },

    /** @throws ConflictError when the parent has a node of this name. */
    create(caller: Caller, input: { name: string } & { [key in K]: string }, key?: string): Promise<N> {
      const above = parentIn(input);
      const work = async (tx: Tx) => {
        authorize(caller, manage, above ? await placeOf(tx, above, above.id) : {});
        const request = { actor: caller.sub, procedure: `org.${noun}s.create`, key, input, output: level.node };
        return once(tx, request, async () => {
          const node = await insertNode(tx, level, input.name, above?.id);
          await record(tx, caller, 'create', node, await placeOf(tx, level, node.id), { after: node });
          return node;
        });
      };
      return explained(inTransaction(db, work), {
        [UNIQUE_VIOLATION]: () => nameIsTaken(input.name),
        [FOREIGN_KEY_VIOLATION]: () => above && new NotFoundError(above.noun, above.id),
      });
    },

    /** @throws ConflictError when a sibling has this name. */
    rename(caller: Caller, { id, name }: { id: string; name: string }): Promise<N> {
      const work = async (tx: Tx) => {
        const place = await placeToManage(tx, caller, id);
        const before = await locked(tx, id);
        const after = await renameNode(tx, level, id, name);
        const change = { before: { name: before.name }, after: { name } };
        await record(tx, caller, 'rename', after, place, change);
        return after;
      };
      return explained(inTransaction(db, work), { [UNIQUE_VIOLATION]: () => nameIsTaken(name) });
    },

    /** @throws ConflictError that names what the node still holds: children, servers, projects, quotas. */
    delete(caller: Caller, id: string): Promise<void> {
      const work = async (tx: Tx) => {
        const place = await placeToManage(tx, caller, id);
        // Quotas before their node: the order in which those who grant them and create projects come by.
        await level.lockQuotas?.(tx, id);
        const node = await locked(tx, id);
        const blockers = await findBlockers(tx, level, id);
        if (blockers.length > 0) throw new ConflictError(whyNotDeleted(noun, node.name, blockers), { blockers });
        await deleteNode(tx, level, id);
        await record(tx, caller, 'delete', node, place, { before: node });
      };
      return explained(inTransaction(db, work), {
        [FOREIGN_KEY_VIOLATION]: () => new ConflictError(`Something still belongs to this ${noun}.`),
      });
    },
  };
}

type Change = { before?: Record<string, unknown>; after?: Record<string, unknown> };

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** Says in the domain's words what PostgreSQL refused. */
const explained = <T>(work: Promise<T>, refusals: Record<string, () => Error | undefined>): Promise<T> =>
  work.catch((error: unknown) => {
    throw refusals[sqlState(error) ?? '']?.() ?? error;
  });

type Located = { noun: string; findPlace: FindPlace };

async function placeOf(db: Executor, { noun, findPlace }: Located, id: string): Promise<Place> {
  const place = await findPlace(db, id);
  if (!place) throw new NotFoundError(noun, id);
  return place;
}

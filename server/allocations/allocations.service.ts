import type { z } from 'zod';
import { recordAudit } from '../audit/audit.repository.ts';
import { enterField } from '../org/enter.ts';
import type { FieldPlace } from '../org/place.repository.ts';
import { type Db, type Executor, inTransaction, type Tx } from '../platform/database.ts';
import {
  ConflictError,
  InfraHubError,
  NotFoundError,
  QuotaExceededError,
  ValidationError,
} from '../platform/errors.ts';
import type { Caller } from '../platform/policy.ts';
import {
  giveServers,
  isSite,
  listGrants,
  listHolders,
  listSiteBudgets,
  listSites,
  lockField,
  type TakenServer,
  takeServers,
} from './allocations.repository.ts';
import {
  alreadyGiven,
  deficitOf,
  type FieldBudget,
  freeOf,
  type HeldServer,
  notOfField,
  type Resources,
  releaseRefusal,
  releaseShortages,
  releasesBySite,
  SERVERS_NAMED,
  unknownServers,
  unknownSite,
} from './allocations.rules.ts';
import type { allocationOutput, fieldCapacity, ServersOfField } from './allocations.schema.ts';

const NOTHING: FieldBudget = {
  capacity: { cpu: 0, ramGb: 0 },
  online: { cpu: 0, ramGb: 0 },
  granted: { cpu: 0, ramGb: 0 },
};

/** Which servers are given to which field, and what each field has at a site for its grants. */
export function createAllocationsService({ db }: { db: Db }) {
  return {
    /**
     * Gives servers to a field, all or none.
     * @throws ConflictError when one is given already, to whichever field; NotFoundError naming unknown ids.
     */
    async allocate(caller: Caller, input: ServersOfField): Promise<z.output<typeof allocationOutput>> {
      const ids = distinct(input.server_ids);
      return inTransaction(db, async (tx) => {
        const place = await enterField(tx, caller, 'servers.allocate', input.id);
        await lock(tx, place.fieldId);
        const given = await giveServers(tx, place.fieldId, ids);
        if (given.length < ids.length) {
          const givenIds = new Set(given.map((server) => server.id));
          const others = await knownServers(tx, ids);
          throw conflict(
            alreadyGiven,
            others.filter((server) => !givenIds.has(server.id)),
          );
        }
        await recordServers(tx, caller, 'servers.allocate', place, given);
        return { field_id: place.fieldId, server_ids: ids };
      });
    },

    /**
     * Takes servers from a field, all or none.
     * @throws ConflictError when one is not the field's; QuotaExceededError when the field's grants rest on them.
     */
    async release(caller: Caller, input: ServersOfField): Promise<z.output<typeof allocationOutput>> {
      const ids = distinct(input.server_ids);
      return inTransaction(db, async (tx) => {
        const place = await enterField(tx, caller, 'servers.allocate', input.id);
        await lock(tx, place.fieldId);
        const holders = await knownServers(tx, ids);
        const foreign = holders.filter((server) => server.fieldId !== place.fieldId);
        if (foreign.length > 0) throw conflict((servers) => notOfField(place.fieldName, servers), foreign);
        const taken = await takeServers(tx, place.fieldId, ids);
        await refuseIfGrantsRestOn(tx, place.fieldId, taken);
        await recordServers(tx, caller, 'servers.release', place, taken);
        return { field_id: place.fieldId, server_ids: ids };
      });
    },

    /** What a field has, has granted and has left at each site. */
    async fieldCapacity(caller: Caller, fieldId: string): Promise<z.output<typeof fieldCapacity>> {
      const place = await enterField(db, caller, 'capacity.read', fieldId);
      const budgets = await listSiteBudgets(db, place.fieldId);
      const sites = budgets.map((budget) => ({
        site: budget.site,
        servers: budget.servers,
        servers_online: budget.serversOnline,
        capacity: onWire(budget.capacity),
        online: onWire(budget.online),
        granted: onWire(budget.granted),
        free: onWire(freeOf(budget)),
        deficit: onWire(deficitOf(budget)),
      }));
      return { field_id: place.fieldId, sites };
    },

    /**
     * Locks the field, which owns the budget of invariant 1, and answers its budget at a site. Nobody can give, take or
     * grant below this field until the transaction ends.
     * @throws NotFoundError when the field is gone.
     */
    async lockFieldBudget(tx: Tx, fieldId: string, site: string): Promise<FieldBudget> {
      await lock(tx, fieldId);
      return budgetAt(tx, fieldId, site);
    },

    /** A field's budget at a site as of now, without a lock: to show, or to judge facts that no lock holds. */
    fieldBudget: (executor: Executor, fieldId: string, site: string): Promise<FieldBudget> =>
      budgetAt(executor, fieldId, site),

    /** The same, of every site where the field has servers or grants. */
    fieldBudgets: (executor: Executor, fieldId: string) => listSiteBudgets(executor, fieldId),

    /** Refuses what is no site: names are compared letter by letter. @throws ValidationError that names those there are */
    async enterSite(executor: Executor, site: string): Promise<void> {
      if (await isSite(executor, site)) return;
      const message = unknownSite(site, await listSites(executor));
      throw new ValidationError([{ path: 'site', message }], message);
    },
  };
}

export type AllocationsService = ReturnType<typeof createAllocationsService>;

const distinct = (ids: string[]): string[] => [...new Set(ids)];
const onWire = ({ cpu, ramGb }: Resources) => ({ cpu, ram_gb: ramGb });

async function lock(tx: Tx, fieldId: string): Promise<void> {
  if (!(await lockField(tx, fieldId))) throw new NotFoundError('field', fieldId);
}

/** A statement of its own after the lock: one statement that locks and sums would sum what it saw before it waited. */
async function budgetAt(db: Executor, fieldId: string, site: string): Promise<FieldBudget> {
  const [budget] = await listSiteBudgets(db, fieldId, site);
  return budget ?? NOTHING;
}

async function knownServers(tx: Tx, ids: string[]): Promise<HeldServer[]> {
  const known = await listHolders(tx, ids);
  const knownIds = new Set(known.map((server) => server.id));
  const unknown = ids.filter((id) => !knownIds.has(id));
  if (unknown.length > 0)
    throw new InfraHubError('NOT_FOUND', unknownServers(unknown), { what: 'server', ids: unknown });
  return known;
}

function conflict(message: (servers: HeldServer[]) => string, servers: HeldServer[]): ConflictError {
  const details = servers.slice(0, SERVERS_NAMED).map(({ id, name, fieldId, fieldName }) => ({
    id,
    name,
    field_id: fieldId,
    field_name: fieldName,
  }));
  return new ConflictError(message(servers), { count: servers.length, servers: details });
}

async function refuseIfGrantsRestOn(tx: Tx, fieldId: string, taken: TakenServer[]): Promise<void> {
  const budgets = new Map((await listSiteBudgets(tx, fieldId)).map((budget) => [budget.site, budget]));
  const releases = releasesBySite(taken.map(({ ram_gb, ...server }) => ({ ...server, ramGb: ram_gb })));
  const [first, ...others] = releases.flatMap(({ site, ...amounts }) =>
    releaseShortages({ site, ...amounts, after: budgets.get(site) ?? NOTHING }),
  );
  if (!first) return;
  const short = [first, ...others];
  const grants = await listGrants(tx, fieldId, [...new Set(short.map(({ site }) => site))]);
  const message = short.map((shortage) => releaseRefusal(shortage, grants)).join(' ');
  throw new QuotaExceededError(message, [first, ...others]);
}

async function recordServers(
  tx: Tx,
  caller: Caller,
  action: 'servers.allocate' | 'servers.release',
  place: FieldPlace,
  servers: { name: string }[],
): Promise<void> {
  const names = servers.slice(0, SERVERS_NAMED).map((server) => server.name);
  await recordAudit(tx, caller, {
    action,
    target: { type: 'field', id: place.fieldId, name: place.fieldName },
    place,
    after: { count: servers.length, servers: names },
  });
}

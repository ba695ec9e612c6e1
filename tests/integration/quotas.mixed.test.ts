import { randomInt } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../server/platform/database.ts';
import { InfraHubError } from '../../server/platform/errors.ts';
import { createLog } from '../../server/platform/log.ts';
import type { UsageChange } from '../../server/quotas/quotas.service.ts';
import { centerAdmin } from '../factories/caller.ts';
import { newDepartment, newField, newServer, newTeam } from '../factories/org.ts';
import { quotaServices, releaseAgain, reserve } from '../factories/quotas.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { brokenInvariants } from '../support/invariants.ts';

const OPERATIONS = 1_000;
const WORKERS = 16;
const SITES = ['haifa', 'eilat'];

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase({ poolSize: 1 }); // besides the workers' sessions there is only this one
});
afterAll(() => database.drop());

/** Numbers below `n` that the same seed gives again (mulberry32). */
function dice(seed: number) {
  let state = seed;
  return (n: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Two fields of two departments of two teams, and twenty servers of ten cores at two sites. */
async function smallOrganisation() {
  const { db } = database;
  const twice = async <T>(make: () => Promise<T>) => [await make(), await make()];
  const fields = await twice(() => newField(db));
  const departments = (await Promise.all(fields.map((f) => twice(() => newDepartment(db, { fieldId: f.id }))))).flat();
  const teams = (await Promise.all(departments.map((d) => twice(() => newTeam(db, { departmentId: d.id }))))).flat();
  const servers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => newServer(db, { cpu: 10, ramGb: 10, site: SITES[i % 2] ?? '' })),
  );
  const ids = (rows: { id: string }[]) => rows.map((row) => row.id);
  return { fields: ids(fields), departments: ids(departments), teams: ids(teams), servers: ids(servers) };
}

/** How often PostgreSQL had to break a deadlock here. Sessions report when they end, so those of `workers` must be over. */
async function deadlocks(): Promise<number> {
  const alone = sql`select count(*)::int as others from pg_stat_activity
    where datname = current_database() and application_name = 'infrahub' and pid <> pg_backend_pid()`;
  await expect.poll(async () => (await database.db.execute(alone)).rows[0], { timeout: 10_000 }).toEqual({ others: 0 });
  const { rows } = await database.db.execute<{ n: number }>(
    sql`select deadlocks::int as n from pg_stat_database where datname = current_database()`,
  );
  return rows[0]?.n ?? -1;
}

test('a thousand mixed changes by sixteen at once: no deadlock, no refusal but the two that are meant, no invariant broken', async () => {
  const seed = randomInt(2 ** 31);
  const roll = dice(seed);
  const organisation = await smallOrganisation();
  const workers = openDatabase({ url: database.url, poolSize: WORKERS, log: createLog('silent') });
  const { allocations, quotas } = quotaServices(workers.db);
  const admin = centerAdmin();
  const held: UsageChange[] = [];

  const pick = (ids: string[]) => ids[roll(ids.length)] ?? '';
  const somewhere = () => SITES[roll(2)] ?? '';
  const limit = (id: string, most: number) => ({
    id,
    site: somewhere(),
    cpu_limit: roll(most),
    ram_gb_limit: roll(most),
  });
  const someServers = () => ({
    id: pick(organisation.fields),
    server_ids: Array.from({ length: 1 + roll(2) }, () => pick(organisation.servers)),
  });
  const acts: Record<string, () => Promise<unknown>> = {
    allocate: () => allocations.allocate(admin, someServers()),
    release: () => allocations.release(admin, someServers()),
    setDepartment: () => quotas.setDepartment(admin, limit(pick(organisation.departments), 30)),
    setTeam: () => quotas.setTeam(admin, limit(pick(organisation.teams), 12)),
    reserve: async () => {
      held.push(await reserve(workers.db, quotas, pick(organisation.teams), { cpu: 1 + roll(4), ramGb: 1 + roll(4) }));
    },
    giveBack: async () => {
      const taken = held.splice(roll(held.length || 1), 1)[0];
      if (taken) await releaseAgain(workers.db, quotas, taken);
    },
  };

  const outcomes: Record<string, number> = {};
  let left = OPERATIONS;
  async function work(): Promise<void> {
    while (left-- > 0) {
      const [name, act] = Object.entries(acts)[roll(6)] ?? [];
      const outcome = await act?.().then(
        () => 'done',
        (error: unknown) => (error instanceof InfraHubError ? error.code : String(error)),
      );
      outcomes[`${name} ${outcome}`] = (outcomes[`${name} ${outcome}`] ?? 0) + 1;
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, work));
  await workers.close();

  const unplanned = Object.keys(outcomes).filter((key) => !/ (done|QUOTA_EXCEEDED|CONFLICT)$/.test(key));
  expect(unplanned, `seed ${seed}`).toEqual([]);
  const broken = await Promise.all(organisation.fields.map((id) => brokenInvariants(database.db, id)));
  expect(broken.flat(), `seed ${seed}`).toEqual([]);
  const verified = await quotaServices(database.db).quotas.verify(admin, { repair: false });
  expect(verified.mismatches, `seed ${seed}`).toEqual([]);
  expect(await deadlocks(), `seed ${seed}`).toBe(0);
  for (const name of Object.keys(acts)) expect(outcomes[`${name} done`], `${name}, seed ${seed}`).toBeGreaterThan(0);
  expect(outcomes['setTeam QUOTA_EXCEEDED'], `seed ${seed}`).toBeGreaterThan(0);
});

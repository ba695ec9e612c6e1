import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { idempotencyKeys } from '../../db/schema/index.ts';
import { restProcedures } from '../../server/platform/procedures.ts';
import { appRouter } from '../../server/router.ts';
import { callerWith } from '../factories/caller.ts';
import { newProject } from '../factories/projects.ts';
import { newBranch } from '../factories/quotas.ts';
import { startApp } from '../support/app.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { DOORS, type Door, everyProcedure, requestTo } from '../support/doors.ts';

type Input = Record<string, unknown>;
type Branch = Awaited<ReturnType<typeof newBranch>>;

let database: TestDatabase;
let app: Awaited<ReturnType<typeof startApp>>;
let branch: Branch;

beforeAll(async () => {
  database = await freshDatabase();
  const size = { cpu: 1000, ramGb: 4000 };
  branch = await newBranch(database.db, { capacity: size, department: size, team: size });
  const everyone = (sub: string) => ({
    ...callerWith({ role: 'center_admin', scope_id: null }, { role: 'team_lead', scope_id: branch.team.id }),
    sub,
  });
  app = await startApp(database, { anna: everyone('anna'), ben: everyone('ben') });
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

const name = () => `n-${randomUUID().slice(0, 8)}`;

/** Everything that creates, with an input of its own each time. */
const CREATES: Record<string, () => Input> = {
  'org.centers.create': () => ({ name: name() }),
  'org.fields.create': () => ({ name: name(), center_id: branch.field.centerId }),
  'org.departments.create': () => ({ name: name(), field_id: branch.field.id }),
  'org.teams.create': () => ({ name: name(), department_id: branch.department.id }),
  'projects.create': () => newProject(branch.team.id),
};

const answer = z.union([
  z.object({ result: z.object({ data: z.object({ id: z.uuid() }) }) }),
  z.object({ id: z.uuid() }),
]);
const refused = z.union([
  z.object({ error: z.object({ data: z.object({ code: z.string() }) }) }),
  z.object({ error: z.object({ code: z.string() }) }),
]);

async function create(door: Door, path: string, input: Input, key: string, token = 'anna') {
  const procedure = everyProcedure().find((one) => one.path === path);
  const request = procedure && requestTo(door, procedure, input);
  if (!request) throw new Error(`${path} has no address at ${door}`);
  const { address, method, body = null } = request;
  const response = await fetch(app.url + address, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
    body,
  });
  const said: unknown = await response.json();
  const made = answer.safeParse(said).data;
  const error = refused.safeParse(said).data?.error;
  return {
    status: response.status,
    id: made && ('result' in made ? made.result.data.id : made.id),
    code: error && ('data' in error ? error.data.code : error.code),
    said,
  };
}

test('this file knows everything that creates', () => {
  const creating = restProcedures(appRouter).filter(({ meta }) => meta.creates !== undefined);
  expect(creating.map(({ path }) => path).sort()).toEqual(Object.keys(CREATES).sort());
});

describe.each(DOORS)('at the %s door', (door) => {
  describe.each(Object.entries(CREATES))('%s', (path, inputOf) => {
    test('ten requests at once with one key make one thing, and all are told of it', async () => {
      const [input, key] = [inputOf(), randomUUID()];
      const answers = await Promise.all(Array.from({ length: 10 }, () => create(door, path, input, key)));
      const ids = new Set(answers.map(({ id }) => id));
      expect({ things: ids.size, told: answers.filter(({ id }) => id !== undefined).length }).toEqual({
        things: 1,
        told: 10,
      });
    });

    test('a repetition is answered with the first answer, word for word', async () => {
      const [input, key] = [inputOf(), randomUUID()];
      const first = await create(door, path, input, key);
      expect(await create(door, path, input, key)).toEqual(first);
    });

    test('the key with another input is a conflict, and makes nothing', async () => {
      const key = randomUUID();
      await create(door, path, inputOf(), key);
      const other = inputOf();
      expect(await create(door, path, other, key)).toMatchObject({ status: 409, code: 'IDEMPOTENCY_CONFLICT' });
      expect((await create(door, path, other, randomUUID())).id).toBeDefined();
    });

    test('an answer that another version kept in another shape is not repeated, and nothing is done twice', async () => {
      const [input, key] = [inputOf(), randomUUID()];
      const { id } = await create(door, path, input, key);
      const mine = eq(idempotencyKeys.key, key);
      await database.db
        .update(idempotencyKeys)
        .set({ result: { id, title: input.name } })
        .where(mine);
      const again = await create(door, path, input, key);
      expect(again).toMatchObject({ status: 409, code: 'CONFLICT' });
      expect(JSON.stringify(again.said)).toContain(`"details":{"id":"${id}"}`);
      expect(JSON.stringify(again.said)).toContain('It is not done again');
    });

    test('the key of somebody else is another key', async () => {
      const key = randomUUID();
      const mine = await create(door, path, inputOf(), key);
      const theirs = await create(door, path, inputOf(), key, 'ben');
      expect(theirs.id).not.toBe(mine.id);
      expect(theirs.id).toBeDefined();
    });
  });

  test.each(['', 'k'.repeat(201), 'tab\tkey'])('the key “%s” is refused', async (key) => {
    const refusal = await create(door, 'org.centers.create', { name: name() }, key);
    expect(refusal).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });
});

test('a request that failed leaves its key free', async () => {
  const key = randomUUID();
  const nowhere = { name: name(), center_id: randomUUID() };
  expect(await create('rest', 'org.fields.create', nowhere, key)).toMatchObject({ status: 404 });
  expect(
    await create('rest', 'org.fields.create', { ...nowhere, center_id: branch.field.centerId }, key),
  ).toMatchObject({
    status: 201,
  });
});

test('both doors know each other’s keys', async () => {
  const [input, key] = [{ name: name() }, randomUUID()];
  const first = await create('rest', 'org.centers.create', input, key);
  expect((await create('trpc', 'org.centers.create', input, key)).id).toBe(first.id);
});

test('a key that is swept away while it is looked at is a new one', async () => {
  const key = randomUUID();
  const old = { actor: 'anna', procedure: 'org.centers.create', key, inputHash: 'of a day ago' };
  await database.db.insert(idempotencyKeys).values({ ...old, createdAt: '2020-01-01T00:00:00Z' });
  await database.db.execute(sql`
    create function sweep() returns trigger language plpgsql as $$
      begin delete from idempotency_keys where created_at < now() - interval '1 day'; return null; end $$`);
  await database.db.execute(sql`
    create trigger sweep after insert on idempotency_keys for each statement execute function sweep()`);
  const input = { name: name() };
  const first = await create('rest', 'org.centers.create', input, key);
  expect(first.status).toBe(201);
  expect((await create('rest', 'org.centers.create', input, key)).id).toBe(first.id);
});

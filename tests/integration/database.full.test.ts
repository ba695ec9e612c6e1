import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { callerWith } from '../factories/caller.ts';
import { newProject } from '../factories/projects.ts';
import { newBranch } from '../factories/quotas.ts';
import { startApp } from '../support/app.ts';
import { freshDatabase } from '../support/database.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** InfraHub over a database in which no project can be written down, for want of what the code says. */
async function without(code: string) {
  const database = await freshDatabase();
  cleanUps.push(database.drop);
  const { db } = database;
  const size = { cpu: 10, ramGb: 40 };
  const { team } = await newBranch(db, { capacity: size, department: size, team: size });
  const app = await startApp(database, { lead: callerWith({ role: 'team_lead', scope_id: team.id }) });
  cleanUps.push(app.stop);
  await db.execute(
    sql.raw(`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file' using errcode = '${code}'; end $$`),
  );
  await db.execute(sql`create trigger is_full before insert on projects for each row execute function refuse()`);
  const input = newProject(team.id);
  return {
    db,
    create: () =>
      fetch(`${app.url}/api/v1/projects`, {
        method: 'POST',
        headers: { authorization: 'Bearer lead', 'content-type': 'application/json', 'idempotency-key': input.name },
        body: JSON.stringify(input),
      }),
  };
}

test.each([
  ['disk', '53100'],
  ['memory', '53200'],
  ['connections', '53300'],
])('a database without %s to spare is no error of ours: asked again, the same create goes through', async (_, code) => {
  const { db, create } = await without(code);
  const refused = await create();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await refused.json()).toMatchObject({ error: { code: 'BUSY' } });
  const { rows } = await db.execute(
    sql`select cpu_used, (select count(*)::int from projects) from team_quota_allocations`,
  );
  expect(rows).toEqual([{ cpu_used: 0, count: 0 }]);
  await db.execute(sql`drop trigger is_full on projects`);
  expect((await create()).status).toBe(201);
});

import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { projects as projectsTable } from '../../db/schema/index.ts';
import { openDatabase } from '../../server/platform/database.ts';
import { InfraHubError } from '../../server/platform/errors.ts';
import { createLog } from '../../server/platform/log.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { createProjectsService } from '../../server/projects/projects.service.ts';
import { adminOf } from '../factories/caller.ts';
import { newTeam } from '../factories/org.ts';
import { newProject, type ProjectsRoom, projectsRoom, usageOfTeam, using } from '../factories/projects.ts';
import { newTeamQuota, quotaServices } from '../factories/quotas.ts';
import { createCheckpoints } from '../support/checkpoints.ts';
import { outcomesOf } from '../support/outcomes.ts';
import { ANNOUNCE_STEPS, startPostgresProxy } from '../support/postgres-proxy.ts';

let shared: ProjectsRoom;
beforeAll(async () => {
  shared = await projectsRoom();
});
afterAll(() => shared.drop());

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

type Ask = {
  squad: number;
  name: string;
  sla_type: 'bronze' | 'silver' | 'gold';
  key: string | undefined;
  isStranger: boolean;
};

const asks = fc.array(
  fc.record<Ask>({
    squad: fc.nat(1),
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    sla_type: fc.constantFrom('bronze', 'silver', 'gold'),
    key: fc.option(fc.constantFrom('k1', 'k2', 'k3'), { nil: undefined }),
    isStranger: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { minLength: 2, maxLength: 12 },
);

/** A team like any other, with its lead, and somebody who leads another. */
async function newSquad(quota: { cpu: number; ramGb: number }) {
  const team = await newTeam(shared.db, { departmentId: shared.department.id });
  await newTeamQuota(shared.db, team.id, quota);
  const as = (caller: Caller, sub: string): Caller => ({ ...caller, sub: `${sub}-of-${team.id}` });
  return {
    team,
    lead: as(adminOf('team_lead', team.id), 'lead'),
    stranger: as(adminOf('team_lead', shared.team.id), 'stranger'),
  };
}
type Squad = Awaited<ReturnType<typeof newSquad>>;

/** What came of a create, in words that are the same for each team; a repeated answer names the create it repeats. */
async function told(attempt: Promise<{ id: string; name: string; cpu: number }>, ids: string[]): Promise<unknown> {
  try {
    const { id, name, cpu } = await attempt;
    if (!ids.includes(id)) ids.push(id);
    return { name, cpu, project: ids.indexOf(id) };
  } catch (error) {
    if (!(error instanceof InfraHubError)) throw error;
    return { code: error.code, message: error.message, details: error.details };
  }
}

const create = (squad: Squad, { name, sla_type, key, isStranger }: Ask) =>
  shared.projects.create(isStranger ? squad.stranger : squad.lead, newProject(squad.team.id, { name, sla_type }), key);

async function leftBy(squad: Squad) {
  const { rows } = await shared.db.execute(sql`
    select (select json_agg(json_build_array(name, cpu, status) order by name) from projects where team_id = ${squad.team.id}) as projects,
      (select json_agg(json_build_array(l.kind, l.cpu, l.ram_gb) order by p.name) from quota_ledger l join projects p on p.id = l.project_id where p.team_id = ${squad.team.id}) as ledger,
      (select json_build_array(cpu_used, ram_gb_used) from team_quota_allocations where team_id = ${squad.team.id}) as used,
      (select json_agg(json_build_array(action, target_name) order by target_name) from audit_events where team_id = ${squad.team.id}) as audit,
      (select json_agg(json_build_array(o.kind, o.state, e.message) order by p.name) from projects p join project_operations o on o.project_id = p.id join project_events e on e.project_id = p.id where p.team_id = ${squad.team.id}) as operations,
      (select json_agg(key order by key) from idempotency_keys where actor like ${`%${squad.team.id}`}) as keys`);
  return rows[0];
}

test(
  'creates of two teams at once are answered, and leave behind, what they would one after the other',
  () =>
    fc.assert(
      fc.asyncProperty(asks, fc.integer({ min: 2, max: 30 }), async (plan, cpu) => {
        const quota = { cpu, ramGb: 1000 };
        const together = [await newSquad(quota), await newSquad(quota)] as const;
        const inTurn = [await newSquad(quota), await newSquad(quota)] as const;
        const [idsTogether, idsInTurn]: [string[], string[]] = [[], []];
        const attempts = plan.map((ask) => create(together[ask.squad === 0 ? 0 : 1], ask));
        await Promise.allSettled(attempts);
        const answers = [];
        for (const attempt of attempts) answers.push(await told(attempt, idsTogether));
        for (const [i, ask] of plan.entries()) {
          expect(answers[i]).toEqual(await told(create(inTurn[ask.squad === 0 ? 0 : 1], ask), idsInTurn));
        }
        for (const squad of [0, 1] as const) {
          expect(await leftBy(together[squad])).toEqual(await leftBy(inTurn[squad]));
        }
      }),
      { numRuns: 60 },
    ),
  120_000,
);

/** The room with PostgreSQL behind a wire that can be cut, at the COMMIT of a create or at the answer to it. */
async function overWire() {
  const room = await projectsRoom({ cpu: 20, ramGb: 400 });
  cleanUps.push(room.drop);
  await room.db.execute(sql.raw(ANNOUNCE_STEPS));
  const checkpoints = createCheckpoints();
  const port = Number(new URL(room.database.url).port);
  const proxy = await startPostgresProxy({ replica: 'A', port, checkpoints });
  cleanUps.push(proxy.stop);
  const url = new URL(room.database.url);
  url.port = String(proxy.port);
  const { db, close } = openDatabase({ url: url.href, poolSize: 4, log: createLog('silent') });
  cleanUps.push(close);
  const { quotas } = quotaServices(db);
  const projects = createProjectsService({ db, quotas, links: { argocd: (site) => site }, live: room.live });
  return { ...room, projects, checkpoints };
}

test.each([
  ['before it arrives', 'recording provision requested'],
  ['before it is answered', 'recorded provision requested'],
])('a COMMIT that is cut %s is told apart by its projects: all are there once, and nobody notices', async (_, at) => {
  const room = await overWire();
  const first = room.projects.create(room.lead, newProject(room.team.id, { name: 'first' }));
  const cutting = room.checkpoints.stopAt(at, 'recorded provision requested');
  await first;
  const names = ['a', 'b', 'c', 'd'];
  const attempts = names.map((name) => room.projects.create(room.lead, newProject(room.team.id, { name })));
  (await cutting).cut();
  const made = await Promise.all(attempts);
  expect(made.map(({ name }) => name)).toEqual(names);
  expect(await room.db.$count(projectsTable)).toBe(5);
  expect(await usageOfTeam(room)).toEqual(using(10, 20));
});

test('one that fails for a reason of its own fails alone: those beside it, of its team and of others, are made', async () => {
  const room = await projectsRoom();
  cleanUps.push(room.drop);
  const other = await newTeam(room.db, { departmentId: room.department.id });
  await newTeamQuota(room.db, other.id, { cpu: 100, ramGb: 400 });
  await room.db.execute(sql`create function curse() returns trigger language plpgsql as $$
    begin raise exception 'cursed'; end $$`);
  await room.db.execute(sql`create trigger curse before insert on projects
    for each row when (new.name = 'cursed') execute function curse()`);
  const theirs = adminOf('team_lead', other.id);
  const attempts = ['first', 'a', 'cursed', 'b', 'c'].flatMap((name) => [
    room.projects.create(room.lead, newProject(room.team.id, { name })),
    ...(name === 'cursed' ? [] : [room.projects.create(theirs, newProject(other.id, { name }))]),
  ]);
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map((_, i) => (i === 4 ? 'rejected' : 'fulfilled')));
  expect(await room.db.$count(projectsTable)).toBe(8);
  expect(await usageOfTeam(room)).toMatchObject({ counter: { cpu: 8, ram: 16 } });
});

/** Holds the lock of a team's quota, as another replica might, until told to let go. */
async function holdQuotaOf({ database, team }: ProjectsRoom): Promise<() => Promise<void>> {
  const client = await database.pool.connect();
  await client.query('begin');
  await client.query('select from team_quota_allocations where team_id = $1 for no key update', [team.id]);
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

test('while somebody holds one team’s quota the others notice nothing, and it is served in order once they let go', async () => {
  const room = await projectsRoom({ cpu: 6, ramGb: 400 });
  cleanUps.push(room.drop);
  const other = await newTeam(room.db, { departmentId: room.department.id });
  await newTeamQuota(room.db, other.id, { cpu: 100, ramGb: 400 });
  const theirs = adminOf('team_lead', other.id);
  const letGo = await holdQuotaOf(room);
  const names = ['a', 'b', 'c', 'd', 'e'];
  const held = names.map((name) => room.projects.create(room.lead, newProject(room.team.id, { name })));
  const free = names.map((name) => room.projects.create(theirs, newProject(other.id, { name })));
  const settled = outcomesOf(held);
  expect(await outcomesOf(free)).toEqual(names.map(() => 'done'));
  expect(await room.db.$count(projectsTable)).toBe(5);
  await letGo();
  expect(await settled).toEqual(['done', 'done', 'done', 'QUOTA_EXCEEDED', 'QUOTA_EXCEEDED']);
});

test('whoever waits behind those who did not get the lock is told BUSY with them, and nothing is made', async () => {
  const room = await projectsRoom();
  cleanUps.push(room.drop);
  const letGo = await holdQuotaOf(room);
  const attempts = Array.from({ length: 250 }, () => room.projects.create(room.lead, newProject(room.team.id)));
  expect(new Set(await outcomesOf(attempts))).toEqual(new Set(['BUSY']));
  await letGo();
  expect(await room.db.$count(projectsTable)).toBe(0);
  expect(await usageOfTeam(room)).toEqual(using(0, 0));
});

test('the same key at two replicas at once makes one project, also where it takes the last of the quota', async () => {
  const room = await projectsRoom({ cpu: 2, ramGb: 4 });
  cleanUps.push(room.drop);
  const [links, live] = [{ argocd: (site: string) => `https://argo/${site}` }, room.live];
  const other = createProjectsService({ db: room.db, quotas: quotaServices(room.db).quotas, links, live });
  const [input, key] = [newProject(room.team.id), randomUUID()];
  const replicas = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? room.projects : other));
  const answers = await Promise.all(replicas.map((replica) => replica.create(room.lead, input, key)));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(await usageOfTeam(room)).toEqual(using(2, 4));
});

test('a name that two sites of a team want at once goes to one of them', async () => {
  const room = await projectsRoom();
  cleanUps.push(room.drop);
  await newTeamQuota(room.db, room.team.id, { cpu: 100, ramGb: 400 }, 'eilat');
  const names = Array.from({ length: 20 }, (_, i) => `n-${i}`);
  const attempts = names.flatMap((name, i) =>
    (i % 2 === 0 ? ['haifa', 'eilat'] : ['eilat', 'haifa']).map((site) =>
      room.projects.create(room.lead, newProject(room.team.id, { name, site })),
    ),
  );
  const outcomes = await outcomesOf(attempts);
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(20);
  expect(outcomes.filter((outcome) => outcome === 'CONFLICT')).toHaveLength(20);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { createLiveService } from '../../server/live/live.service.ts';
import { ForbiddenError, UnauthenticatedError } from '../../server/platform/errors.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { changeProjects } from '../../server/projects/projects.changes.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newTeam } from '../factories/org.ts';
import { newProject, type ProjectsRoom, projectsRoom } from '../factories/projects.ts';

const rooms: ProjectsRoom[] = [];
const aborts: AbortController[] = [];
async function room(): Promise<ProjectsRoom> {
  const made = await projectsRoom();
  rooms.push(made);
  await made.live.start();
  return made;
}
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort();
  await Promise.all(rooms.splice(0).map((made) => made.drop()));
});

function watching(
  made: ProjectsRoom,
  id: string,
  { afterSeq = 0, caller = made.lead, recheck = async () => caller } = {},
) {
  const abort = new AbortController();
  aborts.push(abort);
  const items = made.projects.watch(caller, { id, afterSeq }, { signal: abort.signal, recheck });
  return { items, abort, next: async () => (await items.next()).value };
}

const tell = (made: ProjectsRoom, projectId: string, message: string) =>
  made.db.transaction((tx) =>
    changeProjects(tx, [
      { projectId, requestId: made.lead.requestId, reason: message, event: { kind: 'waiting', message } },
    ]),
  );

test('a watcher gets what there is, then each event as it is committed, with the project as it is then', async () => {
  const made = await room();
  const { id } = await made.projects.create(made.lead, newProject(made.team.id));
  const { next } = watching(made, id);
  expect(await next()).toMatchObject({ event: { kind: 'reserved' } });
  const coming = next();
  await tell(made, id, 'Waiting for Git');
  expect(await coming).toMatchObject({ event: { kind: 'waiting' }, project: { status_reason: 'Waiting for Git' } });
});

test('one who comes back goes on after the last event seen', async () => {
  const made = await room();
  const { id } = await made.projects.create(made.lead, newProject(made.team.id));
  await tell(made, id, 'one');
  await tell(made, id, 'two');
  const [, one] = (await made.projects.timeline(made.lead, id)).items;
  const { next } = watching(made, id, { afterSeq: one?.seq ?? 0 });
  expect(await next()).toMatchObject({ event: { message: 'two' } });
});

test('another replica’s changes arrive as well, and nothing of other projects', async () => {
  const made = await room();
  const mine = await made.projects.create(made.lead, newProject(made.team.id));
  const other = await made.projects.create(made.lead, newProject(made.team.id));
  const { next } = watching(made, mine.id, { afterSeq: 1e9 });
  const coming = next();
  await tell(made, other.id, 'not for you');
  expect(await Promise.race([coming, sleep(300, 'silence')])).toBe('silence');
});

test('watching ends when the token does', async () => {
  const made = await room();
  const { id } = await made.projects.create(made.lead, newProject(made.team.id));
  const expired = () => Promise.reject(new UnauthenticatedError('TOKEN_EXPIRED', 'Your token has expired.'));
  const { next } = watching(made, id, { recheck: expired });
  await next();
  const end = expect(next()).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  await tell(made, id, 'after the end');
  await end;
});

test('watching ends when the caller may no longer see the project, and does not begin for others', async () => {
  const made = await room();
  const { id } = await made.projects.create(made.lead, newProject(made.team.id));
  const stranger: Caller = adminOf('team_lead', (await newTeam(made.db)).id);
  await expect(watching(made, id, { caller: stranger }).next()).rejects.toBeInstanceOf(ForbiddenError);

  const { next } = watching(made, id, { recheck: async () => stranger });
  await next();
  const end = expect(next()).rejects.toBeInstanceOf(ForbiddenError);
  await tell(made, id, 'not for you');
  await end;
});

test('an abort ends it', async () => {
  const made = await room();
  const { id } = await made.projects.create(made.lead, newProject(made.team.id));
  const { next, abort } = watching(made, id);
  await next();
  const coming = next();
  abort.abort();
  expect(await coming).toBeUndefined();
});

test('when the replica stops, its watchers are told to connect again', async () => {
  const made = await room();
  const { id } = await made.projects.create(made.lead, newProject(made.team.id));
  const { next } = watching(made, id);
  await next();
  const end = expect(next()).rejects.toMatchObject({ code: 'BUSY' });
  await made.live.stop();
  await end;
});

test('after the connection is lost, what happened meanwhile is read', async () => {
  const made = await room();
  const { id } = await made.projects.create(made.lead, newProject(made.team.id));
  const { next } = watching(made, id);
  await next();
  const coming = next();
  await made.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query = 'listen infrahub'`);
  await tell(made, id, 'while nobody listened');
  expect(await coming).toMatchObject({ event: { message: 'while nobody listened' } });
});

test('a session has twenty live streams at most, and another one when one of them ends; others are not counted', async () => {
  const made = await room();
  const { id } = await made.projects.create(made.lead, newProject(made.team.id));
  const open = async (caller: Caller) => {
    const watcher = watching(made, id, { caller });
    await watcher.next();
    return watcher;
  };
  const first = await open(made.lead);
  for (let streams = 1; streams < 20; streams++) await open(made.lead);
  await expect(open(made.lead)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    message: expect.stringContaining('Close some of them'),
    details: { retry_after_seconds: 10 },
  });
  await open(adminOf('team_lead', made.team.id));
  await first.items.return(undefined);
  await open(made.lead);
});

function hints(made: ProjectsRoom, caller: Caller) {
  const abort = new AbortController();
  aborts.push(abort);
  const changes = createLiveService({ live: made.live }).changes(caller, {
    signal: abort.signal,
    recheck: async () => caller,
  });
  return async () => (await changes.next()).value?.topics.toSorted();
}

test('hints say what to read again to those in scope, and nothing to others', async () => {
  const made = await room();
  const stranger = adminOf('team_lead', (await newTeam(made.db)).id);
  const all = ['audit', 'org', 'projects', 'quotas', 'servers'];
  const callers = [
    made.lead,
    adminOf('dept_admin', made.department.id),
    adminOf('field_admin', made.field.id),
    centerAdmin(),
  ];
  const listening = [...callers, stranger].map((caller) => hints(made, caller));
  for (const next of listening) expect(await next()).toEqual(all);

  const coming = listening.map((next) => next());
  await made.projects.create(made.lead, newProject(made.team.id));
  for (const topics of coming.slice(0, -1)) expect(await topics).toEqual(['audit', 'projects', 'quotas']);
  expect(await Promise.race([coming.at(-1), sleep(300, 'silence')])).toBe('silence');
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from '../../server/adapters/ldap/directory.port.ts';
import { createStanding } from '../../server/auth/standing.ts';
import { UpstreamError } from '../../server/platform/errors.ts';
import { callerWith, centerAdmin } from '../factories/caller.ts';
import { newTeam } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { recordingLog } from '../support/log.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const group = (cn: string) => `cn=${cn},ou=groups,dc=example,dc=org`;
const ADMINS = group('infrahub-center-admins');

/** One replica's view of people, whose groups the test sets, and a clock that moves when told. */
function world(start: string[] | 'gone' | 'down') {
  let groups = start;
  let asked = 0;
  let now = Date.now();
  const find = async (username: string): Promise<Person | undefined> => {
    asked++;
    if (groups === 'down') throw new UpstreamError('DIRECTORY_UNAVAILABLE', 'down');
    return groups === 'gone' ? undefined : { username, groupDns: groups };
  };
  const standing = createStanding({
    db: database.db,
    directory: { find, authenticate: async () => undefined },
    clock: { now: () => new Date(now) },
    log: recordingLog().log,
    groupBaseDn: 'ou=groups,dc=example,dc=org',
  });
  return {
    standing,
    asked: () => asked,
    set: (to: typeof start) => {
      groups = to;
    },
    advance: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

const CENTER = { role: 'center_admin' as const, scope_id: null };

test('whoever has left a group can change nothing by it, a minute later at most', async () => {
  const { standing, set, advance } = world([ADMINS]);
  const anna = centerAdmin();
  expect((await standing.recheck(anna)).grants).toEqual([CENTER]);
  set([]);
  advance(60);
  expect((await standing.recheck(anna)).grants).toEqual([]);
});

test('whoever is gone from the directory can change nothing', async () => {
  const { standing } = world('gone');
  expect((await standing.recheck(centerAdmin())).grants).toEqual([]);
});

test('only what is gone is taken away, and nothing is added to what the token says', async () => {
  const [team, other] = [await newTeam(database.db), await newTeam(database.db)];
  const { standing } = world([ADMINS, group(`infrahub-team-leads-${team.id}`)]);
  const held = { role: 'team_lead' as const, scope_id: team.id };
  const anna = callerWith(held, { role: 'team_lead', scope_id: other.id });
  expect(await standing.recheck(anna)).toEqual({ ...anna, grants: [held] });
});

test('the directory is asked once a minute for each session, however much it changes at once', async () => {
  const { standing, asked, advance } = world([ADMINS]);
  const [one, two] = [centerAdmin(), centerAdmin()];
  await Promise.all(Array.from({ length: 50 }, () => standing.recheck(one)));
  await standing.recheck(two);
  expect(asked()).toBe(2);
  advance(59);
  await standing.recheck(one);
  expect(asked()).toBe(2);
  advance(1);
  await standing.recheck(one);
  expect(asked()).toBe(3);
});

test('what a sign-in or a renewal has just read is not read again', async () => {
  const { standing, asked } = world('gone');
  const anna = centerAdmin();
  standing.isRead(anna.sessionId, [CENTER]);
  expect((await standing.recheck(anna)).grants).toEqual([CENTER]);
  expect(asked()).toBe(0);
});

test('while the directory is down the token is believed, and it is left alone for a minute', async () => {
  const { standing, asked, set, advance } = world('down');
  const anna = { ...centerAdmin(), requestId: randomUUID() };
  for (let i = 0; i < 3; i++) expect(await standing.recheck(anna)).toEqual(anna);
  expect(asked()).toBe(1);
  set([]);
  advance(60);
  expect((await standing.recheck(anna)).grants).toEqual([]);
});

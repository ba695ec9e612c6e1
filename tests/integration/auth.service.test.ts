import { randomUUID } from 'node:crypto';
import { desc, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditEvents, sessions } from '../../db/schema/index.ts';
import { createAuthService } from '../../server/auth/auth.service.ts';
import { createTokens } from '../../server/auth/tokens.ts';
import { newDepartment, newField, newTeam } from '../factories/org.ts';
import { origin, PASSWORD, replica } from '../support/auth-replica.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { recordingLog } from '../support/log.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const CENTER_ADMINS = { cn: 'infrahub-center-admins' };
const refusalsOf = async (calls: Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).filter((outcome) => outcome.status === 'rejected');
const eventsOf = (requestId: string) =>
  database.db.select().from(auditEvents).where(eq(auditEvents.requestId, requestId)).orderBy(desc(auditEvents.at));

test('a sign-in answers a token for 15 minutes, opens a session of 8 hours and is audited', async () => {
  const team = await newTeam(database.db);
  const field = await newField(database.db, { name: 'Vision' });
  const { auth } = await replica(database, [
    { cn: `infrahub-team-leads-${team.id}` },
    { cn: `infrahub-field-admins-${field.id}` },
  ]);
  const from = origin();
  const answer = await auth.login({ username: 'Anna', password: PASSWORD }, from);
  const grants = [
    { role: 'field_admin', scope_id: field.id },
    { role: 'team_lead', scope_id: team.id },
  ];
  expect(answer).toEqual({
    access_token: expect.any(String),
    token_type: 'bearer',
    expires_in: 900,
    role: 'field_admin',
    scope_id: field.id,
    grants,
  });

  const caller = await auth.authenticate(answer.access_token, from.requestId);
  expect(caller).toEqual({ sub: 'anna', sessionId: expect.any(String), grants, requestId: from.requestId });
  const me = await auth.me(caller);
  expect(me).toMatchObject({ sub: 'anna', role: 'field_admin', scope_id: field.id });
  expect(me.grants.map((grant) => grant.scope_name)).toEqual(['Vision', team.name]);
  expect(Date.parse(me.session_ends_at) - Date.now()).toBeGreaterThan(8 * 3_600_000 - 60_000);
  expect(Date.parse(me.session_ends_at) - Date.now()).toBeLessThan(8 * 3_600_000 + 60_000);

  expect(await eventsOf(from.requestId)).toMatchObject([
    {
      actor: 'anna',
      action: 'session.sign_in',
      targetType: 'session',
      targetId: caller.sessionId,
      after: { remote_address: from.remoteAddress, grants },
    },
  ]);
});

test('an unknown name and a wrong password get one answer, neither sooner than the other, and are audited', async () => {
  const { auth } = await replica(database, [CENTER_ADMINS]);
  for (const [username, account] of [
    ['anna', 'anna'],
    ['nobody', 'nobody'],
    ['*)(uid=*', 'not-an-account-name'],
  ] as const) {
    const from = origin();
    const started = performance.now();
    await expect(auth.login({ username, password: 'wrong' }, from)).rejects.toMatchObject({
      code: 'INVALID_CREDENTIALS',
      message: 'The user name or the password is wrong.',
      details: {},
    });
    expect(performance.now() - started).toBeGreaterThan(245);
    expect(await eventsOf(from.requestId)).toMatchObject([
      {
        actor: account,
        action: 'session.sign_in_refused',
        targetName: account,
        after: { reason: 'invalid_credentials' },
      },
    ]);
  }
});

test('an empty password is a wrong one', async () => {
  const { auth } = await replica(database, [CENTER_ADMINS]);
  await expect(auth.login({ username: 'anna', password: '' }, origin())).rejects.toMatchObject({
    code: 'INVALID_CREDENTIALS',
  });
});

test('whoever is in no group that gives a role is told which would, and the refusal is audited', async () => {
  const { auth } = await replica(database, [{ cn: 'printers' }, { cn: 'infrahub-center-admins', ou: 'elsewhere' }]);
  const from = origin();
  await expect(auth.login({ username: 'anna', password: PASSWORD }, from)).rejects.toMatchObject({
    code: 'NO_ROLE_ASSIGNED',
    message: expect.stringContaining('infrahub-team-leads-<id>'),
  });
  expect(await eventsOf(from.requestId)).toMatchObject([
    { actor: 'anna', action: 'session.sign_in_refused', after: { reason: 'no_role_assigned' } },
  ]);
});

test('a group whose id names nothing, or a node of another kind, gives nothing and leaves a log line', async () => {
  const department = await newDepartment(database.db);
  const nowhere = randomUUID();
  const { signIn, lines } = await replica(database, [
    { cn: `infrahub-dept-admins-${department.id}` },
    { cn: `infrahub-field-admins-${department.id}` },
    { cn: `infrahub-team-leads-${nowhere}` },
  ]);
  const { grants } = await signIn();
  expect(grants).toEqual([{ role: 'dept_admin', scope_id: department.id }]);
  const line = lines.find((entry) => entry.includes('groups that give no role were ignored'));
  expect(line).toContain(`infrahub-field-admins-${department.id}`);
  expect(line).toContain(`infrahub-team-leads-${nowhere}`);
  expect(line).not.toContain(`infrahub-dept-admins-${department.id}`);
});

test('a directory that is down is an outage: no refusal is recorded, and sessions go on', async () => {
  const { auth, server, signIn } = await replica(database, [CENTER_ADMINS]);
  const { caller, access_token } = await signIn();
  server.behave({ down: true });
  const from = origin();
  await expect(auth.login({ username: 'anna', password: PASSWORD }, from)).rejects.toMatchObject({
    code: 'DIRECTORY_UNAVAILABLE',
  });
  expect(await eventsOf(from.requestId)).toEqual([]);
  await expect(auth.renew(caller)).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
  expect(await auth.authenticate(access_token, randomUUID())).toMatchObject({ sub: 'anna' });
});

test('neither a directory that is down nor a missing role is counted as a wrong password', async () => {
  const { auth, server, setGroups } = await replica(database, [CENTER_ADMINS]);
  const from = origin();
  server.behave({ down: true });
  for (let i = 0; i < 6; i++) {
    const outage = auth.login({ username: 'anna', password: PASSWORD }, from);
    await expect(outage).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
  }
  server.behave({ down: false });
  setGroups([]);
  for (let i = 0; i < 6; i++) {
    const refusal = auth.login({ username: 'anna', password: PASSWORD }, from);
    await expect(refusal).rejects.toMatchObject({ code: 'NO_ROLE_ASSIGNED' });
  }
  setGroups([CENTER_ADMINS]);
  expect(await auth.login({ username: 'anna', password: PASSWORD }, from)).toMatchObject({ role: 'center_admin' });
});

test('after five wrong passwords the directory is left alone, and the answer says when to come again', async () => {
  const { auth, server } = await replica(database, [CENTER_ADMINS]);
  const from = origin();
  await auth.login({ username: 'anna', password: PASSWORD }, from); // counted apart from here on
  const guesses = Array.from({ length: 5 }, () => auth.login({ username: 'anna', password: 'wrong' }, from));
  for (const { reason } of await refusalsOf(guesses)) expect(reason).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  server.behave({ down: true }); // whoever asks now would get another answer
  const refusal = await auth.login({ username: 'anna', password: PASSWORD }, from).catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    message: expect.stringMatching(/^Too many sign-ins for this user name failed\. Try again in \d+ seconds\.$/),
    details: { retry_after_seconds: expect.any(Number) },
  });
});

test('a renewal gives a new token of the same session, with the groups as they are now', async () => {
  const team = await newTeam(database.db);
  const { auth, signIn, setGroups } = await replica(database, [CENTER_ADMINS]);
  const { caller, access_token } = await signIn();
  setGroups([{ cn: `infrahub-team-leads-${team.id}` }]);
  const renewed = await auth.renew(caller);
  expect(renewed).toMatchObject({ role: 'team_lead', scope_id: team.id, expires_in: 900 });
  expect(renewed.access_token).not.toBe(access_token);
  expect(await auth.authenticate(renewed.access_token, randomUUID())).toMatchObject({
    sessionId: caller.sessionId,
    grants: [{ role: 'team_lead', scope_id: team.id }],
  });
});

test('whoever has left every group is signed out by the renewal', async () => {
  const { auth, signIn, setGroups } = await replica(database, [CENTER_ADMINS]);
  const { caller, access_token } = await signIn();
  setGroups([]);
  await expect(auth.renew(caller)).rejects.toMatchObject({ code: 'NO_ROLE_ASSIGNED' });
  await expect(auth.authenticate(access_token, randomUUID())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('whoever is gone from the directory is signed out by the renewal', async () => {
  const { auth, server, signIn } = await replica(database, [CENTER_ADMINS]);
  const { caller, access_token } = await signIn();
  server.setPeople([]);
  await expect(auth.renew(caller)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(auth.authenticate(access_token, randomUUID())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await eventsOf(caller.requestId)).toMatchObject([{ actor: 'anna', action: 'session.sign_out' }]);
});

test('no token outlives its session, however often it is renewed', async () => {
  const { auth, signIn, other } = await replica(database, [CENTER_ADMINS]);
  const { caller } = await signIn();
  const endSessionIn = (interval: string) =>
    database.db
      .update(sessions)
      .set({ endsAt: sql`now() + ${interval}::interval` })
      .where(eq(sessions.id, caller.sessionId));
  await endSessionIn('5 minutes');
  const { expires_in } = await auth.renew(caller);
  expect(expires_in).toBeGreaterThan(290);
  expect(expires_in).toBeLessThanOrEqual(300);
  await endSessionIn('-1 second');
  await expect(auth.renew(caller)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(other().me(caller)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a token is refused as expired 15 minutes after it was given', async () => {
  const { auth, signIn, advance } = await replica(database, [CENTER_ADMINS]);
  const { access_token } = await signIn();
  advance(15 * 60 + 30);
  await expect(auth.authenticate(access_token, randomUUID())).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
});

test('a sign-out ends the session here at once and elsewhere within five seconds, and is audited once', async () => {
  const { auth, other, signIn, advance } = await replica(database, [CENTER_ADMINS]);
  const elsewhere = other();
  const { caller, access_token } = await signIn();
  await elsewhere.authenticate(access_token, randomUUID());

  await Promise.all([auth.logout(caller), auth.logout(caller)]);
  await expect(auth.authenticate(access_token, randomUUID())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  advance(5);
  await expect(elsewhere.authenticate(access_token, randomUUID())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(auth.renew(caller)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await eventsOf(caller.requestId)).toMatchObject([
    { actor: 'anna', action: 'session.sign_out', targetId: caller.sessionId, after: { reason: 'signed out' } },
  ]);
});

test('a sign-out ends one session; another of the same person goes on', async () => {
  const { auth, signIn } = await replica(database, [CENTER_ADMINS]);
  const [one, two] = [await signIn(), await signIn()];
  await auth.logout(one.caller);
  expect(await auth.authenticate(two.access_token, randomUUID())).toMatchObject({ sub: 'anna' });
});

test('a genuine token of a session that the database does not know is refused', async () => {
  const { auth, signIn } = await replica(database, [CENTER_ADMINS]);
  const { caller, access_token } = await signIn();
  await database.db.delete(sessions).where(eq(sessions.id, caller.sessionId));
  await expect(
    (await replica(database, [CENTER_ADMINS])).auth.authenticate(access_token, randomUUID()),
  ).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  await expect(auth.renew(caller)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('neither a password nor a token reaches the log or the audit', async () => {
  const { auth, signIn, lines, server } = await replica(database, [CENTER_ADMINS]);
  const { access_token, caller } = await signIn();
  await auth.login({ username: 'anna', password: `${PASSWORD}-mistyped` }, origin()).catch(() => undefined);
  server.behave({ down: true });
  await auth.login({ username: 'anna', password: PASSWORD }, origin()).catch(() => undefined);
  await auth.logout(caller);
  const events = await database.db.select().from(auditEvents);
  const written = lines.join('') + JSON.stringify(events);
  expect(written).not.toContain(PASSWORD);
  expect(written).not.toContain(access_token);
});

test('a group base that is no distinguished name stops the start', async () => {
  const clock = { now: () => new Date() };
  const tokens = await createTokens({ secrets: ['k'.repeat(32)], issuer: 'i', audience: 'a', clock });
  const { log } = recordingLog();
  const directory = { authenticate: async () => undefined, find: async () => undefined };
  expect(() =>
    createAuthService({
      db: database.db,
      directory,
      tokens,
      clock,
      log,
      groupBaseDn: 'groups.example.org',
      freeSignInTries: 5,
    }),
  ).toThrow('LDAP_GROUP_BASE_DN is no distinguished name');
});

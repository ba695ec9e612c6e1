import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditEvents } from '../../db/schema/index.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { origin, PASSWORD, replica } from '../support/auth-replica.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const CENTER_ADMINS = { cn: 'infrahub-center-admins' };

test('every session of an account is ended, here at once and elsewhere within five seconds, and that is audited', async () => {
  const { auth, other, signIn, advance } = await replica(database, [CENTER_ADMINS]);
  const elsewhere = other();
  const [one, two] = [await signIn(), await signIn()];
  await elsewhere.authenticate(one.access_token, randomUUID());

  const admin = centerAdmin();
  expect(await auth.revokeSessions(admin, { username: 'anna' })).toEqual({ revoked: 2 });
  for (const { access_token } of [one, two]) {
    await expect(auth.authenticate(access_token, randomUUID())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  advance(5);
  await expect(elsewhere.authenticate(one.access_token, randomUUID())).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  await expect(elsewhere.renew(one.caller)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await database.db.select().from(auditEvents).where(eq(auditEvents.requestId, admin.requestId))).toMatchObject([
    {
      actor: admin.sub,
      action: 'session.revoke_all',
      targetType: 'account',
      targetId: 'anna',
      after: { revoked: 2 },
    },
  ]);
});

test('the account may sign in again, and an account without a session has none to end', async () => {
  const { auth, signIn } = await replica(database, [CENTER_ADMINS]);
  await signIn();
  await auth.revokeSessions(centerAdmin(), { username: 'anna' });
  expect(await auth.revokeSessions(centerAdmin(), { username: 'anna' })).toEqual({ revoked: 0 });
  expect(await auth.login({ username: 'anna', password: PASSWORD }, origin())).toMatchObject({ role: 'center_admin' });
});

test('nobody but a center admin may end the sessions of others', async () => {
  const { auth, signIn } = await replica(database, [CENTER_ADMINS]);
  const { access_token } = await signIn();
  for (const role of ['field_admin', 'dept_admin', 'team_lead'] as const) {
    const attempt = auth.revokeSessions(adminOf(role, randomUUID()), { username: 'anna' });
    await expect(attempt).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
  expect(await auth.authenticate(access_token, randomUUID())).toMatchObject({ sub: 'anna' });
});

import { randomBytes } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { onDatabase } from '../support/crash-postgres.ts';
import { type CrashStack, onStack } from '../support/crash-stack.ts';
import { createUser, signIn } from '../support/load.ts';

/** Replicas start anew eight times, which takes long on a busy machine. */
const SLOWLY = 480_000;
const newKey = () => randomBytes(36).toString('base64');
type Replica = CrashStack['replicas'][number];

/** Signs the lead in at this replica. */
async function tokenFrom(replica: Replica, { people }: CrashStack): Promise<string> {
  const user = createUser({ url: replica.url(), takenTo: () => replica.name });
  const token = await signIn(user, people.lead);
  user.leave();
  return token ?? '';
}

/** What this replica says to somebody with this token. */
async function saysTo(token: string, replica: Replica): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  return (await fetch(`${replica.url()}/api/v1/auth/me`, { headers })).status;
}

/** As a rollout does it: one after the other, with whatever is to be true after each. */
async function roll(
  stack: CrashStack,
  settings: (replica: Replica) => Record<string, string>,
  check: () => Promise<void>,
) {
  for (const replica of stack.replicas) {
    await replica.terminate();
    await replica.start(settings(replica));
    await check();
  }
}

/** As docs/operations.md says: "Rotate keys". */
test(
  'the keys that sign tokens are replaced in three steps, at none of which anybody is signed out',
  () => {
    const [old, fresh] = [newKey(), newKey()];
    return onStack({ replicas: 2, settings: { JWT_SECRETS: old } }, async (stack) => {
      const held: string[] = [];
      const expectEveryTokenToBeTaken = async () => {
        for (const replica of stack.replicas) held.push(await tokenFrom(replica, stack));
        for (const replica of stack.replicas) {
          expect(await Promise.all(held.map((token) => saysTo(token, replica)))).toEqual(held.map(() => 200));
        }
      };
      await expectEveryTokenToBeTaken();
      const [first = ''] = held;
      await roll(stack, () => ({ JWT_SECRETS: `${old},${fresh}` }), expectEveryTokenToBeTaken);
      await roll(stack, () => ({ JWT_SECRETS: `${fresh},${old}` }), expectEveryTokenToBeTaken);

      // A quarter of an hour later only tokens of the new key are left.
      held.splice(0);
      await expectEveryTokenToBeTaken();
      await roll(stack, () => ({ JWT_SECRETS: fresh }), expectEveryTokenToBeTaken);
      for (const replica of stack.replicas) expect(await saysTo(first, replica)).toBe(401);
    });
  },
  SLOWLY,
);

test(
  'the database’s password is changed first and told to the replicas then, which serve meanwhile',
  async () => {
    const { postgresUrl, template } = inject('crash');
    const name = `rotation_${randomBytes(6).toString('hex')}`;
    const onServer = (statement: string) => onDatabase(`${postgresUrl}/postgres`, (client) => client.query(statement));
    const address = (password: string, port: string) =>
      Object.assign(new URL(`${postgresUrl}/${name}`), { username: name, password, port }).href;
    const { port } = new URL(postgresUrl);
    await onServer(`create role ${name} superuser login password 'old'`);
    await onServer(`create database ${name} template ${template} owner ${name}`);
    try {
      await onStack({ replicas: 2, databaseUrl: address('old', port) }, async (stack) => {
        const token = await stack.client.signIn();
        const expectAllToServe = async () => {
          for (const replica of stack.replicas) expect(await saysTo(token, replica)).toBe(200);
        };
        await expectAllToServe();
        await onServer(`alter role ${name} password 'new'`);
        await expectAllToServe();
        await roll(
          stack,
          (replica) => ({ DATABASE_URL: address('new', String(replica.postgres.port)) }),
          expectAllToServe,
        );
      });
    } finally {
      await onServer(`drop database ${name} with (force)`);
      await onServer(`drop role ${name}`);
    }
  },
  SLOWLY,
);

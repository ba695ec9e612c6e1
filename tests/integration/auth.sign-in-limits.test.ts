import { randomUUID } from 'node:crypto';
import { asc, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditEvents, signInLimits } from '../../db/schema/index.ts';
import { accountName } from '../../server/adapters/ldap/directory.port.ts';
import { createSignInGuard } from '../../server/auth/sign-in-guard.ts';
import { inTransaction } from '../../server/platform/database.ts';
import { InfraHubError } from '../../server/platform/errors.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const RIGHT = 'correct-horse-battery-staple';
let n = 0;
/** An account and an address that no other test uses. */
const someone = () => `user-${++n}`;
const somewhere = () => `10.0.${n >> 8}.${++n & 255}`;

/** Sign-ins at replicas, each of which counts before it looks at the password; `asked` is who got that far. */
function world() {
  const asked: string[] = [];
  const replica = () => createSignInGuard({ db: database.db, freeTries: 5 });
  const guard = replica();
  return {
    asked,
    replica,
    /** `ok`, `wrong`, or the seconds to wait, rounded up to tens as the machine may be slow. */
    async signIn(username: string, password: string, remoteAddress: string, at = guard) {
      try {
        const counted = await at.admit(accountName(username), { requestId: randomUUID(), remoteAddress });
        asked.push(username);
        if (password === RIGHT) await inTransaction(database.db, (tx) => counted.succeeded(tx));
        return password === RIGHT ? 'ok' : 'wrong';
      } catch (error) {
        if (!(error instanceof InfraHubError && error.code === 'TOO_MANY_REQUESTS')) throw error;
        return `wait ${Math.ceil(Number(error.details.retry_after_seconds) / 10) * 10}`;
      }
    },
  };
}

/** Makes a wait of one second ten long, so that it is not over before it is looked at. */
const ONE_SECOND_LESS_THAN_TEN = -9;

/** As if so many seconds had passed. */
const wait = (seconds: number) =>
  database.db.update(signInLimits).set({
    triedAt: sql`${signInLimits.triedAt} - make_interval(secs => ${seconds})`,
    nextAt: sql`${signInLimits.nextAt} - make_interval(secs => ${seconds})`,
  });

const eventsOn = (account: string, action: string) =>
  database.db
    .select({ after: auditEvents.after })
    .from(auditEvents)
    .where(sql`${eq(auditEvents.targetId, account)} and ${eq(auditEvents.action, action)}`)
    .orderBy(asc(auditEvents.at));

describe('guessing one account’s password', () => {
  test('after five wrong ones nothing reaches the directory for a minute, not even the right one', async () => {
    const { signIn, asked } = world();
    const [anna, home] = [someone(), somewhere()];
    for (let i = 0; i < 5; i++) expect(await signIn(anna, 'wrong', home)).toBe('wrong');
    expect(await signIn(anna, RIGHT, home)).toBe('wait 60');
    expect(asked).toHaveLength(5);
    await wait(60);
    expect(await signIn(anna, RIGHT, home)).toBe('ok');
  });

  test('the wait doubles with each further one, up to five minutes', async () => {
    const { signIn } = world();
    const [anna, home] = [someone(), somewhere()];
    for (let i = 0; i < 4; i++) await signIn(anna, 'wrong', home);
    const waits = [];
    for (const seconds of [60, 120, 240, 300, 300]) {
      await signIn(anna, 'wrong', home);
      waits.push(await signIn(anna, 'wrong', home));
      await wait(seconds);
    }
    expect(waits).toEqual([60, 120, 240, 300, 300].map((seconds) => `wait ${seconds}`));
  });

  test('a try during the wait does not make it longer', async () => {
    const { signIn } = world();
    const [anna, home] = [someone(), somewhere()];
    for (let i = 0; i < 5; i++) await signIn(anna, 'wrong', home);
    await wait(30);
    expect(await signIn(anna, 'wrong', home)).toBe('wait 30');
    await wait(30);
    expect(await signIn(anna, RIGHT, home)).toBe('ok');
  });

  test('fifty at once, from as many addresses and at three replicas, are five at the directory', async () => {
    const { signIn, asked, replica } = world();
    const anna = someone();
    const replicas = [replica(), replica(), replica()];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => signIn(anna, 'wrong', somewhere(), replicas[i % 3])),
    );
    expect(asked).toHaveLength(5);
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(5);
    expect(answers.filter((answer) => answer.startsWith('wait'))).toHaveLength(45);
  });

  test('a name that nobody has is slowed down just the same', async () => {
    const { signIn } = world();
    const [nobody, home] = [someone(), somewhere()];
    for (let i = 0; i < 5; i++) await signIn(nobody, 'wrong', home);
    expect(await signIn(nobody, 'wrong', home)).toBe('wait 60');
  });

  test('the name’s case makes no second account of it', async () => {
    const { signIn } = world();
    const [anna, home] = [someone(), somewhere()];
    for (const name of [anna, anna.toUpperCase(), anna, anna.toUpperCase(), anna]) await signIn(name, 'wrong', home);
    expect(await signIn(anna.toUpperCase(), 'wrong', home)).toBe('wait 60');
  });

  test('the right password starts the count anew, and so does a quiet quarter of an hour', async () => {
    const { signIn } = world();
    const [anna, home] = [someone(), somewhere()];
    for (let i = 0; i < 4; i++) await signIn(anna, 'wrong', home);
    expect(await signIn(anna, RIGHT, home)).toBe('ok');
    for (let i = 0; i < 4; i++) expect(await signIn(anna, 'wrong', home)).toBe('wrong');
    await wait(15 * 60 + 1);
    for (let i = 0; i < 5; i++) expect(await signIn(anna, 'wrong', home)).toBe('wrong');
  });
});

describe('keeping somebody out', () => {
  test('strangers who guess do not keep out whoever comes from where they have signed in before', async () => {
    const { signIn } = world();
    const [anna, home] = [someone(), somewhere()];
    expect(await signIn(anna, RIGHT, home)).toBe('ok');
    for (let i = 0; i < 7; i++) await signIn(anna, 'wrong', somewhere());
    expect(await signIn(anna, 'wrong', somewhere())).toBe('wait 60');
    expect(await signIn(anna, RIGHT, home)).toBe('ok');
  });

  test('where they never were, they wait five minutes at most, however long it has gone on', async () => {
    const { signIn } = world();
    const anna = someone();
    for (let hour = 0; hour < 20; hour++) {
      await signIn(anna, 'wrong', somewhere());
      await wait(300);
    }
    await signIn(anna, 'wrong', somewhere());
    expect(await signIn(anna, RIGHT, somewhere())).toBe('wait 300');
    await wait(300);
    expect(await signIn(anna, RIGHT, somewhere())).toBe('ok');
  });

  test('an address counts as known for thirty days, and guesses from there are slowed down as well', async () => {
    const { signIn } = world();
    const [anna, home] = [someone(), somewhere()];
    await signIn(anna, RIGHT, home);
    for (let i = 0; i < 5; i++) await signIn(anna, 'wrong', home);
    expect(await signIn(anna, 'wrong', home)).toBe('wait 60');
    for (let i = 0; i < 5; i++) await signIn(anna, 'wrong', somewhere());
    await wait(30 * 24 * 3600 + 1);
    for (let i = 0; i < 5; i++) await signIn(anna, 'wrong', somewhere());
    expect(await signIn(anna, RIGHT, home)).toBe('wait 60');
  });
});

describe('guessing at many accounts from one address', () => {
  test('twenty wrong ones cost no wait; those after them do, a minute at most', async () => {
    const { signIn, asked } = world();
    const office = somewhere();
    for (let i = 0; i < 20; i++) expect(await signIn(someone(), 'wrong', office)).toBe('wrong');
    await wait(ONE_SECOND_LESS_THAN_TEN);
    expect(await signIn(someone(), 'wrong', office)).toBe('wait 10');
    expect(asked).toHaveLength(20);
    for (let i = 0; i < 7; i++) {
      await wait(61);
      expect(await signIn(someone(), 'wrong', office)).toBe('wrong');
    }
    expect(await signIn(someone(), 'wrong', office)).toBe('wait 60');
  });

  test('names that are none are counted too', async () => {
    const { signIn } = world();
    const office = somewhere();
    await Promise.all(Array.from({ length: 20 }, () => signIn('*)(uid=*', 'wrong', office)));
    await wait(ONE_SECOND_LESS_THAN_TEN);
    expect(await signIn('*)(uid=*', 'wrong', office)).toBe('wait 10');
  });

  test('signing in with an account of one’s own buys no further guesses at others', async () => {
    const { signIn } = world();
    const [office, own] = [somewhere(), someone()];
    for (let i = 0; i < 19; i++) await signIn(someone(), 'wrong', office);
    expect(await signIn(own, RIGHT, office)).toBe('ok');
    expect(await signIn(someone(), 'wrong', office)).toBe('wrong');
    await wait(ONE_SECOND_LESS_THAN_TEN);
    expect(await signIn(someone(), 'wrong', office)).toBe('wait 10');
  });

  test('a refusal for the account is not counted at the address', async () => {
    const { signIn } = world();
    const [office, anna] = [somewhere(), someone()];
    for (let i = 0; i < 40; i++) await signIn(anna, 'wrong', office);
    expect(await signIn(someone(), 'wrong', office)).toBe('wrong');
  });

  test('a hundred people who sign in at once from one address all get in', async () => {
    const { signIn } = world();
    const office = somewhere();
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(someone(), RIGHT, office)));
      expect(answers).toEqual(Array(10).fill('ok'));
    }
  });
});

test('what is refused is in the audit log: the first, second, fourth and eighth in a row, with their number', async () => {
  const { signIn } = world();
  const [anna, home] = [someone(), somewhere()];
  for (let i = 0; i < 5 + 10; i++) await signIn(anna, 'wrong', home);
  expect(await eventsOn(anna, 'session.sign_in_throttled')).toEqual(
    [1, 2, 4, 8].map((refused_so_far) => ({
      after: { limit: 'account', refused_so_far, retry_after_seconds: expect.any(Number), remote_address: home },
    })),
  );
  await wait(60);
  for (let i = 0; i < 2; i++) await signIn(anna, 'wrong', home);
  expect(await eventsOn(anna, 'session.sign_in_throttled')).toHaveLength(5);
});

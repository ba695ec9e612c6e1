import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLdapDirectory } from '../../server/adapters/ldap/ldap.adapter.ts';
import { createAuthService } from '../../server/auth/auth.service.ts';
import { createTokens } from '../../server/auth/tokens.ts';
import { startDirectory } from '../../server/demo/directory.ts';
import { systemClock } from '../../server/platform/clock.ts';
import { origin } from '../support/auth-replica.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { recordingLog } from '../support/log.ts';

const SAMPLES = 60;
const names = (word: string) => Array.from({ length: SAMPLES }, (_, i) => `${word}-${i}`);

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** Each answer takes the directory 80 ms: four for a sign-in, which is longer than the least time of a refusal. */
async function slowDirectory() {
  const people = names('known').map((username) => ({ username, password: 'right' }));
  const server = await startDirectory({ people, groups: [] });
  server.behave({ delay_ms: 80 });
  return server;
}

function median(times: number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

test.each([
  ['by a search', undefined],
  ['by the DN template', 'uid={username},ou=people,dc=example,dc=org'],
])(
  'an unknown name and a wrong password take as long as each other, found %s',
  async (_, template) => {
    const server = await slowDirectory();
    const { log } = recordingLog();
    const tokens = await createTokens({
      secrets: ['k'.repeat(32)],
      issuer: 'infrahub',
      audience: 'infrahub-api',
      clock: systemClock,
    });
    const auth = createAuthService({
      db: database.db,
      directory: createLdapDirectory(
        {
          ...server.env,
          LDAP_CA_FILE: undefined,
          LDAP_USER_DN_TEMPLATE: template,
          LDAP_USER_FILTER: '(uid={username})',
          LDAP_TIMEOUT_SECONDS: 20,
        },
        log,
      ),
      tokens,
      clock: systemClock,
      log,
      groupBaseDn: server.env.LDAP_GROUP_BASE_DN,
      freeSignInTries: 5,
    });
    const times = { known: [] as number[], unknown: [] as number[] };
    async function measure(kind: keyof typeof times, username: string): Promise<void> {
      const started = performance.now();
      const answer = await auth.login({ username, password: 'wrong' }, origin()).catch((error: unknown) => error);
      times[kind].push(performance.now() - started);
      expect(answer).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    }
    try {
      // In pairs, so that whatever else the machine does slows down both kinds alike.
      for (let i = 0; i < SAMPLES; i += 4) {
        const four = [i, i + 1, i + 2, i + 3];
        await Promise.all(four.flatMap((at) => [measure('known', `known-${at}`), measure('unknown', `unknown-${at}`)]));
      }
    } finally {
      await server.stop();
    }
    const [known, unknown] = [median(times.known), median(times.unknown)];
    expect(times.known).toHaveLength(SAMPLES);
    expect(Math.abs(known - unknown) / Math.max(known, unknown)).toBeLessThan(0.2);
  },
  120_000,
);

import { randomInt, randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { createLdapDirectory } from '../../server/adapters/ldap/ldap.adapter.ts';
import { createAuthService } from '../../server/auth/auth.service.ts';
import { createTokens } from '../../server/auth/tokens.ts';
import { type DemoGroup, startDirectory } from '../../server/demo/directory.ts';
import type { TestDatabase } from './database.ts';
import { recordingLog } from './log.ts';

export const PASSWORD = 'correct-horse-battery-staple';
/** A request of its own, from an address of its own. */
export const origin = () => ({
  requestId: randomUUID(),
  remoteAddress: `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`,
});

/** A replica of its own, with a directory in which `anna` is in the groups; the directory ends with the test. */
export async function replica(database: TestDatabase, groups: Omit<DemoGroup, 'members'>[]) {
  const withAnna = (now: Omit<DemoGroup, 'members'>[]) => now.map((group) => ({ members: ['anna'], ...group }));
  const server = await startDirectory({
    people: [{ username: 'anna', password: PASSWORD }],
    groups: withAnna(groups),
  });
  onTestFinished(() => server.stop());
  const { log, lines } = recordingLog();
  const directory = createLdapDirectory(
    {
      ...server.env,
      LDAP_CA_FILE: undefined,
      LDAP_USER_DN_TEMPLATE: undefined,
      LDAP_USER_FILTER: '(uid={username})',
      LDAP_TIMEOUT_SECONDS: 1,
    },
    log,
  );
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  const secrets = ['k-0123456789-0123456789-0123456789-0123456'];
  const tokens = await createTokens({ secrets, issuer: 'infrahub', audience: 'infrahub-api', clock });
  const settings = {
    db: database.db,
    directory,
    tokens,
    clock,
    log,
    groupBaseDn: server.env.LDAP_GROUP_BASE_DN,
    freeSignInTries: 5,
  };
  const auth = createAuthService(settings);
  return {
    auth,
    server,
    lines,
    /** Another replica on the same database and directory, with caches of its own. */
    other: () => createAuthService(settings),
    setGroups: (now: Omit<DemoGroup, 'members'>[]) => server.setGroups(withAnna(now)),
    advance: (seconds: number) => {
      ahead += seconds * 1000;
    },
    async signIn() {
      const answer = await auth.login({ username: 'anna', password: PASSWORD }, origin());
      return { ...answer, caller: await auth.authenticate(answer.access_token, randomUUID()) };
    },
  };
}

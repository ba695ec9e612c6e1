import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Directory } from '../../server/adapters/ldap/directory.port.ts';
import { createLdapDirectory, type LdapSettings } from '../../server/adapters/ldap/ldap.adapter.ts';
import { parseDn } from '../../server/auth/dn.rules.ts';
import { grantsFromGroups } from '../../server/auth/ldap-groups.rules.ts';
import { startDirectory } from '../../server/demo/directory.ts';
import { freePort } from '../../server/demo/postgres.ts';
import { recordingLog } from '../support/log.ts';
import { type DirectoryEntry, slapdIsMissing, startSlapd } from '../support/slapd.ts';
import { recordingServer } from '../support/sockets.ts';

const SUFFIX = 'dc=example,dc=org';
const GROUPS = `ou=groups,${SUFFIX}`;
const SERVICE_PASSWORD = 'service-password-of-the-test';
const FIELD = '0b7c1c4e-5a3f-4f0e-9a53-111111111111';
const TEAM = '0b7c1c4e-5a3f-4f0e-9a53-222222222222';

const people = [
  { username: 'anna', password: 'right-password-of-anna' },
  { username: 'boris', password: 'right-password-of-boris' },
  { username: 'carla', password: 'right-password-of-carla' },
];
const groups = [
  { cn: 'infrahub-center-admins', members: ['anna'] },
  { cn: `infrahub-field-admins-${FIELD}`, members: ['anna', 'boris'] },
  { cn: `infrahub-team-leads-${TEAM}`, members: ['anna'] },
  { cn: 'infrahub-center-admins', ou: 'elsewhere', members: ['carla'] },
];

const slapdEntries: DirectoryEntry[] = [
  [SUFFIX, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' }],
  ...['people', 'groups', 'elsewhere', 'services'].map(
    (ou): DirectoryEntry => [`ou=${ou},${SUFFIX}`, { objectClass: 'organizationalUnit', ou }],
  ),
  [
    `cn=infrahub,ou=services,${SUFFIX}`,
    { objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: 'infrahub', userPassword: SERVICE_PASSWORD },
  ],
  ...people.map(({ username, password }) => personEntry(`uid=${username},ou=people,${SUFFIX}`, username, password)),
  ...groups.map(
    ({ cn, ou = 'groups', members }): DirectoryEntry => [
      `cn=${cn},ou=${ou},${SUFFIX}`,
      { objectClass: 'groupOfNames', cn, member: members.map((name) => `uid=${name},ou=people,${SUFFIX}`) },
    ],
  ),
];

function personEntry(dn: string, uid: string, userPassword: string): DirectoryEntry {
  return [dn, { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, userPassword }];
}

const common = {
  LDAP_CA_FILE: undefined,
  LDAP_USER_FILTER: '(uid={username})',
  LDAP_USER_BASE_DN: `ou=people,${SUFFIX}`,
  LDAP_SERVICE_DN: `cn=infrahub,ou=services,${SUFFIX}`,
  LDAP_SERVICE_PASSWORD: SERVICE_PASSWORD,
  LDAP_TIMEOUT_SECONDS: 5,
};
const MODES = {
  'searched for': { LDAP_USER_DN_TEMPLATE: undefined },
  'named by the DN template': { LDAP_USER_DN_TEMPLATE: `uid={username},ou=people,${SUFFIX}` },
};

type Started = { settings: Omit<LdapSettings, 'LDAP_USER_DN_TEMPLATE'>; stop(): Promise<void> };

async function startEmbedded(): Promise<Started> {
  const server = await startDirectory({ people, groups });
  return { settings: { ...common, ...server.env }, stop: server.stop };
}

async function startOpenLdap(door: 'ldap' | 'ldaps'): Promise<Started> {
  const slapd = await startSlapd(slapdEntries);
  const address = door === 'ldap' ? { LDAP_URL: slapd.url } : { LDAP_URL: slapd.tlsUrl, LDAP_CA_FILE: slapd.caFile };
  return { settings: { ...common, ...address }, stop: slapd.stop };
}

const missing = slapdIsMissing();
const SERVERS = [
  { name: 'the embedded directory', start: startEmbedded, skip: undefined },
  { name: 'OpenLDAP', start: () => startOpenLdap('ldap'), skip: missing },
  { name: 'OpenLDAP over TLS', start: () => startOpenLdap('ldaps'), skip: missing },
];
const grantsIn = (groupDns: string[] = []) => grantsFromGroups(groupDns, parseDn(GROUPS) ?? []).grants;

for (const { name, start, skip } of SERVERS) {
  for (const [how, mode] of Object.entries(MODES)) {
    describe.skipIf(skip)(`${name}, people ${how}${skip ? ` (${skip})` : ''}`, () => {
      let started: Started;
      let settings: LdapSettings;
      let directory: Directory;
      const { lines, log } = recordingLog();

      beforeAll(async () => {
        started = await start();
        settings = { ...started.settings, ...mode };
        directory = createLdapDirectory(settings, log);
      });
      afterAll(() => started.stop());

      test('the right password gives the person with every group', async () => {
        const anna = await directory.authenticate('anna', 'right-password-of-anna');
        expect(anna?.username).toBe('anna');
        expect(anna?.groupDns.toSorted()).toEqual([
          `cn=infrahub-center-admins,${GROUPS}`,
          `cn=infrahub-field-admins-${FIELD},${GROUPS}`,
          `cn=infrahub-team-leads-${TEAM},${GROUPS}`,
        ]);
      });

      test('a single group is read too, which the protocol gives as a string', async () => {
        const boris = await directory.authenticate('boris', 'right-password-of-boris');
        expect(boris).toEqual({ username: 'boris', groupDns: [`cn=infrahub-field-admins-${FIELD},${GROUPS}`] });
      });

      test('the case of the name does not matter: it is one account', async () => {
        expect(await directory.authenticate('BORIS', 'right-password-of-boris')).toMatchObject({ username: 'boris' });
      });

      test('a group of the right name elsewhere in the directory gives nothing', async () => {
        const carla = await directory.authenticate('carla', 'right-password-of-carla');
        expect(carla?.groupDns).toEqual([`cn=infrahub-center-admins,ou=elsewhere,${SUFFIX}`]);
        expect(grantsIn(carla?.groupDns)).toEqual([]);
      });

      test('a wrong password and an unknown name get the same answer', async () => {
        expect(await directory.authenticate('anna', 'wrong-password')).toBeUndefined();
        expect(await directory.authenticate('nobody', 'wrong-password')).toBeUndefined();
      });

      test.each(['*)(uid=*', '*', 'anna)(uid=anna', 'a,dc=x', 'EXTERNAL', 'PLAIN', 'external', '', ' anna', 'аnna'])(
        'the name %j signs nobody in',
        async (username) => {
          expect(await directory.authenticate(username, 'right-password-of-anna')).toBeUndefined();
          expect(await directory.find(username)).toBeUndefined();
        },
      );

      test.each(['', '\0', 'right-password-of-anna\0', 'x'.repeat(1025), ' right-password-of-anna'])(
        'the password %j signs nobody in',
        async (password) => {
          expect(await directory.authenticate('anna', password)).toBeUndefined();
        },
      );

      test('groups can be read again without a password', async () => {
        expect(await directory.find('Boris')).toEqual({
          username: 'boris',
          groupDns: [`cn=infrahub-field-admins-${FIELD},${GROUPS}`],
        });
        expect(await directory.find('nobody')).toBeUndefined();
      });

      test('a refused service account is an outage with an alarm, never a wrong password', async () => {
        const rotated = createLdapDirectory({ ...settings, LDAP_SERVICE_PASSWORD: 'rotated-away' }, log);
        await expect(rotated.authenticate('anna', 'right-password-of-anna')).rejects.toMatchObject({
          code: 'DIRECTORY_UNAVAILABLE',
        });
        await expect(rotated.find('anna')).rejects.toMatchObject({ code: 'DIRECTORY_UNAVAILABLE' });
        expect(lines.filter((line) => line.includes('"alarm":"directory_refuses_service_account"'))).toHaveLength(2);
      });

      test('a directory that is not there is an outage', async () => {
        const url = new URL(settings.LDAP_URL);
        url.port = String(await freePort());
        const gone = createLdapDirectory({ ...settings, LDAP_URL: url.href }, log);
        await expect(gone.authenticate('anna', 'right-password-of-anna')).rejects.toMatchObject({
          code: 'DIRECTORY_UNAVAILABLE',
        });
      });

      test('no password was logged', () => {
        expect(lines.join('')).not.toMatch(/right-password|wrong-password|rotated-away|service-password/);
      });
    });
  }
}

describe.skipIf(missing)(`OpenLDAP alone${missing ? ` (${missing})` : ''}`, () => {
  test('a certificate that another CA signed, or none that we know, is an outage', async () => {
    const [slapd, other] = await Promise.all([startSlapd(slapdEntries), startSlapd(slapdEntries.slice(0, 1))]);
    try {
      for (const LDAP_CA_FILE of [other.caFile, undefined]) {
        const settings = { ...common, LDAP_USER_DN_TEMPLATE: undefined, LDAP_URL: slapd.tlsUrl, LDAP_CA_FILE };
        const directory = createLdapDirectory(settings, recordingLog().log);
        await expect(directory.authenticate('anna', 'right-password-of-anna')).rejects.toMatchObject({
          code: 'DIRECTORY_UNAVAILABLE',
          cause: { message: expect.stringMatching(/certificate/) },
        });
      }
    } finally {
      await Promise.all([slapd.stop(), other.stop()]);
    }
  });

  test('a name that two entries share signs nobody in, and raises an alarm', async () => {
    const slapd = await startSlapd([
      ...slapdEntries,
      personEntry(`uid=twin,ou=people,${SUFFIX}`, 'twin', 'password-of-the-twins'),
      personEntry(`cn=twin,ou=people,${SUFFIX}`, 'twin', 'password-of-the-twins'),
    ]);
    try {
      const { lines, log } = recordingLog();
      const settings = { ...common, LDAP_USER_DN_TEMPLATE: undefined, LDAP_URL: slapd.url };
      expect(await createLdapDirectory(settings, log).authenticate('twin', 'password-of-the-twins')).toBeUndefined();
      expect(lines.join('')).toContain('"alarm":"directory_name_is_ambiguous"');
    } finally {
      await slapd.stop();
    }
  });

  test('somebody who leaves a group is without it at the next reading, and gone when the entry is', async () => {
    const slapd = await startSlapd(slapdEntries);
    try {
      const settings = { ...common, LDAP_USER_DN_TEMPLATE: undefined, LDAP_URL: slapd.url };
      const directory = createLdapDirectory(settings, recordingLog().log);
      await slapd.change((client) => client.del(`cn=infrahub-field-admins-${FIELD},${GROUPS}`));
      expect(await directory.find('boris')).toEqual({ username: 'boris', groupDns: [] });
      await slapd.change((client) => client.del(`uid=boris,ou=people,${SUFFIX}`));
      expect(await directory.find('boris')).toBeUndefined();
    } finally {
      await slapd.stop();
    }
  });
});

describe('a directory that does not behave', () => {
  const at = (LDAP_URL: string, LDAP_TIMEOUT_SECONDS = 0.5) =>
    createLdapDirectory({ ...common, ...MODES['searched for'], LDAP_URL, LDAP_TIMEOUT_SECONDS }, recordingLog().log);

  test.each(['ldap', 'ldaps'])(
    'hangs over %s: an outage within the limit, and the connection is closed',
    async (door) => {
      const silent = await recordingServer();
      try {
        const started = performance.now();
        await expect(at(`${door}://127.0.0.1:${silent.port}`).authenticate('anna', 'pw')).rejects.toMatchObject({
          code: 'DIRECTORY_UNAVAILABLE',
        });
        expect(performance.now() - started).toBeLessThan(1_500);
        await expect.poll(() => silent.open.size).toBe(0);
      } finally {
        await silent.stop();
      }
    },
  );

  test('200 people at a hanging directory open 50 connections, and all have their answer within the limit', async () => {
    const silent = await recordingServer();
    try {
      const directory = at(`ldap://127.0.0.1:${silent.port}`, 3);
      const started = performance.now();
      const answers = Promise.allSettled(
        Array.from({ length: 200 }, () => directory.authenticate('anna', 'some-password')),
      );
      await expect.poll(() => silent.seen.connections).toBe(50);
      // Nobody else connects while they hang. At the limit one may, as another's connection closes.
      await sleep(300);
      expect(silent.seen.connections).toBe(50);
      expect((await answers).every((answer) => answer.status === 'rejected')).toBe(true);
      expect(performance.now() - started).toBeLessThan(6_000);
    } finally {
      await silent.stop();
    }
  });

  test('is slow: an unknown name takes as many of its answers as a wrong password', async () => {
    const server = await startDirectory({ people, groups });
    try {
      server.behave({ delay_ms: 100 });
      for (const [mode, answers] of [
        [MODES['searched for'], 3],
        [MODES['named by the DN template'], 1],
      ] as const) {
        const directory = createLdapDirectory({ ...common, ...server.env, ...mode }, recordingLog().log);
        for (const username of ['anna', 'nobody']) {
          const started = performance.now();
          expect(await directory.authenticate(username, 'wrong-password')).toBeUndefined();
          expect(performance.now() - started).toBeGreaterThan(answers * 100 - 10);
        }
      }
    } finally {
      await server.stop();
    }
  });

  test('is back: after the hanging sign-ins there is room for new ones', async () => {
    const server = await startDirectory({ people, groups });
    try {
      const settings = { ...common, ...MODES['searched for'], ...server.env, LDAP_TIMEOUT_SECONDS: 0.5 };
      const directory = createLdapDirectory(settings, recordingLog().log);
      server.behave({ delay_ms: 60_000 });
      await Promise.allSettled(Array.from({ length: 60 }, () => directory.find('anna')));
      server.behave({ delay_ms: 0 });
      expect(await directory.authenticate('anna', 'right-password-of-anna')).toMatchObject({ username: 'anna' });
    } finally {
      await server.stop();
    }
  });

  test('answers in part: at the limit the connection is closed, not at the end of the step it was in', async () => {
    const slow = await recordingServer((socket) => {
      socket.once('data', (request) => setTimeout(() => socket.write(bindResponse(request[4] ?? 0, 0)), 900));
    });
    try {
      await expect(at(`ldap://127.0.0.1:${slow.port}`, 1).find('anna')).rejects.toMatchObject({
        code: 'DIRECTORY_UNAVAILABLE',
      });
      await expect.poll(() => slow.open.size, { timeout: 500 }).toBe(0);
    } finally {
      await slow.stop();
    }
  });

  test('cuts the connection: an outage', async () => {
    const rude = await recordingServer((socket) => socket.destroy());
    try {
      await expect(at(`ldap://127.0.0.1:${rude.port}`).find('anna')).rejects.toMatchObject({
        code: 'DIRECTORY_UNAVAILABLE',
      });
    } finally {
      await rude.stop();
    }
  });

  test('sends us elsewhere: an outage, and our password goes nowhere else', async () => {
    const elsewhere = await recordingServer();
    const referring = await recordingServer((socket) => {
      socket.once('data', (request) => socket.write(referral(request[4] ?? 0, `ldap://127.0.0.1:${elsewhere.port}`)));
    });
    try {
      await expect(at(`ldap://127.0.0.1:${referring.port}`).authenticate('anna', 'pw')).rejects.toMatchObject({
        code: 'DIRECTORY_UNAVAILABLE',
      });
      expect(elsewhere.seen.connections).toBe(0);
    } finally {
      await Promise.all([referring.stop(), elsewhere.stop()]);
    }
  });

  test.each([
    ['anna', ''],
    ['anna', '\0'],
    ['anna', 'ö'.repeat(513)],
    ['anna', 'x'.repeat(1_000_000)],
    ['*)(uid=*', 'pw'],
    ['uid=anna,ou=people', 'pw'],
    ['a,dc=x', 'pw'],
    ['a'.repeat(65), 'pw'],
    ['anna\n', 'pw'],
  ])('never hears of the name %j with such a password', async (username, password) => {
    const listening = await recordingServer();
    try {
      expect(await at(`ldap://127.0.0.1:${listening.port}`).authenticate(username, password)).toBeUndefined();
      expect(listening.seen.connections).toBe(0);
    } finally {
      await listening.stop();
    }
  });
});

const tagged = (tag: number, ...content: Buffer[]) => {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, body.length]), body]);
};
const text = (value: string) => tagged(0x04, Buffer.from(value));

/** RFC 4511, 4.2.2. */
const bindResponse = (messageId: number, resultCode: number, ...more: Buffer[]): Buffer =>
  tagged(
    0x30,
    Buffer.from([0x02, 1, messageId]),
    tagged(0x61, Buffer.from([0x0a, 1, resultCode]), text(''), text(''), ...more),
  );

/** RFC 4511, 4.1.10. */
const referral = (messageId: number, url: string): Buffer => bindResponse(messageId, 10, tagged(0xa3, text(url)));

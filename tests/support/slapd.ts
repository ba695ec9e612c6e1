import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'ldapts';
import { freePort } from '../../server/demo/postgres.ts';
import { makeCertificates } from './certificates.ts';

const run = promisify(execFile);
const SLAPD = '/usr/sbin/slapd';

/** Why tests on a real OpenLDAP cannot run here; in CI they must. */
export function slapdIsMissing(): string | undefined {
  if (existsSync(SLAPD)) return undefined;
  if (process.env.CI === 'true') throw new Error(`${SLAPD} is missing: apt-get install slapd`);
  return `skipped, for ${SLAPD} is missing (Debian: apt-get install slapd)`;
}

const ROOT_DN = 'cn=root,dc=example,dc=org';
const ROOT_PASSWORD = 'root-of-the-test';

/** A DN with the attributes of its entry; parents come first. */
export type DirectoryEntry = [dn: string, attributes: Record<string, string | string[]>];

const configuration = (folder: string) => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
allow bind_anon_cred
TLSCACertificateFile ${folder}/ca.pem
TLSCertificateFile ${folder}/server.pem
TLSCertificateKeyFile ${folder}/server.key
database mdb
suffix "dc=example,dc=org"
rootdn "${ROOT_DN}"
rootpw ${ROOT_PASSWORD}
directory ${folder}/data
index objectClass,uid eq
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=infrahub,ou=services,dc=example,dc=org" read by * none
`;

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * A real OpenLDAP on loopback with these entries, over ldap and, with a certificate by `caFile`, over ldaps. It accepts an
 * empty password as a bind as nobody, the way careless servers do. Only `cn=infrahub,ou=services` may read.
 */
export async function startSlapd(entries: DirectoryEntry[]) {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-slapd-'));
  await mkdir(join(folder, 'data'));
  await makeCertificates(folder);
  const configFile = join(folder, 'slapd.conf');
  await writeFile(configFile, configuration(folder));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) await run('chown', ['-R', 'openldap:openldap', folder]);
  await chmod(folder, 0o755);

  const [port, tlsPort] = [await freePort(), await freePort()];
  const url = `ldap://127.0.0.1:${port}`;
  const tlsUrl = `ldaps://127.0.0.1:${tlsPort}`;
  const user = asRoot ? ['-u', 'openldap', '-g', 'openldap'] : [];
  // `-d 0` keeps it in the foreground, so that it is our child and ends with us.
  const slapd = spawn(SLAPD, ['-d', '0', '-f', configFile, '-h', `${url} ${tlsUrl}`, ...user], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => slapd.once('exit', () => resolve()));
  while (!(await answers(port))) {
    if (slapd.exitCode !== null) throw new Error(`slapd ended with ${slapd.exitCode}`);
    await sleep(20);
  }

  /** Changes the directory as its root. */
  async function change(work: (client: Client) => Promise<void>): Promise<void> {
    const client = new Client({ url });
    await client.bind(ROOT_DN, ROOT_PASSWORD);
    await work(client).finally(() => client.unbind());
  }
  await change(async (client) => {
    for (const [dn, attributes] of entries) await client.add(dn, attributes);
  });

  return {
    url,
    tlsUrl,
    caFile: join(folder, 'ca.pem'),
    change,
    async stop() {
      slapd.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

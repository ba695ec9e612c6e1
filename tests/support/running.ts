import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfraHub } from '../../server/demo/infrahub-process.ts';
import type { TestDatabase } from './database.ts';

/** Nothing listens there: what these settings point to is out of reach. */
const NOWHERE = '127.0.0.1:1';

/** InfraHub as a process of its own over this database, without a portal and with every system outside out of reach. */
export async function startRunning(database: Pick<TestDatabase, 'url'>, settings: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-running-'));
  await mkdir(join(folder, 'build/server'), { recursive: true });
  await mkdir(join(folder, 'build/client'));
  await writeFile(join(folder, 'build/server/index.js'), 'export const routes = {}; export const assets = {};');
  const logFile = join(folder, 'infrahub.log');
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'debug',
    DRAIN_SECONDS: '0',
    DATABASE_URL: database.url,
    JWT_SECRETS: randomBytes(36).toString('base64'),
    LDAP_URL: `ldap://${NOWHERE}`,
    LDAP_USER_BASE_DN: 'ou=people,dc=example,dc=org',
    LDAP_SERVICE_DN: 'cn=infrahub,dc=example,dc=org',
    LDAP_SERVICE_PASSWORD: 'service',
    LDAP_GROUP_BASE_DN: 'ou=groups,dc=example,dc=org',
    EXTERNAL_SERVER_API_URL: `http://${NOWHERE}`,
    GIT_REPO_URL: '/nonexistent.git',
    ARGOCD_URL: `http://${NOWHERE}`,
    ARGOCD_TOKEN: 'token',
    ...settings,
  };
  const running = await startInfraHub(env, logFile, { folder });
  return {
    url: running.url,
    log: (): Promise<string> => readFile(logFile, 'utf8'),
    async stop() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

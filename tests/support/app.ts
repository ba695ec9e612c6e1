import { randomBytes } from 'node:crypto';
import { systemClock } from '../../server/platform/clock.ts';
import { createApp } from '../../server/platform/http.ts';
import { createJobs } from '../../server/platform/jobs.ts';
import { listen } from '../../server/platform/listen.ts';
import { createLog } from '../../server/platform/log.ts';
import { createMetrics } from '../../server/platform/metrics.ts';
import type { Caller } from '../../server/platform/policy.ts';
import { readConfig } from '../../server/platform/read-config.ts';
import { appRouter } from '../../server/router.ts';
import { createServices } from '../../server/services.ts';
import type { TestDatabase } from './database.ts';

/** Nothing listens there: what these settings point to is out of reach. */
const NOWHERE = '127.0.0.1:1';

/**
 * The product's whole HTTP surface on a loopback port, over this database, with every system outside out of reach.
 * `callers` says whom a bearer token names; the others are judged by the real `authenticate`. `settings` replace some.
 */
export async function startApp(
  database: TestDatabase,
  callers: Record<string, Caller> = {},
  settings: Record<string, string> = {},
) {
  const { url, stop } = await serve(database, callers, settings);
  return { url, stop };
}

/** The same with everything that runs beside requests: jobs, live changes, schedules. Sign-in is the real one. */
export async function startWholeApp(database: TestDatabase, settings: Record<string, string>) {
  const { url, stop, background, handlers } = await serve(database, {}, settings);
  const jobs = createJobs({ ...database, handlers, log: createLog('silent') });
  for (const part of background) await part.start();
  await jobs.start();
  return {
    url,
    async stop() {
      await Promise.all(background.map((part) => part.stop()));
      await jobs.stop();
      await stop();
    },
  };
}

/** Settings of an InfraHub over this database, with every system outside out of reach. `settings` replace some. */
export const configOver = (database: TestDatabase, settings: Record<string, string> = {}) =>
  readConfig({
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
  });

async function serve(database: TestDatabase, callers: Record<string, Caller>, settings: Record<string, string>) {
  const config = configOver(database, settings);
  const log = createLog('silent');
  const metrics = createMetrics();
  const parts = { config, database, clock: systemClock, log, metrics };
  const { services, background, handlers, close } = await createServices(parts);
  const app = createApp({
    router: appRouter,
    services,
    authenticate: async (token, requestId) => {
      const caller = callers[token];
      return caller ? { ...caller, requestId } : services.auth.authenticate(token, requestId);
    },
    pages: async () => new Response('a page', { headers: { 'content-type': 'text/html' } }),
    assets: 'tests/data',
    readiness: [],
    corsOrigins: config.CORS_ORIGINS,
    trustedProxies: config.TRUST_PROXY,
    metrics,
    scrapedHere: config.METRICS_PORT === undefined,
    log,
  });
  const server = await listen(app, '127.0.0.1', 0);
  return {
    background,
    handlers,
    url: `http://127.0.0.1:${server.port}`,
    async stop() {
      await server.close();
      await close();
    },
  };
}

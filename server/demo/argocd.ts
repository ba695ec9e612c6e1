import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { type Clock, systemClock } from '../platform/clock.ts';
import { applicationState, createApplication, NEW_APPLICATION } from './argocd-application.ts';
import { type ArgoCdBehaviour, argoCdBehaviour } from './argocd-behaviour.ts';

type Options = {
  port?: number;
  /** The bare repository, by its path; it is really read. */
  repository: string;
  branch: string;
  /** As HELM_VALUES_PATH and ARGOCD_APP_NAME: both may contain `{site}`. */
  valuesPath: string;
  application: string;
  /** The bearer token; also the password of `POST /api/v1/session`. */
  token: string;
  /** How long an operation takes, and then a namespace until it is healthy, or gone. */
  reconcileMs?: number;
  /** Where the cluster is remembered over a restart. */
  stateFile?: string;
  clock?: Clock;
};

const savedStates = z.record(z.string(), applicationState);

/**
 * A stand-in for Argo CD's API server and the cluster behind it, on loopback: it reads the repository, compares, and lets
 * namespaces come and go over a believable time. Speaks the published API, and can be told to misbehave.
 */
export async function startArgoCd(options: Options) {
  const {
    repository,
    branch,
    valuesPath,
    application,
    token,
    reconcileMs = 1000,
    stateFile,
    clock = systemClock,
  } = options;
  const now = () => clock.now().getTime();
  const states =
    stateFile && existsSync(stateFile) ? savedStates.parse(JSON.parse(readFileSync(stateFile, 'utf8'))) : {};
  const applications = new Map<string, ReturnType<typeof createApplication>>();
  const namePattern = new RegExp(`^${application.replaceAll('.', '\\.').replaceAll('{site}', '(.+)')}$`);
  let behaviour = argoCdBehaviour.parse({});

  function find(name: string) {
    const match = namePattern.exec(name);
    if (!match) return undefined;
    const known = applications.get(name);
    if (known) return known;
    states[name] ??= structuredClone(NEW_APPLICATION);
    const made = createApplication({
      name,
      repository,
      branch,
      valuesPath: valuesPath.replaceAll('{site}', match[1] ?? ''),
      reconcileMs,
      state: states[name],
      behaviour: () => behaviour,
    });
    applications.set(name, made);
    return made;
  }

  const visible = (name: string) => (behaviour.no_application ? undefined : find(name));

  function remember(): void {
    if (!stateFile) return;
    writeFileSync(`${stateFile}.new`, JSON.stringify(states));
    renameSync(`${stateFile}.new`, stateFile);
  }

  const api = new Hono();
  api.use(misbehave(() => behaviour));
  api.use(async (c, next) => {
    const isJson = c.req.header('content-type')?.toLowerCase() === 'application/json';
    return c.req.method === 'GET' || isJson ? next() : c.text('Invalid content type', 415);
  });

  api.get('/applications/:name', (c) =>
    c.text('Here Argo CD would show the application. This is its stand-in for the demo: it has an API and no pages.'),
  );
  api.get('/api/version', (c) => c.json({ Version: 'v3.6.0+demo' }));
  api.post('/api/v1/session', async (c) => {
    const login = z.object({ username: z.string(), password: z.literal(token) }).safeParse(await c.req.json());
    return login.success ? c.json({ token }) : refuse(401, 'Invalid username or password');
  });

  api.use('/api/v1/*', async (c, next) =>
    c.req.header('authorization') === `Bearer ${token}` ? next() : refuse(401, 'no session information'),
  );
  api.get('/api/v1/session/userinfo', (c) =>
    c.json({ loggedIn: true, username: 'infrahub', iss: 'argocd', groups: [] }),
  );

  /** Argo CD does not tell "not there" from "not yours" unless the caller names the project. */
  const noApplication = (c: Context) =>
    c.req.query('project') ? refuse(404, 'application not found') : refuse(403, 'permission denied');

  api.get('/api/v1/applications/:name', async (c) => {
    const found = visible(c.req.param('name'));
    if (!found) return noApplication(c);
    const answer = await found.look(now(), c.req.query('refresh') !== undefined);
    remember();
    return c.json(answer);
  });

  api.post('/api/v1/applications/:name/sync', async (c) => {
    const found = visible(c.req.param('name'));
    if (!found) return noApplication(c);
    const { prune, infos } = syncRequest.parse(await c.req.json());
    const refusal = refusalOfSync();
    if (refusal) return refuse(...refusal);
    const answer = await found.sync(now(), { prune, info: infos });
    remember();
    return answer ? c.json(answer) : refuse(...BUSY);
  });

  function refusalOfSync(): Refusal | undefined {
    if (behaviour.read_only) return [403, 'permission denied'];
    if (behaviour.sync_window) return [403, 'cannot sync: blocked by sync window'];
    if (behaviour.auto_sync_error) return [400, `Cannot sync to HEAD: auto-sync currently set to ${branch}`, 9];
    if (behaviour.busy_times === 0) return undefined;
    behaviour.busy_times -= 1;
    return BUSY;
  }

  api.delete('/api/v1/applications/:name/operation', (c) => {
    const found = visible(c.req.param('name'));
    if (!found) return noApplication(c);
    if (!found.terminate(now())) return refuse(400, 'Unable to terminate operation. No operation is in progress', 3);
    remember();
    return c.json({});
  });

  api.get('/api/v1/applications/:name/resource-tree', async (c) => {
    const found = visible(c.req.param('name'));
    if (!found) return noApplication(c);
    const { status } = await found.look(now(), false);
    return c.json({ nodes: status.resources.map(({ status: _, requiresPruning: __, ...node }) => node) });
  });

  api.get('/api/v1/applications/:name/syncwindows', (c) => {
    if (!visible(c.req.param('name'))) return noApplication(c);
    return c.json({ activeWindows: [], assignedWindows: [], canSync: !behaviour.sync_window });
  });

  const { url, stop } = await listen(api, options.port ?? 0);
  return {
    url,
    stop,
    shape: argoCdBehaviour,
    behaviour: (): ArgoCdBehaviour => behaviour,
    /** Changes only what is named. */
    behave(patch: unknown): void {
      behaviour = argoCdBehaviour.parse({ ...behaviour, ...z.looseObject({}).parse(patch) });
    },
    /** The namespaces that are in the cluster, for a look that does not go through the API. */
    namespaces: (name: string = application): string[] => find(name)?.namespaces() ?? [],
  };
}

type Refusal = [status: 400 | 401 | 403 | 404, message: string, code?: number];

const BUSY: Refusal = [400, 'error setting app operation: another operation is already in progress', 9];

const syncRequest = z.object({
  prune: z.boolean().default(false),
  infos: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
});

/** gRPC's codes, as the gateway answers them. */
const GRPC_CODES: Record<number, number> = { 400: 3, 401: 16, 403: 7, 404: 5, 500: 13, 503: 14, 504: 4 };

const refuse = (status: number, message: string, code = GRPC_CODES[status] ?? 2): Response =>
  Response.json({ error: message, code, message }, { status });

const WRONG_SHAPE = { status: { sync: 'yes', resources: 'none' } };
const PAGE = '<!doctype html><title>Argo CD</title><p>Please sign in';

/** Faults that concern every answer. */
const misbehave =
  (behaviour: () => ArgoCdBehaviour): MiddlewareHandler =>
  async (c, next) => {
    const { delay_ms, hang, status, garbage } = behaviour();
    if (hang) return new Promise(() => {});
    await sleep(delay_ms);
    if (status) return refuse(status, 'the stand-in was told to fail');
    if (garbage === 'html') return c.html(PAGE);
    if (garbage === 'wrong_shape') return c.json(WRONG_SHAPE);
    await next();
    if (garbage === 'truncated') {
      const text = await c.res.text();
      c.res = new Response(text.slice(0, text.length / 2), {
        status: c.res.status,
        headers: { 'content-type': 'application/json' },
      });
    }
    return undefined;
  };

const listen = (api: Hono, port: number) =>
  new Promise<{ url: string; stop(): Promise<void> }>((resolve) => {
    const server = serve({ fetch: api.fetch, hostname: '127.0.0.1', port }, (bound) => {
      resolve({
        url: `http://127.0.0.1:${bound.port}`,
        stop: () =>
          new Promise((done) => {
            server.close(() => done());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });

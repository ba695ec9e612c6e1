import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createArgoCd } from '../../server/adapters/argocd/argocd.adapter.ts';
import { type ArgoCd, ArgoCdError } from '../../server/adapters/argocd/argocd.port.ts';
import { startArgoCd } from '../../server/demo/argocd.ts';
import { contradictions, recordExchanges } from '../support/argocd-schema.ts';
import { createTestRepository } from '../support/git-server.ts';

const TOKEN = 'canary-argocd-81c2';
const APP = 'tenants';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const entry = (cpu: number) =>
  `{ team_id: t1, project: p, site: haifa, sla: gold, tier: regular, cpu: ${cpu}, ram_gb: 32 }`;
const valuesOf = (entries: Record<string, number>) =>
  `namespaces:\n${Object.entries(entries)
    .map(([name, cpu]) => `  ${name}: ${entry(cpu)}\n`)
    .join('')}`;

const adapter = (url: string, { token = TOKEN, timeout = 5 } = {}): ArgoCd =>
  createArgoCd({ ARGOCD_URL: url, ARGOCD_TOKEN: token, ARGOCD_TIMEOUT_SECONDS: timeout });

type Options = Partial<Parameters<typeof startArgoCd>[0]> & { entries?: Record<string, number> };

/** A repository with these entries, the stand-in that reads it, and the adapter in front of it. */
async function started({ entries = { pay: 8 }, ...options }: Options = {}) {
  const repository = await createTestRepository({ 'values.yaml': valuesOf(entries) });
  cleanUps.push(repository.remove);
  const standIn = await startArgoCd({
    repository: repository.folder,
    branch: 'main',
    valuesPath: 'values.yaml',
    application: APP,
    token: TOKEN,
    reconcileMs: 0,
    ...options,
  });
  cleanUps.push(standIn.stop);
  return { repository, standIn, argocd: adapter(standIn.url) };
}

async function failure(work: Promise<unknown>): Promise<ArgoCdError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ArgoCdError)) throw new Error(`expected an ArgoCdError, got ${String(error)}`);
  return error;
}

const namespaceIn = (application: Awaited<ReturnType<ArgoCd['getApplication']>>, name: string) =>
  application.resources.find((resource) => resource.kind === 'Namespace' && resource.name === name);

describe('the published API', () => {
  it('knows every request of the adapter and every answer of the stand-in, through a whole life', async () => {
    const { repository, standIn } = await started({ entries: { pay: 8, web: 2 } });
    const proxy = await recordExchanges(standIn.url);
    cleanUps.push(proxy.stop);
    const argocd = adapter(proxy.url);
    await argocd.getApplication(APP);
    await argocd.sync(APP, 'op-1');
    await argocd.sync(APP, 'op-2');
    await argocd.getApplication(APP, { refresh: true });
    standIn.behave({ sync_failed: { web: 'quota refused' }, degraded: ['pay'], never_prune: true, auto_sync: true });
    repository.commitAsRival('values.yaml', valuesOf({ web: 4 }));
    await argocd.sync(APP, 'op-3');
    await argocd.getApplication(APP);
    standIn.behave({ missing: ['web'], sync_window: true });
    await argocd.sync(APP, 'op-4');
    await argocd.getApplication(APP);
    repository.commitAsRival('values.yaml', 'namespaces: [broken');
    await argocd.getApplication(APP, { refresh: true });
    standIn.behave({ sync_window: false, status: 503 });
    await failure(argocd.getApplication(APP));
    standIn.behave({ status: null, stale: true });
    await argocd.getApplication(APP);
    await failure(argocd.getApplication('another'));
    expect(proxy.exchanges).toHaveLength(12);
    expect(proxy.exchanges.flatMap(contradictions)).toEqual([]);
  });

  it('knows the stand-in’s other calls', async () => {
    const { standIn } = await started();
    const proxy = await recordExchanges(standIn.url);
    cleanUps.push(proxy.stop);
    const json = { 'content-type': 'application/json' };
    const login = { method: 'POST', headers: json, body: JSON.stringify({ username: 'admin', password: TOKEN }) };
    const session = await fetch(`${proxy.url}/api/v1/session`, login);
    const { token } = z.object({ token: z.string() }).parse(await session.json());
    const authorization = `Bearer ${token}`;
    const ask = (path: string, method = 'GET') =>
      fetch(`${proxy.url}${path}`, { method, headers: { ...json, authorization } });
    await adapter(proxy.url).sync(APP, 'op-1');
    const answers = await Promise.all([
      ask('/api/version'),
      ask('/api/v1/session/userinfo'),
      ask(`/api/v1/applications/${APP}/resource-tree`),
      ask(`/api/v1/applications/${APP}/syncwindows`),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    expect((await ask(`/api/v1/applications/${APP}/operation`, 'DELETE')).status).toBe(400);
    expect(proxy.exchanges.flatMap(contradictions)).toEqual([]);
  });

  it('would notice a field that Argo CD does not know', () => {
    const request = { method: 'POST', path: `/api/v1/applications/${APP}/sync`, headers: {}, body: '{"purge":true}' };
    const response = { status: 200, body: '{"metadata":{"nickname":"x"}}' };
    const found = contradictions({ request, response }).join('\n');
    expect(found).toContain('purge');
    expect(found).toContain('nickname');
  });

  it('is asked with the exact content type, the token, prune and the operation’s id, and no revision', async () => {
    const { standIn } = await started();
    const proxy = await recordExchanges(standIn.url);
    cleanUps.push(proxy.stop);
    await adapter(proxy.url).sync(APP, 'op-7');
    const [exchange] = proxy.exchanges;
    expect(exchange?.request.headers['content-type']).toBe('application/json');
    expect(exchange?.request.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(JSON.parse(exchange?.request.body ?? '')).toEqual({
      prune: true,
      infos: [{ name: 'infrahub-op', value: 'op-7' }],
    });
  });

  it('refuses another content type, as Argo CD does', async () => {
    const { standIn } = await started();
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json; charset=utf-8' };
    const answer = await fetch(`${standIn.url}/api/v1/applications/${APP}/sync`, {
      method: 'POST',
      headers,
      body: '{}',
    });
    expect([answer.status, await answer.text()]).toEqual([415, 'Invalid content type']);
  });
});

describe('an application', () => {
  it('is out of sync until synced; then its namespace is there, with all that belongs to it, at the pushed revision', async () => {
    const { repository, standIn, argocd } = await started();
    const before = await argocd.getApplication(APP, { refresh: true });
    expect(before.sync).toEqual({ status: 'OutOfSync', revision: repository.head() });
    expect(namespaceIn(before, 'pay')?.health?.status).toBe('Missing');
    expect(await argocd.sync(APP, 'op-1')).toEqual({ kind: 'started' });
    const after = await argocd.getApplication(APP);
    expect(after.sync).toEqual({ status: 'Synced', revision: repository.head() });
    expect(after.health.status).toBe('Healthy');
    expect(after.operation).toMatchObject({ phase: 'Succeeded', revision: repository.head() });
    expect(after.resources.map((resource) => resource.kind)).toEqual([
      'Namespace',
      'ResourceQuota',
      'LimitRange',
      'NetworkPolicy',
      'RoleBinding',
    ]);
    expect(standIn.namespaces()).toEqual(['pay']);
  });

  it('still reports the old revision right after a push, until it compares again', async () => {
    const { repository, argocd } = await started();
    await argocd.sync(APP, 'op-1');
    const { sync: old } = await argocd.getApplication(APP);
    const pushed = repository.commitAsRival('values.yaml', valuesOf({ pay: 8, web: 2 }));
    expect((await argocd.getApplication(APP)).sync).toEqual(old);
    expect((await argocd.getApplication(APP, { refresh: true })).sync).toEqual({
      status: 'OutOfSync',
      revision: pushed,
    });
  });

  it('prunes the namespace whose entry is gone, and only it', async () => {
    const { repository, standIn, argocd } = await started({ entries: { pay: 8, web: 2 } });
    await argocd.sync(APP, 'op-1');
    await argocd.getApplication(APP);
    expect(standIn.namespaces()).toEqual(['pay', 'web']);
    repository.commitAsRival('values.yaml', valuesOf({ web: 2 }));
    await argocd.sync(APP, 'op-2');
    const after = await argocd.getApplication(APP);
    expect(namespaceIn(after, 'pay')).toBeUndefined();
    expect(namespaceIn(after, 'web')).toMatchObject({ status: 'Synced', health: { status: 'Healthy' } });
    expect(standIn.namespaces()).toEqual(['web']);
  });

  it('takes its time when told to: picked up, running, then progressing, then healthy; and gone in two steps', async () => {
    let ms = 0;
    const clock = { now: () => new Date(ms) };
    const { repository, standIn, argocd } = await started({ reconcileMs: 1000, clock });
    const at = async (moment: number) => {
      ms = moment;
      const seen = await argocd.getApplication(APP);
      return [seen.operation?.phase, namespaceIn(seen, 'pay')?.health?.status, seen.sync.status];
    };
    await argocd.sync(APP, 'op-1');
    expect(await at(100)).toEqual([undefined, 'Missing', 'OutOfSync']);
    expect(await at(500)).toEqual(['Running', 'Missing', 'OutOfSync']);
    expect(await argocd.sync(APP, 'op-2')).toEqual({ kind: 'busy' });
    expect(await at(1000)).toEqual(['Succeeded', 'Progressing', 'Synced']);
    expect(await at(2000)).toEqual(['Succeeded', 'Healthy', 'Synced']);
    repository.commitAsRival('values.yaml', valuesOf({}));
    await argocd.sync(APP, 'op-3');
    expect(await at(3000)).toEqual(['Succeeded', 'Progressing', 'OutOfSync']);
    expect(standIn.namespaces()).toEqual(['pay']);
    expect(await at(4000)).toEqual(['Succeeded', undefined, 'Synced']);
    expect(standIn.namespaces()).toEqual([]);
  });

  it('is one of several when the name contains the site, each with its own file', async () => {
    const { repository, standIn, argocd } = await started({
      application: 'tenants-{site}',
      valuesPath: 'sites/{site}.yaml',
    });
    repository.commitAsRival('sites/haifa.yaml', valuesOf({ pay: 8 }));
    await Promise.all([argocd.sync('tenants-haifa', 'op-1'), argocd.sync('tenants-eilat', 'op-2')]);
    const both = await Promise.all([argocd.getApplication('tenants-haifa'), argocd.getApplication('tenants-eilat')]);
    expect(both.map((application) => application.resources.length)).toEqual([5, 0]);
    expect(standIn.namespaces('tenants-haifa')).toEqual(['pay']);
    expect(standIn.namespaces('tenants-eilat')).toEqual([]);
  });

  it('keeps its namespaces over a restart', async () => {
    const { repository, standIn, argocd } = await started();
    await standIn.stop();
    const stateFile = join(repository.root, 'argocd.json');
    const options = {
      repository: repository.folder,
      branch: 'main',
      valuesPath: 'values.yaml',
      application: APP,
      token: TOKEN,
    };
    const first = await startArgoCd({ ...options, reconcileMs: 0, stateFile });
    await adapter(first.url).sync(APP, 'op-1');
    await adapter(first.url).getApplication(APP);
    await first.stop();
    const second = await startArgoCd({ ...options, reconcileMs: 0, stateFile });
    cleanUps.push(second.stop);
    expect(second.namespaces()).toEqual(['pay']);
    expect((await adapter(second.url).getApplication(APP)).sync.status).toBe('Synced');
    expect((await failure(argocd.getApplication(APP))).failure).toBe('unavailable');
  });

  it('has a link that people can open', () => {
    expect(adapter('https://argocd.example.org/').linkTo('tenants')).toBe(
      'https://argocd.example.org/applications/tenants',
    );
  });
});

describe('told to misbehave, the stand-in', () => {
  it('is stale: Synced and Healthy at the old revision, whatever was pushed and synced', async () => {
    const { repository, standIn, argocd } = await started();
    await argocd.sync(APP, 'op-1');
    const old = (await argocd.getApplication(APP)).sync.revision;
    standIn.behave({ stale: true });
    const pushed = repository.commitAsRival('values.yaml', valuesOf({ pay: 8, web: 2 }));
    await argocd.sync(APP, 'op-2');
    const seen = await argocd.getApplication(APP, { refresh: true });
    expect([seen.sync, seen.health.status]).toEqual([{ status: 'Synced', revision: old }, 'Healthy']);
    standIn.behave({ stale: false });
    expect((await argocd.getApplication(APP)).sync).toEqual({ status: 'Synced', revision: pushed });
  });

  it('drops a namespace although the application is Synced and Healthy', async () => {
    const { standIn, argocd } = await started({ entries: { pay: 8, web: 2 } });
    standIn.behave({ drop_namespace: ['pay'] });
    await argocd.sync(APP, 'op-1');
    const seen = await argocd.getApplication(APP);
    expect([seen.sync.status, seen.health.status]).toEqual(['Synced', 'Healthy']);
    expect(namespaceIn(seen, 'pay')).toBeUndefined();
    expect(namespaceIn(seen, 'web')).toBeDefined();
  });

  it('lists a namespace as Missing in an application that is Healthy', async () => {
    const { standIn, argocd } = await started();
    standIn.behave({ missing: ['pay'] });
    await argocd.sync(APP, 'op-1');
    const seen = await argocd.getApplication(APP);
    expect(seen.health.status).toBe('Healthy');
    expect(namespaceIn(seen, 'pay')).toMatchObject({ status: 'OutOfSync', health: { status: 'Missing' } });
  });

  it('lets one namespace degrade, which shows on the application but not on its neighbour', async () => {
    const { standIn, argocd } = await started({ entries: { pay: 8, web: 2 } });
    standIn.behave({ degraded: ['web'] });
    await argocd.sync(APP, 'op-1');
    const seen = await argocd.getApplication(APP);
    expect(seen.health.status).toBe('Degraded');
    expect(namespaceIn(seen, 'pay')?.health?.status).toBe('Healthy');
    expect(namespaceIn(seen, 'web')?.health?.status).toBe('Degraded');
  });

  it('fails the sync of one namespace with its message, and syncs the others', async () => {
    const { standIn, argocd } = await started({ entries: { pay: 8, web: 2 } });
    standIn.behave({ sync_failed: { pay: 'namespaces "pay" is forbidden' } });
    await argocd.sync(APP, 'op-1');
    const { operation } = await argocd.getApplication(APP);
    expect(operation?.phase).toBe('Failed');
    expect(operation?.resources).toContainEqual(
      expect.objectContaining({
        kind: 'Namespace',
        name: 'pay',
        status: 'SyncFailed',
        message: 'namespaces "pay" is forbidden',
      }),
    );
    expect(standIn.namespaces()).toEqual(['web']);
  });

  it('never prunes: the namespace stays and asks for it', async () => {
    const { repository, standIn, argocd } = await started();
    await argocd.sync(APP, 'op-1');
    await argocd.getApplication(APP);
    standIn.behave({ never_prune: true });
    repository.commitAsRival('values.yaml', valuesOf({}));
    await argocd.sync(APP, 'op-2');
    expect(namespaceIn(await argocd.getApplication(APP), 'pay')).toMatchObject({
      status: 'OutOfSync',
      requiresPruning: true,
    });
    expect(standIn.namespaces()).toEqual(['pay']);
  });

  it('reports a values file that cannot be parsed, and touches nothing', async () => {
    const { repository, standIn, argocd } = await started();
    await argocd.sync(APP, 'op-1');
    await argocd.getApplication(APP);
    repository.commitAsRival('values.yaml', '<<<<<<< ours\nnamespaces: {}\n');
    await argocd.sync(APP, 'op-2');
    const seen = await argocd.getApplication(APP);
    expect([seen.sync.status, seen.conditions[0]?.type, seen.operation?.phase]).toEqual([
      'Unknown',
      'ComparisonError',
      'Error',
    ]);
    expect(standIn.namespaces()).toEqual(['pay']);
  });

  it('syncs by itself when told to auto-sync', async () => {
    const { standIn, argocd } = await started();
    standIn.behave({ auto_sync: true });
    await argocd.getApplication(APP, { refresh: true });
    expect(standIn.namespaces()).toEqual(['pay']);
  });
});

describe('the adapter', () => {
  it('reads, of an application with several sources, the revision of the one with the values', async () => {
    const body = {
      spec: { sources: [{ repoURL: 'chart' }, { repoURL: 'values', ref: 'values' }] },
      status: {
        sync: { status: 'Synced', revisions: ['of-the-chart', 'of-the-values'] },
        operationState: {
          phase: 'Succeeded',
          syncResult: { revision: '', revisions: ['of-the-chart', 'of-the-values'] },
        },
      },
    };
    const server = createServer((_, response) => void response.end(JSON.stringify(body)));
    const seen = await adapter(await listening(server)).getApplication(APP);
    expect(seen.sync.revision).toBe('of-the-values');
    expect(seen.operation?.revision).toBe('of-the-values');
  });

  it('calls another operation busy, as often as it is told so', async () => {
    const { standIn, argocd } = await started();
    standIn.behave({ busy_times: 2 });
    const answers = [await argocd.sync(APP, 'a'), await argocd.sync(APP, 'a'), await argocd.sync(APP, 'a')];
    expect(answers.map((answer) => answer.kind)).toEqual(['busy', 'busy', 'started']);
  });

  it('calls a sync window blocked, with the reason', async () => {
    const { standIn, argocd } = await started();
    standIn.behave({ sync_window: true });
    expect(await argocd.sync(APP, 'a')).toEqual({ kind: 'blocked', reason: 'cannot sync: blocked by sync window' });
  });

  it('calls a sync that auto-sync forbids misconfigured', async () => {
    const { standIn, argocd } = await started();
    standIn.behave({ auto_sync_error: true });
    expect((await failure(argocd.sync(APP, 'a'))).failure).toBe('misconfigured');
  });

  it.each([
    [401, 'refused'],
    [403, 'refused'],
    [404, 'misconfigured'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ] as const)('calls %i %s, for a sync and for a look', async (status, expected) => {
    const { standIn, argocd } = await started();
    standIn.behave({ status });
    expect((await failure(argocd.sync(APP, 'a'))).failure).toBe(expected);
    expect((await failure(argocd.getApplication(APP))).failure).toBe(expected);
  });

  it.each(['html', 'truncated', 'wrong_shape'] as const)('calls %s unavailable and does not crash', async (garbage) => {
    const { standIn, argocd } = await started();
    standIn.behave({ garbage });
    expect((await failure(argocd.sync(APP, 'a'))).failure).toBe('unavailable');
    expect((await failure(argocd.getApplication(APP))).failure).toBe('unavailable');
  });

  it('calls no answer within the timeout unavailable', async () => {
    const { standIn } = await started();
    standIn.behave({ hang: true });
    const hurried = adapter(standIn.url, { timeout: 0.3 });
    const error = await failure(hurried.sync(APP, 'a'));
    expect([error.failure, error.message]).toEqual([
      'unavailable',
      'Argo CD cannot be reached: it did not answer in time (ARGOCD_TIMEOUT_SECONDS).',
    ]);
  });

  it('calls an answer that stops in the middle unavailable, within the timeout', async () => {
    const server = createServer((_, response) => void response.writeHead(200).write('{"metadata":'));
    const error = await failure(adapter(await listening(server), { timeout: 0.3 }).getApplication(APP));
    expect(error.failure).toBe('unavailable');
  });

  it('asks once more when the connection of a look breaks, but never repeats a sync', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.method ?? '');
      response.destroy();
    });
    const argocd = adapter(await listening(server));
    await failure(argocd.getApplication(APP));
    await failure(argocd.sync(APP, 'a'));
    expect(seen).toEqual(['GET', 'GET', 'POST']);
  });

  it('does not follow a redirect with the token', async () => {
    const visited: string[] = [];
    const elsewhere = createServer((request, response) => {
      visited.push(request.headers.authorization ?? 'nobody');
      response.end('{}');
    });
    const location = await listening(elsewhere);
    const redirecting = createServer((_, response) => void response.writeHead(307, { location }).end());
    const argocd = adapter(await listening(redirecting));
    expect((await failure(argocd.getApplication(APP))).failure).toBe('misconfigured');
    expect((await failure(argocd.sync(APP, 'a'))).failure).toBe('misconfigured');
    expect(visited).toEqual([]);
  });

  it('tells its token to no error, even where the answer repeats it', async () => {
    const server = createServer((request, response) => {
      const message = `bad header ${request.headers.authorization}`;
      response.writeHead(401).end(JSON.stringify({ error: message, code: 16, message }));
    });
    const argocd = adapter(await listening(server));
    const errors = [
      await failure(argocd.getApplication(APP)),
      await failure(argocd.sync(APP, 'a')),
      await failure(adapter('http://127.0.0.1:1').getApplication(APP)),
    ];
    for (const error of errors) {
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(TOKEN);
    }
  });
});

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return `http://127.0.0.1:${port}`;
}

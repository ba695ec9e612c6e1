import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startArgoCd } from '../../server/demo/argocd.ts';
import { startDirectory } from '../../server/demo/directory.ts';
import { buildClient } from '../../tools/build-client.ts';
import { newProject } from '../factories/projects.ts';
import { newBranch } from '../factories/quotas.ts';
import { startWholeApp } from '../support/app.ts';
import { freshDatabase } from '../support/database.ts';
import { startFlakyProxy } from '../support/flaky-proxy.ts';
import { createTestRepository } from '../support/git-server.ts';

type Client = typeof import('../../server/client/index.ts');

const PASSWORD = 'correct-horse-battery-staple';
const BUILT = resolve('build/client-package');
const EXAMPLE = resolve('examples/node-app');
const run = promisify(execFile);

/** InfraHub with real parts around it, which a team lead named anna reaches through a network that can be made to fail. */
async function infrahub() {
  const database = await freshDatabase();
  const size = { cpu: 1000, ramGb: 4000 };
  const branch = await newBranch(database.db, { capacity: size, department: size, team: size });
  const directory = await startDirectory({
    people: [{ username: 'anna', password: PASSWORD }],
    groups: [{ cn: `infrahub-team-leads-${branch.team.id}`, members: ['anna'] }],
  });
  const repository = await createTestRepository();
  const where = { repository: repository.folder, branch: 'main', valuesPath: 'values.yaml', application: 'tenants' };
  const cluster = await startArgoCd({ ...where, token: 'token', reconcileMs: 50 });
  const app = await startWholeApp(database, {
    ...directory.env,
    GIT_REPO_URL: repository.folder,
    ARGOCD_URL: cluster.url,
    ARGOCD_APP_NAME: 'tenants',
    PROVISION_POLL_SECONDS: '0.1',
  });
  const proxy = await startFlakyProxy(app.url);
  return {
    ...branch,
    cluster,
    proxy,
    url: app.url,
    async stop() {
      await proxy.stop();
      await app.stop();
      await cluster.stop();
      await directory.stop();
      await repository.remove();
      await database.drop();
    },
  };
}

let client: Client;
let world: Awaited<ReturnType<typeof infrahub>>;

beforeAll(async () => {
  await buildClient(BUILT);
  client = await import(pathToFileURL(`${BUILT}/index.js`).href);
  world = await infrahub();
}, 120_000);
afterAll(() => world.stop());
afterEach(() => vi.useRealTimers());

const anna = () => client.createInfraHubClient({ url: world.proxy.url, username: 'anna', password: PASSWORD });
const caught = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  );
/** How often this was asked since. */
const counting = (path: string) => {
  const before = world.proxy.requests(path).length;
  return () => world.proxy.requests(path).length - before;
};
/** Time goes on by this much, for the client and for InfraHub. */
const later = (minutes: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
};

describe('signing in', () => {
  test('happens with the first call, once for all that are made at the same time', async () => {
    const [logins, infra] = [counting('auth.login'), anna()];
    expect(logins()).toBe(0);
    const [me, tree] = await Promise.all([
      infra.auth.me.query(),
      infra.org.tree.query(),
      infra.projects.list.query({}),
    ]);
    expect({ who: me.sub, centers: tree.centers.length, logins: logins() }).toEqual({
      who: 'anna',
      centers: 1,
      logins: 1,
    });
  });

  test('is renewed before the token ends', async () => {
    const [logins, renewals, infra] = [counting('auth.login'), counting('auth.renew'), anna()];
    await infra.auth.me.query();
    later(13);
    await Promise.all([infra.auth.me.query(), infra.auth.me.query()]);
    expect({ logins: logins(), renewals: renewals() }).toEqual({ logins: 1, renewals: 1 });
  });

  test('is done again when the token has ended', async () => {
    const [logins, infra] = [counting('auth.login'), anna()];
    await infra.auth.me.query();
    later(30);
    await infra.auth.me.query();
    expect(logins()).toBe(2);
  });

  test('is done again, once, when the session was ended elsewhere', async () => {
    const [logins, infra] = [counting('auth.login'), anna()];
    await infra.auth.logout.mutate();
    await Promise.all([infra.auth.me.query(), infra.auth.me.query()]);
    expect(logins()).toBe(2);
  });

  test('with a wrong password is refused, and not tried again', async () => {
    const logins = counting('auth.login');
    const infra = client.createInfraHubClient({ url: world.proxy.url, username: 'anna', password: 'wrong' });
    for (let calls = 0; calls < 3; calls++) {
      expect(await caught(infra.auth.me.query())).toMatchObject({ code: 'INVALID_CREDENTIALS', status: 401 });
    }
    expect(logins()).toBe(1);
  });

  test.each(['/gateway', '/gateway/', '/'])('finds InfraHub below “%s”, where a gateway puts it', async (path) => {
    const url = world.proxy.url + path;
    const infra = client.createInfraHubClient({ url, username: 'anna', password: PASSWORD });
    expect(await infra.auth.me.query()).toMatchObject({ sub: 'anna' });
  });

  test('is not needed with a token, which is renewed as well', async () => {
    const { access_token } = await anna().auth.login.mutate({ username: 'anna', password: PASSWORD });
    const [logins, renewals] = [counting('auth.login'), counting('auth.renew')];
    const infra = client.createInfraHubClient({ url: world.proxy.url, token: access_token });
    await infra.auth.me.query();
    later(13);
    await infra.auth.me.query();
    expect({ logins: logins(), renewals: renewals() }).toEqual({ logins: 0, renewals: 1 });
  });

  test('takes no longer than the call may', async () => {
    world.proxy.fail('auth.login', 'silent');
    const error = await caught(anna().auth.me.query(undefined, { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: 'InfraHub did not answer in time.' });
  });

  test('is not waited for by who gives up', async () => {
    const [abort, reason] = [new AbortController(), new Error('enough')];
    world.proxy.fail('auth.login', 'silent');
    const asked = caught(anna().auth.me.query(undefined, { signal: abort.signal }));
    abort.abort(reason);
    expect(await asked).toBe(reason);
  });

  test('is tried again where it is not answered', async () => {
    const wait = AbortSignal.timeout;
    const shorter = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => wait(ms === 30_000 ? 3_000 : ms));
    onTestFinished(() => shorter.mockRestore());
    const [logins, infra] = [counting('auth.login'), anna()];
    world.proxy.fail('auth.login', 'silent');
    await infra.auth.me.query(undefined, { timeoutMs: 29_000 });
    expect(logins()).toBeGreaterThan(1);
  });

  test('anew takes no longer than the call may, either', async () => {
    const infra = anna();
    await infra.auth.me.query();
    later(13);
    world.proxy.fail('auth.renew', 'silent');
    const error = await caught(infra.auth.me.query(undefined, { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: 'InfraHub did not answer in time.' });
  });

  test('is what a token that is refused asks for', async () => {
    const infra = client.createInfraHubClient({ url: world.proxy.url, token: 'nonsense' });
    expect(await caught(infra.auth.me.query())).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
  });
});

describe('errors', () => {
  test('are InfraHubApiErrors with everything that InfraHub says', async () => {
    const id = randomUUID();
    const error = await caught(anna().projects.get.query({ id }));
    expect(error).toBeInstanceOf(client.InfraHubApiError);
    expect(error).toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
      details: { what: 'project', id },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('say what is too large', async () => {
    const infra = client.createInfraHubClient({ url: world.url, username: 'anna', password: PASSWORD });
    const input = { ...newProject(world.team.id), name: 'a'.repeat(300_000) };
    const error = await caught(infra.projects.create.mutate(input));
    expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
  });

  test('tell where nobody answers', async () => {
    const infra = client.createInfraHubClient({ url: 'http://127.0.0.1:1', token: 'token' });
    expect(await caught(infra.auth.me.query())).toMatchObject({ code: 'UNREACHABLE', status: undefined });
  });

  test('are the caller’s own reason where the caller gives up', async () => {
    const reason = new Error('enough');
    expect(await caught(anna().auth.me.query(undefined, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe('trying again', () => {
  test('what reads is asked until it is answered', async () => {
    const [asked, infra] = [counting('projects.list'), anna()];
    world.proxy.fail('projects.list', 'refused', 'lost');
    expect((await infra.projects.list.query({})).items).toBeInstanceOf(Array);
    expect(asked()).toBe(3);
  });

  test('ends after four times', async () => {
    const asked = counting('org.tree');
    world.proxy.fail('org.tree', 'refused', 'refused', 'refused', 'refused', 'refused');
    expect(await caught(anna().org.tree.query())).toMatchObject({ code: 'UNREACHABLE' });
    expect(asked()).toBe(4);
  });

  test('waits as long as InfraHub asks for', async () => {
    world.proxy.fail('auth.me', 'busy');
    const infra = anna();
    const began = performance.now();
    await infra.auth.me.query();
    expect(performance.now() - began).toBeGreaterThan(1_000);
  });

  test('makes one project where the answer was lost on its way', async () => {
    const infra = anna();
    const wanted = newProject(world.team.id);
    world.proxy.fail('projects.create', 'lost', 'lost');
    const { id } = await infra.projects.create.mutate(wanted);
    const { items } = await infra.projects.list.query({ text: wanted.name });
    expect(items.map((project) => project.id)).toEqual([id]);
    const keys = world.proxy
      .requests('projects.create')
      .slice(-3)
      .map(({ key }) => key);
    expect(new Set(keys).size).toBe(1);
  });

  test('makes a new key for each call, and takes the caller’s', async () => {
    const [infra, mine] = [anna(), randomUUID()];
    await infra.projects.create.mutate(newProject(world.team.id));
    await infra.projects.create.mutate(newProject(world.team.id), { idempotencyKey: mine });
    const [first, second] = world.proxy.requests('projects.create').slice(-2);
    expect(first?.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.key).toBe(mine);
  });

  test('is not for what changes something without a key', async () => {
    const asked = counting('auth.logout');
    const infra = anna();
    await infra.auth.me.query();
    world.proxy.fail('auth.logout', 'refused');
    expect(await caught(infra.auth.logout.mutate())).toMatchObject({ code: 'UNREACHABLE' });
    expect(asked()).toBe(1);
  });

  test('is not for what is refused for good', async () => {
    const asked = counting('projects.get');
    await caught(anna().projects.get.query({ id: randomUUID() }));
    expect(asked()).toBe(1);
  });
});

describe('projects', () => {
  test('createAndWait answers the active project, and tells each event on the way once', async () => {
    const kinds: string[] = [];
    const project = await anna().projects.createAndWait(newProject(world.team.id), {
      onEvent: ({ kind }) => kinds.push(kind),
    });
    expect(project.status).toBe('active');
    expect(kinds[0]).toBe('reserved');
    expect(kinds.at(-1)).toBe('healthy');
    expect(kinds.filter((kind) => kind === 'committed')).toHaveLength(1);
  });

  test('createAndWait refuses what create refuses', async () => {
    const wanted = newProject(world.team.id, { site: 'nowhere' });
    expect(await caught(anna().projects.createAndWait(wanted))).toMatchObject({ code: 'QUOTA_EXCEEDED', status: 409 });
  });

  test('createAndWait throws where the project fails, with the project', async () => {
    const infra = anna();
    const wanted = newProject(world.team.id);
    const { namespace_name } = await infra.projects.plan.query(wanted);
    world.cluster.behave({ sync_failed: { [namespace_name]: 'the node pool is full' } });
    const error = await caught(infra.projects.createAndWait(wanted));
    world.cluster.behave({ sync_failed: {} });
    expect(error).toMatchObject({ code: 'PROJECT_FAILED', details: { project: { status: 'failed', namespace_name } } });
  });

  test('createAndWait ends in time, and leaves the project on its way', async () => {
    const infra = anna();
    world.cluster.behave({ status: 503 });
    const error = await caught(infra.projects.createAndWait(newProject(world.team.id), { timeoutMs: 1_500 }));
    world.cluster.behave({ status: null });
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { project: { status: 'provisioning' } } });
  });

  test('watch goes on after the last event when the connection breaks, without a gap or a repetition', async () => {
    const infra = anna();
    const { id } = await infra.projects.createAndWait(newProject(world.team.id));
    const { items } = await infra.projects.timeline.query({ id });
    const connections = counting('projects.watch');
    world.proxy.fail('projects.watch', 'cut', 'refused', 'busy');
    const seen: number[] = [];
    const decommissioned = infra.projects.decommission.mutate({ id });
    for await (const { event } of infra.projects.watch(id)) {
      seen.push(event.seq);
      if (event.kind === 'decommissioned') break;
    }
    await decommissioned;
    const all = (await infra.projects.timeline.query({ id })).items.map(({ seq }) => seq);
    expect(seen).toEqual(all);
    expect({ grown: all.length > items.length, connections: connections() }).toEqual({ grown: true, connections: 4 });
  });

  test('watch begins after the event that is known', async () => {
    const infra = anna();
    const { id } = await infra.projects.createAndWait(newProject(world.team.id));
    const [first, second] = (await infra.projects.timeline.query({ id })).items;
    for await (const { event } of infra.projects.watch(id, { after: first?.seq })) {
      expect(event.seq).toBe(second?.seq);
      break;
    }
  });

  test('watch of what one may not see is refused with its reason', async () => {
    const next = anna().projects.watch(randomUUID()).next();
    expect(await caught(next)).toMatchObject({ code: 'NOT_FOUND', status: 404, requestId: expect.any(String) });
  });

  test('watch ends when the caller gives up', async () => {
    const infra = anna();
    const { id } = await infra.projects.createAndWait(newProject(world.team.id));
    const [abort, reason] = [new AbortController(), new Error('enough')];
    const watching = caught(
      (async () => {
        for await (const { event } of infra.projects.watch(id, { signal: abort.signal })) {
          if (event.kind === 'healthy') abort.abort(reason);
        }
      })(),
    );
    expect(await watching).toBe(reason);
  });
});

test('another subscription is told what changes', async () => {
  const infra = anna();
  const changes = infra.live.changes.subscribe();
  const next = changes.next();
  await infra.projects.createAndWait(newProject(world.team.id));
  expect((await next).value).toMatchObject({ topics: expect.any(Array) });
  await changes.return();
});

describe('the sample application', () => {
  const npm = (...args: string[]) =>
    run('npm', [...args, '--no-audit', '--no-fund', '--no-package-lock'], { cwd: EXAMPLE });
  const start = (...args: string[]) => {
    const env = { ...process.env, INFRAHUB_URL: world.url, INFRAHUB_USERNAME: 'anna', INFRAHUB_PASSWORD: PASSWORD };
    return run(process.execPath, ['src/main.ts', ...args], { cwd: EXAMPLE, env });
  };
  beforeAll(() => npm('install', '--omit=dev', '--prefer-offline', '--ignore-scripts'));

  test('is right by its own compiler settings', async () => {
    await expect(run(resolve('node_modules/.bin/tsc'), [], { cwd: EXAMPLE })).resolves.toMatchObject({ stdout: '' });
  });

  test('creates a project and tells how it goes', async () => {
    const { name } = newProject(world.team.id);
    const { stdout } = await start(name, 'haifa');
    expect(stdout).toMatch(/cores and \d+ GiB of .*’s quota at haifa\nreserved: /);
    expect(stdout).toMatch(new RegExp(`${name} is active\n$`));
  });

  test('says what is wrong, and ends with 1', async () => {
    const failed = await caught(start('vision-api', 'nowhere'));
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/^QUOTA_EXCEEDED: /) });
  });
});

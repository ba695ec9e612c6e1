import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, test } from 'vitest';
import { startPostgres } from '../../server/demo/postgres.ts';
import { onDatabase, prepareDatabase } from '../support/crash-postgres.ts';
import { type CrashStack, onStack } from '../support/crash-stack.ts';
import { until, within } from '../support/until.ts';

/** Cuts every connection of the product, in whatever transaction it is. */
const terminateAll = (stack: CrashStack) =>
  onDatabase(stack.databaseUrl(), (client) =>
    client.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name = 'infrahub'`),
  );

async function expectAllActive(stack: CrashStack, ids: string[]): Promise<void> {
  await stack.settled();
  const projects = await stack.reader.projects();
  expect(projects.map(({ id, status }) => ({ id, status }))).toEqual(
    expect.arrayContaining(ids.map((id) => ({ id, status: 'active' }))),
  );
  expect(projects).toHaveLength(ids.length);
  expect(await stack.findings()).toEqual([]);
}

describe.concurrent('PostgreSQL', () => {
  test('cuts every connection again and again: the process stays up, and all that was answered exists', () =>
    onStack({}, async (stack) => {
      let isDead = false;
      void stack.replicas[0]?.died().then(() => {
        isDead = true;
      });
      const creating = Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          await sleep(index * 400);
          return (await stack.client.change('/projects', stack.newProject())).id;
        }),
      );
      for (let times = 0; times < 10; times++) {
        await terminateAll(stack);
        await sleep(400);
      }
      const ids = await creating;
      await expectAllActive(stack, ids);
      expect(isDead).toBe(false);
    }));

  test('crashes and comes back in the middle of everything: nothing is lost, and the replica recovers by itself', () =>
    onOwnServer(async (stack, server) => {
      const earlier = await stack.client.change('/projects', stack.newProject());
      const recording = stack.checkpoints.stopAt('recording provision committed');
      const held = await within('the writer', 90, recording);
      await server.crash();
      held.goOn();
      const refused = await stack.client.call('POST', '/projects', stack.newProject());
      expect(refused).toMatchObject({ status: 503 });
      expect(await (await fetch(`${stack.replicas[0]?.url()}/healthz`)).json()).toEqual({ status: 'ok' });
      const creating = stack.client.change('/projects', stack.newProject());
      await server.start();
      const later = await creating;
      await expectAllActive(stack, [earlier.id, later.id]);
      await until(
        'the replica to be ready again',
        async () => ((await fetch(`${stack.replicas[0]?.url()}/readyz`)).ok ? true : undefined),
        { seconds: 20 },
      );
    }));

  test.for([
    ['before the COMMIT arrives', 'recording provision requested'],
    ['after the COMMIT, before its answer', 'recorded provision requested'],
  ] as const)(
    'breaks the connection of a create %s: it is answered all the same, and asked again with its key it is one project',
    ([_, point]) =>
      onStack({}, async (stack) => {
        const input = stack.newProject();
        const key = randomUUID();
        const cutting = stack.checkpoints.stopAt(point);
        const first = stack.client.call('POST', '/projects', input, key);
        (await within('the create', 90, cutting)).cut();
        const answers = await Promise.all([
          first,
          stack.client.call('POST', '/projects', input, key),
          stack.client.call('POST', '/projects', input, key),
        ]);
        expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
        expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
        await stack.settled();
        expect(Object.values(await stack.reader.statuses())).toEqual(['active']);
        expect(await stack.findings()).toEqual([]);
      }),
  );

  test.for([
    'recording provision committed',
    'recorded provision committed',
    'recording provision syncing asked',
    'recorded provision syncing asked',
    'recording provision succeeded',
    'recorded provision succeeded',
    'recorded job taken',
    'recorded job done',
  ])('breaks the connection of a job at: %s', (point) =>
    onStack({}, async (stack) => {
      const cutting = stack.checkpoints.stopAt(point, 'recorded provision requested');
      const { id } = await stack.client.change('/projects', stack.newProject());
      (await within('the job', 90, cutting)).cut();
      await expectAllActive(stack, [id]);
      expect(await stack.reader.commits()).toHaveLength(1);
    }),
  );
});

/** A stack on a PostgreSQL of its own, which can crash. */
async function onOwnServer(
  scenario: (stack: CrashStack, server: { crash(): Promise<void>; start(): Promise<void> }) => Promise<void>,
): Promise<void> {
  const folder = join(inject('crash').folder, `postgres-${randomUUID()}`);
  const start = () => startPostgres({ folder, password: 'postgres' });
  let postgres = await start();
  try {
    await prepareDatabase(postgres, 'infrahub');
    await onStack({ databaseUrl: postgres.url('infrahub') }, (stack) =>
      scenario(stack, {
        crash: () => crash(folder),
        async start() {
          postgres = await start();
          stack.databaseMoved(postgres.url('infrahub'));
        },
      }),
    );
  } finally {
    await postgres.stop();
  }
}

/** An immediate shutdown, which is as if the machine had gone: at the next start everything is recovered from the log. */
async function crash(folder: string): Promise<void> {
  const [pid] = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGQUIT');
  await until('PostgreSQL to be gone', () => (isRunning(Number(pid)) ? undefined : true), { seconds: 20 });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startPostgres } from '../../server/demo/postgres.ts';
import { restoreBackup, takeBackup } from '../support/backup.ts';
import { createClient } from '../support/crash-client.ts';
import { prepareDatabase } from '../support/crash-postgres.ts';
import { type CrashStack, onStack } from '../support/crash-stack.ts';
import { until } from '../support/until.ts';

const GOLD = { sla_type: 'gold', performance_tier: 'regular' };

const found = z.object({
  id: z.string(),
  kind: z.string(),
  namespace_name: z.string(),
  mend: z.object({ action: z.string() }),
});
const report = z.object({ findings: z.array(found), unreadable: z.array(z.unknown()) });

/** InfraHub on a PostgreSQL whose files can be copied away, lost and put back. */
async function onOwnPostgres(scenario: (stack: CrashStack, postgres: Files) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-restore-'));
  await chmod(folder, 0o755);
  const [data, backup] = [join(folder, 'data'), join(folder, 'backup')];
  const start = () => startPostgres({ folder: data, password: 'postgres', settings: { max_connections: '100' } });
  let running = await start();
  try {
    await prepareDatabase(running, 'infrahub');
    const files = {
      backUp: () => takeBackup(running.url('infrahub'), data, backup),
      async lose() {
        await running.stop();
        await rm(data, { recursive: true });
      },
      async restore() {
        await restoreBackup(backup, data);
        running = await start();
        return running.url('infrahub');
      },
    };
    await onStack({ databaseUrl: running.url('infrahub') }, (stack) => scenario(stack, files));
  } finally {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
type Files = { backUp(): Promise<void>; lose(): Promise<void>; restore(): Promise<string> };

/** As docs/operations.md says, in its order: "Restore". */
test('a database that is lost is restored from an older backup, and made one with Git and Argo CD again by hand', () =>
  onOwnPostgres(async (stack, postgres) => {
    const { client, reader } = stack;
    const [replica] = stack.replicas;
    if (!replica) throw new Error('there is no replica');
    const create = async (name: string) => client.change('/projects', stack.newProject({ name }));
    const namespaceOf = (name: string) => `${stack.teamId}-${name}`;

    const [, resized, removed] = [await create('stays'), await create('resized'), await create('removed')];
    await stack.settled();
    await postgres.backUp();

    await client.change(`/projects/${resized.id}/resize`, GOLD);
    await client.change(`/projects/${removed.id}/decommission`);
    await create('wanted');
    await create('unwanted');
    await stack.settled();
    const world = async () => ({ file: await reader.readFile(), namespaces: stack.argocd.namespaces().toSorted() });
    const before = await world();

    // 1. No replica runs. 2. The database is restored. 3. One replica is started.
    await replica.terminate();
    await reader.close();
    await postgres.lose();
    stack.databaseMoved(await postgres.restore());
    await replica.start();

    // 4. Drift names every difference, and nothing has been changed by itself.
    const admin = createClient({ urls: () => [replica.url()], ...stack.people.admin });
    const check = async () => report.parse((await admin.call('POST', '/admin/drift/check', {})).body);
    const differences = async () => {
      const { findings, unreadable } = await check();
      expect(unreadable).toEqual([]);
      return Object.fromEntries(findings.map((one) => [one.namespace_name, `${one.kind}, ${one.mend.action}`]));
    };
    expect(await differences()).toEqual({
      [namespaceOf('resized')]: 'entry_differs, write_entry',
      [namespaceOf('removed')]: 'project_without_entry, write_entry',
      [namespaceOf('wanted')]: 'entry_without_project, remove_entry',
      [namespaceOf('unwanted')]: 'entry_without_project, remove_entry',
    });
    expect(await world()).toEqual(before);

    // 5. What is still wanted is created again by its team: the namespace that is there is taken over as it is.
    let wasGone = false;
    const watching = setInterval(() => {
      wasGone ||= !stack.argocd.namespaces().includes(namespaceOf('wanted'));
    }, 20);
    const adopted = await create('wanted');
    await stack.settled();
    clearInterval(watching);
    expect(await client.get(adopted.id)).toMatchObject({ status: 'active' });
    expect(wasGone).toBe(false);

    // 6. What is left is mended, one by one.
    const left = (await check()).findings;
    expect(left.map((one) => one.namespace_name).sort()).toEqual(['removed', 'resized', 'unwanted'].map(namespaceOf));
    for (const { id } of left) {
      expect(await admin.call('POST', '/admin/drift/mend', { finding_id: id })).toMatchObject({ status: 200 });
    }
    await until('no difference to be left', async () =>
      Object.keys(await differences()).length === 0 ? true : undefined,
    );

    // 7. Everything agrees: database, ledger and counters, values file, Argo CD and the cluster.
    expect(stack.argocd.namespaces().toSorted()).toEqual(['removed', 'resized', 'stays', 'wanted'].map(namespaceOf));
    expect(await reader.findings()).toEqual([]);
    expect(await admin.call('POST', '/admin/quotas/verify', {})).toMatchObject({
      status: 200,
      body: { mismatches: [] },
    });

    // And it is possible to go on.
    await client.change(`/projects/${resized.id}/resize`, GOLD);
    await client.change(`/projects/${removed.id}/decommission`);
    await stack.settled();
    expect(await reader.findings()).toEqual([]);
  }));

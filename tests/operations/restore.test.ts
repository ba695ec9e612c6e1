import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startPostgres } from '../../server/demo/postgres.ts';
import { giveTo, installedPrograms, restoreBackup, runDocumented, takeBackup } from '../support/backup.ts';
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

/** Where the data lives, and the folder for backups beside it. */
type Places = { data: string; backups: string };
type Way = {
  name: string;
  programs?: string | undefined;
  missing?: boolean;
  backUp(url: string, places: Places): Promise<void>;
  /** Puts the files back before the server is started. */
  putBack?(places: Places): Promise<void>;
  /** Fills the empty database of the server that was started. */
  fill?(url: string, places: Places): Promise<void>;
};
const installed = { programs: installedPrograms, missing: installedPrograms === undefined };

const WAYS: Way[] = [
  {
    name: 'a copy of its files',
    backUp: (url, { data, backups }) => takeBackup(url, data, join(backups, 'copy')),
    putBack: ({ data, backups }) => restoreBackup(join(backups, 'copy'), data),
  },
  {
    ...installed,
    name: 'a base backup, by the page’s commands',
    async backUp(url, { data, backups }) {
      await runDocumented('pg_basebackup', url, backups);
      await runDocumented('pg_verifybackup', url, backups);
      await giveTo(data, backups);
    },
    async putBack({ data, backups }) {
      const [day = ''] = await readdir(backups);
      await restoreBackup(join(backups, day), data);
    },
  },
  {
    ...installed,
    name: 'a dump, by the page’s commands',
    backUp: (url, { backups }) => runDocumented('pg_dump', url, backups),
    fill: (url, { backups }) => runDocumented('pg_restore', url, backups),
  },
];

/** InfraHub on a PostgreSQL that can be backed up, lost and restored. */
async function onOwnPostgres(way: Way, scenario: (stack: CrashStack, postgres: Files) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-restore-'));
  await chmod(folder, 0o755);
  const places = { data: join(folder, 'data'), backups: join(folder, 'backups') };
  await mkdir(places.backups);
  const settings = { max_connections: '100' };
  const start = () => startPostgres({ folder: places.data, password: 'postgres', settings, programs: way.programs });
  let running = await start();
  try {
    await prepareDatabase(running, 'infrahub');
    const files = {
      backUp: () => way.backUp(running.url('infrahub'), places),
      async lose() {
        await running.stop();
        await rm(places.data, { recursive: true });
      },
      async restore() {
        await way.putBack?.(places);
        running = await start();
        await running.createDatabase('infrahub');
        await way.fill?.(running.url('infrahub'), places);
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
describe.each(WAYS)('from $name', (way) => {
  test.skipIf(way.missing)(
    'a database that is lost is restored as it was then, and made one with Git and Argo CD again by hand',
    () =>
      onOwnPostgres(way, async (stack, postgres) => {
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
        expect(left.map((one) => one.namespace_name).sort()).toEqual(
          ['removed', 'resized', 'unwanted'].map(namespaceOf),
        );
        for (const { id } of left) {
          expect(await admin.call('POST', '/admin/drift/mend', { finding_id: id })).toMatchObject({ status: 200 });
        }
        await until('no difference to be left', async () =>
          Object.keys(await differences()).length === 0 ? true : undefined,
        );

        // 7. Everything agrees: database, ledger and counters, values file, Argo CD and the cluster.
        expect(stack.argocd.namespaces().toSorted()).toEqual(
          ['removed', 'resized', 'stays', 'wanted'].map(namespaceOf),
        );
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
      }),
    480_000,
  );
});

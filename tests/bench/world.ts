import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startArgoCd } from '../../server/demo/argocd.ts';
import { startDirectory } from '../../server/demo/directory.ts';
import { createGitRepository } from '../../server/demo/git-repository.ts';
import { startInfraHub } from '../../server/demo/infrahub-process.ts';
import { startInventory } from '../../server/demo/inventory.ts';
import { startPostgres } from '../../server/demo/postgres.ts';
import { openDatabase } from '../../server/platform/database.ts';
import { createLog } from '../../server/platform/log.ts';
import { migrateDatabase } from '../../server/platform/migrate.ts';
import { directoryOf } from './organisation.ts';

const FIRST_VALUES = '# the benchmark’s tenants\nnamespaces: {}\n';
const ARGOCD_TOKEN = 'benchmark';

type Options = {
  /** Teams whose leads are in the directory. */
  leads?: number;
  settings?: Record<string, string>;
};

/**
 * InfraHub as a process of its own, as it runs for real, with real PostgreSQL that writes through to the disk and
 * stand-ins for the directory, the inventory, Git and Argo CD. `prepare` fills the database before it starts.
 */
export async function startWorld(
  { leads = 0, settings = {} }: Options,
  prepare: (db: ReturnType<typeof openDatabase>['db']) => Promise<void> = async () => {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-bench-'));
  await chmod(folder, 0o755);
  const postgres = await startPostgres({
    folder: join(folder, 'postgres'),
    password: randomBytes(12).toString('hex'),
    settings: { max_connections: '200', shared_buffers: '512MB' },
  });
  await postgres.createDatabase('infrahub');
  const databaseUrl = postgres.url('infrahub');
  const database = openDatabase({ url: databaseUrl, poolSize: 4, log: createLog('silent') });
  await migrateDatabase(database);
  await prepare(database.db);
  const directory = await startDirectory(directoryOf(leads));
  const inventory = await startInventory();
  const gitRepository = join(folder, 'tenants.git');
  await createGitRepository({ folder: gitRepository, files: { 'values.yaml': FIRST_VALUES } });
  const argocd = await startArgoCd({
    repository: gitRepository,
    branch: 'main',
    valuesPath: 'values.yaml',
    application: 'tenants',
    token: ARGOCD_TOKEN,
    reconcileMs: 0,
  });
  const secret = randomBytes(36).toString('base64url');
  const start = () =>
    startInfraHub(
      {
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: databaseUrl,
        JWT_SECRETS: secret,
        ...directory.env,
        EXTERNAL_SERVER_API_URL: inventory.url,
        GIT_REPO_URL: gitRepository,
        ARGOCD_URL: argocd.url,
        ARGOCD_TOKEN,
        ARGOCD_APP_NAME: 'tenants',
        PROVISION_POLL_SECONDS: '1',
        ...settings,
      },
      join(folder, 'infrahub.log'),
      { program: 'build/infrahub/main.js' },
    );
  const infrahub = await start();
  return {
    ...database,
    databaseUrl,
    inventory,
    argocd,
    gitRepository,
    secret,
    url: infrahub.url,
    port: Number(new URL(infrahub.url).port),
    /** Another one of the same settings, for who measures how it starts. */
    start,
    async stop() {
      await infrahub.stop();
      await Promise.all([directory.stop(), inventory.stop(), argocd.stop()]);
      await database.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/**
 * Holds the lock of the one writer, as if another replica wrote to Git: what is measured is then creating, and not
 * the provisioning of what was created before it. Answers how to let go.
 */
export async function writeElsewhere(databaseUrl: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("select pg_advisory_lock(hashtext('infrahub.provisioning.write'))");
  return () => client.end();
}

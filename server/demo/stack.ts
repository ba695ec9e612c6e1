import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { openDatabase } from '../platform/database.ts';
import { createLog } from '../platform/log.ts';
import { migrateDatabase } from '../platform/migrate.ts';
import { startArgoCd } from './argocd.ts';
import { argoCdBehaviour } from './argocd-behaviour.ts';
import { startDemoInventory } from './broken-servers.ts';
import { PASSWORD, PRINTED } from './cast.ts';
import { directoryBehaviour } from './directory.ts';
import { startDemoDirectory } from './directory-state.ts';
import { createGitRepository } from './git-repository.ts';
import { type InfraHubProcess, startInfraHub } from './infrahub-process.ts';
import { inventoryBehaviour } from './inventory.ts';
import { isReachable, type Postgres, startPostgres } from './postgres.ts';
import { seed } from './seed.ts';
import { startSwitchboard } from './switchboard.ts';

const FIRST_VALUES = `# The tenants of this cluster. InfraHub adds and removes entries under \`namespaces\`; the rest is yours.
namespaces: {}
`;
const APPLICATION = 'tenants';
const secretsShape = z.object({ database: z.string(), jwt: z.string(), argocd: z.string() });

/** What the demo tells about itself, on the terminal and in \`demo.json\`. */
export type DemoReport = {
  url: string;
  signIns: Record<keyof typeof PRINTED, { username: string; password: string }>;
  databaseUrl: string;
  gitRepository: string;
  argocdUrl: string;
  inventoryUrl: string;
  ldapUrl: string;
  switchesUrl: string;
};

type Options = {
  /** Where everything is kept. */
  folder: string;
  /** Of the portal; 0 takes a free one. */
  port: number;
  /** Settings of InfraHub that differ. */
  settings?: Record<string, string>;
  say(line: string): void;
};

/** Everything that InfraHub needs, on loopback, and InfraHub itself with data in it. Stops in the opposite order. */
export async function startStack({ folder: given, port, settings = {}, say }: Options) {
  const folder = resolve(given);
  await mkdir(folder, { recursive: true });
  const running: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of running.splice(0).reverse()) await part.stop();
  };
  const started = <T extends { stop(): Promise<void> }>(part: T): T => {
    running.push(part);
    return part;
  };
  try {
    const secrets = await loadSecrets(join(folder, 'secrets.json'));
    say('Starting PostgreSQL, the directory, the inventory, Git and Argo CD');
    const postgres = started(await startPostgres({ folder: await dataFolder(folder), password: secrets.database }));
    const databaseUrl = await preparedDatabase(postgres);
    const directory = started(await startDemoDirectory(join(folder, 'directory.json')));
    const { inventory, breakServers } = await startDemoInventory(join(folder, 'inventory.json'));
    started(inventory);
    const gitRepository = join(folder, 'tenants.git');
    await createGitRepository({ folder: gitRepository, files: { 'values.yaml': FIRST_VALUES } });
    const argocd = started(
      await startArgoCd({
        repository: gitRepository,
        branch: 'main',
        valuesPath: 'values.yaml',
        application: APPLICATION,
        token: secrets.argocd,
        reconcileMs: 1_500,
        stateFile: join(folder, 'argocd.json'),
      }),
    );
    const switches = started(
      await startSwitchboard({
        directory: { shape: directoryBehaviour, ...directory },
        inventory: {
          shape: inventoryBehaviour,
          behaviour: () => inventory.behaviour,
          behave: (behaviour) => inventory.behave(behaviour),
        },
        argocd: {
          shape: argoCdBehaviour,
          behaviour: () => argocd.behaviour(),
          behave: (behaviour) => argocd.behave(behaviour),
        },
      }),
    );
    say('Starting InfraHub');
    const infrahub: InfraHubProcess = started(
      await startInfraHub(
        {
          HOST: '127.0.0.1',
          PORT: String(port),
          DATABASE_URL: databaseUrl,
          JWT_SECRETS: secrets.jwt,
          ...directory.env,
          EXTERNAL_SERVER_API_URL: inventory.url,
          GIT_REPO_URL: gitRepository,
          ARGOCD_URL: argocd.url,
          ARGOCD_TOKEN: secrets.argocd,
          ARGOCD_APP_NAME: APPLICATION,
          PROVISION_POLL_SECONDS: '1',
          ...settings,
        },
        join(folder, 'infrahub.log'),
        { program: 'build/infrahub/main.js' },
      ),
    );
    await seed({
      url: infrahub.url,
      appoint: directory.appoint,
      breakServers,
      refuseNamespace: (namespace) =>
        argocd.behave({ sync_failed: namespace === undefined ? {} : { [namespace]: 'quota exceeds the node pool' } }),
      say,
    });
    const report: DemoReport = {
      url: infrahub.url,
      signIns: {
        center_admin: { username: PRINTED.center_admin, password: PASSWORD },
        field_admin: { username: PRINTED.field_admin, password: PASSWORD },
        dept_admin: { username: PRINTED.dept_admin, password: PASSWORD },
        team_lead: { username: PRINTED.team_lead, password: PASSWORD },
      },
      databaseUrl,
      gitRepository,
      argocdUrl: argocd.url,
      inventoryUrl: inventory.url,
      ldapUrl: directory.url,
      switchesUrl: switches.url,
    };
    await writeFile(join(folder, 'demo.json'), `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
    const died = Promise.race([
      infrahub.died.then((said) => `InfraHub ended by itself. It said:\n${said}`),
      postgres.died.then((said) => `PostgreSQL ended by itself. It said:\n${said}`),
    ]);
    return { report, died, directory, inventory, argocd, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function preparedDatabase(postgres: Postgres): Promise<string> {
  await postgres.createDatabase('infrahub');
  const url = postgres.url('infrahub');
  const database = openDatabase({ url, poolSize: 4, log: createLog('silent') });
  try {
    await migrateDatabase(database);
  } finally {
    await database.close();
  }
  return url;
}

/** Passwords and keys of this demo, made once, so that a restart finds the same. */
async function loadSecrets(file: string): Promise<z.infer<typeof secretsShape>> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return secretsShape.parse(JSON.parse(known));
  const random = () => randomBytes(36).toString('base64url');
  const made = { database: random(), jwt: random(), argocd: random() };
  await writeFile(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}

/** PostgreSQL does not run as root; below a folder that only root may enter, its data lies elsewhere, behind a link. */
async function dataFolder(folder: string): Promise<string> {
  const here = join(folder, 'postgres');
  if (await isReachable(folder)) return here;
  const elsewhere = elsewhereFor(folder);
  await mkdir(elsewhere, { recursive: true });
  await chmod(elsewhere, 0o755);
  await symlink(elsewhere, here).catch(() => undefined);
  return join(elsewhere, 'data');
}

const elsewhereFor = (folder: string): string =>
  join(tmpdir(), `infrahub-demo-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);

/** Forgets everything that a stack kept. */
export async function removeStack(given: string): Promise<void> {
  const folder = resolve(given);
  await rm(elsewhereFor(folder), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

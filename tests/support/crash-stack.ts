import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { z } from 'zod';
import { startArgoCd } from '../../server/demo/argocd.ts';
import { startDirectory } from '../../server/demo/directory.ts';
import { serveGitRepository } from '../../server/demo/git-repository.ts';
import { createCheckpoints } from './checkpoints.ts';
import { createClient } from './crash-client.ts';
import { onDatabase } from './crash-postgres.ts';
import { startReplica } from './crash-replica.ts';
import { createTestRepository } from './git-server.ts';
import { createIndependentReader } from './independent-reader.ts';
import { createLimit } from './limit.ts';
import type { SmallDisk } from './small-disk.ts';
import { until } from './until.ts';

const FIRST_VALUES = '# whose namespaces these are\nnamespaces: {}\n';
const LEAD = { username: 'lead', password: 'lead-password' };
const ADMIN = { username: 'admin', password: 'admin-password' };
const secret = () => randomBytes(36).toString('base64url');

type Options = {
  replicas?: number;
  /** Settings of InfraHub that differ. */
  settings?: Record<string, string>;
  /** Another PostgreSQL than the one that the stacks share: the URL of a prepared database. */
  databaseUrl?: string;
  /** Where InfraHub keeps what is temporary, if that is a disk of its own. */
  disk?: Pick<SmallDisk, 'folder' | 'through'>;
};

/**
 * InfraHub as real processes on real PostgreSQL, with a Git repository over HTTP, the Argo CD stand-in and a directory of
 * its own. Between them stand proxies, at whose checkpoints a test can stop what is on its way. One team with much quota.
 */
export async function startCrashStack({ replicas: count = 1, settings = {}, databaseUrl: given, disk }: Options = {}) {
  const shared = inject('crash');
  const folder = await mkdtemp(join(shared.folder, 'stack-'));
  const name = `crash_${randomBytes(6).toString('hex')}`;
  const onServer = (statement: string) =>
    onDatabase(`${shared.postgresUrl}/postgres`, (client) => client.query(statement));
  if (!given) await onServer(`create database ${name} template ${shared.template}`);
  let databaseUrl = given ?? `${shared.postgresUrl}/${name}`;
  const teamId = await onDatabase(databaseUrl, async (client) =>
    z
      .array(z.object({ id: z.string() }))
      .length(1)
      .parse((await client.query(ONE_TEAM)).rows)
      .map((row) => row.id)
      .join(),
  );

  const remote = await createTestRepository({ 'values.yaml': FIRST_VALUES });
  const repository = remote.folder;
  const [gitToken, argoToken] = [secret(), secret()];
  const git = await serveGitRepository({ repository, username: 'oauth2', token: gitToken });
  const argocd = await startArgoCd({
    repository,
    branch: 'main',
    valuesPath: 'values.yaml',
    application: 'tenants',
    token: argoToken,
    reconcileMs: 200,
  });
  const directory = await startDirectory({
    people: [LEAD, ADMIN],
    groups: [
      { cn: `infrahub-team-leads-${teamId}`, members: [LEAD.username] },
      { cn: 'infrahub-center-admins', members: [ADMIN.username] },
    ],
  });
  const checkpoints = createCheckpoints();
  await mkdir(join(folder, 'tmp'));
  const env = {
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    TMPDIR: disk?.folder ?? join(folder, 'tmp'),
    NODE_COMPILE_CACHE: join(shared.folder, 'compiled'),
    DATABASE_POOL_SIZE: '10',
    JWT_SECRETS: secret(),
    ...directory.env,
    EXTERNAL_SERVER_API_URL: 'http://127.0.0.1:1',
    GIT_TOKEN: gitToken,
    ARGOCD_TOKEN: argoToken,
    PROVISION_POLL_SECONDS: '0.2',
    ...settings,
  };
  const replicas = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startReplica({
        name: String.fromCharCode(65 + index),
        env,
        databaseUrl,
        gitUrl: git.url,
        argocdUrl: argocd.url,
        checkpoints,
        logFile: join(folder, `replica-${index}.log`),
        workingFolder: shared.folder,
        through: disk?.through ?? [],
      }),
    ),
  );
  const reader = createIndependentReader({
    databaseUrl: () => databaseUrl,
    repository,
    namespaces: argocd.namespaces,
    application: { url: `${argocd.url}/api/v1/applications/tenants`, token: argoToken },
  });
  const client = createClient({ urls: () => replicas.filter((r) => r.isUp()).map((r) => r.url()), ...LEAD });
  await client.signIn();
  const watching = reader.keepWatching();

  async function logs(): Promise<string> {
    const texts = await Promise.all(replicas.map((r) => r.log()));
    return texts.map((text, i) => `--- log of ${replicas[i]?.name}\n${text.slice(-6_000)}`).join('\n');
  }

  return {
    teamId,
    people: { lead: LEAD, admin: ADMIN },
    remote,
    git,
    /** For others than InfraHub: with the token in it, and past the proxies. */
    gitUrl: git.url.replace('//', `//oauth2:${gitToken}@`),
    argocd,
    checkpoints,
    replicas,
    reader,
    client,
    databaseUrl: () => databaseUrl,
    /** The replica of this name. */
    replica(wanted: string) {
      const found = replicas.find((r) => r.name === wanted);
      if (!found) throw new Error(`there is no replica ${wanted}`);
      return found;
    },
    /** PostgreSQL has moved to another port; the proxies hide that from InfraHub. */
    databaseMoved(url: string): void {
      databaseUrl = url;
      for (const replica of replicas) replica.postgres.redirect(Number(new URL(url).port));
    },
    newProject: (over: Record<string, string> = {}) => ({
      team_id: teamId,
      name: `p-${randomUUID().slice(0, 8)}`,
      site: 'haifa',
      sla_type: 'bronze',
      performance_tier: 'regular',
      ...over,
    }),
    /** Resolves once no operation is open any more. */
    settled: (seconds = 100) =>
      until(
        'every operation to be finished',
        async () => {
          const open = await reader.openOperations().catch(() => ['unknown']);
          return open.length === 0 ? true : undefined;
        },
        { seconds, everyMs: 200 },
      ),
    /** What was ever wrong, and what is wrong now that all is settled. */
    findings: async (): Promise<string[]> => [...watching.found(), ...(await reader.findings())],
    /** For the report of a failure: what passed the checkpoints, what is there now, and what InfraHub logged. */
    async story(): Promise<string> {
      const now = await Promise.all([reader.projects(), reader.openOperations()]).catch(String);
      return [...checkpoints.trace(), JSON.stringify(now), String(argocd.namespaces()), await logs()].join('\n');
    },
    async stop(): Promise<void> {
      await watching.stop();
      await reader.close();
      await Promise.all(replicas.map((replica) => replica.end()));
      await Promise.all([git.stop(), argocd.stop(), directory.stop()]);
      await remote.remove();
      if (!given) await onServer(`drop database ${name} with (force)`);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export type CrashStack = Awaited<ReturnType<typeof startCrashStack>>;

/** Runs a scenario on a stack of its own. What happened is told when it fails. */
export async function onStack(options: Options, scenario: (stack: CrashStack) => Promise<void>): Promise<void> {
  const stack = await startCrashStack(options);
  try {
    await telling(stack, scenario);
  } finally {
    await stack.stop();
  }
}

type PoolOptions = Options & {
  /** The most stacks that there are at once; a scenario waits for one. */
  limit: number;
};

/**
 * Stacks for scenarios that leave one as they found it, because to start one takes longer than most of them. One that a
 * scenario failed on is not used again.
 */
export function createStackPool({ limit, ...options }: PoolOptions) {
  const idle: CrashStack[] = [];
  const inTurn = createLimit(limit);

  async function runOn(scenario: (stack: CrashStack) => Promise<void>): Promise<void> {
    const stack = idle.pop() ?? (await startCrashStack(options));
    try {
      await telling(stack, async () => {
        await Promise.all(stack.replicas.filter((r) => !r.isUp()).map((r) => r.start()));
        await scenario(stack);
      });
    } catch (error) {
      await stack.stop();
      throw error;
    }
    stack.checkpoints.forget();
    stack.argocd.behave(stack.argocd.shape.parse({}));
    stack.git.behave(stack.git.shape.parse({}));
    idle.push(stack);
  }

  return {
    /** Runs a scenario on a stack whose replicas are all up and that nobody else uses meanwhile. */
    use: (scenario: (stack: CrashStack) => Promise<void>): Promise<void> => inTurn(() => runOn(scenario)),
    stop: async (): Promise<void> => void (await Promise.all(idle.splice(0).map((stack) => stack.stop()))),
  };
}

async function telling(stack: CrashStack, scenario: (stack: CrashStack) => Promise<void>): Promise<void> {
  try {
    await scenario(stack);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\n\nWhat happened:\n${await stack.story()}`, { cause: error });
  }
}

const ONE_TEAM = `
  with center as (insert into centers (name) values ('c') returning id),
    field as (insert into fields (center_id, name) select id, 'f' from center returning id),
    server as (insert into servers (name, site, cpu, ram_gb, performance_tier, status)
      values ('s', 'haifa', 100000, 400000, 'regular', 'online') returning id),
    allocation as (insert into field_server_allocations (field_id, server_id)
      select field.id, server.id from field, server),
    department as (insert into departments (field_id, name) select id, 'd' from field returning id),
    team as (insert into teams (department_id, name) select id, 't' from department returning id),
    share as (insert into department_quota_allocations (department_id, site, cpu_limit, ram_gb_limit)
      select id, 'haifa', 10000, 40000 from department),
    quota as (insert into team_quota_allocations (team_id, site, cpu_limit, ram_gb_limit)
      select id, 'haifa', 10000, 40000 from team)
  select id from team`;

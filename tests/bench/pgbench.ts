import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';
const CACHE = 'node_modules/.cache/pgbench';
const HOW = 'There is no pgbench. On Debian: apt-get install postgresql-15, or any newer one.';

/** The newest pgbench below a folder such as Debian's. */
function newestBelow(folder: string): string | undefined {
  const versions = existsSync(folder) ? readdirSync(folder).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(folder, version, 'bin/pgbench')).find(existsSync);
}

/** Debian's package, unpacked for us alone: pgbench needs nothing of it but itself and libpq. */
async function unpacked(): Promise<string> {
  const folder = resolve(CACHE);
  await mkdir(folder, { recursive: true });
  await run('apt-get', ['download', 'postgresql-15'], { cwd: folder });
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  if (!archive) throw new Error(HOW);
  await run('dpkg', ['-x', archive, folder], { cwd: folder });
  const found = newestBelow(folder + DEBIAN);
  if (!found) throw new Error(HOW);
  return found;
}

/** @throws saying how to get it, where it is neither installed nor to be had. */
export async function findPgbench(): Promise<string> {
  return (
    newestBelow(DEBIAN) ??
    newestBelow(resolve(CACHE) + DEBIAN) ??
    (await unpacked().catch((cause: unknown) => {
      throw new Error(HOW, { cause });
    }))
  );
}

type Run = { url: string; clients: number; seconds: number; script: string };

/** Runs one transaction over and over, its statements prepared once a connection; answers how many a second there were. */
export async function pgbench({ url, clients, seconds, script }: Run): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-pgbench-'));
  const { username, password, hostname, port, pathname } = new URL(url);
  try {
    await writeFile(join(folder, 'script.sql'), script);
    const flags = ['--no-vacuum', '--protocol=prepared', `--client=${clients}`, '--jobs=1', `--time=${seconds}`];
    const { stdout } = await run(
      await findPgbench(),
      [...flags, '--file', join(folder, 'script.sql'), '-h', hostname, '-p', port, '-U', username, pathname.slice(1)],
      { env: { ...process.env, PGPASSWORD: decodeURIComponent(password) } },
    );
    if (!/number of failed transactions: 0 /.test(stdout)) throw new Error(`transactions failed:\n${stdout}`);
    const tps = /tps = ([\d.]+) \(without initial connection time\)/.exec(stdout)?.[1];
    if (tps === undefined) throw new Error(`pgbench did not say how fast it was:\n${stdout}`);
    return Number(tps);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { cp, lchown, lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { onDatabase } from './crash-postgres.ts';

const run = promisify(execFile);
const stopped = z.array(z.object({ labelfile: z.string() })).length(1);

/** What is the server's own, of this run, and is not part of a backup. */
const NOT_COPIED = ['postmaster.pid', 'postmaster.opts', 'pg_wal'];

/**
 * Copies the data of a running PostgreSQL with the WAL that makes the copy whole: what `pg_basebackup --wal-method=fetch`
 * does, which embedded PostgreSQL comes without.
 */
export async function takeBackup(url: string, data: string, backup: string): Promise<void> {
  await onDatabase(url, async (client) => {
    await client.query("select pg_backup_start('rehearsal', fast => true)");
    await run('mkdir', ['-p', backup]);
    const entries = (await readdir(data)).filter((name) => !NOT_COPIED.includes(name));
    for (const name of entries) await copy(join(data, name), join(backup, name));
    const answer = await client.query('select labelfile from pg_backup_stop(wait_for_archive => false)');
    const [{ labelfile = '' } = {}] = stopped.parse(answer.rows);
    await writeFile(join(backup, 'backup_label'), labelfile);
    await copy(join(data, 'pg_wal'), join(backup, 'pg_wal'));
    const { uid, gid, mode } = await lstat(data);
    await lchown(join(backup, 'backup_label'), uid, gid);
    await lchown(backup, uid, gid);
    await run('chmod', [(mode & 0o777).toString(8), backup]);
  });
}

/** Has these files belong to whom the data belongs to, as PostgreSQL insists on. */
export async function giveTo(data: string, files: string): Promise<void> {
  const { uid, gid } = await lstat(data);
  await run('chown', ['-R', `${uid}:${gid}`, files]);
}

/** Puts the backup where the data was, or would be. */
export async function restoreBackup(backup: string, data: string): Promise<void> {
  await rm(data, { recursive: true, force: true });
  await copy(backup, data);
}

/** With owners and modes, which PostgreSQL insists on. Files that vanish meanwhile are of no account: the WAL tells. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to]).catch(() => cp(from, to, { recursive: true, force: true }));
}

/** The programs of the newest PostgreSQL that is installed, with the tools for backups; undefined where there is none. */
export const installedPrograms: string | undefined = globSync('/usr/lib/postgresql/*/bin/pg_dump')
  .map(dirname)
  .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  .at(-1);

/** What docs/operations.md tells an operator to type: from the name of a program to the end of the line or of the code. */
function documented(program: string): string {
  const [command] =
    new RegExp(`(?<=^|\`)${program} [^\\n\`]+`, 'm').exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
  if (command === undefined) throw new Error(`docs/operations.md does not say how to use ${program}`);
  return command;
}

/** Runs what the page says, in this folder, which also stands for the page's `/backup`. */
export async function runDocumented(program: string, databaseUrl: string, folder: string): Promise<void> {
  const env = { NODE_ENV: 'test', PATH: `${installedPrograms}:/usr/bin:/bin`, DATABASE_URL: databaseUrl } as const;
  await run('sh', ['-c', documented(program).replaceAll('/backup', folder)], { cwd: folder, env });
}

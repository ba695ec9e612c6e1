import { execFile } from 'node:child_process';
import { cp, lchown, lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Puts the backup where the data was, or would be. */
export async function restoreBackup(backup: string, data: string): Promise<void> {
  await rm(data, { recursive: true, force: true });
  await copy(backup, data);
}

/** With owners and modes, which PostgreSQL insists on. Files that vanish meanwhile are of no account: the WAL tells. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to]).catch(() => cp(from, to, { recursive: true, force: true }));
}

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Everything here happens in namespaces of its own: nobody else sees the disk, and it goes with its last process. */
const APART = ['--user', '--map-root-user', '--mount'];

/** Why no disk can be made here; undefined where one can. */
export function smallDiskIsMissing(): string | undefined {
  const { status, stderr, error } = spawnSync('unshare', [...APART, 'mount', '-t', 'tmpfs', 'none', tmpdir()]);
  return status === 0 ? undefined : `not tested, since nothing can be mounted here: ${error ?? stderr}`;
}

/** A real disk of a few megabytes and files, mounted on an empty folder for the processes that are run `through` it. */
export async function createSmallDisk() {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-disk-'));
  const script = 'mount -t tmpfs -o size=4m,nr_inodes=400 none "$0" && echo mounted && exec cat';
  const holder = spawn('unshare', [...APART, 'sh', '-c', script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const inside = `/proc/${holder.pid}/root${folder}`;
  const entering = `--target ${holder.pid} --user --mount --preserve-credentials`;
  const filler = join(inside, 'filler');

  return {
    folder,
    /** The command that runs another with the disk where it says. */
    through: ['sh', '-c', `exec nsenter ${entering} --wdns="$PWD" "$@"`, 'nsenter'],
    /** Leaves no room for a byte, nor for an empty file. */
    async fill(): Promise<void> {
      await writeUntilFull(filler, Buffer.alloc(8 * 1024 * 1024));
      for (let i = 0; await writeUntilFull(`${filler}-${i}`, ''); i++);
    },
    async makeRoom(): Promise<void> {
      const names = (await readdir(inside)).filter((name) => name.startsWith('filler'));
      for (const name of names) await rm(join(inside, name));
    },
    /** The names of all files that are on it. */
    files: async (): Promise<string[]> =>
      (await readdir(inside, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name),
    async remove(): Promise<void> {
      holder.stdin.end();
      await once(holder, 'exit');
      await rmdir(folder);
    },
  };
}

export type SmallDisk = Awaited<ReturnType<typeof createSmallDisk>>;

/** False once the disk is full. */
const writeUntilFull = (path: string, content: Buffer | string): Promise<boolean> =>
  writeFile(path, content).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC') throw error;
      return false;
    },
  );

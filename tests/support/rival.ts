import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GIT_ENV } from '../../server/demo/git-repository.ts';

const run = promisify(execFile);

/** Between two pushes; where a push takes longer, as long as it took, so that a slow machine leaves room as well. */
const REST_MS = 100;

/**
 * Does the work while somebody with a clone of their own adds comments to the values file, a push for each, without end.
 * Answers what the work did, and the lines that were pushed, in their order.
 */
export async function besideRival<T>(url: string, work: () => Promise<T>): Promise<{ done: T; theirs: string[] }> {
  const clone = await mkdtemp(join(tmpdir(), 'infrahub-rival-'));
  const git = (...args: string[]) => run('git', ['-C', clone, ...args], { env: GIT_ENV });
  const theirs: string[] = [];
  let isOver = false;

  async function push(line: string): Promise<void> {
    await git('fetch', '--quiet');
    await git('reset', '--quiet', '--hard', 'origin/main');
    await appendFile(join(clone, 'values.yaml'), `${line}\n`);
    await git('commit', '--quiet', '--all', '--message', line);
    await git('push', '--quiet', 'origin', 'HEAD:main').then(
      () => theirs.push(line),
      () => 'somebody else was first',
    );
  }

  async function pushOn(): Promise<void> {
    for (let times = 1; !isOver; times++) {
      const began = performance.now();
      await push(`# theirs, number ${times}`);
      await sleep(Math.max(REST_MS, performance.now() - began));
    }
  }

  try {
    await run('git', ['clone', '--quiet', url, clone], { env: GIT_ENV });
    const working = work().finally(() => {
      isOver = true;
    });
    const [done] = await Promise.all([working, pushOn()]);
    return { done, theirs };
  } finally {
    isOver = true;
    await rm(clone, { recursive: true, force: true });
  }
}

import { execFile } from 'node:child_process';
import { glob, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What the build writes last. */
const BUILT = 'build/infrahub/main.js';
const SOURCES = ['app/**', 'db/schema/**', 'server/**', 'package-lock.json', 'remix.config.js', 'vite.config.ts'];

/** Builds the portal, unless it was built since its sources last changed. */
export async function buildPortal(say: (line: string) => void): Promise<void> {
  if (await isBuilt()) return;
  say('Building the portal, which takes up to a minute');
  await promisify(execFile)('npm', ['run', 'build', '--silent']);
}

async function isBuilt(): Promise<boolean> {
  const builtAt = await stat(BUILT).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  for await (const file of glob(SOURCES)) {
    if ((await stat(file)).mtimeMs > builtAt) return false;
  }
  return true;
}

/**
 * Has Lighthouse judge Sign in, Overview and Project of a running demo: `npm run lighthouse -- http://127.0.0.1:3000`.
 * The reports land in build/lighthouse; it is told, and not part of the tests, as it depends on the machine.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse, { desktopConfig } from 'lighthouse';
import { chromium } from 'playwright-core';
import { PASSWORD } from '../server/demo/cast.ts';
import { CHROMIUM, CHROMIUM_FLAGS } from '../tests/support/chromium.ts';
import { placesOf } from '../tests/support/places.ts';

const FOLDER = 'build/lighthouse';
const DEBUG_PORT = 9_333;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];

const [url = 'http://127.0.0.1:3000'] = process.argv.slice(2);

async function judge(name: string, path: string): Promise<string> {
  const flags = { port: DEBUG_PORT, output: 'html' as const, onlyCategories: CATEGORIES, disableStorageReset: true };
  const result = await lighthouse(url + path, flags, desktopConfig);
  if (!result) throw new Error(`Lighthouse said nothing of ${path}`);
  await writeFile(`${FOLDER}/${name}.html`, [result.report].flat().join('\n'));
  const scores = Object.values(result.lhr.categories).map(
    ({ title, score }) => `${title} ${Math.round(100 * (score ?? 0))}`,
  );
  return `${name}: ${scores.join(', ')}`;
}

await mkdir(FOLDER, { recursive: true });
const profile = await mkdtemp(join(tmpdir(), 'infrahub-lighthouse-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: CHROMIUM,
  args: [...CHROMIUM_FLAGS, `--remote-debugging-port=${DEBUG_PORT}`],
});
try {
  const lines = [await judge('sign-in', '/sign-in')];
  // This tab stays open: it hands its session to the one that Lighthouse looks at.
  const home = await context.newPage();
  await home.goto(`${url}/sign-in`);
  await home.getByLabel('User name').fill('noa');
  await home.getByLabel('Password').fill(PASSWORD);
  await home.getByRole('button', { name: 'Sign in' }).click();
  await home.getByRole('banner').waitFor();
  const at = await placesOf(url);
  lines.push(await judge('overview', '/'), await judge('project', at('training')));
  process.stdout.write(`${lines.join('\n')}\n`);
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}

/**
 * Has Lighthouse judge Sign in, Overview and Project: `npm run lighthouse` starts a stack of its own, and
 * `npm run lighthouse -- http://127.0.0.1:3000` looks at a running demo. The reports land in build/lighthouse; it is a
 * report in CI, and not part of the tests, as it depends on the machine.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse, { desktopConfig } from 'lighthouse';
import { chromium } from 'playwright-core';
import { PASSWORD } from '../server/demo/cast.ts';
import { buildPortal } from '../server/demo/portal-build.ts';
import { removeStack, startStack } from '../server/demo/stack.ts';
import { CHROMIUM, CHROMIUM_FLAGS } from '../tests/support/chromium.ts';
import { placesOf } from '../tests/support/places.ts';

const FOLDER = 'build/lighthouse';
const DEBUG_PORT = 9_333;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];

const [running] = process.argv.slice(2);
const say = (line: string) => void process.stdout.write(`${line}\n`);

if (running) await judgeAll(running);
else await judgeOwnStack();

async function judgeOwnStack(): Promise<void> {
  await buildPortal(say);
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-lighthouse-stack-'));
  const stack = await startStack({ folder, port: 0, say });
  try {
    await judgeAll(stack.report.url);
  } finally {
    await stack.stop();
    await removeStack(folder);
  }
}

async function judgeAll(url: string): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const profile = await mkdtemp(join(tmpdir(), 'infrahub-lighthouse-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: [...CHROMIUM_FLAGS, `--remote-debugging-port=${DEBUG_PORT}`],
  });
  try {
    say(await judge('sign-in', `${url}/sign-in`));
    // This tab stays open: it hands its session to the one that Lighthouse looks at.
    const home = await context.newPage();
    await home.goto(`${url}/sign-in`);
    await home.getByLabel('User name').fill('noa');
    await home.getByLabel('Password').fill(PASSWORD);
    await home.getByRole('button', { name: 'Sign in' }).click();
    await home.getByRole('banner').waitFor();
    const at = await placesOf(url);
    say(await judge('overview', `${url}/`));
    say(await judge('project', url + at('training')));
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

async function judge(name: string, page: string): Promise<string> {
  const flags = { port: DEBUG_PORT, output: 'html' as const, onlyCategories: CATEGORIES, disableStorageReset: true };
  const result = await lighthouse(page, flags, desktopConfig);
  if (!result) throw new Error(`Lighthouse said nothing of ${page}`);
  await writeFile(`${FOLDER}/${name}.html`, [result.report].flat().join('\n'));
  const scores = Object.values(result.lhr.categories).map(
    ({ title, score }) => `${title} ${Math.round(100 * (score ?? 0))}`,
  );
  return `${name}: ${scores.join(', ')}`;
}

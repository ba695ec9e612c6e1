/**
 * Takes a picture of every page, in both themes and at two widths, from a running demo, to be looked at:
 * `npm run screenshots -- http://127.0.0.1:3000`. They land in build/screenshots; the README's picture in docs.
 * A second argument takes only pages whose name contains it.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { PASSWORD } from '../server/demo/cast.ts';
import { CHROMIUM, CHROMIUM_FLAGS } from '../tests/support/chromium.ts';
import { placesOf } from '../tests/support/places.ts';

const FOLDER = 'build/screenshots';
const README_PICTURE = 'docs/overview.png';
const MAX_HEIGHT = 2_400;
const SETTLE_MS = 800;
const VIEWS = (['light', 'dark'] as const).flatMap((theme) => [1440, 360].map((width) => ({ theme, width })));

const failed: string[] = [];
const [url = 'http://127.0.0.1:3000', only = ''] = process.argv.slice(2);

/** One page; `act` brings it into the state that is worth a picture. */
type Shot = { name: string; path: string; act?: (page: Page) => Promise<unknown> };

/** What each person is shown. */
function shotsOf(at: (name: string) => string): Record<string, Shot[]> {
  const press = (label: RegExp) => (page: Page) => page.getByRole('button', { name: label }).first().click();
  return {
    noa: [
      { name: 'overview', path: '/' },
      { name: 'overview-of-a-field', path: `/?holder=${at('Imaging').slice('/fields/'.length)}` },
      { name: 'organisation', path: '/organisation' },
      { name: 'field', path: at('Imaging') },
      { name: 'field-over-allocated', path: `${at('Communications')}?site=tel-aviv` },
      { name: 'field-quota', path: at('Imaging'), act: press(/^Set the quota/) },
      { name: 'department', path: at('Vision') },
      { name: 'team', path: at('Detection') },
      { name: 'servers', path: '/servers' },
      {
        name: 'servers-chosen',
        path: '/servers?allocated=no',
        act: async (page) => {
          await page.getByRole('checkbox').nth(1).check();
          await page.getByRole('button', { name: /^Allocate/ }).click();
        },
      },
      { name: 'projects', path: '/projects' },
      { name: 'projects-none', path: '/projects?text=nothing-like-this' },
      { name: 'project-active', path: at('training') },
      { name: 'sync', path: '/sync' },
      { name: 'drift', path: '/drift' },
      { name: 'audit', path: '/audit', act: press(/^What was changed/) },
      { name: 'end-sessions', path: '/audit?actor=yael', act: press(/^End sessions of yael/) },
      { name: 'palette', path: '/', act: (page) => page.keyboard.press('Control+k') },
      { name: 'shortcuts', path: '/', act: (page) => page.keyboard.press('?') },
      { name: 'not-found', path: '/nowhere' },
    ],
    amir: [{ name: 'overview-field-admin', path: '/' }],
    dana: [{ name: 'overview-dept-admin', path: '/' }],
    yael: [
      { name: 'overview-team-lead', path: '/' },
      {
        name: 'new-project',
        path: '/projects/new',
        act: (page) => page.getByLabel('Name', { exact: true }).fill('vision-api'),
      },
      { name: 'project-resize', path: at('training'), act: press(/^Resize/) },
      { name: 'project-decommission', path: at('training'), act: press(/^Decommission/) },
      { name: 'forbidden', path: '/sync' },
    ],
    tamar: [{ name: 'project-failed', path: at('beam-steering') }],
  };
}

/** Makes the window as high as the page, so that everything comes into view and is loaded. */
async function unroll(page: Page): Promise<void> {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const { width } = page.viewportSize() ?? { width: 1440 };
  await page.setViewportSize({ width, height: Math.min(height, MAX_HEIGHT) });
}

async function take(page: Page, { name, path, act }: Shot, suffix: string): Promise<void> {
  const size = page.viewportSize() ?? { width: 1440, height: 900 };
  await page.goto(url + path);
  await page.getByRole('heading').first().waitFor();
  await page.waitForTimeout(SETTLE_MS);
  if (act) await act(page);
  else await unroll(page);
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: `${FOLDER}/${name}-${suffix}.png` });
  await page.setViewportSize(size);
}

/** Signs in in one tab, which hands its session to the tabs of the pictures. */
async function shoot(context: BrowserContext, username: string, shots: Shot[], suffix: string): Promise<void> {
  const home = await context.newPage();
  await home.goto(`${url}/sign-in`);
  if (username === 'noa') await take(home, { name: 'sign-in', path: '/sign-in' }, suffix);
  await home.getByLabel('User name').fill(username);
  await home.getByLabel('Password').fill(PASSWORD);
  await home.getByRole('button', { name: 'Sign in' }).click();
  await home.getByRole('banner').waitFor();
  const page = await context.newPage();
  for (const shot of shots.filter(({ name }) => name.includes(only))) {
    await take(page, shot, suffix).catch((error: unknown) => failed.push(`${shot.name}-${suffix}: ${error}`));
  }
}

async function shootAll(browser: Browser): Promise<void> {
  const people = Object.entries(shotsOf(await placesOf(url)));
  for (const { theme, width } of VIEWS) {
    for (const [username, shots] of people.filter(([, all]) => all.some(({ name }) => name.includes(only)))) {
      const viewport = { width, height: width === 360 ? 740 : 900 };
      const context = await browser.newContext({ viewport, colorScheme: theme, reducedMotion: 'reduce' });
      await shoot(context, username, shots, `${theme}-${width}`);
      await context.close();
    }
  }
}

await mkdir(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
try {
  await shootAll(browser);
} finally {
  await browser.close();
}
if (failed.length > 0) throw new Error(failed.join('\n'));
if ('overview'.includes(only)) await copyFile(`${FOLDER}/overview-light-1440.png`, README_PICTURE);

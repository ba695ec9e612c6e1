import type { Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { placesOf } from '../support/places.ts';

const REQUEST_ID = '7f0c2f4e-5d0f-4a58-9f0e-1d2c3b4a5968';
const data = { code: 'INTERNAL', request_id: REQUEST_ID, details: {}, http_status: 500, httpStatus: 500 };
const BROKEN = { error: { code: -32_603, message: 'It broke on purpose', data } };

/** Lets the server answer who asks and where they belong; every other answer becomes an error. */
async function broken(route: Route): Promise<void> {
  const names = decodeURIComponent(new URL(route.request().url()).pathname).split('/').at(-1)?.split(',') ?? [];
  if (names.every((name) => /^(auth|live)\./.test(name))) return route.continue();
  const answer = await route.fetch();
  const parts: unknown[] = [await answer.json()].flat();
  const json = parts.map((part, at) => (/^(auth\.|org\.tree$)/.test(names[at] ?? '') ? part : BROKEN));
  await route.fulfill({ response: answer, status: 200, json });
}

describe.runIf(hasBrowser)('a page', () => {
  const browser = useBrowser();

  test('says that it is not theirs to whom it is not, whichever it is', async () => {
    const at = await placesOf(demo().url);
    const home = await browser.newPage();
    await signIn(home, 'yael');
    const page = await home.context().newPage();
    const others = [at('Imaging'), at('Vision'), at('Tracking'), at('routing')];
    for (const path of ['/organisation', '/servers', '/sync', '/drift', ...others]) {
      await page.goto(demo().url + path);
      await page.getByRole('heading', { name: 'This is not yours to see' }).waitFor();
      await page.getByRole('link', { name: 'Go to the overview' }).waitFor();
      expect(await page.getByRole('heading', { level: 1 }).count(), path).toBe(1);
    }
  });

  test('shows that it is being read while the answer is on its way, and not that nothing is there', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa', '/audit');
    await page.getByRole('table').getByRole('row').nth(1).waitFor();
    const rail = page.getByRole('navigation').first();
    const table = page.getByRole('table', { name: 'Projects' });
    const steps = [
      {
        open: rail.getByRole('link', { name: 'Overview', exact: true }),
        comes: page.getByRole('heading', { name: 'Who holds what' }),
      },
      {
        open: rail.getByRole('link', { name: 'Servers', exact: true }),
        comes: page.getByRole('table', { name: 'Servers' }),
      },
      { open: rail.getByRole('link', { name: 'Projects', exact: true }), comes: table },
      { open: table.getByRole('link', { name: 'training' }), comes: page.getByRole('heading', { name: 'Timeline' }) },
    ];
    for (const { open, comes } of steps) {
      const { promise: enough, resolve: letThrough } = Promise.withResolvers<void>();
      await page.route('**/api/trpc/**', (route) => enough.then(() => route.continue()));
      await open.click();
      await page.getByRole('status', { name: 'Loading' }).first().waitFor();
      expect(await page.getByText(/^(No|Nothing) /).count(), `${open}`).toBe(0);
      expect(await comes.count(), `${open}`).toBe(0);
      letThrough();
      await comes.waitFor();
      await page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    }
  });

  test('that cannot be read says so with its request id, and shows what is there as soon as it can be', async () => {
    const at = await placesOf(demo().url);
    const home = await browser.newPage();
    await signIn(home, 'noa');
    const page = await home.context().newPage();
    const nodes = [at('Imaging'), at('Vision'), at('Detection'), at('training')];
    for (const path of ['/', '/organisation', '/servers', '/projects', '/sync', '/drift', '/audit', ...nodes]) {
      await page.route('**/api/trpc/**', broken);
      await page.goto(demo().url + path);
      const alert = page.getByRole('alert').filter({ hasText: 'It broke on purpose' }).first();
      await alert.getByText(REQUEST_ID).waitFor({ timeout: 30_000 });
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      while (await alert.isVisible()) {
        await alert
          .getByRole('button', { name: 'Try again' })
          .click({ timeout: 2_000 })
          .catch(() => undefined);
      }
      await expect.poll(() => page.getByRole('heading', { level: 1 }).count(), { message: path }).toBe(1);
    }
  }, 240_000);

  test('of a list says that nothing matches, and clearing the filters brings all of it back', async () => {
    const home = await browser.newPage();
    await signIn(home, 'noa');
    const page = await home.context().newPage();
    for (const path of ['/servers?text=nothing-like-this', '/projects?text=nothing-like-this', '/audit?actor=nobody']) {
      await page.goto(demo().url + path);
      await page.getByRole('button', { name: 'Clear the filters' }).click();
      await page.getByRole('table').getByRole('row').nth(1).waitFor();
      expect(await page.getByRole('searchbox').first().inputValue(), path).toBe('');
      expect(new URL(page.url()).search, path).toBe('');
    }
  });

  test('of a new project takes a name that was pasted with spaces around it', async () => {
    const page = await browser.newPage();
    await signIn(page, 'tamar', '/projects/new');
    await page.getByLabel('Name', { exact: true }).fill('  pasted-name ');
    await page.getByText(/-pasted-name$/).waitFor();
    expect(await page.getByRole('button', { name: 'Create project' }).isEnabled()).toBe(true);
    expect(await page.getByText('Lower-case letters, digits and single hyphens, such as').count()).toBe(0);
  });

  test('goes onto paper as its content alone, in the light theme, as wide as the sheet', async () => {
    const page = await browser.newPage({ colorScheme: 'dark' });
    await signIn(page, 'noa');
    await page.getByRole('heading', { name: 'Who holds what' }).scrollIntoViewIfNeeded();
    await page.getByRole('list', { name: /^Who holds what/ }).waitFor();
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 794, height: 1123 });
    expect(await page.getByRole('navigation').first().isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'CSV' }).first().isVisible()).toBe(false);
    expect(
      await page
        .getByRole('img', { name: /^All that you see at haifa/ })
        .first()
        .isVisible(),
    ).toBe(true);
    const [ground, ...widths] = await page.evaluate(() => [
      getComputedStyle(document.body).backgroundColor,
      document.documentElement.scrollWidth,
    ]);
    expect(ground).toBe('rgb(255, 255, 255)');
    expect(widths).toEqual([794]);
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark');
  });
});

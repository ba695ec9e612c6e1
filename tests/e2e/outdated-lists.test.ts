import { randomUUID } from 'node:crypto';
import type { Page, Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { apiOf, placesOf } from '../support/places.ts';

/** Rows of a page here, so that the demo's servers fill many pages. */
const PAGE = 20;
/** Lists of more pages are not kept up to date quietly. */
const LIVE_PAGES = 5;

/** Every call that may ask for servers. */
const LISTING = /\/api\/trpc\/[^?]*servers\.list/;

const servers = z.object({ items: z.array(z.object({ id: z.string() })) });

const tableOf = (page: Page) => page.getByRole('table', { name: 'Servers' });
const lengthOf = async (page: Page) => Number(await tableOf(page).getAttribute('aria-rowcount')) - 1;
const noticeOf = (page: Page) => page.getByRole('status').filter({ hasText: 'Something in this list has changed.' });

/** Scrolls by the wheel until so many servers were read. */
async function readOn(page: Page, count: number): Promise<void> {
  await page.mouse.move(700, 600);
  while ((await lengthOf(page)) < count) {
    await page.mouse.wheel(0, 400);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

/** A server that is nobody's is given to a field while `during` runs, and then taken back. */
async function givenElsewhere(during: () => Promise<void>): Promise<void> {
  const field = (await placesOf(demo().url))('Imaging');
  const { get, send } = await apiOf(demo().url, 'noa');
  const { items } = await get('/servers?text=hfa-r05&allocated=false&limit=1', servers);
  const server_ids = items.map(({ id }) => id);
  expect(server_ids).toHaveLength(1);
  await send('POST', `${field}/servers`, { server_ids }, z.unknown());
  try {
    await during();
  } finally {
    await send('DELETE', `${field}/servers`, { server_ids }, z.unknown());
  }
}

describe.runIf(hasBrowser)('a list of many pages', () => {
  const browser = useBrowser();

  /** The servers page in pages of twenty, and from which cursor each was asked for; undefined is the first. */
  async function fleet(): Promise<{ page: Page; asked: (string | undefined)[] }> {
    const page = await browser.newPage();
    const asked: (string | undefined)[] = [];
    const input = z.record(z.string(), z.object({ limit: z.number().optional(), cursor: z.string().optional() }));
    await page.route(LISTING, async (route) => {
      const url = new URL(route.request().url());
      const calls = input.parse(JSON.parse(url.searchParams.get('input') ?? '{}'));
      for (const { limit, cursor } of Object.values(calls)) if (limit) asked.push(cursor);
      await route.continue({ url: url.href.replace('limit%22%3A200', `limit%22%3A${PAGE}`) });
    });
    await signIn(page, 'noa', '/servers');
    await page.getByText('Live: changes show as they happen').waitFor({ state: 'attached' });
    return { page, asked };
  }

  test('asks for each of its pages once, however far it is read', async () => {
    const { get } = await apiOf(demo().url, 'noa');
    const { total } = await get('/servers/facets', z.object({ total: z.number() }));
    const { page, asked } = await fleet();
    await readOn(page, total);
    expect(asked).toHaveLength(Math.ceil(total / PAGE));
    expect(new Set(asked).size).toBe(asked.length);
  });

  test('says that it has changed wherever it is read, and goes on to say so while more of it is read', async () => {
    const { page, asked } = await fleet();
    await readOn(page, PAGE * (LIVE_PAGES + 1));
    await givenElsewhere(async () => {
      await noticeOf(page).waitFor();
      const length = await lengthOf(page);
      await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
      await readOn(page, length + 2 * PAGE);
      const { top = -1, bottom = -1 } = await noticeOf(page).evaluate((notice) => notice.getBoundingClientRect());
      expect([top > 0, bottom < 900]).toEqual([true, true]);
      expect(asked.filter((cursor) => cursor === undefined)).toHaveLength(1);
    });
  });

  test('still says so to who went to another page and comes back', async () => {
    const { page, asked } = await fleet();
    await readOn(page, PAGE * (LIVE_PAGES + 1));
    await givenElsewhere(async () => {
      await noticeOf(page).waitFor();
      await readOn(page, (await lengthOf(page)) + PAGE);
      const pages = page.getByRole('navigation').first();
      await pages.getByRole('link', { name: 'Sync' }).click();
      await tableOf(page).waitFor({ state: 'detached' });
      await pages.getByRole('link', { name: 'Servers' }).click();
      await noticeOf(page).waitFor();
      expect(asked.filter((cursor) => cursor === undefined)).toHaveLength(1);
    });
  });

  test('is read again from its top, and no further than is seen', async () => {
    const { page, asked } = await fleet();
    await readOn(page, PAGE * (LIVE_PAGES + 3));
    await givenElsewhere(async () => {
      await noticeOf(page).waitFor();
      const before = asked.length;
      await page.getByRole('button', { name: 'Read it again' }).click();
      await noticeOf(page).waitFor({ state: 'detached' });
      await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(before);
      expect(asked[before]).toBeUndefined();
      await tableOf(page).locator('[aria-rowindex="2"]').waitFor();
      expect(await page.evaluate(() => scrollY)).toBe(0);
      expect(await lengthOf(page)).toBeLessThanOrEqual(PAGE * LIVE_PAGES);
    });
  });

  test.each([
    { code: 'INTERNAL', http_status: 500, from: 'where it broke off' },
    { code: 'VALIDATION_FAILED', http_status: 400, from: 'its top' },
  ])('whose next page is refused as $code asks no more by itself, and reads on from $from', async (refusal) => {
    const { page, asked } = await fleet();
    await readOn(page, 2 * PAGE);
    const refused: string[] = [];
    const data = { ...refusal, request_id: randomUUID(), details: {} };
    const refuse = async (route: Route) => {
      const calls = new URL(route.request().url()).pathname.split(',');
      refused.push(...calls);
      const error = { code: -32_603, message: 'It broke on purpose', data };
      await route.fulfill({ status: refusal.http_status, json: calls.map(() => ({ error })) });
    };
    await page.route(LISTING, refuse);
    const alert = page.getByRole('alert').filter({ hasText: 'It broke on purpose' });
    while (!(await alert.isVisible())) {
      await page.mouse.wheel(0, 400);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    for (const by of [-400, 400]) {
      await page.mouse.wheel(0, by);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    expect(refused).toHaveLength(1);
    await page.unroute(LISTING, refuse);
    const before = asked.length;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await alert.waitFor({ state: 'detached' });
    expect(asked[before] === undefined).toBe(refusal.code === 'VALIDATION_FAILED');
  });
});

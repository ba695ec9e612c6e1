import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { apiOf, placesOf } from '../support/places.ts';

/** A window of 900 pixels shows 22 rows; before and after it 12 more are kept, and the header. */
const MAX_ROWS = 60;

const servers = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) });

const tableOf = (page: Page) => page.getByRole('table', { name: 'Servers' });
const rowsOf = (page: Page) => tableOf(page).getByRole('row');
/** The nth row of the whole list, whether it is in the document or not; 1 is the header. */
const rowAt = (page: Page, index: number) => tableOf(page).locator(`[aria-rowindex="${index}"]`);
const isInView = (page: Page, index: number) =>
  rowAt(page, index).evaluateAll(([row]) => {
    const { top = -1, bottom = -1 } = row?.getBoundingClientRect() ?? {};
    return top >= 0 && bottom <= innerHeight;
  });

describe.runIf(hasBrowser)('a long list', () => {
  const browser = useBrowser();

  /** The servers page, and how many servers there are: more than one page of the API's holds. */
  async function fleet(): Promise<{ page: Page; total: number }> {
    const { get } = await apiOf(demo().url, 'noa');
    const { total } = await get('/servers/facets', z.object({ total: z.number().min(201) }));
    const page = await browser.newPage();
    await signIn(page, 'noa', '/servers');
    await rowAt(page, 20).waitFor();
    return { page, total };
  }

  test('has only the rows in view in the document, from its top to its end, by the wheel', async () => {
    const { page, total } = await fleet();
    await page.mouse.move(700, 600);
    while (!(await isInView(page, total + 1))) {
      await page.mouse.wheel(0, 600);
      await page.evaluate(() => new Promise(requestAnimationFrame));
      expect(await rowsOf(page).count()).toBeLessThan(MAX_ROWS);
    }
    expect(await tableOf(page).getAttribute('aria-rowcount')).toBe(String(total + 1));
  });

  test('is as long before its rows are drawn as it is then, so that nothing is laid out twice', async () => {
    const { page } = await fleet();
    const height = () => tableOf(page).evaluate((table) => table.getBoundingClientRect().height);
    const before = await height();
    await page.mouse.move(700, 600);
    await page.mouse.wheel(0, 1_500);
    await rowAt(page, 60).waitFor();
    expect(await tableOf(page).getAttribute('aria-rowcount')).toBe('201');
    expect(await height()).toBe(before);
  });

  test('is gone through by the keyboard to its end and back', async () => {
    const { page, total } = await fleet();
    while (!(await isInView(page, total + 1))) {
      await page.keyboard.press('End');
      await page.evaluate(() => new Promise(requestAnimationFrame));
      expect(await rowsOf(page).count()).toBeLessThan(MAX_ROWS);
    }
    await page.keyboard.press('Home');
    await expect.poll(() => isInView(page, 2)).toBe(true);
    expect(await rowsOf(page).count()).toBeLessThan(MAX_ROWS);
  });

  test('begins at its top when it is put into another order, wherever it was read', async () => {
    const { page } = await fleet();
    await page.mouse.move(700, 600);
    await page.mouse.wheel(0, 3_000);
    await rowAt(page, 80).waitFor();
    await page.getByRole('columnheader', { name: 'Server' }).getByRole('button').click();
    await rowAt(page, 2).getByText(/^tlv-/).waitFor();
    expect(await page.evaluate(() => scrollY)).toBe(0);
  });

  test('lets servers be chosen one by one, or all that match, before the end was seen', async () => {
    const { page, total } = await fleet();
    const chosen = page.getByRole('region', { name: 'Chosen servers' });
    await rowAt(page, 2).getByRole('checkbox').check();
    await rowAt(page, 4).getByRole('checkbox').check();
    await chosen.getByText('2 servers').waitFor();
    await tableOf(page).getByRole('checkbox', { name: 'Choose all that are shown' }).check();
    await chosen.getByText('200 servers').waitFor();
    await chosen.getByRole('button', { name: `Choose all ${total} that match` }).click();
    await chosen.getByText(`${total} servers`).waitFor();
    await rowAt(page, 2).getByRole('checkbox').uncheck();
    await chosen.getByText(`${total - 1} servers`).waitFor();
    await chosen.getByRole('button', { name: 'Clear' }).click();
    await chosen.waitFor({ state: 'detached' });
    expect(await rowAt(page, 4).getByRole('checkbox').isChecked()).toBe(false);
  });

  test('lets all servers between two be chosen with Shift, and taken back, however far apart they are', async () => {
    const { page } = await fleet();
    const chosen = page.getByRole('region', { name: 'Chosen servers' });
    const box = (index: number) => rowAt(page, index).getByRole('checkbox');
    await box(3).click();
    await box(9).click({ modifiers: ['Shift'] });
    await chosen.getByText('7 servers').waitFor();
    await box(7).click();
    await box(5).click({ modifiers: ['Shift'] });
    await chosen.getByText('4 servers').waitFor();
    await box(3).click();
    await box(3).click();
    await page.mouse.move(700, 600);
    await page.mouse.wheel(0, 5_000);
    await box(140).waitFor();
    await box(140).click({ modifiers: ['Shift'] });
    await chosen.getByText('138 servers').waitFor();
    expect(await page.evaluate(() => String(getSelection()))).toBe('');
  });

  test('gives servers chosen by their boxes, and then all that are shown, to a field in one gesture each', async () => {
    const field = (await placesOf(demo().url))('Imaging');
    const { get, send } = await apiOf(demo().url, 'noa');
    // A rack of twenty that are nobody's.
    const rack = `/servers?text=hfa-r05&field_id=${field.split('/').at(-1)}`;
    const given = async () => (await get(rack, servers)).items;
    const page = await browser.newPage();
    const calls: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('allocateServers')) calls.push(request.url());
    });
    const allocate = async (count: number) => {
      await page.getByRole('button', { name: 'Allocate to a field…' }).click();
      await page.getByRole('dialog').getByRole('textbox', { name: 'Field' }).click();
      await page.getByRole('option', { name: /Imaging$/ }).click();
      await page.getByRole('button', { name: `Allocate ${count} servers` }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    try {
      await signIn(page, 'noa', '/servers?text=hfa-r05&allocated=no');
      for (const name of ['hfa-r05-n03', 'hfa-r05-n07', 'hfa-r05-n20']) {
        await page.getByRole('checkbox', { name: `Choose ${name}` }).check();
      }
      await allocate(3);
      expect((await given()).map(({ name }) => name)).toEqual(['hfa-r05-n03', 'hfa-r05-n07', 'hfa-r05-n20']);
      await page.getByRole('checkbox', { name: 'Choose hfa-r05-n03' }).waitFor({ state: 'detached' });
      await page.getByRole('checkbox', { name: 'Choose all that are shown' }).check();
      await allocate(17);
      expect(await given()).toHaveLength(20);
      expect(calls).toHaveLength(2);
    } finally {
      const server_ids = (await given()).map(({ id }) => id);
      if (server_ids.length > 0) await send('DELETE', `${field}/servers`, { server_ids }, z.unknown());
    }
  });

  test('keeps its order and its filters in the address, and so over a reload', async () => {
    const { get } = await apiOf(demo().url, 'noa');
    const { items } = await get('/servers?text=hfa-r01&allocated=true&sort=cpu&direction=desc', servers);
    const expected = items.map(({ name }) => name);
    expect(expected.length).toBeGreaterThan(5);
    const home = await browser.newPage();
    await signIn(home, 'noa');
    const page = await home.context().newPage();
    await page.goto(`${demo().url}/servers`);
    const search = page.getByRole('searchbox', { name: 'Server name' });
    await search.fill('hfa-r01');
    await page.getByRole('textbox', { name: 'Given or free' }).click();
    await page.getByRole('option', { name: /^Given to a field/ }).click();
    const cores = page.getByRole('columnheader', { name: 'Cores' });
    await cores.getByRole('button').click();
    await cores.and(page.locator('[aria-sort="ascending"]')).waitFor();
    await cores.getByRole('button').click();
    const shown = () => tableOf(page).locator('tbody code:only-child').allTextContents();
    const names = async () => (await shown()).filter((text) => text.startsWith('hfa-'));
    const isKept = async () => {
      await expect.poll(names, { timeout: 20_000 }).toEqual(expected);
      expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
        text: 'hfa-r01',
        allocated: 'yes',
        sort: 'cpu',
        direction: 'desc',
      });
      expect(await search.inputValue()).toBe('hfa-r01');
      expect(await cores.getAttribute('aria-sort')).toBe('descending');
    };
    await isKept();
    await page.reload();
    await isKept();
  });

  test('keeps a filter that is set while the address is still on its way to the one before', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa', '/servers');
    await page.getByRole('textbox', { name: 'Given or free' }).click();
    const option = page.getByRole('option', { name: /^Given to a field/ });
    const sort = page.getByRole('columnheader', { name: 'Cores' }).getByRole('button');
    const sortButton = await sort.elementHandle();
    await option.evaluate((chosen, then) => {
      chosen.dispatchEvent(new MouseEvent('click', { bubbles: true }));
      then?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    }, sortButton);
    const filters = () => Object.fromEntries(new URL(page.url()).searchParams);
    await expect.poll(filters).toEqual({ allocated: 'yes', sort: 'cpu', direction: 'asc' });
  });
});

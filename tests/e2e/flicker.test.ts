import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { apiOf, placesOf } from '../support/places.ts';

/** How far things may move at a time without having been asked to, as browsers count it (web.dev/cls). */
const MAX_SHIFT = 0.1;
const QUIET_MS = 700;
const SKELETON = '[aria-label="Loading"], .mantine-Skeleton-root';

const created = z.object({ id: z.string() });
const status = z.object({ status: z.string() });
const quotas = z.object({
  items: z.array(z.object({ site: z.string(), cpu_limit: z.number(), ram_gb_limit: z.number() })),
});
const watched = z.object({ lost: z.array(z.string()), shifts: z.array(z.object({ at: z.number(), by: z.number() })) });

/** Waits until nothing in the page has changed for a while. */
async function still(page: Page): Promise<void> {
  await page.evaluate(
    (quietMs) =>
      new Promise<void>((resolve) => {
        let timer = setTimeout(resolve, quietMs);
        new MutationObserver(() => {
          clearTimeout(timer);
          timer = setTimeout(resolve, quietMs);
        }).observe(document, { childList: true, subtree: true });
      }),
    QUIET_MS,
  );
}

/** The page as it is to stay while others make changes: filled, and told of them. */
async function settle(page: Page): Promise<void> {
  await page.getByText('Live: changes show as they happen').waitFor({ state: 'attached' });
  await page.locator(SKELETON).first().waitFor({ state: 'detached' });
  await still(page);
}

/** From now on notes whatever goes from the page, if only for one frame, and how far things move. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted: { lost: Set<string>; shifts: { at: number; by: number }[] } = { lost: new Set(), shifts: [] };
    const rows = () => document.querySelectorAll('main tbody tr').length;
    const headings = [...document.querySelectorAll('main h1, main h2, [role="dialog"] h2')];
    const hadRows = rows() > 0;
    const look = () => {
      if (document.querySelector('[aria-label="Loading"], .mantine-Skeleton-root')) noted.lost.add('to a skeleton');
      if (hadRows && rows() === 0) noted.lost.add('all rows');
      for (const heading of headings) if (!heading.isConnected) noted.lost.add(`the part “${heading.textContent}”`);
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if ('value' in entry) noted.shifts.push({ at: entry.startTime, by: Number(entry.value) });
      }
    }).observe({ type: 'layout-shift' });
    Object.assign(window, { noted });
  });
}

/** What was noted since. */
async function noted(page: Page) {
  const json = await page.evaluate(() =>
    JSON.stringify('noted' in window ? window.noted : {}, (_, value) => (value instanceof Set ? [...value] : value)),
  );
  return watched.parse(JSON.parse(json));
}

/** The most that moved at a time: with less than a second between, and within five. */
function largestShift(shifts: z.infer<typeof watched>['shifts']): number {
  const bursts: { from: number; last: number; sum: number }[] = [];
  for (const { at, by } of shifts) {
    const burst = bursts.at(-1);
    if (burst && at - burst.last < 1_000 && at - burst.from < 5_000)
      Object.assign(burst, { last: at, sum: burst.sum + by });
    else bursts.push({ from: at, last: at, sum: by });
  }
  return Math.max(0, ...bursts.map(({ sum }) => sum));
}

async function expectCalm(page: Page): Promise<void> {
  const { lost, shifts } = await noted(page);
  expect(lost).toEqual([]);
  expect(largestShift(shifts)).toBeLessThan(MAX_SHIFT);
}

/** Tamar elsewhere, who has a new project while `during` runs; told when it is active, and how to resize it. */
async function withProject(
  name: string,
  during: (project: {
    id: string;
    active: () => Promise<void>;
    resize: (sla_type: string) => Promise<unknown>;
  }) => Promise<void>,
): Promise<void> {
  const { get, send } = await apiOf(demo().url, 'tamar');
  const team_id = (await placesOf(demo().url))('Signal').split('/').at(-1);
  const input = { team_id, name, site: 'haifa', sla_type: 'bronze', performance_tier: 'regular' };
  const { id } = await send('POST', '/projects', input, created);
  const reaches = (wanted: string) =>
    expect.poll(async () => (await get(`/projects/${id}`, status)).status, { timeout: 60_000 }).toBe(wanted);
  const active = () => reaches('active');
  const resize = (sla_type: string) =>
    send('POST', `/projects/${id}/resize`, { sla_type, performance_tier: 'regular' }, z.unknown());
  try {
    await during({ id, active, resize });
  } finally {
    await active();
    await send('POST', `/projects/${id}/decommission`, {}, z.unknown());
    await reaches('decommissioned');
  }
}

/** The field admin elsewhere, who gives a department so many cores more at haifa than it had; in the end as many as before. */
async function withQuota(department: string, during: (set: (more: number) => Promise<unknown>) => Promise<void>) {
  const path = `${(await placesOf(demo().url))(department)}/quotas`;
  const { get, send } = await apiOf(demo().url, 'amir');
  const { items } = await get(path, quotas);
  const { cpu_limit, ram_gb_limit } = items.find(({ site }) => site === 'haifa') ?? expect.fail('no quota at haifa');
  const set = (more: number) =>
    send('PUT', `${path}/haifa`, { cpu_limit: cpu_limit + more, ram_gb_limit }, z.unknown());
  try {
    await during(set);
  } finally {
    await set(0);
  }
}

describe.runIf(hasBrowser)('while somebody else makes changes', () => {
  const browser = useBrowser();

  test('a list that is scrolled shows them above, and what is being read stays where it is, with the focus', async () => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 420 } });
    await signIn(page, 'noa', '/projects');
    const table = page.getByRole('table', { name: 'Projects' });
    await table.getByRole('row').nth(12).waitFor();
    const read = table.getByRole('link', { name: 'waveform-lab' });
    await read.evaluate((link) => link.scrollIntoView({ block: 'center' }));
    await read.focus();
    await settle(page);
    const count = Number(await table.getAttribute('aria-rowcount'));
    const places = await read.evaluateHandle((link) => {
      const seen = new Set<number>();
      const look = () => {
        seen.add(Math.round(link.getBoundingClientRect().top));
        requestAnimationFrame(look);
      };
      look();
      return seen;
    });
    await watch(page);
    await withProject('quiet-arrival', async ({ active }) => {
      await expect.poll(() => table.getAttribute('aria-rowcount'), { timeout: 20_000 }).toBe(String(count + 1));
      await active();
      await still(page);
      expect(await places.evaluate((seen) => seen.size)).toBe(1);
      expect(await read.evaluate((link) => link === document.activeElement)).toBe(true);
      await expectCalm(page);
    });
  });

  test('a project’s page stays, and so does its open dialog with what is being typed', async () => {
    await withProject('quiet-page', async ({ id, active, resize }) => {
      await active();
      const page = await browser.newPage();
      await signIn(page, 'tamar', `/projects/${id}`);
      await page.getByRole('button', { name: 'Decommission…' }).click();
      const typed = page.getByRole('dialog').getByRole('textbox');
      await typed.click();
      await page.keyboard.type('quiet-');
      await settle(page);
      await watch(page);
      await resize('silver');
      await page.getByRole('dialog').getByText('4 cores and 16 GiB go back').waitFor({ timeout: 20_000 });
      await page.keyboard.type('pa');
      await active();
      await page.getByText('Active', { exact: true }).first().waitFor({ timeout: 20_000 });
      await page.keyboard.type('ge');
      expect(await typed.inputValue()).toBe('quiet-page');
      expect(await typed.evaluate((element) => element === document.activeElement)).toBe(true);
      await expectCalm(page);
    });
  });

  test('the overview shows them in place, and stays scrolled to where it was', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa');
    await page
      .getByRole('heading', { name: 'Who holds what' })
      .evaluate((part) => part.scrollIntoView({ block: 'center' }));
    await page.getByRole('list', { name: /^Who holds what/ }).waitFor();
    await settle(page);
    const scrolled = await page.evaluate(() => scrollY);
    expect(scrolled).toBeGreaterThan(0);
    const granted = page.getByRole('img', { name: /^All that you see at haifa/ }).first();
    const before = await granted.getAttribute('aria-label');
    await watch(page);
    await withQuota('Vision', async (set) => {
      await set(-4);
      await expect.poll(() => granted.getAttribute('aria-label')).not.toBe(before);
      await set(0);
      await expect.poll(() => granted.getAttribute('aria-label')).toBe(before);
      await still(page);
    });
    expect(await page.evaluate(() => scrollY)).toBe(scrolled);
    await expectCalm(page);
  });
});

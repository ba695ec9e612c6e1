import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { apiOf } from '../support/places.ts';

/** What pressing a CSV button saves, line by line. */
async function downloadOf(page: Page): Promise<{ name: string; lines: string[] }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).first().click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  return { name: download.suggestedFilename(), lines: text.trimEnd().split('\r\n') };
}

describe.runIf(hasBrowser)('a CSV file', () => {
  const browser = useBrowser();

  test('holds what the list shows, with the same filters', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa', '/projects?site=beer-sheva&status=active&sla_type=silver');
    await page.getByRole('link', { name: 'rate-table' }).waitFor();
    const { name, lines } = await downloadOf(page);
    expect(name).toBe('projects.csv');
    const [head = '', ...rows] = lines;
    expect(head).toContain('name,namespace_name,site,sla_type,performance_tier,cpu,ram_gb,status');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toContain('rate-table,beer-sheva,silver,regular,4,16,active');
  });

  test('is whole, however many pages the list has', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa', '/servers');
    const { lines } = await downloadOf(page);
    // The demo's inventory names 300 servers, and a page holds 200.
    expect(new Set(lines.slice(1)).size).toBe(300);
  });

  test('holds no formula that a spreadsheet would run', async () => {
    const { send } = await apiOf(demo().url, 'noa');
    const name = '=HYPERLINK("http://evil")';
    const { id } = await send('POST', '/centers', { name }, z.object({ id: z.string() }));
    await send('DELETE', `/centers/${id}`, undefined, z.unknown());
    const page = await browser.newPage();
    await signIn(page, 'noa', '/audit?target_type=center');
    await page.getByRole('row').filter({ hasText: name }).first().waitFor();
    const { lines } = await downloadOf(page);
    const told = lines.filter((line) => line.includes('HYPERLINK'));
    expect(told.length).toBeGreaterThan(0);
    for (const line of told) expect(line).toContain(`"'=HYPERLINK(""http://evil"")"`);
  });
});

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { apiOf, placesOf } from '../support/places.ts';

describe.runIf(hasBrowser)('a department admin', () => {
  const browser = useBrowser();

  test('is told what is short and what is free before anything is sent, and then gives a team what fits', async () => {
    const at = await placesOf(demo().url);
    const page = await browser.newPage();
    await signIn(page, 'maya', `${at('Inertial')}?site=beer-sheva`);
    await page.getByRole('button', { name: 'Set the quota of Calibration' }).click();
    const cores = page.getByLabel('CPU, cores', { exact: true });
    const set = page.getByRole('button', { name: 'Set quota' });
    // Inertial has 96 cores at beer-sheva and gave 64 of them to Calibration: 32 are free.
    await cores.fill('100');
    await page.getByText('4 short; 32 free').waitFor();
    expect(await set.isDisabled()).toBe(true);
    await cores.fill('80');
    await page.getByText('Calibration · CPU').waitFor();
    await set.click();
    await page.getByText('Calibration now has 80 cores').waitFor();
    await page.getByRole('cell', { name: /of 80$/ }).waitFor();
    await page.getByRole('button', { name: 'Set the quota of Calibration' }).click();
    await cores.fill('64');
    await set.click();
    await page.getByText('Calibration now has 64 cores').waitFor();
  });

  test('is refused where the room was taken while the quota was on its way, with what is free, and keeps what was typed', async () => {
    const at = await placesOf(demo().url);
    const field = await apiOf(demo().url, 'noa');
    const give = (cpu_limit: number) =>
      field.send('PUT', `${at('Inertial')}/quotas/beer-sheva`, { cpu_limit, ram_gb_limit: 384 }, z.unknown());
    const page = await browser.newPage();
    await page.route('**/api/trpc/quotas.setTeam*', async (route) => {
      await give(72);
      await route.continue();
    });
    try {
      await signIn(page, 'maya', `${at('Inertial')}?site=beer-sheva`);
      await page.getByRole('button', { name: 'Set the quota of Calibration' }).click();
      const dialog = page.getByRole('dialog');
      const cores = dialog.getByLabel('CPU, cores', { exact: true });
      await cores.fill('80');
      await dialog.getByText('Calibration · CPU').waitFor();
      await dialog.getByRole('button', { name: 'Set quota' }).click();
      const refused = dialog.getByRole('alert').filter({ hasText: 'Request' });
      await refused.getByText('16 more asked for, department Inertial has 8 free').waitFor();
      await dialog.getByText('8 short; 8 free').waitFor();
      expect(await cores.inputValue()).toBe('80');
    } finally {
      await give(96);
    }
  });

  test('sets the quota of a team on the team’s own page as well', async () => {
    const at = await placesOf(demo().url);
    const page = await browser.newPage();
    await signIn(page, 'dana', at('Detection'));
    await page.getByRole('button', { name: 'Set quota' }).click();
    await page.getByRole('menuitem', { name: 'tel-aviv' }).click();
    const dialog = page.getByRole('dialog', { name: 'Quota of Detection at tel-aviv' });
    await dialog.getByLabel('CPU, cores', { exact: true }).fill('28');
    await dialog.getByText('Vision · CPU').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('button:focus').getByText('Set quota').waitFor();
  });

  test('is offered no quota of the department itself, which a field admin sets there', async () => {
    const at = await placesOf(demo().url);
    const [theirs, page] = [await browser.newPage(), await browser.newPage()];
    await signIn(theirs, 'dana', at('Vision'));
    await theirs.getByRole('button', { name: 'Set the quota of Detection' }).waitFor();
    expect(await theirs.getByRole('button', { name: 'Set quota' }).count()).toBe(0);
    await signIn(page, 'amir', at('Vision'));
    await page.getByRole('button', { name: 'Set quota' }).click();
    await page.getByRole('menuitem', { name: 'haifa' }).click();
    await page.getByRole('dialog', { name: 'Quota of Vision at haifa' }).waitFor();
  });
});

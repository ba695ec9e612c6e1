import { describe, expect, test } from 'vitest';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { placesOf } from '../support/places.ts';

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

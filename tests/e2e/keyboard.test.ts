import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { PASSWORD } from '../../server/demo/cast.ts';
import { demo, hasBrowser, useBrowser } from '../support/browser.ts';
import { placesOf } from '../support/places.ts';

const MAX_STOPS = 80;

const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluate((element) => element === document.activeElement).catch(() => false);

/** Goes to an element as the keyboard does; fails where it cannot be reached. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    if (await isFocused(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${target}`);
}

async function press(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}

async function signInByKeyboard(page: Page, username: string, path = '/'): Promise<void> {
  await page.goto(demo().url + path);
  const name = page.getByLabel('User name');
  await name.waitFor();
  await tabTo(page, name);
  await page.keyboard.type(username);
  await tabTo(page, page.getByLabel('Password'));
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('banner').waitFor();
}

describe.runIf(hasBrowser)('by the keyboard alone', () => {
  const browser = useBrowser();

  test('a team lead finds the way, creates a project, resizes it and decommissions it', async () => {
    const page = await browser.newPage();
    await signInByKeyboard(page, 'eitan');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^Find/ }).waitFor();
    await page.keyboard.type('new project');
    await page.getByRole('option', { name: /New project/ }).waitFor();
    await page.keyboard.press('Enter');
    const name = page.getByLabel('Name', { exact: true });
    await name.waitFor();
    await tabTo(page, name);
    await page.keyboard.type('by-keys');
    await tabTo(page, page.getByRole('radio', { name: /Bronze/ }));
    await page.keyboard.press('ArrowDown');
    expect(await page.getByRole('radio', { name: /Silver/ }).getAttribute('aria-checked')).toBe('true');
    await page.getByText(/-by-keys$/).waitFor();
    await press(page, page.getByRole('button', { name: 'Create project' }));
    await page.getByText('Active', { exact: true }).first().waitFor({ timeout: 60_000 });

    await press(page, page.getByRole('button', { name: /^Resize/ }));
    const bronze = page.getByRole('dialog').getByRole('radio', { name: /Bronze/ });
    await bronze.waitFor();
    await tabTo(page, page.getByRole('dialog').getByRole('radio', { name: /Silver/ }));
    await page.keyboard.press('ArrowUp');
    await press(page, page.getByRole('button', { name: 'Resize to Bronze' }));
    await page.getByText('The namespace has its new size').waitFor({ timeout: 60_000 });

    await press(page, page.getByRole('button', { name: /^Decommission/ }));
    await tabTo(page, page.getByRole('dialog').getByRole('textbox'));
    await page.keyboard.type('by-keys');
    await page.keyboard.press('Enter');
    await page.getByText('Decommissioned', { exact: true }).first().waitFor({ timeout: 60_000 });
  });

  test('a field admin sets a quota on its bar, which stops at what is free', async () => {
    const page = await browser.newPage();
    const at = await placesOf(demo().url);
    await signInByKeyboard(page, 'lior', `${at('Navigation')}?site=haifa`);
    await press(page, page.getByRole('button', { name: 'Set the quota of Inertial' }));
    const bar = page.getByRole('slider', { name: /CPU/ });
    await bar.waitFor();
    await tabTo(page, bar);
    await page.keyboard.press('End');
    // Navigation has 128 cores at haifa, and gave nothing to anybody else there.
    expect(await bar.getAttribute('aria-valuenow')).toBe('128');
    await page.getByText('Navigation · CPU').waitFor();
    await page.keyboard.press('Home');
    // Inertial has granted 16 cores to Calibration.
    expect(await bar.getAttribute('aria-valuenow')).toBe('16');
    await page.keyboard.press('ArrowRight');
    await press(page, page.getByRole('button', { name: 'Set quota' }));
    await page.getByText('Inertial now has 17 cores').waitFor();
    await press(page, page.getByRole('button', { name: 'Set the quota of Inertial' }));
    await tabTo(page, page.getByLabel('CPU, cores', { exact: true }));
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.getByText('Enter a number', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Set quota' }).isDisabled()).toBe(true);
    await page.keyboard.type('48');
    await press(page, page.getByRole('button', { name: 'Set quota' }));
    await page.getByText('Inertial now has 48 cores').waitFor();
  });

  test('two keys go to a page, and a sheet says which', async () => {
    const page = await browser.newPage();
    await signInByKeyboard(page, 'noa');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Go to Audit').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
  });

  test('the map is walked down to a project, and up again', async () => {
    const page = await browser.newPage();
    await signInByKeyboard(page, 'noa');
    const tile = (name: RegExp) => page.getByRole('listitem').getByRole('button', { name }).first();
    await press(page, tile(/^Imaging/));
    await press(page, tile(/^Vision/));
    await press(page, tile(/^Detection/));
    await press(page, tile(/^training/));
    await page.getByRole('heading', { name: 'training' }).waitFor();
    await page.goBack();
    await press(page, page.getByRole('button', { name: 'Everything' }));
    await tile(/^Northern Center/).waitFor();
  });
});

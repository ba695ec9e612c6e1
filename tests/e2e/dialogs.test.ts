import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { placesOf } from '../support/places.ts';

const refusal = (code: string, http_status: number, message: string) => ({
  error: {
    code: -32_603,
    message,
    data: {
      code,
      request_id: '7f0c2f4e-5d0f-4a58-9f0e-1d2c3b4a5968',
      details: {},
      http_status,
      httpStatus: http_status,
    },
  },
});

/** Holds every call of a procedure back, and then answers it with the refusal; counts them. */
async function refuseLater(page: Page, procedure: string, json: ReturnType<typeof refusal>) {
  const { promise: told, resolve: answer } = Promise.withResolvers<void>();
  const sent: string[] = [];
  await page.route(`**/api/trpc/${procedure}*`, async (route) => {
    sent.push(route.request().postData() ?? '');
    await told;
    await route.fulfill({ status: json.error.data.http_status, json });
  });
  return { sent, answer };
}

describe.runIf(hasBrowser)('a dialog', () => {
  const browser = useBrowser();

  test('sends a name once however often one presses Enter, stays until it is answered, and keeps what was typed', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa', '/organisation');
    await page
      .getByRole('button', { name: /Vision/ })
      .last()
      .click();
    await page.getByRole('menuitem', { name: /^Rename/ }).click();
    const dialog = page.getByRole('dialog');
    const name = dialog.getByLabel('Name');
    const { sent, answer } = await refuseLater(
      page,
      'org.departments.rename',
      refusal('CONFLICT', 409, 'Imaging has a department of that name.'),
    );
    await name.fill('  Radar ');
    for (const key of ['Enter', 'Enter', 'Escape', 'Enter']) await page.keyboard.press(key);
    await expect.poll(() => dialog.getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true);
    answer();
    await dialog.getByRole('alert').getByText('Imaging has a department of that name.').waitFor();
    expect(sent.length).toBe(1);
    expect(sent[0]).toContain('"Radar"');
    expect(await name.inputValue()).toBe('  Radar ');
    await name.fill('Radar and Vision');
    await dialog.getByRole('alert').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(/Vision/);
  });

  test('of what cannot be undone asks for the name, sends it once, and tells what to do where it is refused', async () => {
    const at = await placesOf(demo().url);
    const page = await browser.newPage();
    await signIn(page, 'yael', at('edge-models'));
    await page.getByRole('button', { name: /^Decommission/ }).click();
    const dialog = page.getByRole('dialog');
    const busy = 'InfraHub is busy with other changes to the same numbers. Nothing was changed; try again.';
    const { sent, answer } = await refuseLater(page, 'projects.decommission', refusal('BUSY', 503, busy));
    const typed = dialog.getByRole('textbox');
    await typed.fill('edge-model');
    await page.keyboard.press('Enter');
    await typed.fill(' edge-models ');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    answer();
    await dialog.getByRole('alert').getByText(busy).waitFor();
    expect(sent.length).toBe(1);
    expect(await typed.inputValue()).toBe(' edge-models ');
    await page.keyboard.press('Escape');
    await page.locator('button:focus').getByText('Decommission…').waitFor();
  });

  test('tells at once that there is no network, and carries on when there is again', async () => {
    const at = await placesOf(demo().url);
    const page = await browser.newPage();
    await signIn(page, 'maya', `${at('Inertial')}?site=beer-sheva`);
    await page.getByRole('button', { name: 'Set the quota of Calibration' }).click();
    const dialog = page.getByRole('dialog');
    const cores = dialog.getByLabel('CPU, cores', { exact: true });
    const set = dialog.getByRole('button', { name: 'Set quota' });
    const unreachable = dialog.getByRole('alert').getByText('InfraHub does not answer.');
    await page.context().setOffline(true);
    await cores.fill('70');
    await unreachable.waitFor();
    await page.context().setOffline(false);
    await dialog.getByText('Calibration · CPU').waitFor();
    await page.context().setOffline(true);
    await set.click();
    await unreachable.waitFor();
    expect(await cores.inputValue()).toBe('70');
    await cores.fill('64');
    await unreachable.waitFor({ state: 'hidden' });
    await page.context().setOffline(false);
  });

  test('takes a quota as a whole number only, and says of every other what is wrong with it', async () => {
    const at = await placesOf(demo().url);
    const page = await browser.newPage();
    await signIn(page, 'maya', `${at('Inertial')}?site=beer-sheva`);
    await page.getByRole('button', { name: 'Set the quota of Calibration' }).click();
    const dialog = page.getByRole('dialog');
    const memory = dialog.getByLabel('RAM, GiB', { exact: true });
    for (const [typed, told] of [
      ['1.5', 'A whole number, 0 or more'],
      ['-4', 'A whole number, 0 or more'],
      ['1000000000', 'At most 100,000,000'],
      ['', 'Enter a number'],
    ] as const) {
      await memory.fill(typed);
      await dialog.getByText(told, { exact: true }).waitFor();
      expect(await dialog.getByRole('button', { name: 'Set quota' }).isDisabled(), typed).toBe(true);
    }
    await memory.fill('260');
    await memory.evaluate((input) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', '2 TiB');
      input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    });
    await dialog.getByText('“2 TiB” is no whole number of GiB').waitFor();
    expect(await memory.inputValue()).toBe('260');
  });

  test('shows that the cost of a size is not known, and asks for it again', async () => {
    const at = await placesOf(demo().url);
    const page = await browser.newPage();
    await signIn(page, 'yael', at('edge-models'));
    await page.getByRole('button', { name: /^Resize/ }).waitFor();
    await page.route('**/api/trpc/projects.planResize*', (route) => route.abort());
    await page.getByRole('button', { name: /^Resize/ }).click();
    const dialog = page.getByRole('dialog');
    const alert = dialog.getByRole('alert');
    await alert.getByText('InfraHub does not answer.').waitFor();
    await page.unrouteAll();
    await alert.getByRole('button', { name: 'Try again' }).click();
    await alert.waitFor({ state: 'hidden' });
    await dialog
      .getByRole('radio', { name: /Bronze/ })
      .getByText(/cores/)
      .waitFor();
  });
});

import { describe, expect, test } from 'vitest';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';

describe.runIf(hasBrowser)('administration', () => {
  const browser = useBrowser();

  test('an over-allocated field and a failed project need attention on the overview', async () => {
    const page = await browser.newPage();
    await signIn(page, 'center_admin');
    await page.getByText('Communications is over-allocated at tel-aviv').waitFor();
    await page.getByText(/beam-steering of Signal failed/).waitFor();
  });

  test('a center admin syncs the fleet and sees the run', async () => {
    const page = await browser.newPage();
    await signIn(page, 'center_admin', '/sync');
    const runs = page.getByRole('table', { name: 'Sync history' }).getByRole('row').filter({ hasText: 'noa' });
    await runs.first().waitFor();
    const before = await runs.count();
    await page.getByRole('button', { name: 'Run now' }).click();
    await expect.poll(() => runs.count(), { timeout: 20_000 }).toBe(before + 1);
  });

  test('a dirty answer is quarantined and shown, and harms nothing', async () => {
    const page = await browser.newPage();
    const { switchesUrl } = demo();
    await fetch(`${switchesUrl}/inventory`, { method: 'PUT', body: JSON.stringify({ dirty_rows: 3 }) });
    try {
      await signIn(page, 'center_admin', '/sync');
      await page.getByRole('button', { name: 'Run now' }).click();
      await page
        .getByText(/3 (rows )?quarantined/i)
        .or(page.getByRole('cell', { name: '3', exact: true }))
        .first()
        .waitFor();
    } finally {
      await fetch(`${switchesUrl}/inventory`, { method: 'DELETE' });
    }
  });

  test('the fleet is filtered by site, and the filter is in the address', async () => {
    const page = await browser.newPage();
    await signIn(page, 'center_admin', '/servers');
    await page
      .getByPlaceholder(/server/i)
      .or(page.getByLabel(/name/i))
      .first()
      .fill('bsv');
    await expect.poll(() => new URL(page.url()).search).toContain('bsv');
  });

  test('a center admin founds a center, and deletes it after typing its name', async () => {
    const page = await browser.newPage();
    await signIn(page, 'center_admin', '/organisation');
    await page.getByRole('button', { name: 'New center' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill('Test Center');
    await dialog.getByRole('button', { name: /create/i }).click();
    await page.getByRole('button', { name: /Test Center/ }).click();
    await page.getByRole('menuitem', { name: /delete/i }).click();
    const act = dialog.getByRole('button', { name: /delete/i });
    expect(await act.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('Test Center');
    await act.click();
    await page.getByText('Test Center', { exact: true }).waitFor({ state: 'hidden' });
  });

  test('a signed-in person with a lesser role is told so when going where it may not', async () => {
    const page = await browser.newPage();
    await signIn(page, 'team_lead', '/sync');
    await page
      .getByText(/not allow|may not|no access|role/i)
      .first()
      .waitFor();
  });
});

import { describe, expect, test } from 'vitest';
import { PASSWORD } from '../../server/demo/cast.ts';
import { demo, hasBrowser, useBrowser } from '../support/browser.ts';

// `useBrowser` itself fails a test on any complaint about the Content-Security-Policy and any request to elsewhere.
describe.runIf(hasBrowser)('the API’s page', () => {
  const browser = useBrowser();

  async function openDocs() {
    const page = await browser.newPage();
    await page.goto(`${demo().url}/docs`);
    const operation = page.locator('#operations-projects-projectsList');
    await operation.waitFor();
    const bar = page.getByRole('banner');
    async function signIn(username: string, password: string) {
      await bar.getByLabel('User name').fill(username);
      await bar.getByLabel('Password').fill(password);
      await bar.getByRole('button', { name: 'Sign in' }).click();
    }
    async function execute() {
      await operation.getByRole('button', { name: 'Execute' }).click();
      const status = operation.locator('.live-responses-table .response .response-col_status');
      await status.waitFor();
      return (await status.textContent())?.trim();
    }
    return { page, bar, operation, signIn, execute };
  }

  test('shows every group of procedures', async () => {
    const { page } = await openDocs();
    const groups = await page.locator('.opblock-tag').evaluateAll((tags) => tags.map((tag) => tag.dataset.tag));
    expect(groups).toEqual(expect.arrayContaining(['auth', 'organisation', 'quotas', 'projects', 'admin']));
  });

  test('calls the API as whoever signs in there, and as nobody after the end of it', async () => {
    const { bar, operation, signIn, execute } = await openDocs();
    await operation.getByRole('button').first().click();
    const { username, password } = demo().signIns.team_lead;
    await signIn(username, password);
    await bar.getByText(`Signed in as ${username}`).waitFor();
    expect(await execute()).toMatch(/^200/);
    await operation.locator('.live-responses-table').getByText('"next_cursor"').waitFor();

    await bar.getByRole('button', { name: 'Sign out' }).click();
    await bar.getByText('Signed out').waitFor();
    await operation.getByRole('button', { name: 'Clear' }).click();
    expect(await execute()).toMatch(/^401/);
  });

  test('takes a token that is pasted', async () => {
    const { page, operation, execute } = await openDocs();
    const login = await fetch(`${demo().url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: demo().signIns.center_admin.username, password: PASSWORD }),
    });
    const { access_token }: { access_token: string } = await login.json();
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    const dialog = page.locator('.modal-ux');
    await dialog.locator('input').fill(access_token);
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.locator('.btn-done').click();
    await operation.getByRole('button').first().click();
    expect(await execute()).toMatch(/^200/);
  });

  test('says why somebody could not sign in, and keeps no token over a reload', async () => {
    const { page, bar, signIn } = await openDocs();
    await signIn(demo().signIns.team_lead.username, 'wrong');
    await bar.getByText(/password is wrong/).waitFor();
    await signIn(demo().signIns.team_lead.username, PASSWORD);
    await bar.getByText('Signed in as').waitFor();
    await page.reload();
    await bar.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([
      0,
      0,
      '',
    ]);
  });

  test('its files are kept by browsers for good', async () => {
    const { page } = await openDocs();
    const script = await page.locator('script[src]').first().getAttribute('src');
    const { headers } = await fetch(`${demo().url}${script}`);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('content-encoding')).toBe('gzip');
  });
});

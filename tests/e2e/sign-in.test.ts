import { describe, expect, test } from 'vitest';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';

describe.runIf(hasBrowser)('signing in', () => {
  const browser = useBrowser();

  test('a wrong password is refused in plain words, the name stays typed, and the password can be typed again at once', async () => {
    const page = await browser.newPage();
    await page.goto(`${demo().url}/`);
    await page.getByLabel('User name').fill('yael');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page
      .getByRole('alert')
      .getByText(/user name or (the )?password/i)
      .waitFor();
    expect(await page.getByLabel('User name').inputValue()).toBe('yael');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    await page.locator('input[name=password]:focus').waitFor();
  });

  test('somebody in no group is told that a role is missing', async () => {
    const page = await browser.newPage();
    await page.goto(`${demo().url}/`);
    await page.getByLabel('User name').fill('guest');
    await page.getByLabel('Password').fill('infrahub-demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText(/role/i).waitFor();
  });

  test('a database that is down is told as what it is, and is no matter of the password', async () => {
    const page = await browser.newPage();
    const error = { code: 'BUSY', message: 'The database does not answer right now.', request_id: 'r', details: {} };
    await page.route('**/api/v1/auth/login', (route) => route.fulfill({ status: 503, json: { error } }));
    await page.goto(`${demo().url}/`);
    await page.getByLabel('User name').fill('yael');
    await page.getByLabel('Password').fill('infrahub-demo');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page
      .getByRole('alert')
      .getByText(/database does not answer.*It is not your password\. Try again/)
      .waitFor();
    expect(await page.getByLabel('User name').inputValue()).toBe('yael');
  });

  test('one lands where one was going', async () => {
    const page = await browser.newPage();
    await signIn(page, 'center_admin', '/servers?site=haifa');
    await page.getByRole('heading', { name: 'Servers', level: 1 }).waitFor();
    expect(new URL(page.url()).searchParams.get('site')).toBe('haifa');
  });

  test('the token is in memory only, and a new tab is handed it by the open one', async () => {
    const page = await browser.newPage();
    await signIn(page, 'field_admin');
    const kept = await page.evaluate(() =>
      JSON.stringify({ ...localStorage, ...sessionStorage, cookie: document.cookie }),
    );
    expect(kept).not.toContain('eyJ');
    const tab = await page.context().newPage();
    await tab.goto(`${demo().url}/servers`);
    await tab.getByRole('heading', { name: 'Servers', level: 1 }).waitFor();
    expect(page.url() + tab.url()).not.toContain('eyJ');
  });

  test('signing out ends every tab', async () => {
    const page = await browser.newPage();
    await signIn(page, 'dept_admin');
    const tab = await page.context().newPage();
    await tab.goto(`${demo().url}/projects`);
    await tab.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
    await page.getByRole('button', { name: /account/i }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await tab.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  test.each([
    ['center_admin', ['Overview', 'Organisation', 'Servers', 'Projects', 'Sync', 'Drift', 'Audit']],
    ['field_admin', ['Overview', 'Organisation', 'Servers', 'Projects', 'Audit']],
    ['dept_admin', ['Overview', 'Organisation', 'Projects', 'Audit']],
    ['team_lead', ['Overview', 'Projects', 'Audit']],
  ] as const)('a %s sees the pages of that role', async (role, pages) => {
    const page = await browser.newPage();
    await signIn(page, role);
    const rail = page.getByRole('navigation').first();
    for (const name of pages) await rail.getByRole('link', { name, exact: true }).waitFor();
    const shown = await rail.getByRole('link').allTextContents();
    for (const name of ['Organisation', 'Servers', 'Sync', 'Drift']) {
      expect(shown.includes(name), name).toBe(pages.some((entry) => entry === name));
    }
  });
});

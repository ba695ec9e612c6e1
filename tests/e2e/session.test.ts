import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { PASSWORD } from '../../server/demo/cast.ts';
import { demo, hasBrowser, misbehaving, signIn, useBrowser } from '../support/browser.ts';

/** Ends the page's session on the server, as somebody else's sign-out would; the page is not told. */
async function endOnServer(page: Page, act: () => Promise<unknown>): Promise<void> {
  const [request] = await Promise.all([page.waitForRequest((sent) => 'authorization' in sent.headers()), act()]);
  const authorization = request.headers().authorization ?? '';
  const answer = await fetch(`${demo().url}/api/v1/auth/logout`, { method: 'POST', headers: { authorization } });
  expect(answer.ok).toBe(true);
}

describe.runIf(hasBrowser)('a session', () => {
  const browser = useBrowser();

  test('that ends in the middle of work asks for the password, keeps what was typed, and carries on', async () => {
    const page = await browser.newPage();
    await signIn(page, 'eitan', '/projects/new');
    const name = page.getByLabel('Name', { exact: true });
    await endOnServer(page, () => name.fill('half-typ'));
    await name.fill('half-typed');
    const again = page.getByRole('dialog', { name: 'Your session has ended' });
    await again.waitFor();
    expect(await name.inputValue()).toBe('half-typed');
    await again.getByLabel('Password').fill(PASSWORD);
    await again.getByRole('button', { name: 'Sign in' }).click();
    await again.waitFor({ state: 'hidden' });
    expect(await name.inputValue()).toBe('half-typed');
    await page.getByRole('button', { name: 'Create project' }).click();
    await page.waitForURL(/\/projects\/[0-9a-f-]{36}$/);
  });

  test('renews itself before it expires, while the page is open', async () => {
    const page = await browser.newPage();
    await page.clock.install();
    await signIn(page, 'dana');
    const renewal = page.waitForResponse((response) => response.url().includes('auth.renew'));
    await page.clock.fastForward('13:30');
    expect((await renewal).status()).toBe(200);
  });

  test('is gone after a reload with no other tab, and one lands where one was', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa', '/sync');
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).searchParams.get('next')).toBe('/sync');
  });

  test('cannot begin while the directory is down, which is said in plain words', async () => {
    const page = await browser.newPage();
    await page.goto(`${demo().url}/sign-in`);
    await misbehaving('directory', { down: true }, async () => {
      await page.getByLabel('User name').fill('yael');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page
        .getByRole('alert')
        .getByText(/directory/i)
        .waitFor();
    });
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  test('is ended by a center admin, who types the name, and the other browser is asked to sign in again', async () => {
    const [theirs, page] = [await browser.newPage(), await browser.newPage()];
    await signIn(theirs, 'ron', '/projects');
    await signIn(page, 'noa', '/audit?actor=ron');
    await page.getByRole('button', { name: 'End sessions of ron…' }).click();
    const dialog = page.getByRole('dialog');
    const end = dialog.getByRole('button', { name: 'End all sessions of ron' });
    expect(await end.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('ron');
    await end.click();
    await page.getByText(/sessions? of ron ha(s|ve) ended/).waitFor();
    await theirs.getByRole('link', { name: 'Audit', exact: true }).first().click();
    await theirs.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  });

  test('of somebody can be ended from anywhere by a center admin, and by nobody else', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa');
    await page.getByRole('button', { name: /account/i }).click();
    await page.getByRole('menuitem', { name: 'End a person’s sessions…' }).click();
    await page.getByLabel('User name').fill('not a name');
    await page.getByRole('button', { name: 'Look at what it does' }).click();
    await page.getByText('This can be no account’s name').waitFor();
    await page.getByLabel('User name').fill('Nobody');
    await page.getByRole('button', { name: 'Look at what it does' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('nobody');
    await page.getByRole('button', { name: 'End all sessions of nobody' }).click();
    await page.getByText('nobody was not signed in anywhere.').waitFor();
    const other = await browser.newPage();
    await signIn(other, 'dana');
    await other.getByRole('button', { name: /account/i }).click();
    await other.getByRole('menuitem', { name: 'Sign out everywhere' }).waitFor();
    expect(await other.getByRole('menuitem', { name: /End a person/ }).count()).toBe(0);
  });
});

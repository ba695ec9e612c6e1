import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';

const entryOf = (namespace: string): string =>
  execFileSync('git', ['--git-dir', demo().gitRepository, 'show', 'main:values.yaml'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(namespace))
    .join();

describe.runIf(hasBrowser)('the main job', () => {
  const browser = useBrowser();

  test('a team lead creates a project and watches it become active', async () => {
    const page = await browser.newPage();
    await signIn(page, 'team_lead', '/projects/new');
    await page.getByLabel('Name', { exact: true }).fill('first-light');
    const create = page.getByRole('button', { name: 'Create project' });
    await page
      .getByText(/-first-light$/)
      .first()
      .waitFor();
    await create.click();
    await page.waitForURL(/\/projects\/[0-9a-f-]{36}$/);
    await page.getByText('Active', { exact: true }).first().waitFor({ timeout: 45_000 });
    const namespace = await page
      .getByText(/^[0-9a-f-]{36}-first-light$/)
      .first()
      .textContent();
    expect(entryOf(namespace ?? '?')).toContain(namespace);
    for (const word of [/reserved/i, /commit/i, /healthy/i]) await page.getByText(word).first().waitFor();
  });

  test('what does not fit is greyed with the reason, and is not sent', async () => {
    const page = await browser.newPage();
    // Calibration has 16 cores at haifa, and gold on the high-performance tier takes all of them.
    await signIn(page, 'eitan', '/projects/new');
    const name = page.getByLabel('Name', { exact: true });
    const create = page.getByRole('button', { name: 'Create project' });
    await page.getByRole('radio', { name: /haifa/ }).check({ force: true });
    await page.getByRole('radio', { name: /gold/i }).check({ force: true });
    await page.getByRole('radio', { name: /high/i }).check({ force: true });
    await name.fill('all-of-it');
    await create.click();
    await page.waitForURL(/\/projects\/[0-9a-f-]{36}$/);
    await page.getByRole('link', { name: 'Projects', exact: true }).first().click();
    await page.getByRole('link', { name: 'New project' }).first().click();
    const haifa = page.getByRole('radio', { name: /haifa/ });
    await haifa.getByText('Only 0 cores').waitFor();
    expect(await haifa.isDisabled()).toBe(true);
  });

  test('a name that is taken is refused in plain words', async () => {
    const page = await browser.newPage();
    await signIn(page, 'team_lead', '/projects/new');
    await page.getByLabel('Name', { exact: true }).fill('training');
    await page
      .getByText(/already|taken/i)
      .first()
      .waitFor();
    expect(await page.getByRole('button', { name: 'Create project' }).isDisabled()).toBe(true);
  });

  test('a failed project says why and that its quota was given back', async () => {
    const page = await browser.newPage();
    await signIn(page, 'tamar', '/projects?status=failed');
    await page.getByRole('link', { name: 'beam-steering' }).click();
    await page.getByText('Failed', { exact: true }).first().waitFor();
    await page
      .getByText(/quota exceeds the node pool/)
      .first()
      .waitFor();
    await page
      .getByText(/given back/)
      .first()
      .waitFor();
  });
});

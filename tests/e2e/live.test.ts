import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { demo, hasBrowser, misbehaving, signIn, useBrowser } from '../support/browser.ts';
import { apiOf } from '../support/places.ts';

const SOON_MS = 2_000;
const created = z.object({ id: z.string(), name: z.string() });

describe.runIf(hasBrowser)('what happens elsewhere', () => {
  const browser = useBrowser();

  test('shows in another browser within two seconds, without a reload', async () => {
    const [here, there] = [await browser.newPage(), await browser.newPage()];
    await signIn(here, 'noa', '/organisation');
    await signIn(there, 'noa', '/organisation');
    await there.getByText('Live: changes show as they happen').waitFor({ state: 'attached' });
    await here.getByRole('button', { name: 'New center' }).click();
    await here.getByRole('dialog').getByRole('textbox').fill('Eastern Center');
    await here.getByRole('button', { name: 'Create center' }).click();
    await here.getByRole('cell', { name: /^Eastern Center/ }).waitFor();
    await there.getByRole('cell', { name: /^Eastern Center/ }).waitFor({ timeout: SOON_MS });
    const { get, send } = await apiOf(demo().url, 'noa');
    const { items } = await get('/centers', z.object({ items: z.array(created) }));
    const eastern = items.find(({ name }) => name === 'Eastern Center');
    await send('DELETE', `/centers/${eastern?.id}`, undefined, z.unknown());
    await there.getByRole('cell', { name: /^Eastern Center/ }).waitFor({ state: 'hidden', timeout: SOON_MS });
  });

  test('a lost connection is said, and heals by itself', async () => {
    const page = await browser.newPage();
    await signIn(page, 'noa');
    const dot = page.getByRole('status').filter({ hasText: /changes show|Connection lost/ });
    await page.getByText('Live: changes show as they happen').waitFor({ state: 'attached' });
    await page.context().setOffline(true);
    await page.getByText('Connection lost', { exact: true }).waitFor();
    await page.context().setOffline(false);
    await expect.poll(() => dot.textContent(), { timeout: 15_000 }).toContain('Live');
  });

  test('a project whose provisioning failed says why, and is retried to the end', async () => {
    const { get, send } = await apiOf(demo().url, 'tamar');
    const me = await get('/auth/me', z.object({ grants: z.array(z.object({ scope_id: z.string() })) }));
    const input = {
      team_id: me.grants[0]?.scope_id,
      name: 'second-try',
      site: 'haifa',
      sla_type: 'bronze',
      performance_tier: 'regular',
    };
    const { namespace_name } = await send('POST', '/projects/plan', input, z.object({ namespace_name: z.string() }));
    const page = await browser.newPage();
    await misbehaving('argocd', { sync_failed: { [namespace_name]: 'no node is left' } }, async () => {
      const { id } = await send('POST', '/projects', input, created);
      await signIn(page, 'tamar', `/projects/${id}`);
      await page.getByText('Failed', { exact: true }).first().waitFor({ timeout: 60_000 });
      await page
        .getByRole('status')
        .getByText(/no node is left/)
        .waitFor();
    });
    await page.getByText(/this holds 2 cores and 4 GiB again/).waitFor();
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Active', { exact: true }).first().waitFor({ timeout: 60_000 });
  });

  test('what keeps projects waiting is on the overview, with what mends it, and goes when it is over', async () => {
    const { get, send } = await apiOf(demo().url, 'omer');
    const me = await get('/auth/me', z.object({ grants: z.array(z.object({ scope_id: z.string() })) }));
    const page = await browser.newPage();
    await signIn(page, 'noa');
    const told = page.getByText(/^Argo CD keeps \d+ projects? waiting$/);
    await misbehaving('argocd', { no_application: true }, async () => {
      await send(
        'POST',
        '/projects',
        {
          team_id: me.grants[0]?.scope_id,
          name: 'in-line',
          site: 'haifa',
          sla_type: 'bronze',
          performance_tier: 'regular',
        },
        created,
      );
      await told.waitFor({ timeout: 60_000 });
      await page.getByText(/the application exists/).waitFor();
    });
    await told.waitFor({ state: 'hidden', timeout: 60_000 });
  });
});

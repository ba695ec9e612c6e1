import type { Page } from 'playwright-core';
import { demo, signIn } from './browser.ts';
import { placesOf } from './places.ts';

/** Where no page is. */
export const NOWHERE = '/nowhere';

type State = { name: string; path: string; act?: (page: Page) => Promise<unknown> };

const press = (name: RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();
const withDialog = (open: (page: Page) => Promise<unknown>) => async (page: Page) => {
  await open(page);
  await page.getByRole('dialog').waitFor();
};

const asTable = (page: Page) => page.getByText('Table', { exact: true }).first().click();

/** Every page, and what lies over it, by who sees it. */
async function statesOf(): Promise<Record<string, State[]>> {
  const at = await placesOf(demo().url);
  return {
    noa: [
      { name: 'overview', path: '/' },
      { name: 'overview as a table', path: '/?as=table', act: asTable },
      { name: 'organisation', path: '/organisation' },
      { name: 'organisation, creating', path: '/organisation', act: withDialog(press(/^New center/)) },
      { name: 'field', path: at('Imaging') },
      { name: 'over-allocated field', path: `${at('Communications')}?site=tel-aviv` },
      { name: 'field, setting a quota', path: at('Imaging'), act: withDialog(press(/^Set the quota/)) },
      { name: 'department', path: at('Vision') },
      { name: 'team', path: at('Detection') },
      { name: 'ledger', path: at('Detection'), act: withDialog(press(/^How it adds up/)) },
      { name: 'servers', path: '/servers' },
      {
        name: 'servers, allocating',
        path: '/servers?allocated=no',
        act: withDialog(async (page) => {
          await page.getByRole('checkbox').nth(1).check();
          await press(/^Allocate/)(page);
        }),
      },
      { name: 'projects', path: '/projects' },
      { name: 'no project', path: '/projects?text=nothing-like-this' },
      { name: 'sync', path: '/sync' },
      { name: 'drift', path: '/drift' },
      { name: 'audit', path: '/audit', act: press(/^What was changed/) },
      { name: 'ending sessions', path: '/audit?actor=yael', act: withDialog(press(/^End sessions of yael/)) },
      { name: 'palette', path: '/', act: withDialog((page) => page.keyboard.press('Control+k')) },
      { name: 'shortcuts', path: '/', act: withDialog((page) => page.keyboard.press('?')) },
      { name: 'no such page', path: NOWHERE },
    ],
    yael: [
      {
        name: 'new project',
        path: '/projects/new',
        act: (page) => page.getByLabel('Name', { exact: true }).fill('a-b'),
      },
      { name: 'project', path: at('training') },
      { name: 'resizing', path: at('training'), act: withDialog(press(/^Resize/)) },
      { name: 'decommissioning', path: at('training'), act: withDialog(press(/^Decommission/)) },
      { name: 'forbidden', path: '/sync' },
    ],
    tamar: [{ name: 'failed project', path: at('beam-steering') }],
  };
}

const load = (page: Page, path: string): Promise<unknown> => page.goto(demo().url + path);

/** Goes there from a page that is loaded, as a link does, and by way of a page that has nothing in common with it. */
export async function follow(page: Page, path: string): Promise<void> {
  const nowhere = page.getByRole('heading', { name: 'There is no such page' });
  const go = (to: string) => page.evaluate(`__remixRouter.navigate(${JSON.stringify(to)})`);
  await page.keyboard.press('Escape');
  await go(NOWHERE);
  await nowhere.waitFor();
  await go(path);
  if (path !== NOWHERE) await nowhere.waitFor({ state: 'hidden' });
}

/** Goes through every state in one tab, which another that stays open hands the session to. */
export async function throughAll(
  pageOf: () => Promise<Page>,
  look: (page: Page, name: string) => Promise<void>,
  go = load,
): Promise<void> {
  for (const [person, states] of Object.entries(await statesOf())) {
    const home = await pageOf();
    await signIn(home, person);
    const page = await home.context().newPage();
    await load(page, '/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const { name, path, act } of states) {
      await go(page, path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      await act?.(page);
      await look(page, name);
    }
    await home.context().close();
  }
}

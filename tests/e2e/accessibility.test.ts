import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { findingsOf, overhangOf } from '../support/accessibility.ts';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { placesOf } from '../support/places.ts';

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
      { name: 'no such page', path: '/nowhere' },
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

/** Goes through every state in one tab, which another that stays open hands the session to. */
async function throughAll(
  pageOf: () => Promise<Page>,
  look: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  for (const [person, states] of Object.entries(await statesOf())) {
    const home = await pageOf();
    await signIn(home, person);
    const page = await home.context().newPage();
    for (const { name, path, act } of states) {
      await page.goto(demo().url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      await act?.(page);
      await look(page, name);
    }
    await home.context().close();
  }
}

/** Windows that a page has to fit into: a small phone, and 1280 pixels at a zoom of 200 % and of 400 % (WCAG 1.4.10). */
const NARROW = [360, 640, 320];

/** How much of the document breaks HTML's rules of what may stand in what; React in development warns of it. */
const misnested = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('p :is(div, p, ul, ol, table, section, form, h1, h2), :is(button, a) :is(button, a)')]
      .map((element) => `${element.tagName} in ${element.parentElement?.outerHTML.slice(0, 120)}`)
      .slice(0, 3),
  );

describe.runIf(hasBrowser)('for everybody', () => {
  const browser = useBrowser();

  test('axe finds nothing on any page in the light theme, and each fits into a narrow window and into a zoomed one', async () => {
    const findings: string[] = [];
    const newPage = () => browser.newPage({ colorScheme: 'light', reducedMotion: 'reduce' });
    await throughAll(newPage, async (page, name) => {
      findings.push(...(await findingsOf(page)).map((finding) => `${name}: ${finding}`));
      findings.push(...(await misnested(page)).map((finding) => `${name}: ${finding}`));
      for (const width of NARROW) {
        await page.setViewportSize({ width, height: 740 });
        const overhang = await overhangOf(page);
        if (overhang > 0) findings.push(`${name}: is ${overhang} pixels too wide for ${width}`);
      }
      await page.setViewportSize({ width: 1440, height: 900 });
    });
    expect(findings).toEqual([]);
  }, 300_000);

  test('axe finds nothing on any page in the dark theme either', async () => {
    const findings: string[] = [];
    const newPage = () => browser.newPage({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await throughAll(newPage, async (page, name) => {
      findings.push(...(await findingsOf(page)).map((finding) => `${name}: ${finding}`));
    });
    expect(findings).toEqual([]);
  }, 300_000);

  test('the sign-in page and its refusal have nothing either', async () => {
    const page = await browser.newPage({ reducedMotion: 'reduce' });
    await page.goto(`${demo().url}/sign-in`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Enter your password').waitFor();
    expect(await findingsOf(page)).toEqual([]);
  });
});

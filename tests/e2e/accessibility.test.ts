import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { findingsOf, overhangOf } from '../support/accessibility.ts';
import { demo, hasBrowser, useBrowser } from '../support/browser.ts';
import { throughAll } from '../support/states.ts';

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

import { describe, expect, test } from 'vitest';
import { exactTime } from '../../app/ui/format.ts';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { placesOf } from '../support/places.ts';

describe.runIf(hasBrowser)('a moment is told as seen from now', () => {
  const browser = useBrowser();

  test('and the exact one on hover, in lists, facts and timelines', async () => {
    const at = await placesOf(demo().url);
    const home = await browser.newPage();
    await signIn(home, 'noa');
    const page = await home.context().newPage();
    for (const path of ['/servers', '/projects', at('training'), '/sync', '/audit']) {
      await page.goto(demo().url + path);
      const moment = page.locator('time').first();
      await moment.waitFor();
      await moment.hover();
      const { title, dateTime, text } = await moment.evaluate((element) => ({
        title: element.getAttribute('title'),
        dateTime: element.getAttribute('datetime') ?? '',
        text: element.textContent,
      }));
      expect(text, path).toMatch(/now|moment|ago|yesterday|^in |tomorrow/);
      expect(title, path).toBe(exactTime(dateTime));
    }
  });

  test('and the exact one to who does not point, in what a row opens and in a timeline', async () => {
    const at = await placesOf(demo().url);
    const home = await browser.newPage();
    await signIn(home, 'noa');
    const page = await home.context().newPage();
    await page.goto(`${demo().url}/audit`);
    const exact = /\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d:\d\d/;
    const open = page.getByRole('button', { name: /^What was changed/ }).first();
    await open.focus();
    await page.keyboard.press('Enter');
    await page.getByText(exact).first().waitFor();
    await page.goto(demo().url + at('training'));
    await page.getByRole('list', { name: 'Timeline' }).getByText(exact).first().waitFor();
  });
});

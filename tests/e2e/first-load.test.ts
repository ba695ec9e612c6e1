import { describe, expect, test } from 'vitest';
import { demo, hasBrowser, useBrowser } from '../support/browser.ts';

describe.runIf(hasBrowser)('the first load', () => {
  const browser = useBrowser();

  test('the sign-in page takes less than 120 kB of compressed JavaScript', async () => {
    const page = await browser.newPage();
    await page.goto(`${demo().url}/sign-in`, { waitUntil: 'networkidle' });
    const scripts = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter((entry) => entry.name.endsWith('.js'))
        .map((entry) => ('encodedBodySize' in entry ? Number(entry.encodedBodySize) : Number.NaN)),
    );
    const bytes = scripts.reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(120_000);
  });
});

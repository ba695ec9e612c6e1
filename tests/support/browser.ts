import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { PASSWORD, type PRINTED } from '../../server/demo/cast.ts';
import { CHROMIUM, CHROMIUM_FLAGS } from './chromium.ts';

/** The running demo. Only to be asked inside a test that `withBrowser` let run. */
export function demo() {
  const report = inject('demo');
  if (!report) throw new Error('the demo does not run');
  return report;
}

export const hasBrowser = inject('demo') !== undefined;

/**
 * A browser for the tests of one file, with a fresh profile for each. Every test also fails on an uncaught error in the
 * page, and on any request that leaves the portal's origin.
 */
export function useBrowser() {
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let complaints: string[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    const [open, heard] = [contexts, complaints];
    contexts = [];
    complaints = [];
    await Promise.all(open.map((context) => context.close()));
    expect(heard).toEqual([]);
  });
  return {
    async newPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      contexts.push(context);
      context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
      context.on('request', (request) => {
        const url = new URL(request.url());
        if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== demo().url) complaints.push(`left: ${url}`);
      });
      context.on('console', (message) => {
        if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
      });
      return context.newPage();
    },
  };
}

/** Signs in as whoever the demo prints for this role, or as a person by name. */
export async function signIn(page: Page, who: keyof typeof PRINTED | (string & {}), path = '/'): Promise<void> {
  const signIns: Record<string, { username: string; password: string }> = demo().signIns;
  const { username, password } = signIns[who] ?? { username: who, password: PASSWORD };
  await page.goto(demo().url + path);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation').first().waitFor();
}

/** Makes one of the demo's stand-ins misbehave while `during` runs. */
export async function misbehaving(
  name: string,
  behaviour: Record<string, unknown>,
  during: () => Promise<void>,
): Promise<void> {
  const address = `${demo().switchesUrl}/${name}`;
  const answer = await fetch(address, { method: 'PUT', body: JSON.stringify(behaviour) });
  if (!answer.ok) throw new Error(await answer.text());
  try {
    await during();
  } finally {
    await fetch(address, { method: 'DELETE' });
  }
}

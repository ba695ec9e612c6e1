import type { ConsoleMessage } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { demo, hasBrowser, signIn, useBrowser } from '../support/browser.ts';
import { buildDevelopmentPortal } from '../support/development-portal.ts';
import { follow, NOWHERE, throughAll } from '../support/states.ts';

/** The browser itself tells that a page that is not there is answered with 404. */
const isOfNowhere = (message: ConsoleMessage) => message.location().url.includes(NOWHERE);

describe.runIf(hasBrowser)(
  'the console stays empty of warnings and errors, with React as it is for development,',
  () => {
    const browser = useBrowser();
    let serveDevelopment: Awaited<ReturnType<typeof buildDevelopmentPortal>>;
    beforeAll(async () => {
      serveDevelopment = await buildDevelopmentPortal();
    });

    async function listening(options: Parameters<typeof browser.newPage>[0] = {}) {
      const page = await browser.newPage(options);
      const context = page.context();
      await serveDevelopment(context);
      // What the policy stops and the page passes over shows in the browser's tools only.
      await context.addInitScript(() =>
        document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
          console.error(`the policy's ${violatedDirective} stopped ${blockedURI} in ${sourceFile}`),
        ),
      );
      const complaints: string[] = [];
      context.on('console', (message) => {
        if (/^(warning|error)$/.test(message.type()) && !isOfNowhere(message))
          complaints.push(`${message.page()?.url()}: ${message.text()}`);
      });
      return { page, complaints };
    }

    test('when the sign-in page and a page within load in the dark theme, which the server cannot know of', async () => {
      const { page, complaints } = await listening({ colorScheme: 'dark' });
      await signIn(page, 'noa', '/sign-in');
      const tab = await page.context().newPage();
      await tab.goto(demo().url);
      await tab.getByRole('heading', { name: 'Who holds what' }).waitFor();
      expect(complaints).toEqual([]);
    });

    test('on every page, and of what lies over it', async () => {
      const heard: string[][] = [];
      const newPage = async () => {
        const { page, complaints } = await listening({ reducedMotion: 'reduce' });
        heard.push(complaints);
        return page;
      };
      await throughAll(newPage, async () => {}, follow);
      expect(heard.flat()).toEqual([]);
    }, 300_000);
  },
);

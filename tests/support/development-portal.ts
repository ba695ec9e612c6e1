import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createRequestHandler, type ServerBuild } from '@remix-run/node';
import type { BrowserContext, Route } from 'playwright-core';
import { contentSecurityPolicy } from '../../server/platform/headers.ts';
import { DEVELOPMENT_FOLDER } from './development-folder.ts';

const ARGUMENTS = ['remix', 'vite:build', '--config', 'tools/development.vite.config.ts'];

/**
 * Builds the portal for development. Resolves with what gives a browser its pages in place of those of the portal that
 * runs, which goes on answering the API.
 */
export async function buildDevelopmentPortal(): Promise<(context: BrowserContext) => Promise<void>> {
  const env = { ...process.env, NODE_ENV: 'development' as const };
  await promisify(execFile)('npx', [...ARGUMENTS, '--mode', 'development'], { env });
  const build: ServerBuild = await import(pathToFileURL(resolve(DEVELOPMENT_FOLDER, 'server/index.js')).href);
  const render = createRequestHandler(build, 'development');
  const answer = async (route: Route) => {
    const url = new URL(route.request().url());
    if (url.pathname.startsWith('/assets/')) {
      return route.fulfill({ path: resolve(DEVELOPMENT_FOLDER, 'client', `.${url.pathname}`) });
    }
    const nonce = randomBytes(16).toString('base64');
    const page = await render(new Request(url), { nonce });
    const headers = { ...Object.fromEntries(page.headers), 'content-security-policy': contentSecurityPolicy(nonce) };
    await route.fulfill({ status: page.status, headers, body: await page.text() });
  };
  return async (context) => {
    await context.route(({ pathname }) => !pathname.startsWith('/api/'), answer);
  };
}

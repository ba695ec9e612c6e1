import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequestHandler, type ServerBuild } from '@remix-run/node';
import type { PageHandler } from './platform/http.ts';
import { StartError } from './platform/start-problem.ts';

/** Where `npm run build` puts what browsers fetch, relative to the working directory. */
export const PORTAL_ASSETS = 'build/client';

/**
 * Loads the built portal. Its pages hold nothing private: they are the frame, and the browser fetches the rest with its token.
 * @throws StartError where `npm run build` has not run.
 */
export async function loadPortal(): Promise<PageHandler> {
  const file = resolve('build/server/index.js');
  if (!existsSync(file)) throw new StartError('The portal is not built. Run `npm run build` first.');
  const build: ServerBuild = await import(pathToFileURL(file).href);
  return createRequestHandler(build, 'production');
}

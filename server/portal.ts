import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequestHandler, type ServerBuild } from '@remix-run/node';
import type { PageHandler } from './platform/http.ts';

/** Where `npm run build` puts what browsers fetch, relative to the working directory. */
export const PORTAL_ASSETS = 'build/client';

/**
 * Loads the built portal. Its pages hold nothing private: they are the frame, and the browser fetches the rest with its token.
 * @throws where `npm run build` has not run.
 */
export async function loadPortal(): Promise<PageHandler> {
  const build: ServerBuild = await import(pathToFileURL(resolve('build/server/index.js')).href);
  return createRequestHandler(build, 'production');
}

import { type ClientLoaderFunctionArgs, redirect } from '@remix-run/react';
import { signInPath } from './features/auth/next-path.ts';
import { findSession } from './features/auth/session.ts';

/** A page waits this long for its data, so that a quick answer shows without a skeleton before it. */
const PATIENCE_MS = 150;

/** @throws a redirect to the sign-in page where nobody is signed in. */
export async function requireSession(request: Request): Promise<void> {
  if (!(await findSession())) throw redirect(signInPath(new URL(request.url)));
}

/** A page's `clientLoader`: asks for what the page will show, before it is shown. */
export function prefetching(ask: (args: ClientLoaderFunctionArgs) => Promise<unknown>[]) {
  return async (args: ClientLoaderFunctionArgs): Promise<null> => {
    await requireSession(args.request);
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([Promise.allSettled(ask(args)), patience]);
    return null;
  };
}

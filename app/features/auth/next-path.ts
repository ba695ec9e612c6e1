/** Where to go after signing in: a path of this portal, whatever the address bar claims. */
export function nextPath(asked: string | null): string {
  if (!asked?.startsWith('/')) return '/';
  const here = 'http://portal.invalid';
  const url = URL.parse(asked, here);
  // `/.//elsewhere.example` is a path that becomes another origin's address.
  if (!url || url.origin !== here || url.pathname.startsWith('//') || url.pathname === '/sign-in') return '/';
  return url.pathname + url.search + url.hash;
}

/** The sign-in page that leads back to where one was going. */
export function signInPath(going: URL): string {
  const back = nextPath(going.pathname + going.search);
  return back === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(back)}`;
}

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Hono } from 'hono';
import type { HttpEnv } from './context.ts';
import { InfraHubError } from './errors.ts';
import { contentSecurityPolicy } from './headers.ts';

const { resolve } = createRequire(import.meta.url);
const bytesOf = (specifier: string): Buffer => readFileSync(resolve(specifier));

/** The page that shows the API's document, with sign-in and try-it; everything it needs comes from here. */
export function docsPage(): Hono<HttpEnv> {
  const files = new Map([
    ['swagger-ui.css', { type: 'text/css', content: bytesOf('swagger-ui-dist/swagger-ui.css') }],
    ['swagger-ui-bundle.js', { type: 'text/javascript', content: bytesOf('swagger-ui-dist/swagger-ui-bundle.js') }],
    ['page.css', { type: 'text/css', content: bytesOf('./docs/page.css') }],
    ['page.js', { type: 'text/javascript', content: bytesOf('./docs/page.js') }],
  ]);
  const hash = createHash('sha256');
  for (const { content } of files.values()) hash.update(content);
  // In the address, so that browsers keep the files for good and yet never mix old ones with new.
  const version = hash.digest('hex').slice(0, 12);
  const zipped = new Map<string, Promise<Buffer>>();

  const page = new Hono<HttpEnv>();
  page.get('/', (c) => {
    const nonce = randomBytes(16).toString('base64');
    c.header('Content-Security-Policy', contentSecurityPolicy(nonce));
    c.header('Cache-Control', 'no-store');
    return c.html(html(`/docs/${version}`, nonce));
  });
  page.get(`/${version}/:name`, async (c) => {
    const name = c.req.param('name');
    const file = files.get(name);
    if (!file) throw new InfraHubError('NOT_FOUND', 'There is nothing at this address.');
    const headers = {
      'content-type': `${file.type}; charset=utf-8`,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    };
    if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? ''))
      return c.body(Uint8Array.from(file.content), 200, headers);
    const small = zipped.get(name) ?? promisify(gzip)(file.content);
    zipped.set(name, small);
    return c.body(Uint8Array.from(await small), 200, { ...headers, 'content-encoding': 'gzip' });
  });
  return page;
}

const html = (files: string, nonce: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>InfraHub API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${files}/swagger-ui.css">
<link rel="stylesheet" href="${files}/page.css">
</head>
<body>
<header>
<h1>InfraHub API</h1>
<a href="/">Portal</a>
<a href="/api/v1/openapi.json">openapi.json</a>
<form>
<output></output>
<label class="visually-hidden" for="username">User name</label>
<input id="username" placeholder="User name" autocomplete="username" required>
<label class="visually-hidden" for="password">Password</label>
<input id="password" type="password" placeholder="Password" autocomplete="current-password" required>
<button>Sign in</button>
</form>
</header>
<main id="viewer"></main>
<script nonce="${nonce}" src="${files}/swagger-ui-bundle.js"></script>
<script nonce="${nonce}" src="${files}/page.js"></script>
</body>
</html>
`;

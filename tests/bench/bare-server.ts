import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { z } from 'zod';
import { loadPortal } from '../../server/portal.ts';

/** What InfraHub is compared with: node:http with one fixed answer, or Remix's handler of the same build and no more. */
const fixedAnswer = z.object({ headers: z.record(z.string(), z.string()), body: z.string() });

function always(text: string): RequestListener {
  const { headers, body } = fixedAnswer.parse(JSON.parse(text));
  return (_request, response) => response.writeHead(200, headers).end(body);
}

async function pagesOnly(): Promise<RequestListener> {
  const pages = await loadPortal();
  return getRequestListener((request) => pages(request, { nonce: randomBytes(16).toString('base64') }));
}

const [, , answer] = process.argv;
const server = createServer(answer === undefined ? await pagesOnly() : always(answer));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') process.send?.({ port: address.port });
});
process.once('disconnect', () => process.exit(0));

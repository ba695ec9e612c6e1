import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { loadPortal } from '../../server/portal.ts';

/** What InfraHub is compared with: node:http with one fixed answer, or Remix's handler of the same build and no more. */
const ME = JSON.stringify({
  result: {
    data: {
      ...{ sub: 'admin', role: 'center_admin', scope_id: null, session_ends_at: '2026-01-01T00:00:00.000Z' },
      grants: [{ role: 'center_admin', scope_id: null, scope_name: null }],
    },
  },
});

const answer: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(ME) }).end(ME);
};

async function pagesOnly(): Promise<RequestListener> {
  const pages = await loadPortal();
  return getRequestListener((request) => pages(request, { nonce: randomBytes(16).toString('base64') }));
}

const server = createServer(process.argv[2] === 'page' ? await pagesOnly() : answer);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') process.send?.({ port: address.port });
});
process.once('disconnect', () => process.exit(0));

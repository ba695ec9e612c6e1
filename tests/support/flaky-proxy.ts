import { createServer, type IncomingMessage, request as send } from 'node:http';
import { z } from 'zod';

/**
 * What becomes of a request: `refused` before it arrives, never answered (`silent`), told to be `busy`, or done
 * although its answer is `lost`; a stream that is `cut` breaks off after its first kilobyte.
 */
type Fault = 'refused' | 'silent' | 'busy' | 'lost' | 'cut';

const bound = z.object({ port: z.number() });
const BUSY = JSON.stringify({
  error: {
    code: -32603,
    message: 'Busy',
    data: { code: 'BUSY', request_id: '', details: {}, http_status: 503 },
  },
});

/** Stands before InfraHub, passes on what is asked, also below `/gateway`, and fails in the way that it is told to, once for each time. */
export async function startFlakyProxy(upstream: string) {
  const faults: { path: string; fault: Fault }[] = [];
  const seen: { path: string; key: string | undefined; token: string | undefined }[] = [];

  function faultOf(path: string): Fault | undefined {
    const at = faults.findIndex((planned) => planned.path === path);
    return at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
  }

  const server = createServer((request, response) => {
    const asked = new URL(request.url?.replace(/^\/gateway(?=\/)/, '') ?? '/', upstream);
    const { pathname } = asked;
    const path = pathname.replace('/api/trpc/', '');
    const { authorization, 'idempotency-key': key } = request.headers;
    seen.push({ path, key: key?.toString(), token: authorization });
    const fault = faultOf(path);
    if (fault === 'refused') return void request.socket.destroy();
    if (fault === 'silent') return;
    if (fault === 'busy') {
      response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' }).end(BUSY);
      return;
    }
    const pass = (answer: IncomingMessage) => {
      if (fault === 'lost') return void request.socket.destroy();
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.on('error', () => response.destroy()).pipe(response);
      if (fault === 'cut') answer.once('data', () => setTimeout(() => request.socket.destroy(), 20));
    };
    const { method, headers } = request;
    const onward = send(asked, { method, headers, agent: false }, pass);
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });

  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(bound.parse(server.address()).port));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    /** The next requests to this procedure fail so, one after the other. */
    fail: (path: string, ...planned: Fault[]): void => void faults.push(...planned.map((fault) => ({ path, fault }))),
    /** Every request to this procedure, in order. */
    requests: (path: string) => seen.filter((request) => request.path === path),
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

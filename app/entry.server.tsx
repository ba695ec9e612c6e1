import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { AppLoadContext, EntryContext } from '@remix-run/node';
import { RemixServer } from '@remix-run/react';
import { renderToPipeableStream } from 'react-dom/server';
import { NonceProvider } from './nonce.ts';

declare module '@remix-run/node' {
  interface AppLoadContext {
    /** Of this answer's Content-Security-Policy. */
    nonce: string;
  }
  interface Future {
    v3_singleFetch: true;
  }
}

/** A page is answered whole: no page waits for data here, so that a stream would only cost. */
export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remixContext: EntryContext,
  { nonce }: AppLoadContext,
): Promise<Response> {
  headers.set('Content-Type', 'text/html; charset=utf-8');
  return new Promise((resolve, reject) => {
    let failed = false;
    const { pipe } = renderToPipeableStream(
      <NonceProvider value={nonce}>
        <RemixServer context={remixContext} url={request.url} nonce={nonce} />
      </NonceProvider>,
      {
        nonce,
        onAllReady() {
          const answer = (html: string) => new Response(html, { headers, status: failed ? 500 : status });
          text(pipe(new PassThrough())).then(answer).then(resolve, reject);
        },
        onShellError: reject,
        onError() {
          failed = true;
        },
      },
    );
  });
}

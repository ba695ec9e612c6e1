import { setTimeout as sleep } from 'node:timers/promises';
import { ofetch } from 'ofetch';
import { UpstreamError } from '../../platform/errors.ts';

const MAX_RETRIES = 4;
const FIRST_BACKOFF_MS = 500;
const MAX_RETRY_AFTER_MS = 60_000;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

/** What the server answered: a body, or that nothing changed since the `etag` that was sent. */
export type HttpAnswer = { json: unknown; bytes: number; etag: string | null } | 'unchanged';

type HttpRequest = {
  url: URL;
  headers(): Record<string, string>;
  etag: string | undefined;
  timeoutSeconds: number;
  /** Bytes the body may have. */
  maxBytes: number;
  /** Ends everything, also the waiting between two tries. */
  deadline: AbortSignal;
};

/** A failure that may pass by itself. */
class PassingFailure extends Error {
  readonly failure: UpstreamError;
  readonly retryAfterMs: number | undefined;
  constructor(failure: UpstreamError, retryAfterMs?: number) {
    super(failure.message);
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * GETs JSON. What may pass (429, 5xx, a broken connection, a timeout) is tried again four times, with full jitter or when
 * `Retry-After` says. A redirect is refused, wherever it leads: the credential and the trust go to the address in the
 * settings, and nowhere else. No message carries the credential, the query or the body.
 * @throws UpstreamError
 */
export async function getJson(request: HttpRequest): Promise<HttpAnswer> {
  for (let retries = 0; ; retries++) {
    try {
      return await tryOnce(request);
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error;
      if (retries === MAX_RETRIES || request.deadline.aborted) throw error.failure;
      const wait = error.retryAfterMs ?? Math.random() * FIRST_BACKOFF_MS * 2 ** retries;
      await sleep(wait, undefined, { signal: request.deadline }).catch(() => Promise.reject(error.failure));
    }
  }
}

async function tryOnce(request: HttpRequest): Promise<HttpAnswer> {
  const where = addressOf(request.url);
  const signal = AbortSignal.any([request.deadline, AbortSignal.timeout(request.timeoutSeconds * 1000)]);
  try {
    const response = await ofetch.raw(request.url.href, {
      headers: {
        ...request.headers(),
        accept: 'application/json',
        ...(request.etag === undefined ? {} : { 'if-none-match': request.etag }),
      },
      redirect: 'manual',
      responseType: 'stream',
      ignoreResponseError: true,
      retry: false,
      signal,
    });
    if (response.status === 304 && request.etag !== undefined) return 'unchanged';
    const refusal = refusalOf(response, where);
    if (refusal) {
      await response.body?.cancel();
      throw refusal;
    }
    const body = await readBody(response, request.maxBytes, where);
    return { json: parse(body, where), bytes: body.byteLength, etag: response.headers.get('etag') };
  } catch (error) {
    if (error instanceof UpstreamError || error instanceof PassingFailure) throw error;
    throw new PassingFailure(connectionFailure(error, signal, request, where));
  }
}

/** What is wrong with the status or the type of an answer, if anything. */
function refusalOf({ status, headers }: Response, where: string): UpstreamError | PassingFailure | undefined {
  const failed = (what: string) =>
    new UpstreamError('UPSTREAM_FAILED', `The inventory at ${where} ${what}`, { status });
  if (status === 429 || status >= 500) {
    return new PassingFailure(
      failed(
        `answered HTTP ${status}, and went on when asked again. Look at the inventory; the next sync tries again.`,
      ),
      retryAfter(headers),
    );
  }
  if (status === 401 || status === 403) {
    return failed(`refused InfraHub's credential (HTTP ${status}). Check EXTERNAL_SERVER_API_TOKEN.`);
  }
  if (status >= 300 && status < 400 && status !== 304) {
    return failed(
      `answered with a redirect (HTTP ${status}), which InfraHub does not follow. Set EXTERNAL_SERVER_API_URL to the address that answers.`,
    );
  }
  if (status !== 200) {
    return failed(
      `answered HTTP ${status}. Check EXTERNAL_SERVER_API_URL and EXTERNAL_SERVER_API_FORMAT: is this the address of an inventory that speaks this format?`,
    );
  }
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) {
    return failed(
      'answered with something that is not JSON, such as a page for people. Check EXTERNAL_SERVER_API_URL.',
    );
  }
  return undefined;
}

/** Milliseconds that the server asks to wait; a date counts from the server's own clock. */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : undefined;
}

async function readBody(response: Response, maxBytes: number, where: string): Promise<Buffer> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    bytes += part.value.byteLength;
    if (bytes > maxBytes) {
      await reader?.cancel();
      throw new UpstreamError(
        'UPSTREAM_FAILED',
        `The inventory at ${where} answered with more than the 50 MB that InfraHub reads in one sync. Ask it for less by a query in EXTERNAL_SERVER_API_URL; docs/inventory.md tells which.`,
      );
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks);
}

function parse(body: Buffer, where: string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new UpstreamError(
      'UPSTREAM_FAILED',
      `The inventory at ${where} answered with JSON that breaks off or is not valid. Look at the inventory; the next sync tries again.`,
    );
  }
}

function connectionFailure(error: unknown, signal: AbortSignal, request: HttpRequest, where: string): UpstreamError {
  if (signal.aborted) {
    const limit = request.deadline.aborted ? 'the whole answer in time' : `within ${request.timeoutSeconds} seconds`;
    return new UpstreamError(
      'UPSTREAM_TIMEOUT',
      `The inventory at ${where} did not answer ${limit}. Is it overloaded?`,
    );
  }
  return new UpstreamError(
    'UPSTREAM_FAILED',
    `The inventory at ${where} cannot be reached, or broke off its answer (${codeOf(error)}). Check EXTERNAL_SERVER_API_URL and the network.`,
  );
}

/** The system's short word for what went wrong, such as ECONNREFUSED; never the library's message, which may quote the request. */
function codeOf(error: unknown): string {
  for (let e = error; e instanceof Error; e = e.cause) if ('code' in e && typeof e.code === 'string') return e.code;
  return 'no connection';
}

/** Where it was asked, without what may be secret. */
export const addressOf = (url: URL): string => `${url.origin}${url.pathname}`;

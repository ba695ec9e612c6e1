import { EventSourceParserStream } from 'eventsource-parser/stream';
import { asRecord, errorFrom, mayPass, unreachable } from './api-error.ts';
import { pause, waitFor } from './retry.ts';
import { failureOf, isUnauthenticated, type Transport } from './transport.ts';

/** InfraHub says something every 15 seconds; a stream that is silent for longer than this is lost. */
const SILENCE_MS = 45_000;
/** So many connections in a row may fail before it is given up. */
const MAX_FAILURES = 10;

type Stream = { path: string; input: unknown; signal?: AbortSignal | undefined };

/**
 * What a subscription tells, one by one. A connection that is lost, a replica that stops and a token that ends are
 * bridged: it goes on after the last event seen. An event that has an id comes as `{ id, data }`.
 * @throws InfraHubApiError for what does not pass by itself, or not after ten connections.
 */
export async function* eventsOf(transport: Transport, { path, input, signal }: Stream): AsyncGenerator<unknown, void> {
  let last: string | undefined;
  for (let failures = 0; ; ) {
    const from = last === undefined ? input : { ...asRecord(input), lastEventId: last };
    try {
      for await (const event of connection(transport, { path, input: from, signal })) {
        failures = 0;
        last = event.id ?? last;
        yield event.id === undefined ? event.data : event;
      }
      return;
    } catch (error) {
      failures += 1;
      if (signal?.aborted || failures > MAX_FAILURES || !isBridged(error, failures)) throw error;
      await pause(waitFor(error, failures), signal);
    }
  }
}

/** A token may end while a stream is open; one that is refused again has been replaced in vain. */
const isBridged = (error: unknown, failures: number): boolean =>
  mayPass(error) || (isUnauthenticated(error) && failures === 1);

type Event = { id: string | undefined; data: unknown };

/** One connection, until InfraHub says that this is all. */
async function* connection(transport: Transport, { path, input, signal }: Stream): AsyncGenerator<Event, void> {
  const given = new AbortController();
  const both = signal ? AbortSignal.any([signal, given.signal]) : given.signal;
  const lost = unreachable('The connection was lost.');
  let silence = setTimeout(() => given.abort(lost), SILENCE_MS);
  try {
    const { body } = await transport.open(path, input, both);
    const reader = body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()).getReader();
    for (;;) {
      const next = await reader?.read().catch((cause) => {
        throw failureOf(cause, both);
      });
      if (!next || next.done) throw lost;
      clearTimeout(silence);
      silence = setTimeout(() => given.abort(lost), SILENCE_MS);
      const { event, id, data } = next.value;
      if (event === 'return') return;
      if (event === 'serialized-error') throw errorFrom(JSON.parse(data)) ?? lost;
      if (event === undefined) yield { id: id || undefined, data: JSON.parse(data) };
    }
  } finally {
    clearTimeout(silence);
    given.abort();
  }
}

import type { Call } from './context.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Door } from './metrics-requests.ts';
import { inSpan } from './tracing.ts';

type Request = { method: string; path: string; door: Door; requestId: string; traceparent: string | undefined };
/** `code`: why it was refused before any procedure was called. */
type Answered = { status: number; code: string | undefined };

/** Tells metrics, log and trace of a request and of the procedures called in it: one line and one span each. */
export function createRequestWatch(metrics: Metrics['requests'], log: Log) {
  return async (request: Request, answer: (onCall: (call: Call) => void) => Promise<Answered>): Promise<void> => {
    const { method, path, door, requestId, traceparent } = request;
    const isQuiet = door === 'probe' || door === 'asset';
    const calls: Call[] = [];
    const answerAndTell = async () => {
      const started = performance.now();
      const { status, code } = await answer((call) => {
        calls.push(call);
        metrics.called(door, call);
      });
      const ms = performance.now() - started;
      metrics.answered(door, status, ms / 1000);
      const line = { method, path, status, ms: Math.round(ms), ...endOf(calls), ...(code && { code }) };
      if (isQuiet) log.debug(line, 'request');
      else log.info(line, 'request');
      return status;
    };
    if (isQuiet) return void (await answerAndTell());
    const attributes = { 'http.request.method': method, 'infrahub.door': door, 'infrahub.request_id': requestId };
    const options = {
      name: `${method} ${door}`,
      kind: 'server',
      isRoot: true,
      parent: traceparent,
      attributes,
    } as const;
    await inSpan(options, async (span) => {
      const status = await answerAndTell();
      span.set({ 'http.response.status_code': status });
      if (status >= 500) span.fail();
    });
  };
}

/** The procedure and how it ended; of a batch, each. */
function endOf([call, ...others]: Call[]) {
  if (!call) return {};
  if (others.length === 0) return { procedure: call.procedure, code: call.code };
  return {
    calls: [call, ...others].map(({ procedure, code, seconds }) => ({
      procedure,
      code,
      ms: Math.round(seconds * 1000),
    })),
  };
}

import { AsyncLocalStorage } from 'node:async_hooks';
import pino from 'pino';
import { HTTP_STATUS, type InfraHubError } from './errors.ts';
import { createScrub } from './scrub.ts';

/** What every log line of a request, or of the job it caused, carries. */
type LogContext = { request_id: string } & Record<string, string>;

const current = new AsyncLocalStorage<LogContext>();

/** Runs `fn` so that every line logged within it, at any depth, carries `context`. */
export function withLogContext<T>(context: LogContext, fn: () => T): T {
  return current.run(context, fn);
}

/** That of the request which is being answered, or whose job is being done. */
export const currentRequestId = (): string | undefined => current.getStore()?.request_id;

/** Structured JSON lines on standard output, without these secrets and without what looks like one (`createScrub`). */
export function createLog(level: string, destination?: pino.DestinationStream, secrets: readonly string[] = []): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => ({ ...current.getStore() }),
    serializers: { err: pino.stdSerializers.errWithCause },
    hooks: { streamWrite: createScrub(secrets) },
  };
  return destination ? pino(options, destination) : pino(options);
}

export type Log = pino.Logger;

/** A refusal that was planned for is information; a failure of ours, or of what we stand on, is an error with its cause. */
export function logRefusal(log: Log, refusal: InfraHubError): void {
  if (HTTP_STATUS[refusal.code] >= 500) log.error({ code: refusal.code, err: refusal }, 'a request failed');
  else log.info({ code: refusal.code, details: refusal.details }, 'a request was refused');
}

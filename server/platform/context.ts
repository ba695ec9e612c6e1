import type { HttpBindings } from '@hono/node-server';
import type { Services } from '../services.ts';
import type { ErrorCode } from './errors.ts';
import type { Caller } from './policy.ts';

/** One call of a procedure and how it ended, as metrics, log and trace tell of it. */
export type Call = { procedure: string; code: ErrorCode | 'OK'; seconds: number };

/** What one request brings to a procedure. `caller` is who the token names, or the reason why it names nobody. */
export type Context = {
  services: Services;
  requestId: string;
  authentication: () => Promise<Caller>;
  idempotencyKey: string | undefined;
  remoteAddress: string;
  onCall: (call: Call) => void;
};

/** What travels with one HTTP request. */
export type HttpEnv = {
  Bindings: HttpBindings;
  Variables: { requestId: string; context: Context; refusal?: ErrorCode };
};

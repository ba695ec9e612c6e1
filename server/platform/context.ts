import type { HttpBindings } from '@hono/node-server';
import type { Services } from '../services.ts';
import type { Caller } from './policy.ts';

/** What one request brings to a procedure. `caller` is who the token names, or the reason why it names nobody. */
export type Context = {
  services: Services;
  requestId: string;
  authentication: () => Promise<Caller>;
  idempotencyKey: string | undefined;
  remoteAddress: string;
};

/** What travels with one HTTP request. */
export type HttpEnv = { Bindings: HttpBindings; Variables: { requestId: string; context: Context } };

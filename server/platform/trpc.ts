import { initTRPC } from '@trpc/server';
import type { Context } from './context.ts';
import { type ErrorCode, ForbiddenError, HTTP_STATUS, ValidationError } from './errors.ts';
import { currentRequestId } from './log.ts';
import { holds, type Permission } from './policy.ts';
import { asRefusal, asTrpcError, trpcErrorOf } from './refusal.ts';
import { inSpan } from './tracing.ts';

/** `permission` or `open` says who may call it (a test walks every procedure); `openapi` is its REST address. */
export type Meta = {
  permission?: Permission;
  /** Why no permission is asked for. */
  open?: string;
  openapi?: RestMeta;
  /**
   * REST: answers 201 with a Location, which is `{id}` below its path, or this address with what was made filled in.
   * It takes an idempotency key.
   */
  creates?: true | `/${string}`;
  /** It takes an idempotency key, though it creates nothing. */
  keyed?: true;
  /** What it may answer beside what every procedure of its kind may. */
  refuses?: readonly ErrorCode[];
};

type RestMeta = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: `/${string}`;
  tags: readonly string[];
  summary: string;
  /** False: it needs no token. */
  protect?: boolean;
};

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false, // its default follows NODE_ENV and sends stacks
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
    errorFormatter: ({ error, ctx }) => trpcErrorOf(asRefusal(error), ctx?.requestId ?? currentRequestId() ?? ''),
  });

export const router = t.router;

/** Tells of each call and how it ended, and gives every error its code. */
const observe = t.middleware(({ ctx, path: procedure, next }) =>
  inSpan({ name: procedure, attributes: { 'infrahub.procedure': procedure } }, async (span) => {
    const started = performance.now();
    const result = await next();
    const refusal = result.ok ? undefined : asRefusal(result.error);
    const code = refusal?.code ?? 'OK';
    span.set({ 'infrahub.code': code });
    if (refusal && HTTP_STATUS[refusal.code] >= 500) span.fail();
    ctx.onCall({ procedure, code, seconds: (performance.now() - started) / 1000 });
    return refusal ? { ...result, ok: false, error: asTrpcError(refusal) } : result;
  }),
);

const KEY = /^[\x20-\x7e]{1,200}$/;

function checkIdempotencyKey(key: string | undefined): void {
  if (key === undefined || KEY.test(key)) return;
  throw new ValidationError([{ path: 'Idempotency-Key', message: 'Send 1 to 200 printable ASCII characters' }]);
}

// As few middlewares as can be: for each, tRPC copies all it knows of the call four times.
const base = t.procedure.use(observe);

/** A procedure for everyone, signed in or not. `why` is read by the test that walks all procedures. */
export const openTo = (why: string) => base.meta({ open: why });

/** A procedure for whoever is signed in, whatever the role. */
export const signedIn = (why: string) =>
  base.meta({ open: why }).use(async ({ ctx, next }) => next({ ctx: { caller: await ctx.authentication() } }));

/**
 * A procedure for callers who hold the permission somewhere; the service then asks whether they hold it *here*. Before a
 * change, what the directory has taken away in the meantime is taken from the caller too.
 */
export const needs = (permission: Permission) =>
  base.meta({ permission }).use(async ({ ctx, type, next }) => {
    if (type === 'mutation') checkIdempotencyKey(ctx.idempotencyKey);
    const named = await ctx.authentication();
    const caller = type === 'mutation' ? await ctx.services.auth.recheck(named) : named;
    if (!holds(caller, permission)) throw new ForbiddenError();
    return next({ ctx: { caller } });
  });

import { initTRPC, type TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { OpenApiMeta } from 'trpc-to-openapi';
import type { Context } from './context.ts';
import { ForbiddenError, HTTP_STATUS } from './errors.ts';
import { holds, type Permission } from './policy.ts';
import { asRefusal, asTrpcError } from './refusal.ts';

/** `permission` or `open` says who may call it (a test walks every procedure); `openapi` is its REST address. */
export type Meta = OpenApiMeta & {
  permission?: Permission;
  /** Why no permission is asked for. */
  open?: string;
  /** REST: answers 201 with a Location. */
  creates?: boolean;
};

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false, // its default follows NODE_ENV and sends stacks
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
    errorFormatter({ error, ctx }) {
      const refusal = asRefusal(error);
      return {
        // tRPC's own client insists on its numeric code here; ours is in `data`, whole (docs/decisions/002). It is made
        // of ours, since a subscription's error does not pass the middleware, and must not look worth a reconnect.
        code: TRPC_ERROR_CODES_BY_KEY[asTrpcError(refusal).code],
        message: refusal.message,
        data: {
          code: refusal.code,
          request_id: ctx?.requestId ?? '',
          details: refusal.details,
          http_status: HTTP_STATUS[refusal.code],
        },
      };
    },
  });

export const router = t.router;

const translateErrors = t.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw translated(result.error);
  return result;
});

function translated(error: TRPCError): TRPCError {
  return asTrpcError(asRefusal(error));
}

const base = t.procedure.use(translateErrors);

/** A procedure for everyone, signed in or not. `why` is read by the test that walks all procedures. */
export const openTo = (why: string) => base.meta({ open: why });

/** A procedure for whoever is signed in, whatever the role. */
export const signedIn = (why: string) =>
  base.meta({ open: why }).use(async ({ ctx, next }) => next({ ctx: { caller: await ctx.authentication() } }));

/** A procedure for callers who hold the permission somewhere; the service then asks whether they hold it *here*. */
export const needs = (permission: Permission) =>
  base.meta({ permission }).use(async ({ ctx, next }) => {
    const caller = await ctx.authentication();
    if (!holds(caller, permission)) throw new ForbiddenError();
    return next({ ctx: { caller } });
  });

import { router, signedIn } from '../platform/trpc.ts';

export const liveRouter = router({
  /** Hints of what to read again, as it changes. */
  changes: signedIn('everyone hears of their own part').subscription(({ ctx, signal }) =>
    ctx.services.live.changes(ctx.caller, { signal, recheck: ctx.authentication }),
  ),
});

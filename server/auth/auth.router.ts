import { z } from 'zod';
import { needs, openTo, router, signedIn } from '../platform/trpc.ts';
import { loginInput, meOutput, revokeSessionsInput, revokeSessionsOutput, tokenOutput } from './auth.schema.ts';

export const authRouter = router({
  login: openTo('this is where one gets a token')
    .meta({
      openapi: { method: 'POST', path: '/auth/login', tags: ['auth'], protect: false, summary: 'Sign in' },
      refuses: ['INVALID_CREDENTIALS', 'NO_ROLE_ASSIGNED', 'TOO_MANY_REQUESTS', 'DIRECTORY_UNAVAILABLE'],
    })
    .input(loginInput)
    .output(tokenOutput)
    .mutation(({ ctx, input }) =>
      ctx.services.auth.login(input, { requestId: ctx.requestId, remoteAddress: ctx.remoteAddress }),
    ),
  me: signedIn('everyone may know who they are')
    .meta({ openapi: { method: 'GET', path: '/auth/me', tags: ['auth'], summary: 'Who am I, and what may I do' } })
    .output(meOutput)
    .query(({ ctx }) => ctx.services.auth.me(ctx.caller)),
  renew: signedIn('a session renews itself')
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/renew',
        tags: ['auth'],
        summary: 'Get a new token; groups are read again',
      },
      refuses: ['NO_ROLE_ASSIGNED', 'DIRECTORY_UNAVAILABLE'],
    })
    .output(tokenOutput)
    .mutation(({ ctx }) => ctx.services.auth.renew(ctx.caller)),
  logout: signedIn('everyone may leave')
    .meta({ openapi: { method: 'POST', path: '/auth/logout', tags: ['auth'], summary: 'End this session everywhere' } })
    .output(z.void())
    .mutation(({ ctx }) => ctx.services.auth.logout(ctx.caller)),
  revokeSessions: needs('sessions.revoke')
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/sessions/revoke',
        tags: ['auth'],
        summary: 'End every session of an account, everywhere within a minute',
      },
    })
    .input(revokeSessionsInput)
    .output(revokeSessionsOutput)
    .mutation(({ ctx, input }) => ctx.services.auth.revokeSessions(ctx.caller, input)),
});

import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { accountName, type Directory } from '../adapters/ldap/directory.port.ts';
import { recordAudit } from '../audit/audit.repository.ts';
import type { Clock } from '../platform/clock.ts';
import { type Db, inTransaction } from '../platform/database.ts';
import { InfraHubError, UnauthenticatedError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import { authorize, type Caller, type Grant, highestGrant } from '../platform/policy.ts';
import type { loginInput, meOutput, revokeSessionsInput, revokeSessionsOutput, tokenOutput } from './auth.schema.ts';
import { createExpiringCache } from './expiring-cache.ts';
import { GROUP_OF_ROLE } from './ldap-groups.rules.ts';
import { findScopeNames } from './scope.repository.ts';
import { findLiveSession, insertSession, revokeSession, revokeSessionsOf, type Session } from './session.repository.ts';
import { createSignInGuard, NO_ACCOUNT, type Origin } from './sign-in-guard.ts';
import { createStanding } from './standing.ts';
import type { Tokens } from './tokens.ts';

/** A replica learns within this time that a session was ended at another one (60 s are allowed). */
const SESSION_CHECK_MS = 5_000;
/** A refusal takes at least this long, so that its time does not tell an unknown name from a wrong password. */
const REFUSAL_MS = 250;

type TokenAnswer = z.infer<typeof tokenOutput>;

export type AuthSettings = {
  db: Db;
  directory: Directory;
  tokens: Tokens;
  clock: Clock;
  log: Log;
  /** DN directly below which groups give roles. */
  groupBaseDn: string;
  /** Wrong passwords for one account that cost no wait. */
  freeSignInTries: number;
};

/** @throws Error when the group base is no DN. */
export function createAuthService({ db, directory, tokens, clock, log, groupBaseDn, freeSignInTries }: AuthSettings) {
  const standing = createStanding({ db, directory, clock, log, groupBaseDn });
  const guard = createSignInGuard({ db, freeTries: freeSignInTries });
  const liveSessions = createExpiringCache<Session>({ clock, maxEntries: 10_000 });

  /** As of a few seconds ago at most. @throws UnauthenticatedError */
  async function liveSession(id: string): Promise<Session> {
    const session = liveSessions.get(id) ?? (await findLiveSession(db, id));
    if (!session) throw sessionEnded();
    const nextLook = clock.now().getTime() + SESSION_CHECK_MS;
    if (!liveSessions.get(id)) liveSessions.set(id, session, Math.min(nextLook, Date.parse(session.endsAt)));
    return session;
  }

  async function recordRefusal(account: string, origin: Origin, reason: string): Promise<void> {
    await inTransaction(db, (tx) =>
      recordAudit(
        tx,
        { sub: account, requestId: origin.requestId },
        {
          action: 'session.sign_in_refused',
          target: { type: 'account', id: account, name: account },
          place: {},
          after: { reason, remote_address: origin.remoteAddress },
        },
      ),
    );
  }

  async function answer(session: Session, grants: Grant[]): Promise<TokenAnswer> {
    const who = { sub: session.subject, sessionId: session.id, grants };
    const { token, expiresIn } = await tokens.sign(who, session.endsAt);
    standing.isRead(session.id, grants);
    return { access_token: token, token_type: 'bearer', expires_in: expiresIn, ...primary(grants), grants };
  }

  async function endSession(caller: Caller, reason: string): Promise<void> {
    await inTransaction(db, async (tx) => {
      if (!(await revokeSession(tx, caller.sessionId))) return;
      await recordAudit(tx, caller, {
        action: 'session.sign_out',
        target: { type: 'session', id: caller.sessionId, name: caller.sub },
        place: {},
        after: { reason },
      });
    });
    liveSessions.delete(caller.sessionId);
  }

  return {
    /**
     * Opens a session of eight hours and answers its first token.
     * @throws UnauthenticatedError `INVALID_CREDENTIALS`, InfraHubError `NO_ROLE_ASSIGNED` or `TOO_MANY_REQUESTS`,
     * UpstreamError `DIRECTORY_UNAVAILABLE`.
     */
    async login(input: z.infer<typeof loginInput>, origin: Origin): Promise<TokenAnswer> {
      const soonestRefusal = sleep(REFUSAL_MS, undefined, { ref: false });
      const account = accountName(input.username);
      const counted = await guard.admit(account, origin);
      const person = await directory.authenticate(input.username, input.password).catch(async (error: unknown) => {
        await counted.takeBack();
        throw error;
      });
      if (!person) {
        await recordRefusal(account ?? NO_ACCOUNT, origin, 'invalid_credentials');
        await soonestRefusal;
        throw new UnauthenticatedError('INVALID_CREDENTIALS', 'The user name or the password is wrong.');
      }
      const grants = await standing.grantsOf(person);
      if (grants.length === 0) {
        await counted.takeBack();
        await recordRefusal(person.username, origin, 'no_role_assigned');
        throw noRoleAssigned();
      }
      const session = await inTransaction(db, async (tx) => {
        await counted.succeeded(tx);
        const opened = await insertSession(tx, person.username);
        await recordAudit(
          tx,
          { sub: person.username, requestId: origin.requestId },
          {
            action: 'session.sign_in',
            target: { type: 'session', id: opened.id, name: person.username },
            place: {},
            after: { remote_address: origin.remoteAddress, grants },
          },
        );
        return opened;
      });
      return answer(session, grants);
    },

    /** Who the caller is, with the names of what the grants point to. */
    async me(caller: Caller): Promise<z.infer<typeof meOutput>> {
      const [session, names] = await Promise.all([liveSession(caller.sessionId), findScopeNames(db, caller.grants)]);
      const nameOf = ({ role, scope_id }: Grant) =>
        names.find((name) => name.role === role && name.id === scope_id)?.name ?? null;
      return {
        sub: caller.sub,
        ...primary(caller.grants),
        grants: caller.grants.map((grant) => ({ ...grant, scope_name: nameOf(grant) })),
        session_ends_at: session.endsAt,
      };
    },

    /**
     * A new token of the same session, with the groups as they are now. Whoever is gone or has no role left is signed out.
     * @throws UnauthenticatedError, InfraHubError `NO_ROLE_ASSIGNED`, UpstreamError `DIRECTORY_UNAVAILABLE`.
     */
    async renew(caller: Caller): Promise<TokenAnswer> {
      const session = await findLiveSession(db, caller.sessionId);
      if (!session || Date.parse(session.endsAt) - clock.now().getTime() < 1_000) throw sessionEnded();
      const person = await directory.find(session.subject);
      if (!person) {
        await endSession(caller, 'the account is gone from the directory');
        throw new UnauthenticatedError('UNAUTHENTICATED', 'Your account is no longer in the directory.');
      }
      const grants = await standing.grantsOf(person);
      if (grants.length === 0) {
        await endSession(caller, 'no group gives a role any more');
        throw noRoleAssigned();
      }
      return answer(session, grants);
    },

    /** Ends the session: its tokens stop working on every replica, within five seconds at most. */
    async logout(caller: Caller): Promise<void> {
      await endSession(caller, 'signed out');
    },

    /**
     * Ends every session of an account. Its tokens stop working here at once, on other replicas within five seconds.
     * It may sign in again, unless the directory says otherwise.
     */
    async revokeSessions(
      caller: Caller,
      { username }: z.infer<typeof revokeSessionsInput>,
    ): Promise<z.infer<typeof revokeSessionsOutput>> {
      authorize(caller, 'sessions.revoke', {});
      const revoked = await inTransaction(db, async (tx) => {
        const ended = await revokeSessionsOf(tx, username);
        await recordAudit(tx, caller, {
          action: 'session.revoke_all',
          target: { type: 'account', id: username, name: username },
          place: {},
          after: { revoked: ended.length },
        });
        return ended;
      });
      for (const id of revoked) liveSessions.delete(id);
      return { revoked: revoked.length };
    },

    /** The caller, less what the directory has taken away; for whoever is about to change something. */
    recheck: standing.recheck,

    /**
     * Who the token speaks for, as long as its session lives.
     * @throws UnauthenticatedError `TOKEN_EXPIRED` or `UNAUTHENTICATED`.
     */
    async authenticate(token: string, requestId: string): Promise<Caller> {
      const identity = await tokens.verify(token);
      await liveSession(identity.sessionId);
      return { ...identity, requestId };
    },
  };
}

/** The grant that `role` and `scope_id` stand for. */
function primary(grants: readonly Grant[]): Grant {
  const highest = highestGrant(grants);
  if (!highest) throw new Error('a session without a grant');
  return highest;
}

const sessionEnded = () => new UnauthenticatedError('UNAUTHENTICATED', 'Your session has ended. Sign in again.');

const noRoleAssigned = () =>
  new InfraHubError(
    'NO_ROLE_ASSIGNED',
    `You are in no group that gives a role in InfraHub. Ask for membership in one of: ${Object.values(GROUP_OF_ROLE).join(', ')}.`,
    { groups: Object.values(GROUP_OF_ROLE) },
  );

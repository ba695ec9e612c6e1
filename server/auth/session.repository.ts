import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { sessions } from '../../db/schema/index.ts';
import type { Executor, Tx } from '../platform/database.ts';

export type Session = { id: string; subject: string; endsAt: string };

const columns = { id: sessions.id, subject: sessions.subject, endsAt: sessions.endsAt };
const isLive = and(isNull(sessions.revokedAt), gt(sessions.endsAt, sql`now()`));

/** Opens a session that ends eight hours from now, by the database's clock. */
export async function insertSession(tx: Tx, subject: string): Promise<Session> {
  const [session] = await tx
    .insert(sessions)
    .values({ subject, endsAt: sql`now() + interval '8 hours'` })
    .returning(columns);
  if (!session) throw new Error('the session was not stored');
  return session;
}

/** The session, unless it was revoked or has ended. */
export async function findLiveSession(db: Executor, id: string): Promise<Session | undefined> {
  const [session] = await db
    .select(columns)
    .from(sessions)
    .where(and(eq(sessions.id, id), isLive));
  return session;
}

/** Ends the session now. False when it had ended already. */
export async function revokeSession(tx: Tx, id: string): Promise<boolean> {
  const revoked = await tx
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.id, id), isLive))
    .returning({ id: sessions.id });
  return revoked.length > 0;
}

/** Ends every session of the account now; answers those that had not ended already. */
export async function revokeSessionsOf(tx: Tx, subject: string): Promise<string[]> {
  const revoked = await tx
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.subject, subject), isLive))
    .returning({ id: sessions.id });
  return revoked.map(({ id }) => id);
}

import type { Db } from '../platform/database.ts';

/** Between two signs of life of a writer. */
const SIGN_OF_LIFE_MS = 5_000;
/** By how much a writer's silence has to exceed what one Git command may take. */
const GRACE_SECONDS = 15;

const LOCK = "hashtext('infrahub.provisioning.write')";

/**
 * How long a writer may be silent until PostgreSQL takes its lock away. A command of its may still run when it is frozen;
 * that one has ended by then.
 */
export const silenceOf = (settings: { GIT_TIMEOUT_SECONDS: number }): number =>
  settings.GIT_TIMEOUT_SECONDS + GRACE_SECONDS;

/** What `work` gets. @throws once the lock is lost, or may be. */
export type AssertMine = () => void;

/**
 * Runs `work` unless another replica does just that; answers whether it did. The lock is the connection's: a replica that
 * dies lets go of it, and one that is frozen for `silenceSeconds` has its connection ended by PostgreSQL.
 * @param work is to call `assertMine` right before each push, so that what was decided under the lock is not pushed over
 *   what another replica has written since. The push itself is the last line: it is refused where the branch has moved.
 */
export async function asTheOneWriter(
  db: Db,
  silenceSeconds: number,
  work: (assertMine: AssertMine) => Promise<void>,
): Promise<boolean> {
  const client = await db.$client.connect();
  let broken: Error | undefined;
  let lastSign = performance.now();
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  let signing = Promise.resolve();
  const giveSign = () => {
    signing = client.query('select 1').then(() => {
      lastSign = performance.now();
    }, onError);
  };
  const assertMine = () => {
    // After a freeze this may run before the news of the connection's end is read.
    if (broken || performance.now() - lastSign > (silenceSeconds - GRACE_SECONDS / 2) * 1000)
      throw new Error('the lock of the one writer is lost; what waits is read again', { cause: broken });
  };
  try {
    const { rows } = await client.query(`select pg_try_advisory_lock(${LOCK}) as mine`);
    if (rows[0]?.mine !== true) return false;
    const signs = setInterval(giveSign, SIGN_OF_LIFE_MS);
    try {
      await client.query(`set idle_session_timeout = ${Math.ceil(silenceSeconds * 1000)}`);
      await work(assertMine);
    } finally {
      clearInterval(signs);
      await signing;
      await client.query(`select pg_advisory_unlock(${LOCK})`).catch(onError);
      await client.query('reset idle_session_timeout').catch(onError);
    }
    return true;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

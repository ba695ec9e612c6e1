import type { Db } from '../platform/database.ts';

/**
 * Runs `work` unless another replica does just that; answers whether it did. The lock is the connection's: a replica
 * that is only stalled keeps it, so that it cannot wake up and write what is no longer wanted, and one that dies lets go.
 * @param work is to call `assertMine` before each try to write: it throws once the connection, and with it the lock, is
 *   gone, so that what was decided under the lock is not pushed over what another replica has written since.
 */
export async function asTheOneWriter(db: Db, work: (assertMine: () => void) => Promise<void>): Promise<boolean> {
  const client = await db.$client.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  const assertMine = () => {
    if (broken) throw new Error('the lock of the one writer is lost; what waits is read again', { cause: broken });
  };
  try {
    const { rows } = await client.query("select pg_try_advisory_lock(hashtext('infrahub.provisioning.write')) as mine");
    if (rows[0]?.mine !== true) return false;
    try {
      await work(assertMine);
    } finally {
      await client.query("select pg_advisory_unlock(hashtext('infrahub.provisioning.write'))").catch(onError);
    }
    return true;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

import type { Db } from '../platform/database.ts';

/**
 * Runs `work` unless another replica does just that; answers whether it did. The lock is the connection's: a replica
 * that is only stalled keeps it, so that it cannot wake up and write what is no longer wanted, and one that dies lets go.
 */
export async function asTheOneWriter(db: Db, work: () => Promise<void>): Promise<boolean> {
  const client = await db.$client.connect();
  const ignore = () => {}; // the lock is gone with the connection; what was written is guarded by state
  client.on('error', ignore);
  let broken: Error | undefined;
  try {
    const { rows } = await client.query("select pg_try_advisory_lock(hashtext('infrahub.provisioning.write')) as mine");
    if (rows[0]?.mine !== true) return false;
    try {
      await work();
    } finally {
      await client.query("select pg_advisory_unlock(hashtext('infrahub.provisioning.write'))").catch((error) => {
        broken = error;
      });
    }
    return true;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

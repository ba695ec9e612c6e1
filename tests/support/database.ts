import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase } from '../../server/platform/database.ts';
import { createLog } from '../../server/platform/log.ts';

export const TEMPLATE = 'infrahub_template';

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${inject('postgresUrl')}/postgres` });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A migrated database of one's own, copied in milliseconds. Call `drop` in `afterAll`; a leaked connection fails it. */
export async function freshDatabase({ poolSize = 20 } = {}) {
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name} template ${TEMPLATE}`);
  const url = `${inject('postgresUrl')}/${name}`;
  const database = openDatabase({ url, poolSize, log: createLog('silent') });
  return {
    ...database,
    url,
    async drop() {
      await database.close();
      await onServer(`drop database ${name}`);
    },
  };
}

export type TestDatabase = Awaited<ReturnType<typeof freshDatabase>>;

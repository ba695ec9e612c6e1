import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../server/platform/database.ts';
import { createLog } from '../../server/platform/log.ts';
import { isMigrated, migrateDatabase } from '../../server/platform/migrate.ts';
import { onDatabase } from '../support/crash-postgres.ts';
import { onStack } from '../support/crash-stack.ts';
import { contractionsIn } from '../support/migration-rules.ts';
import { until } from '../support/until.ts';

const FOLDER = 'db/migrations';
/** Those before were made when there was no version before that could still serve. */
const FIRST_TO_EXPAND = '0008';
const LONGER_THAN_A_REQUEST_WAITS_MS = 3_500;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function emptyDatabase() {
  const { postgresUrl } = inject('crash');
  const name = `migrations_${randomBytes(6).toString('hex')}`;
  const onServer = (statement: string) => onDatabase(`${postgresUrl}/postgres`, (client) => client.query(statement));
  await onServer(`create database ${name}`);
  cleanUps.push(() => onServer(`drop database ${name} with (force)`));
  const url = `${postgresUrl}/${name}`;
  return { url, open: () => opened(url) };
}

/** A database as the version left it whose newest migration this was. */
async function databaseAt(newest: string) {
  const database = await emptyDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-migrations-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  await cp(FOLDER, folder, { recursive: true });
  const journal = z
    .looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) })
    .parse(JSON.parse(readFileSync(`${FOLDER}/meta/_journal.json`, 'utf8')));
  const entries = journal.entries.filter(({ tag }) => tag <= newest);
  await writeFile(join(folder, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }));
  await migrate(database.open().db, { migrationsFolder: folder });
  return database;
}

function opened(url: string) {
  const database = openDatabase({ url, poolSize: 4, log: createLog('silent') });
  cleanUps.push(database.close);
  return database;
}

const NEWER = `insert into drizzle.__drizzle_migrations (hash, created_at)
  select 'of a later version', max(created_at) + 1 from drizzle.__drizzle_migrations`;
const LAST_IS_MISSING = `delete from drizzle.__drizzle_migrations
  where created_at = (select max(created_at) from drizzle.__drizzle_migrations)`;

const WAITING = `select from pg_locks where not granted and relation = 'drizzle.__drizzle_migrations'::regclass`;

describe('the migrator', () => {
  test('brings an empty database up to date, also when two run at once, and runs again without effect', async () => {
    const { url, open } = await emptyDatabase();
    await Promise.all([migrateDatabase(open()), migrateDatabase(open())]);
    await migrateDatabase(open());
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));
    const applied = await onDatabase(url, (client) => client.query('select from drizzle.__drizzle_migrations'));
    expect(applied.rowCount).toBe(files.length);
    expect(await isMigrated(open())).toBe(true);
  });

  test('waits for another one, however long that takes', async () => {
    const { url, open } = await emptyDatabase();
    await onDatabase(url, async (other) => {
      await other.query("select pg_advisory_lock(hashtext('infrahub.migrate'))");
      const migrating = migrateDatabase(open());
      await sleep(LONGER_THAN_A_REQUEST_WAITS_MS);
      await other.query('select pg_advisory_unlock_all()');
      await migrating;
    });
    expect(await isMigrated(open())).toBe(true);
  });

  test('gives up its place in the queue for a lock, so that nobody waits behind it for long, and tries again', async () => {
    const { url, open } = await emptyDatabase();
    await migrateDatabase(open());
    await onDatabase(url, async (other) => {
      await other.query('begin; lock table drizzle.__drizzle_migrations in access exclusive mode');
      const migrating = migrateDatabase(open());
      const waiting = () => onDatabase(url, async (client) => (await client.query(WAITING)).rowCount);
      await until('it to wait', async () => ((await waiting()) ? true : undefined));
      await until('it to wait no more', async () => ((await waiting()) ? undefined : true));
      await other.query('rollback');
      await migrating;
    });
  });
});

const GROWING = 'audit_events, project_events, quota_ledger, usage_snapshots';
const A_WORD_THAT_IS_NONE = `insert into audit_events (actor, action, target_type, target_id, target_name, request_id)
  values ('admin', 'Founded', 'center', 'some-id', 'Vision', gen_random_uuid())`;

describe('a rule that is new', () => {
  test('is checked on all rows of the tables that only grow while the version before writes them', async () => {
    const { url, open } = await databaseAt('0008_known_words');
    await onDatabase(url, async (writer) => {
      await writer.query(`begin; lock table ${GROWING} in row exclusive mode`);
      await migrateDatabase(open());
      const unchecked = await writer.query('select conname from pg_constraint where not convalidated');
      expect(unchecked.rows).toEqual([]);
    });
  });

  test('that rows break stops the migration with their table and its name, changes none, and holds once they are mended', async () => {
    const { url, open } = await databaseAt('0007_sign_in_limits');
    await onDatabase(url, async (client) => {
      await client.query(A_WORD_THAT_IS_NONE);
      await expect(migrateDatabase(open())).rejects.toThrow(
        'rows of the table audit_events break its new rule audit_events_action_words. Nothing was changed by it',
      );
      const words = async () => (await client.query('select action from audit_events')).rows;
      expect(await words()).toEqual([{ action: 'Founded' }]);
      await expect(client.query(A_WORD_THAT_IS_NONE)).rejects.toThrow('audit_events_action_words');
      await client.query(`begin; alter table audit_events disable trigger audit_events_append_only;
        update audit_events set action = 'org.create' where action = 'Founded';
        alter table audit_events enable trigger audit_events_append_only; commit`);
      await migrateDatabase(open());
      expect(await isMigrated(open())).toBe(true);
    });
  });
});

describe('a replica', () => {
  test('of the version before goes on, and can start, on a database that is ahead of it', () =>
    onStack({}, async (stack) => {
      const [replica] = stack.replicas;
      const isReady = async () => (await fetch(`${replica?.url()}/readyz`)).status;
      await onDatabase(stack.databaseUrl(), (client) => client.query(NEWER));
      expect(await isReady()).toBe(200);
      await replica?.terminate();
      await replica?.start();
      expect(await isReady()).toBe(200);
      const { id } = await stack.client.change('/projects', stack.newProject());
      await stack.settled();
      expect(await stack.client.get(id)).toMatchObject({ status: 'active' });
    }));

  test('of a version that the database is behind does not start, and says what to do', () =>
    onStack({}, async (stack) => {
      const [replica] = stack.replicas;
      await onDatabase(stack.databaseUrl(), (client) => client.query(LAST_IS_MISSING));
      const answer = await until('it not to be ready', async () => {
        const now = await fetch(`${replica?.url()}/readyz`);
        return now.status === 503 ? now.json() : undefined;
      });
      expect(answer).toMatchObject({ checks: { migrations: 'Migrations are missing: npm run migrate' } });
      await replica?.terminate();
      await expect(replica?.start()).rejects.toThrow('The database lacks migrations. Run `npm run migrate` first.');
    }));
});

describe('a migration is safe while the version before serves', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql') && name >= FIRST_TO_EXPAND);

  test('every one only expands, or names the version that stopped using what it takes away', () => {
    const found = files.map((name) => [name, contractionsIn(readFileSync(`${FOLDER}/${name}`, 'utf8'))]);
    expect(found).toEqual(files.map((name) => [name, []]));
  });

  test.each([
    'ALTER TABLE "projects" DROP COLUMN "name";',
    'DROP TABLE "projects";',
    'ALTER TABLE "projects" RENAME COLUMN "name" TO "title";',
    'ALTER TABLE "projects" RENAME TO "namespaces";',
    'ALTER TABLE "projects" ALTER COLUMN "name" SET DATA TYPE varchar(63);',
    'alter table projects alter column cpu type bigint;',
    'ALTER TABLE "projects" ALTER COLUMN "name" SET NOT NULL;',
    'ALTER TABLE "projects" ADD COLUMN "owner" text NOT NULL;',
    'ALTER TABLE "projects" ADD CONSTRAINT "cpu_positive" CHECK (cpu > 0);',
    'CREATE UNIQUE INDEX "projects_owner_key" ON "projects" USING btree ("owner");',
    '-- contract: some day\nALTER TABLE "projects" DROP COLUMN "owner";',
    'CREATE TABLE "notes" ("id" uuid);--> statement-breakpoint\nALTER TABLE "projects" DROP COLUMN "name";',
  ])('refused: %s', (sql) => {
    expect(contractionsIn(sql)).toHaveLength(1);
  });

  test.each([
    'ALTER TABLE "projects" ADD COLUMN "owner" text;',
    `ALTER TABLE "projects" ADD COLUMN "owner" text DEFAULT '' NOT NULL;`,
    'CREATE INDEX "projects_owner_idx" ON "projects" USING btree ("owner");',
    'ALTER TABLE "projects" DROP CONSTRAINT "projects_size";',
    'ALTER TABLE "projects" ADD CONSTRAINT "cpu_positive" CHECK (cpu > 0) NOT VALID;',
    'CREATE TABLE "notes" ("id" uuid NOT NULL);--> statement-breakpoint\nALTER TABLE "notes" ADD CONSTRAINT "notes_fk" FOREIGN KEY ("id") REFERENCES "projects"("id");',
    '-- contract: since 1.4.0 nothing reads projects.owner\nALTER TABLE "projects" DROP COLUMN "owner";',
  ])('allowed: %s', (sql) => {
    expect(contractionsIn(sql)).toEqual([]);
  });
});

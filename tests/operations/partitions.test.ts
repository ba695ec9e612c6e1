import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { onDatabase } from '../support/crash-postgres.ts';
import { until } from '../support/until.ts';

/** What docs/operations.md says under "Growth". */
const [, PARTITIONING = ''] =
  /```sql\n(create table audit_log[\s\S]*?)```/.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];
const IN_THE_PAST = '2026-01-15T12:00:00Z';
const IN_FEBRUARY = '2027-02-15T12:00:00Z';

const { postgresUrl, template } = inject('crash');
const name = `partitions_${randomBytes(6).toString('hex')}`;
const url = `${postgresUrl}/${name}`;
const onServer = (statement: string) => onDatabase(`${postgresUrl}/postgres`, (client) => client.query(statement));

beforeAll(async () => {
  await onServer(`create database ${name} template ${template}`);
});
afterAll(() => onServer(`drop database ${name} with (force)`));

const write = (client: pg.Client, table: string, at: string, action = 'project.create') =>
  client.query(
    `insert into ${table} (at, actor, action, target_type, target_id, target_name, request_id)
     values ($1, 'lead', $2, 'project', 'some-id', 'payments', gen_random_uuid())`,
    [at, action],
  );
const countOf = async (client: pg.Client, table: string) => (await client.query(`select from ${table}`)).rowCount;

test('the audit log becomes one by month, as the page says: the version before goes on, and what guards it still does', () =>
  onDatabase(url, async (client) => {
    await write(client, 'audit_events', IN_THE_PAST);
    await client.query(`begin; ${PARTITIONING}; commit`);

    await write(client, 'audit_events', IN_THE_PAST);
    expect(await countOf(client, 'audit_log')).toBe(2);

    const heard: (string | undefined)[] = [];
    client.on('notification', ({ channel }) => heard.push(channel));
    await client.query('listen infrahub');
    await write(client, 'audit_log', IN_FEBRUARY);
    await until('the change to be told', () => (heard.length > 0 ? true : undefined));
    expect(await countOf(client, 'audit_log_2027_02')).toBe(1);
    expect(await countOf(client, 'audit_events')).toBe(2);

    for (const table of ['audit_log', 'audit_events', 'audit_log_2027_02']) {
      await expect(client.query(`update ${table} set actor = 'nobody'`), table).rejects.toThrow('append only');
      await expect(client.query(`delete from ${table}`), table).rejects.toThrow('append only');
    }
    await expect(write(client, 'audit_log', IN_FEBRUARY, 'No word')).rejects.toThrow('audit_events_action_words');

    await client.query('alter table audit_log detach partition audit_log_2027_02');
    expect(await countOf(client, 'audit_log')).toBe(2);
  }));

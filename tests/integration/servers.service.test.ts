import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../../server/platform/policy.ts';
import { listServers, serverFacetsInput } from '../../server/servers/servers.schema.ts';
import { createServersService } from '../../server/servers/servers.service.ts';
import { adminOf, callerWith, centerAdmin } from '../factories/caller.ts';
import { newField, newServer } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let north: { id: string };
let south: { id: string };
let free: { id: string };
let northern: { id: string };

/**
 * | name      | site     | cpu | ram_gb | tier             | status  | field |
 * | n-big     | haifa    | 128 | 512    | high_performance | online  | North |
 * | n-small   | haifa    | 32  | 128    | regular          | offline | North |
 * | n-tlv     | tel-aviv | 32  | 256    | regular          | online  | North |
 * | s-big     | haifa    | 128 | 1024   | high_performance | online  | South |
 * | free_50%  | tel-aviv | 64  | 256    | high_performance | online  | –     |
 */
beforeAll(async () => {
  database = await freshDatabase();
  const { db } = database;
  north = await newField(db, { name: 'North' });
  south = await newField(db, { name: 'South' });
  const big = { cpu: 128, performanceTier: 'high_performance' } as const;
  northern = await newServer(db, { name: 'n-big', ramGb: 512, ...big, fieldId: north.id });
  await newServer(db, { name: 'n-small', cpu: 32, ramGb: 128, status: 'offline', fieldId: north.id });
  await newServer(db, { name: 'n-tlv', site: 'tel-aviv', cpu: 32, fieldId: north.id });
  await newServer(db, { name: 's-big', ramGb: 1024, ...big, fieldId: south.id });
  free = await newServer(db, { name: 'free_50%', site: 'tel-aviv', performanceTier: 'high_performance' });
});
afterAll(() => database.drop());

type Filter = Parameters<typeof listServers.parse>[0] & Record<string, unknown>;
const service = () => createServersService({ db: database.db });
const names = async (caller: Caller, filter: Filter = {}) =>
  (await service().list(caller, listServers.parse(filter))).items.map(({ name }) => name);
const facets = (caller: Caller, filter: Filter = {}) => service().facets(caller, serverFacetsInput.parse(filter));
const ofNorth = () => adminOf('field_admin', north.id);

describe('the scope', () => {
  test('of a center admin is everything', async () => {
    expect(await names(centerAdmin())).toEqual(['free_50%', 'n-big', 'n-small', 'n-tlv', 's-big']);
  });

  test('of a field admin is the servers of its field, with several grants those of each', async () => {
    expect(await names(ofNorth())).toEqual(['n-big', 'n-small', 'n-tlv']);
    const both = callerWith(
      { role: 'field_admin', scope_id: north.id },
      { role: 'field_admin', scope_id: south.id },
      { role: 'team_lead', scope_id: free.id },
    );
    expect(await names(both)).toEqual(['n-big', 'n-small', 'n-tlv', 's-big']);
  });

  test.each(['dept_admin', 'team_lead'] as const)('of a %s is nothing', async (role) => {
    const caller = adminOf(role, north.id);
    expect(await names(caller)).toEqual([]);
    expect((await facets(caller)).total).toBe(0);
    await expect(service().get(caller, northern.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('is not widened by a filter', async () => {
    expect(await names(ofNorth(), { field_id: south.id })).toEqual([]);
    expect(await names(ofNorth(), { allocated: false })).toEqual([]);
    expect(await facets(ofNorth(), { field_id: south.id })).toMatchObject({ total: 0 });
  });

  test('holds for a server that is named by its id', async () => {
    expect(await service().get(ofNorth(), northern.id)).toMatchObject({ name: 'n-big', field_name: 'North' });
    expect(await service().get(centerAdmin(), free.id)).toMatchObject({ field_id: null, field_name: null });
    await expect(service().get(ofNorth(), free.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(service().get(adminOf('field_admin', south.id), northern.id)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(service().get(ofNorth(), crypto.randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('holds for facets, which name nothing outside of it', async () => {
    expect(await facets(ofNorth())).toEqual({
      total: 3,
      sites: [
        { value: 'haifa', count: 2 },
        { value: 'tel-aviv', count: 1 },
      ],
      performance_tiers: [
        { value: 'high_performance', count: 1 },
        { value: 'regular', count: 2 },
      ],
      statuses: [
        { value: 'offline', count: 1 },
        { value: 'online', count: 2 },
      ],
      fields: [{ value: north.id, name: 'North', count: 3 }],
      allocated: { allocated: 3, free: 0 },
    });
  });
});

describe('filters', () => {
  const cases: [Filter, string[]][] = [
    [{ site: 'tel-aviv' }, ['free_50%', 'n-tlv']],
    [{ performance_tier: 'regular' }, ['n-small', 'n-tlv']],
    [{ status: 'offline' }, ['n-small']],
    [{ allocated: true }, ['n-big', 'n-small', 'n-tlv', 's-big']],
    [{ allocated: false }, ['free_50%']],
    [{ text: 'BIG' }, ['n-big', 's-big']],
    [{ text: '0%' }, ['free_50%']],
    [{ text: '%' }, ['free_50%']],
    [{ text: '_' }, ['free_50%']],
    [{ text: '\\' }, []],
    [{ text: "'; drop table servers; --" }, []],
    [{ site: 'haifa', status: 'online', text: 's-' }, ['s-big']],
  ];
  test.each(cases)('%j find %j', async (filter, found) => {
    expect(await names(centerAdmin(), filter)).toEqual(found);
    expect((await facets(centerAdmin(), filter)).total).toBe(found.length);
  });

  test('by field find its servers', async () => {
    expect(await names(centerAdmin(), { field_id: south.id })).toEqual(['s-big']);
  });

  test('take no control characters', () => {
    expect(listServers.safeParse({ text: 'a\u0000' }).success).toBe(false);
  });
});

test('a facet counts what each choice would show beside the other filters, and keeps choices that would show nothing', async () => {
  expect(await facets(centerAdmin(), { site: 'haifa', performance_tier: 'high_performance' })).toEqual({
    total: 2,
    sites: [
      { value: 'haifa', count: 2 },
      { value: 'tel-aviv', count: 1 },
    ],
    performance_tiers: [
      { value: 'high_performance', count: 2 },
      { value: 'regular', count: 1 },
    ],
    statuses: [
      { value: 'offline', count: 0 },
      { value: 'online', count: 2 },
    ],
    fields: [
      { value: north.id, name: 'North', count: 1 },
      { value: south.id, name: 'South', count: 1 },
    ],
    allocated: { allocated: 2, free: 0 },
  });
});

test('every facet of every single filter says what the list then shows', async () => {
  const caller = centerAdmin();
  const filters: Filter[] = [
    {},
    { site: 'haifa' },
    { status: 'online' },
    { allocated: true },
    { field_id: north.id },
    { text: 'n' },
  ];
  for (const filter of filters) {
    const counted = await facets(caller, filter);
    const shown = async (more: Filter) => (await names(caller, { ...filter, ...more })).length;
    for (const { value, count } of counted.sites) expect(await shown({ site: value })).toBe(count);
    for (const { value, count } of counted.statuses) expect(await shown({ status: value })).toBe(count);
    for (const { value, count } of counted.performance_tiers)
      expect(await shown({ performance_tier: value })).toBe(count);
    for (const { value, count } of counted.fields) expect(await shown({ field_id: value })).toBe(count);
    expect(await shown({ allocated: true })).toBe(counted.allocated.allocated);
    expect(await shown({ allocated: false })).toBe(counted.allocated.free);
  }
});

describe('pages', () => {
  const sorts = listServers.shape.sort.unwrap().options;
  const cases = sorts.flatMap((sort) => (['asc', 'desc'] as const).map((direction) => ({ sort, direction })));

  test.each(cases)('by $sort, $direction, show each server once, in order', async ({ sort, direction }) => {
    const whole = await service().list(centerAdmin(), listServers.parse({ sort, direction }));
    const values = whole.items.map((item) => item[sort]);
    const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    expect(values).toEqual(direction === 'asc' ? sorted : sorted.reverse());
    const seen: string[] = [];
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const page = await service().list(centerAdmin(), listServers.parse({ sort, direction, limit: 2, cursor }));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(whole.items.map(({ id }) => id));
  });

  test('refuse a cursor of another sort, or with a value that the sort cannot have', async () => {
    const { next_cursor } = await service().list(centerAdmin(), listServers.parse({ limit: 1 }));
    const forged = (sort: string, value: unknown) =>
      Buffer.from(JSON.stringify([sort, 'asc', value, free.id])).toString('base64url');
    const bad: [Filter['sort'], string | null][] = [
      ['cpu', next_cursor],
      ['cpu', forged('cpu', 'many')],
      ['cpu', forged('cpu', 1.5)],
      ['cpu', forged('cpu', 2 ** 40)],
      ['name', forged('name', 7)],
      ['last_seen_at', forged('last_seen_at', 'yesterday')],
      ['name', 'nonsense'],
    ];
    for (const [sort, cursor] of bad) {
      const reading = service().list(centerAdmin(), listServers.parse({ sort, cursor }));
      await expect(reading).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    }
  });

  test('refuse a cursor of the other direction', async () => {
    const up = await service().list(centerAdmin(), listServers.parse({ sort: 'cpu', limit: 1 }));
    const down = listServers.parse({ sort: 'cpu', direction: 'desc', cursor: up.next_cursor });
    await expect(service().list(centerAdmin(), down)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

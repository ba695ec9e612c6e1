import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditEvents, fieldServerAllocations, servers } from '../../db/schema/index.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newDepartment, newField, newServer } from '../factories/org.ts';
import { newBranch, newDepartmentQuota, quotaServices } from '../factories/quotas.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const db = () => database.db;
const allocations = () => quotaServices(db()).allocations;
const serversOf = async (fieldId: string) => {
  const rows = await db().select().from(fieldServerAllocations).where(eq(fieldServerAllocations.fieldId, fieldId));
  return rows.map((row) => row.serverId).sort();
};

test('servers are given to a field many at once, whatever the case and repetition of their ids', async () => {
  const field = await newField(db());
  const [a, b] = [await newServer(db()), await newServer(db())];
  const answer = await allocations().allocate(centerAdmin(), {
    id: field.id,
    server_ids: [a.id, b.id, a.id],
  });
  expect(answer).toEqual({ field_id: field.id, server_ids: [a.id, b.id] });
  expect(await serversOf(field.id)).toEqual([a.id, b.id].sort());
});

test('one server that is given already refuses all of them, and is named with its field', async () => {
  const [north, south] = [await newField(db(), { name: 'North' }), await newField(db(), { name: 'South' })];
  const [free, taken] = [await newServer(db()), await newServer(db(), { name: 'rack-7', fieldId: south.id })];
  const refusal = allocations().allocate(centerAdmin(), { id: north.id, server_ids: [free.id, taken.id] });
  await expect(refusal).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'Already given: rack-7 to field South. Nothing was changed.',
    details: { count: 1, servers: [{ id: taken.id, name: 'rack-7', field_id: south.id, field_name: 'South' }] },
  });
  expect(await serversOf(north.id)).toEqual([]);
});

test('a server is not given to its own field twice', async () => {
  const field = await newField(db());
  const server = await newServer(db(), { fieldId: field.id });
  const again = allocations().allocate(centerAdmin(), { id: field.id, server_ids: [server.id] });
  await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('unknown server ids are named, and nothing is given or taken', async () => {
  const field = await newField(db());
  const [known, mine, unknown] = [await newServer(db()), await newServer(db(), { fieldId: field.id }), randomUUID()];
  await expect(
    allocations().allocate(centerAdmin(), { id: field.id, server_ids: [known.id, unknown] }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND', details: { what: 'server', ids: [unknown] } });
  await expect(
    allocations().release(centerAdmin(), { id: field.id, server_ids: [mine.id, unknown] }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND', details: { ids: [unknown] } });
  expect(await serversOf(field.id)).toEqual([mine.id]);
});

test('an unknown field is NOT_FOUND', async () => {
  const id = randomUUID();
  const server = await newServer(db());
  for (const act of [allocations().allocate, allocations().release]) {
    await expect(act(centerAdmin(), { id, server_ids: [server.id] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { what: 'field', id },
    });
  }
});

test('only a center admin gives and takes servers, also not the admin of that very field', async () => {
  const field = await newField(db());
  const server = await newServer(db());
  const admin = adminOf('field_admin', field.id);
  for (const act of [allocations().allocate, allocations().release]) {
    await expect(act(admin, { id: field.id, server_ids: [server.id] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
});

test('two fields that ask for the same servers in opposite order: one gets all, the other none', async () => {
  const fields = [await newField(db()), await newField(db())];
  const ids = (await Promise.all(Array.from({ length: 30 }, () => newServer(db())))).map((server) => server.id);
  const results = await Promise.allSettled(
    fields.map((field, i) =>
      allocations().allocate(centerAdmin(), { id: field.id, server_ids: i === 0 ? ids : ids.toReversed() }),
    ),
  );
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
  expect(refusals).toEqual(['CONFLICT']);
  const held = await Promise.all(fields.map((field) => serversOf(field.id)));
  expect(held.map((mine) => mine.length).sort((a, b) => a - b)).toEqual([0, 30]);
});

test('a server that is not the field’s refuses the release of all, and says whose it is', async () => {
  const [north, south] = [await newField(db(), { name: 'North' }), await newField(db(), { name: 'South' })];
  const mine = await newServer(db(), { fieldId: north.id });
  const theirs = await newServer(db(), { name: 'rack-8', fieldId: south.id });
  const free = await newServer(db(), { name: 'rack-9' });
  await expect(
    allocations().release(centerAdmin(), { id: north.id, server_ids: [mine.id, theirs.id, free.id] }),
  ).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'Not given to field North, but: rack-8 to field South, rack-9 to no field. Nothing was changed.',
  });
  expect(await serversOf(north.id)).toEqual([mine.id]);
});

test('a release that the grants rest on is refused: site, resource, how many short, and who holds the grants', async () => {
  const field = await newField(db());
  const small = await newServer(db(), { fieldId: field.id, cpu: 20, ramGb: 100 });
  const large = await newServer(db(), { fieldId: field.id, cpu: 40, ramGb: 100 });
  const [vision, audio] = [
    await newDepartment(db(), { fieldId: field.id, name: 'Vision' }),
    await newDepartment(db(), { fieldId: field.id, name: 'Audio' }),
  ];
  await newDepartmentQuota(db(), audio.id, { cpu: 12, ramGb: 50 });
  await newDepartmentQuota(db(), vision.id, { cpu: 20, ramGb: 30 });
  await expect(allocations().release(centerAdmin(), { id: field.id, server_ids: [large.id] })).rejects.toMatchObject({
    code: 'QUOTA_EXCEEDED',
    message:
      '12 cores short at haifa: 40 to be taken, 28 can be. Departments hold them: Vision 20, Audio 12. Lower a quota first.',
    details: {
      shortages: [
        {
          ...{ site: 'haifa', resource: 'cpu', reason: 'held' },
          ...{ requested: 40, before: 60, after: 20, free: 28, short: 12 },
        },
      ],
    },
  });
  expect(await serversOf(field.id)).toEqual([small.id, large.id].sort());
  await allocations().release(centerAdmin(), { id: field.id, server_ids: [small.id] });
  expect(await serversOf(field.id)).toEqual([large.id]);
});

test('a release across sites is judged at each of them, and all or nothing', async () => {
  const field = await newField(db());
  const department = await newDepartment(db(), { fieldId: field.id });
  await newDepartmentQuota(db(), department.id, { cpu: 1, ramGb: 1 }, 'eilat');
  const [here, there] = [
    await newServer(db(), { fieldId: field.id, site: 'haifa' }),
    await newServer(db(), { fieldId: field.id, site: 'eilat' }),
  ];
  await expect(
    allocations().release(centerAdmin(), { id: field.id, server_ids: [here.id, there.id] }),
  ).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED', details: { site: 'eilat' } });
  expect(await serversOf(field.id)).toEqual([here.id, there.id].sort());
});

test('an offline server may go while the grants fit the rest, even when they exceed what is online', async () => {
  const { field, server, department } = await newBranch(db(), { capacity: { cpu: 60, ramGb: 60 } });
  const [spare, dead] = [
    await newServer(db(), { fieldId: field.id, cpu: 10, ramGb: 10, status: 'offline' }),
    await newServer(db(), { fieldId: field.id, cpu: 40, ramGb: 40, status: 'offline' }),
  ];
  await newDepartmentQuota(db(), department.id, { cpu: 100, ramGb: 60 });
  await allocations().release(centerAdmin(), { id: field.id, server_ids: [spare.id] });
  await expect(allocations().release(centerAdmin(), { id: field.id, server_ids: [dead.id] })).rejects.toMatchObject({
    code: 'QUOTA_EXCEEDED',
    details: { resource: 'cpu', requested: 40, free: 0 },
  });
  await expect(allocations().release(centerAdmin(), { id: field.id, server_ids: [server.id] })).rejects.toMatchObject({
    code: 'QUOTA_EXCEEDED',
  });
});

test('a field’s capacity counts offline servers as capacity, not as free, and shows its deficit', async () => {
  const { field, server, department } = await newBranch(db(), { capacity: { cpu: 64, ramGb: 256 } });
  await newServer(db(), { fieldId: field.id, cpu: 32, ramGb: 128, status: 'offline' });
  await newDepartmentQuota(db(), department.id, { cpu: 80, ramGb: 200 });
  await newDepartmentQuota(db(), department.id, { cpu: 5, ramGb: 0 }, 'eilat');
  await newServer(db(), { cpu: 999, ramGb: 999 });
  const answer = await allocations().fieldCapacity(adminOf('field_admin', field.id), field.id);
  expect(answer).toEqual({
    field_id: field.id,
    sites: [
      {
        site: 'eilat',
        servers: 0,
        servers_online: 0,
        capacity: { cpu: 0, ram_gb: 0 },
        online: { cpu: 0, ram_gb: 0 },
        granted: { cpu: 5, ram_gb: 0 },
        free: { cpu: 0, ram_gb: 0 },
        deficit: { cpu: 5, ram_gb: 0 },
      },
      {
        site: 'haifa',
        servers: 2,
        servers_online: 1,
        capacity: { cpu: 96, ram_gb: 384 },
        online: { cpu: 64, ram_gb: 256 },
        granted: { cpu: 80, ram_gb: 200 },
        free: { cpu: 0, ram_gb: 56 },
        deficit: { cpu: 16, ram_gb: 0 },
      },
    ],
  });
  await db().update(servers).set({ status: 'offline' }).where(eq(servers.id, server.id));
  expect((await allocations().fieldCapacity(centerAdmin(), field.id)).sites[1]?.deficit).toEqual({
    cpu: 80,
    ram_gb: 200,
  });
});

test('capacity is not shown to the admin of another field', async () => {
  const [mine, other] = [await newField(db()), await newField(db())];
  const asked = allocations().fieldCapacity(adminOf('field_admin', mine.id), other.id);
  await expect(asked).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('giving and taking are audited with the field and at most 20 names; a refusal leaves no trace', async () => {
  const field = await newField(db(), { name: 'Audited' });
  const many = await Promise.all(Array.from({ length: 21 }, () => newServer(db())));
  const ids = many.map((server) => server.id);
  const admin = centerAdmin();
  await allocations().allocate(admin, { id: field.id, server_ids: ids });
  await allocations()
    .allocate(admin, { id: field.id, server_ids: ids })
    .catch(() => {});
  await allocations().release(admin, { id: field.id, server_ids: ids });
  const events = await db()
    .select()
    .from(auditEvents)
    .where(eq(auditEvents.targetId, field.id))
    .orderBy(auditEvents.at);
  expect(events.map((event) => [event.action, event.targetName, event.fieldId, event.requestId])).toEqual([
    ['servers.allocate', 'Audited', field.id, admin.requestId],
    ['servers.release', 'Audited', field.id, admin.requestId],
  ]);
  for (const { after } of events) {
    expect(after).toMatchObject({ count: 21 });
    expect(after?.servers).toHaveLength(20);
  }
});

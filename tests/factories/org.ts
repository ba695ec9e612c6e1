import { centers, departments, fieldServerAllocations, fields, servers, teams } from '../../db/schema/index.ts';
import type { Db } from '../../server/platform/database.ts';

let n = 0;
const unique = (word: string) => `${word}-${process.pid}-${++n}`;

async function one<T>(rows: Promise<T[]>): Promise<T> {
  const [row] = await rows;
  if (!row) throw new Error('the insert answered no row');
  return row;
}

export const newCenter = (db: Db, over: Partial<typeof centers.$inferInsert> = {}) =>
  one(
    db
      .insert(centers)
      .values({ name: unique('center'), ...over })
      .returning(),
  );

export const newField = async (db: Db, over: Partial<typeof fields.$inferInsert> = {}) =>
  one(
    db
      .insert(fields)
      .values({ name: unique('field'), centerId: over.centerId ?? (await newCenter(db)).id, ...over })
      .returning(),
  );

export const newDepartment = async (db: Db, over: Partial<typeof departments.$inferInsert> = {}) =>
  one(
    db
      .insert(departments)
      .values({ name: unique('department'), fieldId: over.fieldId ?? (await newField(db)).id, ...over })
      .returning(),
  );

export const newTeam = async (db: Db, over: Partial<typeof teams.$inferInsert> = {}) =>
  one(
    db
      .insert(teams)
      .values({ name: unique('team'), departmentId: over.departmentId ?? (await newDepartment(db)).id, ...over })
      .returning(),
  );

/** A server, given to a field if one is named. */
export async function newServer(db: Db, over: Partial<typeof servers.$inferInsert> & { fieldId?: string } = {}) {
  const { fieldId, ...columns } = over;
  const server = await one(
    db
      .insert(servers)
      .values({
        name: unique('server'),
        site: 'haifa',
        cpu: 64,
        ramGb: 256,
        performanceTier: 'regular',
        status: 'online',
        ...columns,
      })
      .returning(),
  );
  if (fieldId) await db.insert(fieldServerAllocations).values({ fieldId, serverId: server.id });
  return server;
}

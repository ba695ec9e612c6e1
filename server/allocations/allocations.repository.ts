import { and, asc, desc, eq, gt, inArray, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  departmentQuotaAllocations as departmentQuotas,
  departments,
  fieldServerAllocations,
  fields,
  servers,
} from '../../db/schema/index.ts';
import { type Executor, orZero, selectRows, type Tx } from '../platform/database.ts';
import type { FieldBudget, Grant, HeldServer } from './allocations.rules.ts';

/** Locks the field, which owns the budget of its servers and grants, until the transaction ends; false if it is gone. */
export async function lockField(tx: Tx, fieldId: string): Promise<boolean> {
  const rows = await tx.select({ id: fields.id }).from(fields).where(eq(fields.id, fieldId)).for('no key update');
  return rows.length > 0;
}

/** What makes a site: a server there, or a quota that is more than nothing. */
const sitesOf = (site?: string) => sql`
  select site from ${servers} ${site === undefined ? sql`` : sql`where site = ${site}`}
  union all select site from ${departmentQuotas}
  where (cpu_limit > 0 or ram_gb_limit > 0) ${site === undefined ? sql`` : sql`and site = ${site}`}`;

/** Whether there is such a site: case matters. */
export async function isSite(db: Executor, site: string): Promise<boolean> {
  const { rows } = await db.execute(sql`select from (${sitesOf(site)}) known limit 1`);
  return rows.length > 0;
}

/** Every site, by name. */
export async function listSites(db: Executor): Promise<string[]> {
  const rows = await selectRows(
    db,
    z.object({ site: z.string() }),
    sql`select distinct site from (${sitesOf()}) known order by site`,
  );
  return rows.map(({ site }) => site);
}

export type SiteBudget = FieldBudget & { site: string; servers: number; serversOnline: number };

const isOnline = sql`${servers.status} = 'online'`;
const number = (expression: SQL) => expression.mapWith(Number);

/** A field's budget at each site where it has servers or grants; at one site only, if it is named. */
export function listSiteBudgets(db: Executor, fieldId: string, site?: string): Promise<SiteBudget[]> {
  const here = db
    .select({
      site: sql<string>`${servers.site}`.as('here_site'),
      servers: number(sql`count(*)`).as('servers'),
      serversOnline: number(sql`count(*) filter (where ${isOnline})`).as('servers_online'),
      cpu: number(sql`sum(${servers.cpu})`).as('cpu'),
      ramGb: number(sql`sum(${servers.ramGb})`).as('ram_gb'),
      cpuOnline: number(sql`sum(${servers.cpu}) filter (where ${isOnline})`).as('cpu_online'),
      ramGbOnline: number(sql`sum(${servers.ramGb}) filter (where ${isOnline})`).as('ram_gb_online'),
    })
    .from(fieldServerAllocations)
    .innerJoin(servers, eq(servers.id, fieldServerAllocations.serverId))
    .where(and(eq(fieldServerAllocations.fieldId, fieldId), site === undefined ? undefined : eq(servers.site, site)))
    .groupBy(servers.site)
    .as('here');
  const granted = db
    .select({
      site: sql<string>`${departmentQuotas.site}`.as('granted_site'),
      cpu: number(sql`sum(${departmentQuotas.cpuLimit})`).as('cpu_granted'),
      ramGb: number(sql`sum(${departmentQuotas.ramGbLimit})`).as('ram_gb_granted'),
    })
    .from(departmentQuotas)
    .innerJoin(departments, eq(departments.id, departmentQuotas.departmentId))
    .where(and(eq(departments.fieldId, fieldId), site === undefined ? undefined : eq(departmentQuotas.site, site)))
    .groupBy(departmentQuotas.site)
    .as('granted');
  const siteName = sql<string>`coalesce(${here.site}, ${granted.site})`;
  return db
    .select({
      site: siteName,
      servers: orZero(here.servers),
      serversOnline: orZero(here.serversOnline),
      capacity: { cpu: orZero(here.cpu), ramGb: orZero(here.ramGb) },
      online: { cpu: orZero(here.cpuOnline), ramGb: orZero(here.ramGbOnline) },
      granted: { cpu: orZero(granted.cpu), ramGb: orZero(granted.ramGb) },
    })
    .from(here)
    .fullJoin(granted, eq(granted.site, here.site))
    .orderBy(siteName);
}

const givenServer = z.object({ id: z.string(), name: z.string() });

/**
 * Gives those of the servers that exist and are free to the field, and answers them. In id order, so that two that give
 * the same servers to two fields wait for each other instead of deadlocking.
 */
export function giveServers(tx: Tx, fieldId: string, serverIds: string[]): Promise<z.infer<typeof givenServer>[]> {
  return selectRows(
    tx,
    givenServer,
    sql`
    with given as (
      insert into ${fieldServerAllocations} (field_id, server_id)
      select ${fieldId}, id from ${servers} where id = any(${sql.param(serverIds)}::uuid[]) order by id
      on conflict (server_id) do nothing
      returning server_id
    )
    select s.id, s.name from given join ${servers} s on s.id = given.server_id order by s.name`,
  );
}

const takenServer = z.object({
  name: z.string(),
  site: z.string(),
  cpu: z.number(),
  ram_gb: z.number(),
  online: z.boolean(),
});
export type TakenServer = z.infer<typeof takenServer>;

/** Takes those of the servers that the field has away from it, and answers them. */
export function takeServers(tx: Tx, fieldId: string, serverIds: string[]): Promise<TakenServer[]> {
  return selectRows(
    tx,
    takenServer,
    sql`
    with taken as (
      delete from ${fieldServerAllocations}
      where field_id = ${fieldId} and server_id = any(${sql.param(serverIds)}::uuid[])
      returning server_id
    )
    select s.name, s.site, s.cpu, s.ram_gb, s.status = 'online' as online
    from taken join ${servers} s on s.id = taken.server_id order by s.name`,
  );
}

/** Those of the servers that exist, each with the field that has it. */
export function listHolders(db: Executor, serverIds: string[]): Promise<HeldServer[]> {
  return db
    .select({ id: servers.id, name: servers.name, fieldId: fields.id, fieldName: fields.name })
    .from(servers)
    .leftJoin(fieldServerAllocations, eq(fieldServerAllocations.serverId, servers.id))
    .leftJoin(fields, eq(fields.id, fieldServerAllocations.fieldId))
    .where(inArray(servers.id, serverIds))
    .orderBy(asc(servers.name));
}

/** The quotas that a field's departments hold at these sites. */
export function listGrants(db: Executor, fieldId: string, sites: string[]): Promise<Grant[]> {
  return db
    .select({
      site: departmentQuotas.site,
      departmentName: departments.name,
      cpu: departmentQuotas.cpuLimit,
      ramGb: departmentQuotas.ramGbLimit,
    })
    .from(departmentQuotas)
    .innerJoin(departments, eq(departments.id, departmentQuotas.departmentId))
    .where(
      and(
        eq(departments.fieldId, fieldId),
        inArray(departmentQuotas.site, sites),
        or(gt(departmentQuotas.cpuLimit, 0), gt(departmentQuotas.ramGbLimit, 0)),
      ),
    )
    .orderBy(desc(departmentQuotas.cpuLimit), asc(departments.name));
}

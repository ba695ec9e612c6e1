import { inArray, type SQL, sql } from 'drizzle-orm';
import { departments, fields, teams, usageSnapshots } from '../../db/schema/index.ts';
import { allSharesWithin } from '../org/shares.repository.ts';
import { type Executor, selectRows } from '../platform/database.ts';
import type { Scope } from '../platform/policy.ts';
import { type HistoryRow, historyRow } from './reports.schema.ts';

/** The day that is, for everybody. */
const TODAY = sql`(now() at time zone 'utc')::date`;

const amounts = ['cpu_limit', 'cpu_granted', 'cpu_used', 'ram_gb_limit', 'ram_gb_granted', 'ram_gb_used'];
const AMOUNTS = sql.raw(amounts.join(', '));
const OLD = sql.raw(amounts.map((amount) => `old.${amount}`).join(', '));
const EXCLUDED = sql.raw(amounts.map((amount) => `excluded.${amount}`).join(', '));
const COLUMNS = sql`level, node_id, parent_id, site, ${AMOUNTS}`;

/** True of every row; the index begins with the level and is used only where that is named. */
const ANY_LEVEL = inArray(sql`level`, usageSnapshots.level.enumValues);

/**
 * Makes today's snapshot what the whole organisation is now, in one statement. Rows that did not change are not written;
 * those whose node has nothing at the site any more go, as its share may have become another's.
 */
export async function storeSnapshot(db: Executor): Promise<void> {
  await db.execute(sql`
    with ${allSharesWithin({ everything: true })},
    gone as (
      delete from ${usageSnapshots} old where ${ANY_LEVEL} and day = ${TODAY} and not exists (
        select from share where (share.level, share.node_id, share.site) = (old.level, old.node_id, old.site))
    )
    insert into ${usageSnapshots} as old (day, ${COLUMNS}) select ${TODAY}, ${COLUMNS} from share
    on conflict (level, day, node_id, site) do update set (${AMOUNTS}) = row (${EXCLUDED})
    where (${OLD}) <> (${EXCLUDED})`);
}

/** Whose numbers are added up: the highest nodes of a scope, or those of one center. `days` include today. */
type HistoryQuery = { scope: Scope; centerId?: string; site: string | undefined; days: number };

/** One row for each day and site of which anything is known, oldest first: earlier days as kept, today as it is now. */
export async function readHistory(db: Executor, { scope, centerId, site, days }: HistoryQuery): Promise<HistoryRow[]> {
  const counted = centerId === undefined ? highestOf(scope) : sql`level = 'field' and parent_id = ${centerId}`;
  const atSite = site === undefined ? sql`` : sql`and site = ${site}`;
  return selectRows(
    db,
    historyRow,
    sql`
    with ${allSharesWithin(scope)},
    known as (
      select day, site, ${AMOUNTS} from ${usageSnapshots}
      where day > ${TODAY} - ${days}::int and day < ${TODAY} and ${counted} ${atSite}
      union all select ${TODAY}, site, ${AMOUNTS} from share where ${counted} ${atSite}
    )
    select day::text as day, site,
      sum(cpu_limit)::float8 as cpu_online, sum(cpu_granted)::float8 as cpu_granted, sum(cpu_used)::float8 as cpu_used,
      sum(ram_gb_limit)::float8 as ram_gb_online, sum(ram_gb_granted)::float8 as ram_gb_granted,
      sum(ram_gb_used)::float8 as ram_gb_used
    from known group by known.day, known.site order by known.day, known.site`,
  );
}

/** The nodes of a scope that lie in no other of its nodes, so that nothing is counted twice. */
function highestOf(scope: Scope): SQL {
  if (scope.everything) return sql`level = 'field'`;
  const among = (ids: string[]) => sql`any(${sql.param(ids)}::uuid[])`;
  const [ownField, ownDepartment] = [among(scope.fieldIds), among(scope.departmentIds)];
  return sql`node_id in (
    select id from ${fields} where id = ${ownField}
    union all
    select id from ${departments} where id = ${ownDepartment} and not field_id = ${ownField}
    union all
    select t.id from ${teams} t join ${departments} d on d.id = t.department_id
    where t.id = ${among(scope.teamIds)} and not d.id = ${ownDepartment} and not d.field_id = ${ownField})`;
}

import { sql } from 'drizzle-orm';
import type { Executor } from '../../server/platform/database.ts';

type Broken = { invariant: number; id: string; site: string };

/**
 * Where docs/invariants.md does not hold below this field, counted by SQL that shares nothing with the product: [] when all is well.
 * 1 and 2 compare limits with what they are carved out of, 3 compares a counter with its limit, ledger and projects.
 */
export async function brokenInvariants(db: Executor, fieldId: string): Promise<Broken[]> {
  const { rows } = await db.execute<Broken>(sql`
    with capacity as (
      select a.field_id, s.site, sum(s.cpu) as cpu, sum(s.ram_gb) as ram_gb
      from field_server_allocations a join servers s on s.id = a.server_id
      where a.field_id = ${fieldId} group by 1, 2
    ), granted as (
      select d.field_id, q.site, sum(q.cpu_limit) as cpu, sum(q.ram_gb_limit) as ram_gb
      from department_quota_allocations q join departments d on d.id = q.department_id
      where d.field_id = ${fieldId} group by 1, 2
    ), given as (
      select t.department_id, q.site, sum(q.cpu_limit) as cpu, sum(q.ram_gb_limit) as ram_gb
      from team_quota_allocations q join teams t on t.id = q.team_id join departments d on d.id = t.department_id
      where d.field_id = ${fieldId} group by 1, 2
    )
    select 1 as invariant, g.field_id::text as id, g.site
    from granted g left join capacity c on c.field_id = g.field_id and c.site = g.site
    where g.cpu > coalesce(c.cpu, 0) or g.ram_gb > coalesce(c.ram_gb, 0)
    union all
    select 2, g.department_id::text, g.site
    from given g left join department_quota_allocations q on q.department_id = g.department_id and q.site = g.site
    where g.cpu > coalesce(q.cpu_limit, 0) or g.ram_gb > coalesce(q.ram_gb_limit, 0)
    union all
    select 3, q.id::text, q.site
    from team_quota_allocations q join teams t on t.id = q.team_id join departments d on d.id = t.department_id
    cross join lateral (
      select coalesce(sum(l.cpu), 0) as cpu, coalesce(sum(l.ram_gb), 0) as ram_gb
      from quota_ledger l where l.team_quota_id = q.id
    ) l
    cross join lateral (
      select coalesce(sum(p.cpu), 0) as cpu, coalesce(sum(p.ram_gb), 0) as ram_gb
      from projects p where p.team_id = q.team_id and p.site = q.site and p.status not in ('failed', 'decommissioned')
    ) p
    where d.field_id = ${fieldId} and (
      q.cpu_used not between 0 and q.cpu_limit or q.ram_gb_used not between 0 and q.ram_gb_limit
      or (q.cpu_used, q.ram_gb_used) <> (l.cpu, l.ram_gb) or (q.cpu_used, q.ram_gb_used) <> (p.cpu, p.ram_gb)
    )`);
  return rows;
}

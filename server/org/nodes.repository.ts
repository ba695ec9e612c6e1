import { and, eq, ilike } from 'drizzle-orm';
import { type Executor, likePattern, type Tx } from '../platform/database.ts';
import { keyset } from '../platform/paging.ts';
import type { Scope } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import type { Level } from './levels.repository.ts';
import type { Blocker } from './org.rules.ts';

/** What every level's node has on the wire; the id of its parent comes on top. */
export type OrgNode = { id: string; name: string; created_at: string };

export type NodeFilter = {
  text?: string | undefined;
  limit: number;
  cursor?: string | undefined;
  direction?: 'asc' | 'desc' | undefined;
};

/** The nodes of a level that the scope covers, by name; of one parent only, if it is given. */
export async function listNodes<N extends OrgNode>(
  db: Executor,
  level: Level<N>,
  scope: Scope,
  parentId: string | undefined,
  { text, limit, cursor, direction = 'asc' }: NodeFilter,
): Promise<Page<N>> {
  const { table, columns, node, parent } = level;
  const page = keyset({ sort: 'name', column: columns.name, idColumn: columns.id, direction, cursor, limit });
  const rows = await db
    .select(columns)
    .from(table)
    .where(
      and(
        level.within(scope),
        parent && parentId !== undefined ? eq(parent.column, parentId) : undefined,
        text === undefined ? undefined : ilike(columns.name, likePattern(text)),
        page.where,
      ),
    )
    .orderBy(...page.orderBy)
    .limit(page.fetch);
  return page.page(
    rows.map((row) => node.parse(row)),
    ({ name }) => name,
  );
}

export async function findNode<N>(db: Executor, level: Level<N>, id: string): Promise<N | undefined> {
  const [row] = await db.select(level.columns).from(level.table).where(eq(level.columns.id, id));
  return row && level.node.parse(row);
}

/** Locks against changes *and* against new children, whose foreign keys `FOR NO KEY UPDATE` would let through. */
export async function lockNode<N>(tx: Tx, level: Level<N>, id: string): Promise<N | undefined> {
  const [row] = await tx.select(level.columns).from(level.table).where(eq(level.columns.id, id)).for('update');
  return row && level.node.parse(row);
}

export async function insertNode<N>(tx: Tx, level: Level<N>, name: string, parentId: string | undefined): Promise<N> {
  const values = { name, ...(level.parent && { [level.parent.property]: parentId }) };
  const [row] = await tx.insert(level.table).values(values).returning(level.columns);
  return level.node.parse(row);
}

export async function renameNode<N>(tx: Tx, level: Level<N>, id: string, name: string): Promise<N> {
  const [row] = await tx.update(level.table).set({ name }).where(eq(level.columns.id, id)).returning(level.columns);
  return level.node.parse(row);
}

/** Deletes the node, and what may go with it: quotas of zero and decommissioned projects. */
export async function deleteNode<N>(tx: Tx, level: Level<N>, id: string): Promise<void> {
  await level.clear?.(tx, id);
  await tx.delete(level.table).where(eq(level.columns.id, id));
}

/** What stands in the way of deleting a node that is locked. */
export async function findBlockers<N>(tx: Tx, level: Level<N>, id: string): Promise<Blocker[]> {
  const blockers: Blocker[] = [];
  for (const { what, table, where } of level.holds(id)) {
    blockers.push({ what, count: await tx.$count(table, where) });
  }
  const quotas = (await level.lockQuotas?.(tx, id)) ?? [];
  blockers.push({ what: 'quotas', count: quotas.filter((q) => q.cpuLimit > 0 || q.ramGbLimit > 0).length });
  return blockers.filter(({ count }) => count > 0);
}

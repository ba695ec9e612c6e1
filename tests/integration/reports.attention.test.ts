import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectOperations, projects } from '../../db/schema/index.ts';
import { attentionOutput } from '../../server/reports/reports.schema.ts';
import { createReportsService } from '../../server/reports/reports.service.ts';
import { adminOf, centerAdmin } from '../factories/caller.ts';
import { newTeam } from '../factories/org.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let reports: ReturnType<typeof createReportsService>;
beforeAll(async () => {
  database = await freshDatabase();
  reports = createReportsService(database);
});
afterAll(() => database.drop());

type Wait = Pick<typeof projectOperations.$inferInsert, 'waitingFor' | 'waitingReason' | 'waitingSince' | 'state'>;

let n = 0;
async function projectThatWaits(teamId: string, wait: Partial<Wait>): Promise<string> {
  const size = { slaType: 'bronze', performanceTier: 'regular', cpu: 2, ramGb: 4 } as const;
  const name = `p-${++n}`;
  const [project] = await database.db
    .insert(projects)
    .values({ teamId, name, namespaceName: name, site: 'haifa', ...size, status: 'provisioning', createdBy: 'yael' })
    .returning();
  const projectId = project?.id ?? '';
  await database.db.insert(projectOperations).values({
    projectId,
    kind: 'provision',
    after: { sla: 'bronze', tier: 'regular', cpu: 2, ram_gb: 4 },
    state: 'requested',
    requestId: crypto.randomUUID(),
    ...wait,
  });
  return projectId;
}

const FILE = { waitingFor: 'values_file', waitingReason: 'values.yaml: it is no YAML' } as const;

test('what keeps projects waiting is told once, with how many wait and the one that waits the longest', async () => {
  const [cats, birds] = [await newTeam(database.db), await newTeam(database.db)];
  await projectThatWaits(cats.id, { ...FILE, waitingSince: '2026-01-01T10:05:00Z' });
  const first = await projectThatWaits(birds.id, { ...FILE, waitingSince: '2026-01-01T10:00:00Z' });
  const git = {
    waitingFor: 'git',
    waitingReason: 'There is no branch main',
    waitingSince: '2026-01-01T09:00:00Z',
  } as const;
  const only = await projectThatWaits(cats.id, git);
  await projectThatWaits(cats.id, { ...git, state: 'failed' });
  await projectThatWaits(cats.id, { ...git, waitingFor: 'operation' });
  await projectThatWaits(cats.id, {});

  const attention = await reports.attention(centerAdmin());
  expect(attentionOutput.parse(attention)).toEqual(attention);
  expect(attention.waiting.map(({ since, ...rest }) => rest)).toEqual([
    { waiting_for: 'values_file', reason: 'values.yaml: it is no YAML', projects: 2, project_id: first },
    { waiting_for: 'git', reason: 'There is no branch main', projects: 1, project_id: only },
  ]);
  expect(attention.waiting.map(({ since }) => Date.parse(since))).toEqual([
    Date.parse('2026-01-01T10:00:00Z'),
    Date.parse('2026-01-01T09:00:00Z'),
  ]);
});

test('nobody is told of what keeps others waiting', async () => {
  const [mine, other] = [await newTeam(database.db), await newTeam(database.db)];
  await projectThatWaits(other.id, { ...FILE, waitingSince: '2026-01-01T10:00:00Z' });
  expect((await reports.attention(adminOf('team_lead', mine.id))).waiting).toEqual([]);
  expect((await reports.attention(adminOf('dept_admin', other.departmentId))).waiting).toHaveLength(1);
});

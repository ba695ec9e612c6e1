import { randomUUID } from 'node:crypto';
import { CENTER_ADMIN, ORGANISATION, PASSWORD } from '../../server/demo/cast.ts';
import { createUser, keepDoing, signIn } from '../../tests/support/load.ts';

const TEAMS = ORGANISATION.flatMap((center) => center.fields)
  .flatMap((field) => field.departments)
  .flatMap((department) => department.teams);

const personOf = (username: string) => ({ username, password: PASSWORD });
/** A quota that is full for the moment, and a project that is busy, are answers like any other. */
const EXPECTED = new Set(['QUOTA_EXCEEDED', 'INVALID_STATE', 'SYNC_IN_PROGRESS', 'CONFLICT']);

type Client = typeof import('../../server/client/index.ts');
export type Tally = { done: Record<string, number>; failed: Record<string, number> };

/**
 * People at work on InfraHub, until told to end: leads who create, resize and decommission, readers, visitors who sign in
 * and go, pages that listen for a while, and an admin who syncs and checks for drift. Answers what they did.
 */
export function startWork(
  { createInfraHubClient, InfraHubApiError }: Client,
  url: string,
  ended: AbortSignal,
): { tally: Tally; finished: Promise<unknown> } {
  const tally: Tally = { done: {}, failed: {} };
  const count = (where: Record<string, number>, what: string) => {
    where[what] = (where[what] ?? 0) + 1;
  };

  /** Does one thing and writes down how it went; nothing stops the work. */
  async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      count(tally.done, what);
    } catch (error) {
      if (error instanceof InfraHubApiError && EXPECTED.has(error.code)) count(tally.done, `${what} refused`);
      else if (!ended.aborted) count(tally.failed, `${what}: ${String(error).slice(0, 200)}`);
    }
  }

  /** The whole life of a project, again and again. */
  async function leadATeam({ lead, quota }: (typeof TEAMS)[number]): Promise<void> {
    const infra = createInfraHubClient({ url, ...personOf(lead) });
    const { items: teams } = await infra.org.teams.list.query({ limit: 10 });
    const sites = Object.keys(quota);
    await keepDoing(
      () =>
        attempt('project lives', async () => {
          const input = {
            team_id: teams[0]?.id ?? '',
            name: `soak-${randomUUID().slice(0, 8)}`,
            site: sites[Math.floor(Math.random() * sites.length)] ?? '',
          };
          const bronze = { sla_type: 'bronze', performance_tier: 'regular' } as const;
          const { id } = await infra.projects.createAndWait({ ...input, ...bronze }, { timeoutMs: 60_000 });
          await attempt('resizes', () =>
            infra.projects.resize.mutate({ id, sla_type: 'silver', performance_tier: 'regular' }),
          );
          await comesTo(id, 'active');
          await infra.projects.decommission.mutate({ id });
          await comesTo(id, 'decommissioned');
        }),
      1_000,
      ended,
    );

    async function comesTo(id: string, status: string): Promise<void> {
      for await (const { project } of infra.projects.watch(id, { signal: AbortSignal.timeout(60_000) })) {
        if (project.status === status) return;
      }
    }
  }

  async function read(username: string, paths: string[], pauseMs: number): Promise<void> {
    const user = createUser({ url, takenTo: () => undefined });
    let token = await signIn(user, personOf(username));
    let turn = 0;
    await keepDoing(
      () =>
        attempt('reads', async () => {
          const path = paths[turn++ % paths.length] ?? '/';
          const answer = await user.ask({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } });
          if (answer?.status === 401) token = await signIn(user, personOf(username));
          else if (answer?.status !== 200) throw new Error(`${path} was answered ${answer?.status}`);
        }),
      pauseMs,
      ended,
    );
    user.leave();
  }

  const visit = () =>
    keepDoing(
      () =>
        attempt('sign-ins', async () => {
          const user = createUser({ url, takenTo: () => undefined });
          const token = await signIn(user, personOf(pick()));
          if (token === undefined) throw new Error('no token');
          await user.ask({
            method: 'POST',
            path: '/api/v1/auth/logout',
            headers: { authorization: `Bearer ${token}` },
          });
          user.leave();
        }),
      600,
      ended,
    );

  const listen = () =>
    keepDoing(
      () =>
        attempt('subscriptions', async () => {
          const infra = createInfraHubClient({ url, ...personOf(pick()) });
          const signal = AbortSignal.any([ended, AbortSignal.timeout(1_000 + Math.floor(Math.random() * 9_000))]);
          try {
            for await (const _hint of infra.live.changes.subscribe(undefined, { signal }))
              count(tally.done, 'hints heard');
          } catch (error) {
            if (!signal.aborted) throw error;
          }
        }),
      500,
      ended,
    );

  async function administer(): Promise<void> {
    const infra = createInfraHubClient({ url, ...personOf(CENTER_ADMIN) });
    await Promise.all([
      keepDoing(() => attempt('syncs', () => infra.admin.syncServers.mutate({})), 8_000, ended),
      keepDoing(() => attempt('drift checks', () => infra.admin.checkDrift.mutate()), 16_000, ended),
    ]);
  }

  const everyday = ['/api/v1/auth/me', '/api/v1/projects?limit=50', '/', '/sign-in'];
  const overviews = ['/api/v1/reports/usage', '/api/v1/audit?limit=100', '/api/v1/servers?limit=200', '/'];
  const finished = Promise.all([
    ...TEAMS.map(leadATeam),
    ...TEAMS.map((team) => read(team.lead, everyday, 300)),
    read(CENTER_ADMIN, overviews, 300),
    visit(),
    ...Array.from({ length: 8 }, listen),
    administer(),
  ]);
  return { tally, finished };
}

const pick = (): string => TEAMS[Math.floor(Math.random() * TEAMS.length)]?.lead ?? CENTER_ADMIN;

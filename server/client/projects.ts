import type { InfraHubApi } from './api.ts';
import { InfraHubApiError } from './api-error.ts';
import type { MutationOptions } from './calls.ts';

type Items<T> = T extends AsyncGenerator<infer Item> ? Item : never;

export type Project = Awaited<ReturnType<InfraHubApi['projects']['get']['query']>>;
export type NewProject = Parameters<InfraHubApi['projects']['create']['mutate']>[0];
/** One event of a project, with the project as it was when it was told. */
export type ProjectNews = Items<ReturnType<InfraHubApi['projects']['watch']['subscribe']>>['data'];

export type WatchOptions = {
  signal?: AbortSignal | undefined;
  /** `event.seq` of the last event that is known already. */
  after?: number | undefined;
};
export type Watch = (id: string, options?: WatchOptions) => AsyncGenerator<ProjectNews, void, undefined>;

export type WaitOptions = MutationOptions & {
  /** Called with each event of the project as it comes. */
  onEvent?: ((event: ProjectNews['event'], project: Project) => void) | undefined;
};

const WAIT_MS = 10 * 60_000;
/** Events with which an act on a project has come to its good end. */
const DONE = new Set(['healthy', 'resized', 'restored']);
const OVER = new Set(['decommissioning', 'decommissioned']);

/**
 * Creates a project and waits until it is active; `timeoutMs` bounds both, ten minutes unless told. When it runs out, or
 * the signal aborts, the project goes on being provisioned.
 * @throws InfraHubApiError of `projects.create`, `PROJECT_FAILED` or `TIMEOUT`; the latter two with `details.project`.
 */
export async function createAndWait(
  { create, watch }: { create: InfraHubApi['projects']['create']; watch: Watch },
  input: NewProject,
  { timeoutMs = WAIT_MS, onEvent, signal, ...options }: WaitOptions = {},
): Promise<Project> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const ends = signal ? AbortSignal.any([signal, deadline]) : deadline;
  let project: Project | undefined;
  try {
    project = await create.mutate(input, { ...options, signal: ends });
    for await (const news of watch(project.id, { signal: ends })) {
      project = news.project;
      onEvent?.(news.event, project);
      if (project.status === 'active' && DONE.has(news.event.kind)) return project;
      if ((project.status === 'failed' && news.event.kind === 'failed') || OVER.has(project.status)) break;
    }
  } catch (error) {
    if (!deadline.aborted) throw error;
    const message = 'The project is not active yet. It goes on being provisioned; watch it, or ask again later.';
    throw new InfraHubApiError({ code: 'TIMEOUT', message, details: { project }, cause: error });
  }
  const why = project.status_reason ?? `The project is ${project.status}.`;
  throw new InfraHubApiError({ code: 'PROJECT_FAILED', message: why, details: { project } });
}

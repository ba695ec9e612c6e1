import type { InfraHubApi } from './api.ts';
import type { CallOptions } from './calls.ts';
import { eventsOf } from './events.ts';
import { createAndWait, type NewProject, type Project, type WaitOptions, type Watch } from './projects.ts';
import { type ClientOptions, createTransport, type Transport } from './transport.ts';

export type { InfraHubApi } from './api.ts';
export { InfraHubApiError, type InfraHubErrorCode } from './api-error.ts';
export type { CallOptions, Mutation, MutationOptions, Query, Subscription } from './calls.ts';
export type { NewProject, Project, ProjectNews, WaitOptions, Watch, WatchOptions } from './projects.ts';
export type { Credentials } from './session.ts';
export type { ClientOptions } from './transport.ts';

/** Every procedure as `client.<room>.<name>.query`, `.mutate` or `.subscribe`, and two more ways with projects. */
export type InfraHubClient = Omit<InfraHubApi, 'projects'> & {
  projects: Omit<InfraHubApi['projects'], 'watch'> & {
    /** A project's events as they come, beginning with those that have been; goes on over lost connections. */
    watch: Watch;
    /** Creates a project and waits until it is active. @throws InfraHubApiError, also where it fails or takes too long. */
    createAndWait(input: NewProject, options?: WaitOptions): Promise<Project>;
  };
};

/**
 * The whole API, typed. Signs in when it is first used, renews its token, tries again what is safe to be tried again, and
 * throws every failure as `InfraHubApiError`.
 */
export function createInfraHubClient(options: ClientOptions): InfraHubClient {
  const transport = createTransport(options);
  const api: InfraHubApi = callable(transport, []);
  const watch: Watch = async function* (id, { signal, after } = {}) {
    const from = { id, ...(after !== undefined && { lastEventId: String(after) }) };
    for await (const { data } of api.projects.watch.subscribe(from, { signal })) yield data;
  };
  const projects = {
    watch,
    createAndWait: (input: NewProject, waiting?: WaitOptions) =>
      createAndWait({ create: api.projects.create, watch }, input, waiting),
  };
  return callable(transport, [], { projects: callable(transport, ['projects'], projects) });
}

/** Stands for the procedures below `path`; the last name says how one is called. `own` has what is no procedure. */
function callable<T>(transport: Transport, path: string[], own?: Record<string, unknown>): T;
function callable(transport: Transport, path: string[], own: Record<string, unknown> = {}): unknown {
  return new Proxy(() => undefined, {
    get(_, name) {
      // Asked by `await` of everything that it is given.
      if (typeof name !== 'string' || name === 'then') return undefined;
      return own[name] ?? callable(transport, [...path, name]);
    },
    apply(_, __, [input, options]: [unknown, CallOptions?]) {
      const [procedure, how] = [path.slice(0, -1).join('.'), path.at(-1)];
      if (how === 'query') return transport.call('query', procedure, input, options);
      if (how === 'mutate') return transport.call('mutation', procedure, input, options);
      if (how === 'subscribe') return eventsOf(transport, { path: procedure, input, signal: options?.signal });
      throw new TypeError(`${path.join('.')} is not a procedure: end with query, mutate or subscribe`);
    },
  });
}

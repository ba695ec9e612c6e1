/** A resource of an application, as `status.resources[]` lists it; `health` is absent for kinds without a health check. */
export type ArgoResource = {
  group?: string | undefined;
  kind: string;
  namespace?: string | undefined;
  name: string;
  status?: string | undefined;
  health?: { status?: string | undefined; message?: string | undefined } | undefined;
  requiresPruning?: boolean | undefined;
};

/** What a sync did to one resource (`status.operationState.syncResult.resources[]`). */
export type ArgoSyncedResource = {
  kind: string;
  namespace?: string | undefined;
  name: string;
  status?: string | undefined;
  message?: string | undefined;
};

/** The last (or the running) operation. `finishedAt` together with phase Running means: waiting for a retry, not done. */
export type ArgoOperation = {
  phase: string;
  message?: string | undefined;
  finishedAt?: string | undefined;
  revision?: string | undefined;
  resources: ArgoSyncedResource[];
};

/** One look at an application. */
export type ArgoApplication = {
  sync: { status: string; revision: string | undefined };
  health: { status: string | undefined };
  operation: ArgoOperation | undefined;
  resources: ArgoResource[];
  /** Complaints about the application as a whole, in Argo CD's words. */
  conditions: { type: string; message: string }[];
};

/** `started`: it works on it · `busy`: another operation runs; ask again · `blocked`: a sync window forbids it for now. */
export type SyncAnswer = { kind: 'started' } | { kind: 'busy' } | { kind: 'blocked'; reason: string };

/** Argo CD's API server, as far as InfraHub uses it (`POST …/sync`, `GET …/applications/{name}`). */
export type ArgoCd = {
  /**
   * Asks for a sync with prune. Safe to repeat. `operationId` is left in the operation's `info`.
   * @throws ArgoCdError
   */
  sync(application: string, operationId: string): Promise<SyncAnswer>;
  /**
   * @param refresh asks Argo CD to compare with Git anew first.
   * @throws ArgoCdError
   */
  getApplication(application: string, options?: { refresh?: boolean }): Promise<ArgoApplication>;
  /** Where people see the application in Argo CD's own pages. */
  linkTo(application: string): string;
};

/**
 * `unavailable`: cannot be reached, did not answer in time, or answered a 5xx or something unreadable; try again ·
 * `refused`: token or rights; an operator has to act · `misconfigured`: no such application; an operator has to act.
 */
export type ArgoCdFailure = 'unavailable' | 'refused' | 'misconfigured';

/** An Argo CD failure in words for an operator: what is wrong, and what to do. Carries no credential. */
export class ArgoCdError extends Error {
  readonly failure: ArgoCdFailure;
  constructor(failure: ArgoCdFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ArgoCdError';
    this.failure = failure;
  }
}

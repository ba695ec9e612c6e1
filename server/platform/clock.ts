/** The only reader of the process's time. What replicas must agree on uses PostgreSQL's `now()` instead. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };

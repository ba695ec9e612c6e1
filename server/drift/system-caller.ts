import type { Caller } from '../platform/policy.ts';

/** What the schedule and its jobs are, to other rooms: nobody in person, for one request. */
export const actingFor = (requestId: string): Caller => ({
  sub: 'system:drift',
  sessionId: requestId,
  grants: [{ role: 'center_admin', scope_id: null }],
  requestId,
});

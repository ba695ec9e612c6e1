import { randomUUID } from 'node:crypto';
import type { Caller, Grant, Role } from '../../server/platform/policy.ts';

/** Somebody with these grants, as a verified token would give them. */
export const callerWith = (...grants: Grant[]): Caller => ({
  sub: `${grants[0]?.role ?? 'nobody'}-test`,
  sessionId: randomUUID(),
  grants,
  requestId: randomUUID(),
});

export const centerAdmin = (): Caller => callerWith({ role: 'center_admin', scope_id: null });

/** Somebody with one role at one node. */
export const adminOf = (role: Exclude<Role, 'center_admin'>, scopeId: string): Caller =>
  callerWith({ role, scope_id: scopeId });

import type { Db } from '../platform/database.ts';
import { type Caller, scopeOf } from '../platform/policy.ts';
import type { Page } from '../platform/schema.ts';
import { listAuditEvents } from './audit.repository.ts';
import type { AuditEvent, ListAudit } from './audit.schema.ts';

/** What was done, by whom, for whoever may read it. */
export function createAuditService({ db }: { db: Db }) {
  return {
    /** The events of the caller's part of the organisation. */
    list: (caller: Caller, filter: ListAudit): Promise<Page<AuditEvent>> =>
      listAuditEvents(db, scopeOf(caller, 'audit.read'), filter),
  };
}

import { z } from 'zod';
import { id, pageInput, pageOf, timestamp } from '../platform/schema.ts';

export const auditEvent = z
  .object({
    id,
    at: timestamp,
    actor: z.string(),
    action: z.string(),
    target_type: z.string(),
    target_id: z.string(),
    target_name: z.string(),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    request_id: id,
  })
  .meta({ id: 'AuditEvent' });

export type AuditEvent = z.infer<typeof auditEvent>;

export const listAudit = z.strictObject({
  ...pageInput,
  actor: z.string().max(256).optional(),
  action: z.string().max(100).optional(),
  target_type: z.string().max(50).optional(),
  target_id: z.string().max(100).optional(),
  from: timestamp.optional().describe('Not before'),
  to: timestamp.optional().describe('Before'),
});
export type ListAudit = z.infer<typeof listAudit>;
export const auditPage = pageOf(auditEvent);

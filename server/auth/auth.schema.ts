import { z } from 'zod';
import { id, timestamp } from '../platform/schema.ts';

export const role = z.enum(['center_admin', 'field_admin', 'dept_admin', 'team_lead']).meta({ id: 'Role' });

export const grant = z
  .object({
    role,
    scope_id: id.nullable().describe('The field, department or team; null for everything'),
  })
  .meta({ id: 'Grant' });

/** The password is passed on unmodified; what is empty never reaches the directory. */
export const loginInput = z
  .strictObject({
    username: z.string().max(256),
    password: z.string().max(1024),
  })
  .meta({ id: 'Credentials' });

export const tokenOutput = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.number().int().describe('Seconds that the token is valid'),
    role,
    scope_id: id.nullable(),
    grants: z.array(grant),
  })
  .meta({ id: 'Token' });

/** Lower case, as accounts are named in tokens and sessions. */
export const revokeSessionsInput = z.strictObject({
  username: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'This can be no account’s name')
    .toLowerCase()
    .describe('Account in the directory'),
});

export const revokeSessionsOutput = z.object({ revoked: z.number().int().describe('Sessions that were ended') });

export const meOutput = z
  .object({
    sub: z.string().describe('User name in the directory'),
    role,
    scope_id: id.nullable(),
    grants: z.array(grant.extend({ scope_name: z.string().nullable().describe('Name of what the scope points to') })),
    session_ends_at: timestamp.describe('When the session ends, however often it is renewed'),
  })
  .meta({ id: 'Me' });

import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { insertSession, revokeSession } from '../../server/auth/session.repository.ts';
import { createTokens } from '../../server/auth/tokens.ts';
import { systemClock } from '../../server/platform/clock.ts';
import { type Grant, ROLES, type Role } from '../../server/platform/policy.ts';
import { inputFor } from '../factories/inputs.ts';
import { newOrganisation, type Organisation } from '../factories/organisation.ts';
import { startApp } from '../support/app.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type Answer, callAt, DOORS, type Door, everyProcedure, type Procedure } from '../support/doors.ts';

/**
 * Who may call what on what, by hand, from the roles of the domain. The callers are a center admin, and the admin of
 * field `f1`, of its department `d1`, and the lead of its team `t1`. What is named is, in this order:
 * a center: `c1 c2` · a field: `f1 f2 f3` · a department: `d1 d2` (both of f1) `d3` (of f2) ·
 * a team or its project: `t1 t2` (both of d1) `t3` (of d2) `t4` (of f2) · a server: of `f1`, of `f2`, free.
 * So for each caller there is its own, its sibling's and its parent's. y: may · n: 403.
 */
type Named = 'nothing' | 'center' | 'field' | 'department' | 'team' | 'project' | 'server';
type Row = [names: Named, center: string, field: string, department: string, team: string];

// biome-ignore format: a table reads as a table
const EXPECTED: Record<string, Row | 'anyone' | 'signed in'> = {
  'auth.login':                  'anyone',
  'auth.me':                     'signed in',
  'auth.renew':                  'signed in',
  'auth.logout':                 'signed in',
  'auth.revokeSessions':         ['nothing',    'y',    'n',    'n',    'n'   ],
  'org.tree':                    'signed in',
  'org.centers.list':            ['nothing',    'y',    'y',    'y',    'y'   ],
  'org.centers.get':             ['center',     'yy',   'nn',   'nn',   'nn'  ],
  'org.centers.create':          ['nothing',    'y',    'n',    'n',    'n'   ],
  'org.centers.rename':          ['center',     'yy',   'nn',   'nn',   'nn'  ],
  'org.centers.delete':          ['center',     'yy',   'nn',   'nn',   'nn'  ],
  'org.fields.list':             ['nothing',    'y',    'y',    'y',    'y'   ],
  'org.fields.get':              ['field',      'yyy',  'ynn',  'nnn',  'nnn' ],
  'org.fields.create':           ['center',     'yy',   'nn',   'nn',   'nn'  ],
  'org.fields.rename':           ['field',      'yyy',  'nnn',  'nnn',  'nnn' ],
  'org.fields.delete':           ['field',      'yyy',  'nnn',  'nnn',  'nnn' ],
  'org.departments.list':        ['nothing',    'y',    'y',    'y',    'y'   ],
  'org.departments.get':         ['department', 'yyy',  'yyn',  'ynn',  'nnn' ],
  'org.departments.create':      ['field',      'yyy',  'ynn',  'nnn',  'nnn' ],
  'org.departments.rename':      ['department', 'yyy',  'yyn',  'nnn',  'nnn' ],
  'org.departments.delete':      ['department', 'yyy',  'yyn',  'nnn',  'nnn' ],
  'org.teams.list':              ['nothing',    'y',    'y',    'y',    'y'   ],
  'org.teams.get':               ['team',       'yyyy', 'yyyn', 'yynn', 'ynnn'],
  'org.teams.create':            ['department', 'yyy',  'yyn',  'ynn',  'nnn' ],
  'org.teams.rename':            ['team',       'yyyy', 'yyyn', 'yynn', 'nnnn'],
  'org.teams.delete':            ['team',       'yyyy', 'yyyn', 'yynn', 'nnnn'],
  'servers.list':                ['nothing',    'y',    'y',    'n',    'n'   ],
  'servers.get':                 ['server',     'yyy',  'ynn',  'nnn',  'nnn' ],
  'servers.facets':              ['nothing',    'y',    'y',    'n',    'n'   ],
  'allocations.allocateServers': ['field',      'yyy',  'nnn',  'nnn',  'nnn' ],
  'allocations.releaseServers':  ['field',      'yyy',  'nnn',  'nnn',  'nnn' ],
  'allocations.fieldCapacity':   ['field',      'yyy',  'ynn',  'nnn',  'nnn' ],
  'quotas.setDepartment':        ['department', 'yyy',  'yyn',  'nnn',  'nnn' ],
  'quotas.planDepartment':       ['department', 'yyy',  'yyn',  'nnn',  'nnn' ],
  'quotas.listDepartment':       ['department', 'yyy',  'yyn',  'ynn',  'nnn' ],
  'quotas.setTeam':              ['team',       'yyyy', 'yyyn', 'yynn', 'nnnn'],
  'quotas.planTeam':             ['team',       'yyyy', 'yyyn', 'yynn', 'nnnn'],
  'quotas.listTeam':             ['team',       'yyyy', 'yyyn', 'yynn', 'ynnn'],
  'quotas.explain':              ['team',       'yyyy', 'yyyn', 'yynn', 'ynnn'],
  'quotas.verify':               ['nothing',    'y',    'n',    'n',    'n'   ],
  'projects.list':               ['nothing',    'y',    'y',    'y',    'y'   ],
  'projects.get':                ['project',    'yyyy', 'yyyn', 'yynn', 'ynnn'],
  'projects.timeline':           ['project',    'yyyy', 'yyyn', 'yynn', 'ynnn'],
  'projects.watch':              ['project',    'yyyy', 'yyyn', 'yynn', 'ynnn'],
  'projects.plan':               ['team',       'nnnn', 'nnnn', 'nnnn', 'ynnn'],
  'projects.create':             ['team',       'nnnn', 'nnnn', 'nnnn', 'ynnn'],
  'projects.retry':              ['project',    'nnnn', 'nnnn', 'nnnn', 'ynnn'],
  'projects.planResize':         ['project',    'nnnn', 'nnnn', 'nnnn', 'ynnn'],
  'projects.resize':             ['project',    'nnnn', 'nnnn', 'nnnn', 'ynnn'],
  'projects.decommission':       ['project',    'yyyy', 'nnnn', 'nnnn', 'ynnn'],
  'audit.list':                  ['nothing',    'y',    'y',    'y',    'y'   ],
  'reports.usage':               ['nothing',    'y',    'y',    'y',    'y'   ],
  'reports.attention':           ['nothing',    'y',    'y',    'y',    'y'   ],
  'reports.history':             ['team',       'yyyy', 'yyyn', 'yynn', 'ynnn'],
  'admin.syncServers':           ['nothing',    'y',    'n',    'n',    'n'   ],
  'admin.syncRuns':              ['nothing',    'y',    'n',    'n',    'n'   ],
  'admin.drift':                 ['nothing',    'y',    'n',    'n',    'n'   ],
  'admin.checkDrift':            ['nothing',    'y',    'n',    'n',    'n'   ],
  'admin.mendDrift':             ['nothing',    'y',    'n',    'n',    'n'   ],
  'live.changes':                'signed in',
};

const SECRET = randomBytes(36).toString('base64');
const ISSUER = { issuer: 'infrahub', audience: 'infrahub-api' };
const procedures = everyProcedure();

let database: TestDatabase;
let app: Awaited<ReturnType<typeof startApp>>;
let org: Organisation;

beforeAll(async () => {
  database = await freshDatabase();
  org = await newOrganisation(database.db);
  app = await startApp(database, {}, { JWT_SECRETS: SECRET });
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

function named(what: Named): string[] {
  const { c1, c2, f1, f2, f3, d1, d2, d3, t1, t2, t3, t4, s0 } = org;
  const teams = [t1, t2, t3, t4];
  return {
    nothing: [''],
    center: [c1, c2],
    field: [f1.id, f2.id, f3.id],
    department: [d1, d2, d3],
    team: teams.map(({ id }) => id),
    project: teams.map(({ project }) => project),
    server: [f1.server, f2.server, s0],
  }[what];
}

const grantOf = (role: Role): Grant => ({
  role,
  scope_id: { center_admin: null, field_admin: org.f1.id, dept_admin: org.d1, team_lead: org.t1.id }[role],
});

/** A genuine token, of a session of its own. */
async function tokenOf(role: Role, over: Partial<Parameters<typeof createTokens>[0]> = {}): Promise<string> {
  const tokens = await createTokens({ secrets: [SECRET], ...ISSUER, clock: systemClock, ...over });
  const session = await database.db.transaction((tx) => insertSession(tx, `${role}-test`));
  const who = { sub: session.subject, sessionId: session.id, grants: [grantOf(role)] };
  return (await tokens.sign(who, session.endsAt)).token;
}

/**
 * `y` where the caller got through. A change may then still be told that something is absent, in the way or out of reach,
 * for what is changed here is changed by many.
 */
function verdictOf({ type }: Procedure, { status, code, body }: Answer): string {
  if (status === 403 && code === 'FORBIDDEN') return 'n';
  const through = type === 'mutation' ? [200, 201, 204, 404, 409, 502, 503] : [200];
  return through.includes(status) ? 'y' : `(${status} ${body})`;
}

/** What the role is told at the door about each of what is named; empty where the procedure is not at this door. */
async function verdictsOf(door: Door, procedure: Procedure, role: Role, targets: string[]): Promise<string> {
  const token = await tokenOf(role);
  let verdicts = '';
  for (const target of targets) {
    const answer = await callAt(app.url, door, procedure, inputFor(procedure, target, org), token);
    if (answer) verdicts += verdictOf(procedure, answer);
  }
  return verdicts;
}

describe('lists tell of what lies in scope and of nothing else', () => {
  const itemsShape = z.object({ items: z.array(z.record(z.string(), z.unknown())) });
  const envelope = z.object({ result: z.object({ data: z.unknown() }) });

  async function namesIn(door: Door, path: string, key: string, role: Role, filter = {}): Promise<string> {
    const procedure = procedures.find((one) => one.path === path);
    if (!procedure) throw new Error(path);
    const answer = await callAt(app.url, door, procedure, filter, await tokenOf(role));
    const parsed: unknown = JSON.parse(answer?.body ?? '');
    const { items } = itemsShape.parse(door === 'trpc' ? envelope.parse(parsed).result.data : parsed);
    return [...new Set(items.map((item) => String(item[key])))].sort().join(' ');
  }

  // biome-ignore format: a table reads as a table
  const LISTS: [path: string, key: string, center: string, field: string, department: string, team: string][] = [
    ['org.centers.list',     'name',        'c1 c2',                  '',               '',         ''  ],
    ['org.fields.list',      'name',        'f1 f2 f3',               'f1',             '',         ''  ],
    ['org.departments.list', 'name',        'd1 d2 d3',               'd1 d2',          'd1',       ''  ],
    ['org.teams.list',       'name',        't1 t2 t3 t4',            't1 t2 t3',       't1 t2',    't1'],
    ['servers.list',         'name',        's-f1 s-f2 s-f3 s0',      's-f1',           '',         ''  ],
    ['projects.list',        'team_name',   't1 t2 t3 t4',            't1 t2 t3',       't1 t2',    't1'],
    ['audit.list',           'target_name', 'd1 d2 d3 f1 f2 f3 t1 t2 t3 t4', 'd1 d2 f1 t1 t2 t3', 'd1 t1 t2', 't1'],
    ['reports.usage',        'name',        'd1 d2 d3 f1 f2 f3 t1 t2 t3 t4', 'd1 d2 f1 t1 t2 t3', 'd1 t1 t2', 't1'],
  ];

  test.each(LISTS.flatMap((row) => DOORS.map((door) => [row[0], door, row] as const)))(
    '%s at the %s door',
    async (_, door, row) => {
      const [path, key, ...expected] = row;
      const allowed = ROLES.filter((role) => EXPECTED[path]?.[ROLES.indexOf(role) + 1] === 'y');
      for (const role of allowed) {
        expect(await namesIn(door, path, key, role), role).toBe(expected[ROLES.indexOf(role)]);
      }
    },
  );

  test.each(DOORS)('a filter that names what is out of scope finds nothing at the %s door', async (door) => {
    const { f2, d2, d3, t2, t4 } = org;
    expect(await namesIn(door, 'org.departments.list', 'name', 'field_admin', { field_id: f2.id })).toBe('');
    expect(await namesIn(door, 'org.teams.list', 'name', 'dept_admin', { department_id: d2 })).toBe('');
    expect(await namesIn(door, 'servers.list', 'name', 'field_admin', { field_id: f2.id })).toBe('');
    expect(await namesIn(door, 'servers.list', 'name', 'field_admin', { allocated: false })).toBe('');
    expect(await namesIn(door, 'projects.list', 'team_name', 'team_lead', { team_id: t2.id })).toBe('');
    expect(await namesIn(door, 'projects.list', 'team_name', 'dept_admin', { department_id: d3 })).toBe('');
    expect(await namesIn(door, 'projects.list', 'team_name', 'field_admin', { team_id: t4.id })).toBe('');
  });
});

describe('every procedure, for every role, on what is its own, its sibling’s and its parent’s, at both doors', () => {
  test('the table names every procedure, and no other', () => {
    expect(procedures.map(({ path }) => path).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  const guarded = procedures.filter(({ path }) => EXPECTED[path] !== 'anyone');
  const calls = guarded.flatMap((procedure) =>
    DOORS.filter((door) => door === 'trpc' || procedure.rest).map((door) => [procedure.path, door, procedure] as const),
  );

  test.each(calls)('%s at the %s door', async (path, door, procedure) => {
    const row = EXPECTED[path];
    const [targets, expected] = Array.isArray(row) ? [named(row[0]), row.slice(1)] : [[''], ['y', 'y', 'y', 'y']];
    const got = [];
    for (const role of ROLES) got.push(await verdictsOf(door, procedure, role, targets));
    expect(got).toEqual(expected);
  });
});

describe('every procedure but the sign-in refuses, at both doors,', () => {
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const read = (part = '') =>
    z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.from(part, 'base64url').toString()));
  const past = { now: () => new Date(Date.now() - 16 * 60_000) };

  async function revoked(): Promise<string> {
    const token = await tokenOf('center_admin');
    await database.db.transaction((tx) => revokeSession(tx, String(read(token.split('.')[1]).sid)));
    return token;
  }

  /** The genuine token of a team lead, with its role raised and its signature kept. */
  async function raised(): Promise<string> {
    const [head, body, signature] = (await tokenOf('team_lead')).split('.');
    const grants = [{ role: 'center_admin', scope_id: null }];
    return [head, base64({ ...read(body), role: 'center_admin', scope_id: null, grants }), signature].join('.');
  }

  async function resigned(header: Record<string, unknown>, hash?: string): Promise<string> {
    const [head, body] = (await tokenOf('center_admin')).split('.');
    const signed = `${base64({ ...read(head), ...header })}.${body}`;
    return `${signed}.${hash ? createHmac(hash, SECRET).update(signed).digest('base64url') : ''}`;
  }

  const other = randomBytes(36).toString('base64');
  test.each<[string, string, () => Promise<string | undefined>]>([
    ['no token', 'UNAUTHENTICATED', async () => undefined],
    ['a token that is none', 'UNAUTHENTICATED', async () => 'nonsense'],
    ['an expired token', 'TOKEN_EXPIRED', () => tokenOf('center_admin', { clock: past })],
    ['another key', 'UNAUTHENTICATED', () => tokenOf('center_admin', { secrets: [other] })],
    ['another issuer', 'UNAUTHENTICATED', () => tokenOf('center_admin', { issuer: 'elsewhere' })],
    ['another audience', 'UNAUTHENTICATED', () => tokenOf('center_admin', { audience: 'elsewhere' })],
    ['alg: none', 'UNAUTHENTICATED', () => resigned({ alg: 'none' })],
    ['HS512 by our own key', 'UNAUTHENTICATED', () => resigned({ alg: 'HS512' }, 'sha512')],
    ['a role that was raised', 'UNAUTHENTICATED', raised],
    ['a session that was revoked', 'UNAUTHENTICATED', revoked],
  ])('%s', async (_, code, make) => {
    const token = await make();
    const wrong = [];
    for (const procedure of procedures.filter(({ path }) => EXPECTED[path] !== 'anyone')) {
      for (const door of DOORS) {
        const answer = await callAt(app.url, door, procedure, inputFor(procedure, org.t1.id, org), token);
        if (answer && (answer.status !== 401 || answer.code !== code)) wrong.push([procedure.path, door, answer]);
      }
    }
    expect(wrong).toEqual([]);
  });
});

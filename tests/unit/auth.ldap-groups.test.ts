import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeDnValue } from '../../server/adapters/ldap/ldap.adapter.ts';
import { parseDn, sameDn } from '../../server/auth/dn.rules.ts';
import { grantsFromGroups, MAX_GRANTS } from '../../server/auth/ldap-groups.rules.ts';

const BASE = 'ou=groups,dc=example,dc=org';
const A = '0b7c1c4e-5a3f-4f0e-9a53-aaaaaaaaaaaa';
const B = '0b7c1c4e-5a3f-4f0e-9a53-bbbbbbbbbbbb';

const read = (groups: string[], base = BASE) => {
  const dn = parseDn(base);
  if (!dn) throw new Error('the base is no DN');
  return grantsFromGroups(groups, dn);
};
const grants = (...groups: string[]) => read(groups).grants;

describe('a group gives a role by its name', () => {
  test.each([
    [`cn=infrahub-center-admins,${BASE}`, { role: 'center_admin', scope_id: null }],
    [`cn=infrahub-field-admins-${A},${BASE}`, { role: 'field_admin', scope_id: A }],
    [`cn=infrahub-dept-admins-${A},${BASE}`, { role: 'dept_admin', scope_id: A }],
    [`cn=infrahub-team-leads-${A},${BASE}`, { role: 'team_lead', scope_id: A }],
    // However the directory writes it:
    [`CN=InfraHub-Team-Leads-${A.toUpperCase()},OU=Groups,DC=Example,DC=org`, { role: 'team_lead', scope_id: A }],
    [`cn = infrahub-team-leads-${A} , ou = groups , dc=example, dc=org`, { role: 'team_lead', scope_id: A }],
    [`cn="infrahub-team-leads-${A}",ou="groups",dc=example,dc=org`, { role: 'team_lead', scope_id: A }],
    [`cn=infrahub\\2dcenter\\2Dadmins,${BASE}`, { role: 'center_admin', scope_id: null }],
    [`cn=infrahub-center-admins;ou=groups;dc=example;dc=org`, { role: 'center_admin', scope_id: null }],
    [`cn=infrahub-center-admins,ou=\\67roups,dc=example,dc=org`, { role: 'center_admin', scope_id: null }],
  ])('%s', (group, grant) => {
    expect(read([group])).toEqual({ grants: [grant], ignored: [] });
  });
});

describe('a group that looks like ours and is not gives nothing, and is reported', () => {
  test.each([
    'cn=infrahub-center-admins,ou=elsewhere,dc=example,dc=org',
    'cn=infrahub-center-admins,dc=example,dc=org',
    `cn=infrahub-center-admins,ou=sub,${BASE}`,
    'cn=infrahub-center-admins',
    `cn=infrahub-center-admins,${BASE},dc=com`,
    'cn=infrahub-center-admins,ou=groups\\,dc=example\\,dc=org',
    'cn=infrahub-center-admins,ou=groups+l=here,dc=example,dc=org',
    `cn=infrahub-center-admins+cn=other,${BASE}`,
    `cn=infrahub-center-admins-${A},${BASE}`,
    `cn=infrahub-center-adminsx,${BASE}`,
    `cn=infrahub-field-admins,${BASE}`,
    `cn=infrahub-field-admins-,${BASE}`,
    `cn=infrahub-field-admins-1,${BASE}`,
    `cn=infrahub-field-admins-${A}x,${BASE}`,
    `cn=infrahub-field-admins-${A}\\0a,${BASE}`,
    `cn=infrahub-owners-${A},${BASE}`,
    `cn=infrahub-center-admins\\zz,${BASE}`,
    `cn=infrahub-center-admins,${BASE},`,
    'infrahub-center-admins',
    '',
  ])('%s', (group) => {
    const { grants, ignored } = read([group]);
    expect(grants).toEqual([]);
    expect(ignored).toEqual([{ group, reason: expect.any(String) }]);
  });
});

test.each([
  `cn=printers,${BASE}`,
  `ou=infrahub-center-admins,${BASE}`,
  `uid=infrahub-center-admins,${BASE}`,
  `cn=x infrahub-center-admins,${BASE}`,
  `cn=\\ infrahub-center-admins,${BASE}`,
])('%s belongs to another system and is passed over in silence', (group) => {
  expect(read([group])).toEqual({ grants: [], ignored: [] });
});

test('a letter that only looks like an ASCII one does not name the same base', () => {
  const kelvin = '\u212a';
  expect(read([`cn=infrahub-center-admins,ou=${kelvin},dc=org`], 'ou=k,dc=org').grants).toEqual([]);
});

test('letters of any script in the base are read, escaped or not', () => {
  const base = 'ou=קבוצות,dc=example,dc=org';
  const escaped = 'ou=\\d7\\a7\\d7\\91\\d7\\95\\d7\\a6\\d7\\95\\d7\\aa,dc=example,dc=org';
  expect(read([`cn=infrahub-center-admins,${escaped}`], base).grants).toEqual([
    { role: 'center_admin', scope_id: null },
  ]);
});

test('several groups give the union, each grant once, the highest first', () => {
  expect(
    grants(
      `cn=infrahub-team-leads-${A},${BASE}`,
      `cn=infrahub-dept-admins-${B},${BASE}`,
      `CN=infrahub-team-leads-${A},${BASE}`,
      `cn=infrahub-center-admins,${BASE}`,
    ),
  ).toEqual([
    { role: 'center_admin', scope_id: null },
    { role: 'dept_admin', scope_id: B },
    { role: 'team_lead', scope_id: A },
  ]);
});

test('of 500 groups the highest 200 grants are kept and the others reported', () => {
  const teams = Array.from(
    { length: 499 },
    (_, i) => `cn=infrahub-team-leads-0b7c1c4e-5a3f-4f0e-9a53-${String(i).padStart(12, '0')},${BASE}`,
  );
  const { grants, ignored } = read([...teams, `cn=infrahub-center-admins,${BASE}`]);
  expect(grants).toHaveLength(MAX_GRANTS);
  expect(grants[0]).toEqual({ role: 'center_admin', scope_id: null });
  expect(ignored).toHaveLength(300);
});

/** The text with each letter in either case or as a hex pair. */
const spelled = (text: string) =>
  fc
    .tuple(...Array.from(text, (c) => fc.constantFrom(c, c.toUpperCase(), `\\${c.charCodeAt(0).toString(16)}`)))
    .map((letters) => letters.join(''));

test('however the base is spelled, the group below it counts', () => {
  const spaces = fc.constantFrom('', ' ', '   ');
  const rdn = (type: string, value: string) =>
    fc.tuple(spaces, spelled(value), spaces, fc.boolean()).map(([before, text, after, quoted]) => {
      return `${type}=${before}${quoted ? `"${text}"` : text}${after}`;
    });
  const base = fc.tuple(rdn('OU', 'groups'), rdn('dc', 'example'), rdn('Dc', 'org'));
  fc.assert(
    fc.property(base, fc.constantFrom(',', ';', ' , '), (parts, separator) => {
      const group = ['cn=infrahub-center-admins', ...parts].join(separator);
      expect(read([group])).toEqual({ grants: [{ role: 'center_admin', scope_id: null }], ignored: [] });
    }),
  );
});

test('whatever else stands in the place of the base, nothing is given and nothing breaks', () => {
  const piece = fc.constantFrom('ou=groups', 'dc=example', 'dc=org', ',', '\\', '"', '+', ' ', ';', '=');
  const noise = fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 8 });
  fc.assert(
    fc.property(noise, (pieces) => {
      const parent = pieces.join('');
      fc.pre(!/^ *ou=groups *[,;] *dc=example *[,;] *dc=org *$/i.test(parent));
      expect(read([`cn=infrahub-center-admins,${parent}`, parent]).grants).toEqual([]);
    }),
  );
});

test('any text, escaped as a value, is read back as one value and cannot leave its place', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(text, (value) => {
      const dn = parseDn(`uid=${escapeDnValue(value)},ou=people,dc=org`);
      expect(dn).toHaveLength(3);
      expect(dn?.[0]).toHaveLength(1);
      const folded = value.replace(/ {2,}/g, ' ').replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      expect(dn?.[0]?.[0]).toEqual({ type: 'uid', value: folded });
    }),
  );
});

test.each([
  '',
  'cn',
  '=a',
  'cn=',
  'cn=a,',
  'cn=a,,ou=b',
  'cn="a',
  'cn="a"b',
  'cn=a"b',
  'cn=a\\',
  'cn=a\\z',
  'cn=\\ff',
  'cn=#0401',
  'c n=a',
  'cn=a\0',
])('%j is no distinguished name', (dn) => {
  expect(parseDn(dn)).toBeUndefined();
});

test.each([
  ['a,dc=x', 'a\\,dc\\=x'],
  [' a ', '\\ a\\ '],
  [' ', '\\ '],
  ['#a', '\\#a'],
  ['a\0b', 'a\\00b'],
  ['a+b;c<d>e"f\\g', 'a\\+b\\;c\\<d\\>e\\"f\\\\g'],
  ['anna.b-c_d', 'anna.b-c_d'],
])('%j in a DN is written %s', (value, escaped) => {
  expect(escapeDnValue(value)).toBe(escaped);
});

test('a very long hostile name is read in a moment', () => {
  const started = performance.now();
  parseDn(`cn=a${' '.repeat(100_000)}"`);
  parseDn(`cn=${'\\'.repeat(100_001)}`);
  parseDn(`cn=${'a '.repeat(50_000)},dc=org`);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('two names of one entry are equal, whatever the order within a part', () => {
  const [a, b, c] = ['cn=x+ou=y,dc=org', 'OU=Y + CN=X, DC=ORG', 'cn=x+ou=z,dc=org'].map(parseDn);
  expect(a && b && sameDn(a, b)).toBe(true);
  expect(a && c && sameDn(a, c)).toBe(false);
});

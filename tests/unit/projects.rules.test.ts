import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOLDING_QUOTA } from '../../db/schema/index.ts';
import { costOf, mayBecome, namespaceName } from '../../server/projects/projects.rules.ts';
import { projectName, projectStatus } from '../../server/projects/projects.schema.ts';

const TEAM = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const name = fc.stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/).filter((text) => text.length <= 63);

test.each([
  ['bronze', 'regular', 2, 4],
  ['bronze', 'high_performance', 4, 8],
  ['silver', 'regular', 4, 16],
  ['silver', 'high_performance', 8, 32],
  ['gold', 'regular', 8, 32],
  ['gold', 'high_performance', 16, 64],
] as const)('%s %s costs %i cores and %i GiB', (sla, tier, cpu, ram_gb) => {
  expect(costOf(sla, tier)).toEqual({ cpu, ram_gb });
});

test('a namespace is the team’s id and the project’s name', () => {
  expect(namespaceName(TEAM, 'vision-api')).toBe(`${TEAM}-vision-api`);
});

test('26 characters of a name fit; with 27 the namespace is cut and ends in a hash', () => {
  expect(namespaceName(TEAM, 'a'.repeat(26))).toBe(`${TEAM}-${'a'.repeat(26)}`);
  expect(namespaceName(TEAM, 'a'.repeat(27))).toMatch(new RegExp(`^${TEAM}-a{17}-[0-9a-f]{8}$`));
});

test('no cut leaves two hyphens in a row', () => {
  expect(namespaceName(TEAM, `${'a'.repeat(16)}-${'b'.repeat(20)}`)).toMatch(/-a{16}-[0-9a-f]{8}$/);
});

test('every namespace is an RFC 1123 label with single hyphens, and the same each time', () => {
  fc.assert(
    fc.property(fc.uuid(), name, (team, project) => {
      const namespace = namespaceName(team, project);
      expect(namespace).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(namespace.length).toBeLessThanOrEqual(63);
      expect(namespaceName(team, project)).toBe(namespace);
    }),
  );
});

test('two long names of one team never share a namespace', () => {
  const head = 'x'.repeat(40);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1e9), { minLength: 2, maxLength: 200 }), (tails) => {
      expect(new Set(tails.map((tail) => namespaceName(TEAM, `${head}${tail}`))).size).toBe(tails.length);
    }),
  );
});

test.each(['', 'A', 'a--b', '-a', 'a-', 'a_b', 'a.b', '../a', 'a\n', '{{ .Values }}', '--exec', 'аpi', 'a'.repeat(64)])(
  '%j is no name for a project',
  (text) => expect(projectName.safeParse(text).success).toBe(false),
);

test.each(['on', 'yes', 'null', '1e5', '007', '0b1', '2026-01-01'])('%s is a name like any other', (text) =>
  expect(projectName.safeParse(text).success).toBe(true),
);

test('a project moves along the lines of its life and along no others', () => {
  const moves = projectStatus.options.flatMap((from) =>
    projectStatus.options.filter((to) => mayBecome(from, to)).map((to) => `${from} → ${to}`),
  );
  expect(moves.toSorted()).toEqual([
    'active → decommissioning',
    'active → updating',
    'decommissioning → decommissioned',
    'failed → decommissioned',
    'failed → provisioning',
    'provisioning → active',
    'provisioning → rolling_back',
    'rolling_back → failed',
    'updating → active',
  ]);
});

test('only what failed or is decommissioned holds no quota', () => {
  const holds: readonly string[] = HOLDING_QUOTA;
  expect(projectStatus.options.filter((status) => !holds.includes(status))).toEqual(['failed', 'decommissioned']);
});

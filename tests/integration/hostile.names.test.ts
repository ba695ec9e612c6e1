import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { teams } from '../../db/schema/index.ts';
import { displayName } from '../../server/platform/schema.ts';
import { newDepartment } from '../factories/org.ts';
import { type ProvisioningWorld, provisioningWorld } from '../factories/projects.ts';
import { appForTests } from '../support/app.ts';
import { recordingLog } from '../support/log.ts';
import { json, restOf } from '../support/rest.ts';

/** Names that somebody may give to a team, each of which means something to something that it passes through. */
const NAMES = [
  '=HYPERLINK("http://evil","x")',
  '+1-1',
  '@SUM(A1)',
  '$(touch /tmp/pwned) `id`',
  '"; rm -rf / #',
  '--upload-pack=touch',
  'on: {a: *b} # no comment',
  '{{ .Values.secret }}',
  '<img src=x onerror=alert(1)>',
  'a, "b" \'c\'',
  'Signed-off-by: root <root@localhost>',
  'x\u2028\u2029y',
  '%s %d %n',
  '\u05d0\u05d1 and \ud83d\udca9',
];

describe('in Git', () => {
  let world: ProvisioningWorld;
  beforeAll(async () => {
    world = await provisioningWorld();
  });
  afterAll(() => world.drop());

  test.each(NAMES)('%s is one line of a commit message and no part of the values file', async (name) => {
    await world.db.update(teams).set({ name }).where(eq(teams.id, world.team.id));
    const before: unknown = parse(world.remote.show(), { version: '1.1' });
    const { namespace_name, name: project } = await world.create();
    await world.write();

    const lines = world.remote.git('log', '-1', '--format=%B', 'main').trimEnd().split('\n');
    expect(lines).toEqual([
      `Provision ${project}`,
      '',
      `+ ${namespace_name} (${name}: ${project})`,
      '',
      expect.stringMatching(/^InfraHub-Operation: [0-9a-f-]{36}$/),
    ]);
    const trailers = world.remote.git('log', '-1', '--format=%(trailers:keyonly)%an', 'main');
    expect(trailers.trim().split('\n')).toEqual(['InfraHub-Operation', 'InfraHub']);

    const after: unknown = parse(world.remote.show(), { version: '1.1' });
    expect(world.remote.show()).not.toContain(name);
    const entry = { team_id: world.team.id, project, site: 'haifa', sla: 'bronze', tier: 'regular', cpu: 2, ram_gb: 4 };
    const namespaces = { ...Object(before).namespaces, [namespace_name]: entry };
    expect(after).toEqual({ namespaces });
  });
});

describe('on the wire', () => {
  const app = appForTests();

  test.each(NAMES)('%s comes back as it was given, and in CSV is no formula and one cell', async (name) => {
    const department = await newDepartment(app.database.db);
    const { rest } = restOf(app.url);
    const made = await rest('/teams', json({ department_id: department.id, name }));
    expect(JSON.parse(made.text)).toMatchObject({ name });
    expect(made.headers.get('content-type')).toMatch(/^application\/json/);

    const list = `/teams?department_id=${department.id}`;
    const { text: csv } = await rest(list, { headers: { accept: 'text/csv' } });
    const inert = /^[=+\-@]/.test(name) ? `'${name}` : name;
    const cell = /[",]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
    expect(csv.split('\r\n')).toHaveLength(3);
    expect(csv).toContain(`,${cell},`);
  });
});

test.each([
  ['text that turns round', 'abc\u202ecba'],
  ['text that turns round for a while', 'a\u2066b\u2069'],
  ['a space of no width', 'Vis\u200bion'],
  ['a joiner of no width', 'Vis\u200dion'],
  ['a hyphen that hides', 'Vis\u00adion'],
  ['a mark that hides', 'Vis\u034fion'],
  ['a variation of nothing', 'Vision\ufe0f'],
  ['nothing but Hangul that is not there', '\u3164\u3164'],
  ['nothing but Braille without dots', '\u2800'],
  ['tags', 'Vision\u{e0041}'],
  ['a byte order mark inside', 'Vis\ufeffion'],
  ['half a surrogate pair', 'Vision\ud83d'],
  ['spaces alone', '\u00a0\u3000 '],
  ['an escape for terminals', '\u001b[31mVision'],
])('a name that hides something is refused: %s', (_, name) => {
  expect(displayName.safeParse(name).success).toBe(false);
});

test('two spellings of one letter are one name', () => {
  expect(displayName.parse(' Cafe\u0301 ')).toBe('Caf\u00e9');
});

test('in a log line everything is a JSON string, so that no name begins a line of its own', () => {
  const { log, lines } = recordingLog();
  const names = [...NAMES, 'a\n{"level":"fatal","msg":"all is lost"}', 'a\r\nb', 'tab\tand \u001b[31mred'];
  for (const name of names) log.info({ account: name }, `about ${name}`);
  expect(lines.map((line) => JSON.parse(line).account)).toEqual(names);
  for (const line of lines) expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
});

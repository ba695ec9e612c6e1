import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { withImage } from '../../tools/bump-image.ts';
import { stagesOf, variablesOf } from '../support/image.ts';

const text = readFileSync('.gitlab-ci.yml', 'utf8');
const job = z.looseObject({
  extends: z.string().optional(),
  stage: z.string().optional(),
  needs: z.array(z.string()).default([]),
  script: z.array(z.string()).optional(),
  before_script: z.array(z.string()).default([]),
  variables: z.record(z.string(), z.string()).default({}),
  artifacts: z.looseObject({ paths: z.array(z.string()) }).optional(),
  rules: z.array(z.unknown()).optional(),
});
const settings = ['variables', 'stages', 'workflow', 'default'];
const pipeline = z
  .looseObject({ variables: z.record(z.string(), z.string()), stages: z.array(z.string()) })
  .parse(parse(text, { version: '1.1' }));
const all = Object.entries(pipeline)
  .filter(([name]) => !settings.includes(name))
  .map(([name, body]) => ({ name, ...job.parse(body) }));
const templates = all.filter(({ name }) => name.startsWith('.'));
const jobs = all.filter(({ name }) => !name.startsWith('.'));
const onlyOnMain = [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }];

describe('the pipeline', () => {
  test('tests, builds, pushes and deploys, in that order', () => {
    expect(pipeline.stages).toEqual(['test', 'build', 'push', 'deploy']);
    expect(jobs.map(({ name, stage }) => `${stage}: ${name}`)).toEqual([
      'test: check',
      'test: test',
      'test: lighthouse',
      'test: sbom',
      'build: build',
      'push: push',
      'deploy: deploy',
    ]);
  });

  test.each(jobs)('$name is a job that GitLab accepts', ({ name, stage = '', needs, extends: base, script }) => {
    expect(['image', 'services', 'stages', 'types', 'cache', 'include', 'pages']).not.toContain(name);
    expect(templates.map((template) => template.name)).toContain(base);
    expect(script).not.toEqual([]);
    for (const needed of needs) {
      const before = jobs.find((one) => one.name === needed)?.stage ?? '';
      expect(pipeline.stages.indexOf(before), needed).toBeGreaterThanOrEqual(0);
      expect(pipeline.stages.indexOf(before), needed).toBeLessThanOrEqual(pipeline.stages.indexOf(stage));
    }
  });

  test('runs only scripts and tools that exist', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync('package.json', 'utf8')));
    const lines = all.flatMap(({ script = [], before_script }) => [...before_script, ...script]).join('\n');
    const called = [...lines.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name = '']) => name);
    expect(called).toEqual(['check', 'lighthouse', 'sbom']);
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
    const tools = [...lines.matchAll(/\bnode (\S+)/g)].map(([, path = '']) => path);
    expect(tools).toEqual(['tools/bump-image.ts']);
    expect(tools.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('installs each of Debian’s packages without which a test would be skipped', () => {
    const [testing] = jobs.filter(({ name }) => name === 'test');
    const [, packages = ''] =
      /apt-get install .* --no-install-recommends (.*)/.exec(testing?.before_script.join('\n') ?? '') ?? [];
    expect(packages.split(' ')).toEqual(['chromium', 'slapd', 'openssh-server', 'openssl', 'postgresql', 'prometheus']);
  });

  test('gives the build only arguments that the Dockerfile takes, and the image that its default names', () => {
    const [build] = jobs.filter(({ name }) => name === 'build');
    const given = [...(build?.script?.join('\n') ?? '').matchAll(/--build-arg (\w+)=/g)].map(([, name = '']) => name);
    const dockerfile = readFileSync('Dockerfile', 'utf8');
    expect(given).toEqual(['NODE_IMAGE', 'NPM_CONFIG_REGISTRY', 'DEBIAN_MIRROR']);
    for (const name of given) expect(dockerfile).toMatch(new RegExp(`^ARG ${name}\\b`, 'm'));
    const { args, stages } = stagesOf(dockerfile);
    expect(pipeline.variables).toMatchObject({ ...args, ...variablesOf(stages.at(-1), 'ARG') });
  });

  test('builds without privileges, and keeps the health check', () => {
    const [buildah] = templates.filter(({ name }) => name === '.buildah');
    expect(buildah?.variables).toEqual({
      BUILDAH_ISOLATION: 'chroot',
      STORAGE_DRIVER: 'vfs',
      BUILDAH_FORMAT: 'docker',
    });
    expect(text).not.toMatch(/privileged: true|docker:dind|DOCKER_HOST/);
  });

  test('pushes what was built and tested, and deploys what was pushed, only from the default branch', () => {
    const named = Object.fromEntries(jobs.map((one) => [one.name, one]));
    expect(named.push).toMatchObject({ needs: ['build', 'test'], rules: onlyOnMain });
    expect(named.deploy).toMatchObject({ needs: ['push'], rules: onlyOnMain, resource_group: 'infrahub-system' });
    expect(named.build?.artifacts?.paths).toEqual(['image.tar']);
    expect(named.push?.script?.join('\n')).toContain('docker-archive:image.tar');
    expect(named.push?.artifacts?.paths).toEqual(['digest.txt']);
    expect(named.deploy?.script?.join('\n')).toContain('$(cat digest.txt)');
  });

  test('puts no secret into an argument or an address', () => {
    const lines = jobs.flatMap(({ script = [] }) => script).filter((line) => /TOKEN|PASSWORD/.test(line));
    expect(lines).toEqual([
      'echo "$CI_REGISTRY_PASSWORD" | buildah login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"',
      `export GIT_CONFIG_VALUE_0='!f() { echo username=oauth2; echo "password=$DEPLOY_TOKEN"; }; f'`,
    ]);
  });
});

describe('the bump', () => {
  const digest = `sha256:${'0f'.repeat(32)}`;

  test('names the new image and leaves everything else, comments too', () => {
    const before =
      '# ours\nimage:\n  repository: registry.example.org/infrahub # the mirror\n  tag: "abc"\nreplicas: 3\n';
    expect(withImage(before, '1234567', digest)).toBe(
      `# ours\nimage:\n  repository: registry.example.org/infrahub # the mirror\n  tag: "1234567"\n  digest: "${digest}"\nreplicas: 3\n`,
    );
  });

  test('done twice changes nothing more', () => {
    const once = withImage('image:\n  repository: x\n', '1e5', digest);
    expect(withImage(once, '1e5', digest)).toBe(once);
    expect(parse(once, { version: '1.1' })).toEqual({ image: { repository: 'x', tag: '1e5', digest } });
  });

  test.each([
    ['no tag', '', digest],
    ['a tag that is YAML', 'a: b', digest],
    ['no digest', 'abc', ''],
    ['half a digest', 'abc', 'sha256:0f'],
  ])('%s is refused', (_, tag, given) => {
    expect(() => withImage('image: {}\n', tag, given)).toThrow(/is no (tag|digest)/);
  });

  test('a file that is no YAML is refused', () => {
    expect(() => withImage('image: [\n', 'abc', digest)).toThrow();
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { buildClient } from '../../tools/build-client.ts';

const run = promisify(execFile);
let folder: string;
let built: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infrahub-client-'));
  built = join(folder, 'package');
  await buildClient(built);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What this compiler says of a file with this text, one line a finding. */
function compilerSays(text: string, options: ts.CompilerOptions): string[] {
  const file = join(folder, 'asked.ts');
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, language) =>
    name === file ? ts.createSourceFile(name, text, language) : getSourceFile(name, language);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file: where, messageText }) => `${where?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

test('publint has nothing to say', async () => {
  const { messages } = await publint({ pkgDir: built, strict: true, pack: false });
  expect(messages).toEqual([]);
});

test('its types are right for everyone who imports modules', async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: built,
  });
  const [packed] = z.tuple([z.object({ filename: z.string() })]).parse(JSON.parse(stdout));
  const found = await checkPackage(createPackageFromTarballData(await readFile(join(folder, packed.filename))));
  const problems = found.types === false ? [found] : found.problems;
  // CommonJS is not served, which these two would like.
  const ofModules = problems.filter(
    (problem) => !('resolutionKind' in problem && /^node10$|^node16-cjs$/.test(problem.resolutionKind ?? '')),
  );
  expect(ofModules).toEqual([]);
});

test('it needs nothing: no dependency, no import, nothing of Node', async () => {
  const manifest = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(await readFile(join(built, 'package.json'), 'utf8')));
  expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([]);
  const code = await readFile(join(built, 'index.js'), 'utf8');
  expect(code.match(/^import .*|\bimport\(|\brequire\(|node:\w+|process\.\w+/gm)).toBeNull();
});

test('no code of the server is in it, and the licence of what is in it goes along', async () => {
  const code = await readFile(join(built, 'index.js'), 'utf8');
  expect(code.length).toBeLessThan(40_000);
  expect(code).not.toMatch(/zod|drizzle|ldap|graphile|select .* from|JWT_SECRETS/i);
  expect(await readFile(join(built, 'THIRD-PARTY-NOTICES.txt'), 'utf8')).toMatch(/^eventsource-parser [\d.]+\n\nMIT/);
});

test('its types stand alone, also for the strictest compiler', async () => {
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const text = `
    import { createInfraHubClient, InfraHubApiError } from './package/index.js';
    const client = createInfraHubClient({ url: 'http://localhost', token: 'token' });
    export const sites: Promise<string[]> = client.projects.list.query({ limit: 5 }).then(({ items }) => items.map(({ site }) => site));
    // @ts-expect-error a field that is missing
    client.projects.create.mutate({ name: 'a' });
    // @ts-expect-error a value that is none
    client.projects.list.query({ status: 'gone' });
    // @ts-expect-error a procedure that is none
    client.projects.rename.mutate({});
    // @ts-expect-error a query that is no mutation
    client.projects.list.mutate({});
    export const isShort = (error: unknown) => error instanceof InfraHubApiError && error.code === 'QUOTA_EXCEEDED';
  `;
  const options = {
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: [],
  };
  expect(compilerSays(text, options)).toEqual([]);
});

test('its types are those of the router, both ways', () => {
  const text = `
    import type { InfraHubApi as Built } from './package/index.js';
    import type { InfraHubApi as Source } from '${resolve('server/client/api.ts')}';
    declare const source: Source;
    declare const built: Built;
    export const there: Built = source;
    export const back: Source = built;
  `;
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, '.');
  expect(compilerSays(text, options)).toEqual([]);
});

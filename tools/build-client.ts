/**
 * Builds the client package that other applications install: one ES module without dependencies, and types that stand
 * alone. `npm run build:client` writes it into build/client-package.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyTRPCRouter } from '@trpc/server';
import { build, type Plugin } from 'vite';
import { z } from 'zod';
import { isKeyed } from '../server/platform/procedures.ts';
import { appRouter } from '../server/router.ts';
import { clientDeclarations, type Procedure } from './client-types.ts';

const SOURCE = 'server/client';
const router: AnyTRPCRouter = appRouter;
const procedures: Record<string, Procedure> = router._def.procedures;
const packageShape = z.object({ name: z.string(), version: z.string(), license: z.string() });
const readPackage = (folder: string) =>
  packageShape.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));

/** Writes the package into `folder`, anew. */
export async function buildClient(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await bundleInto(folder);
  for (const [name, text] of clientDeclarations(procedures)) writeFileSync(join(folder, name), text);
  const { version, license } = readPackage('.');
  const manifest = {
    name: '@infrahub/client',
    version,
    description: 'The typed client of InfraHub',
    license,
    type: 'module',
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    sideEffects: false,
    engines: { node: '>=20' },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(SOURCE, 'README.md'), join(folder, 'README.md'));
  copyFileSync('LICENSE', join(folder, 'LICENSE'));
}

async function bundleInto(folder: string): Promise<void> {
  const keyed = Object.keys(procedures).filter((path) => isKeyed(procedures[path]?._def.meta ?? {}));
  await build({
    configFile: false,
    logLevel: 'warn',
    define: { KEYED_PROCEDURES: JSON.stringify(keyed) },
    plugins: [noticesInto(folder)],
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2022',
      minify: false,
      lib: { entry: resolve(SOURCE, 'index.ts'), formats: ['es'], fileName: () => 'index.js' },
    },
  });
}

/** Keeps the licence of everything whose code is in the bundle. */
const noticesInto = (folder: string): Plugin => ({
  name: 'notices',
  generateBundle(_, chunks) {
    const modules = Object.values(chunks).flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
    const packages = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
    const notices = [...packages].map((path) => {
      const { name, version } = readPackage(path);
      return `${name} ${version}\n\n${readFileSync(join(path, 'LICENSE'), 'utf8')}`;
    });
    writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), notices.join('\n'));
  },
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildClient('build/client-package');

/**
 * Bundles the server, as the second half of `npm run build`: Node starts it in a third of the time and of the memory that
 * the sources take, since it strips no types and looks up few packages. Sources and bundle do the same; tests and tools
 * run the sources.
 */
import { cp, readFile } from 'node:fs/promises';
import { build } from 'vite';
import { z } from 'zod';

const FOLDER = 'build/infrahub';
/** It is hundreds of small files. The other packages are few files, or find their own files beside them. */
const BUNDLED = ['drizzle-orm'];

const { dependencies } = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(await readFile('package.json', 'utf8')));

await build({
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  ssr: { noExternal: BUNDLED, external: Object.keys(dependencies).filter((name) => !BUNDLED.includes(name)) },
  build: {
    ssr: true,
    target: 'node24',
    outDir: FOLDER,
    rollupOptions: {
      input: { main: 'server/main.ts', migrate: 'server/migrate.ts' },
      // All beside each other, and as deep as the sources of the platform: what they read lies at the same distance.
      output: { chunkFileNames: '[name].js' },
    },
  },
});
await cp('server/platform/docs', `${FOLDER}/docs`, { recursive: true });

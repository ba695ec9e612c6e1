import { vitePlugin as remix } from '@remix-run/dev';
import { defineConfig } from 'vite';
import { dependencies } from './package.json';
import remixConfig from './remix.config.js';
import { compressAssets } from './tools/compress-assets.ts';

/** Whole, they are thousands of icons, 70 MB of memory and most of the time to start: the server gets what pages use of them. */
const BUNDLED = /^@(mantine|tabler)\//;

export default defineConfig({
  plugins: [remix(remixConfig), compressAssets()],
  // Nothing is inlined: the Content-Security-Policy allows fonts from the origin only.
  build: { target: 'es2022', assetsInlineLimit: 0 },
  ssr: { noExternal: true, external: Object.keys(dependencies).filter((name) => !BUNDLED.test(name)) },
});

import { vitePlugin as remix } from '@remix-run/dev';
import { defineConfig } from 'vite';
import remixConfig from './remix.config.js';
import { compressAssets } from './tools/compress-assets.ts';

export default defineConfig({
  plugins: [remix(remixConfig), compressAssets()],
  // Nothing is inlined: the Content-Security-Policy allows fonts from the origin only.
  build: { target: 'es2022', assetsInlineLimit: 0 },
});

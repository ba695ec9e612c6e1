import { vitePlugin as remix } from '@remix-run/dev';
import { defineConfig } from 'vite';
import remixConfig from '../remix.config.js';
import { DEVELOPMENT_FOLDER } from '../tests/support/development-folder.ts';

/** The portal with React as it is for development, where it complains of what it passes over in production. */
export default defineConfig({
  plugins: [remix({ ...remixConfig, buildDirectory: DEVELOPMENT_FOLDER })],
  build: { target: 'es2022', assetsInlineLimit: 0, minify: false },
  logLevel: 'error',
});

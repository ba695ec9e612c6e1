import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const WORTH_BYTES = 1_000;

/** Writes each text asset compressed beside itself, so that the server only picks what the browser takes. */
export const compressAssets = (): Plugin => ({
  name: 'compress-assets',
  apply: 'build',
  applyToEnvironment: ({ name }) => name === 'client',
  writeBundle({ dir }, bundle) {
    for (const file of Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name))) {
      const content = readFileSync(`${dir}/${file}`);
      if (content.length < WORTH_BYTES) continue;
      writeFileSync(
        `${dir}/${file}.br`,
        brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
      );
      writeFileSync(`${dir}/${file}.gz`, gzipSync(content, { level: 9 }));
    }
  },
});

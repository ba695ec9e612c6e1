import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { fetchHelm, HelmIsMissing } from '../../tools/helm.ts';
import { type KubernetesObject, kubernetesObject } from './kubernetes.ts';

const run = promisify(execFile);

/** Real Helm, or why tests with it cannot run here; in CI they must. */
export const helm = await fetchHelm().then(
  (path) => ({ path, missing: undefined }),
  (error: unknown) => {
    if (!(error instanceof HelmIsMissing) || process.env.CI === 'true') throw error;
    return { path: '', missing: `skipped, for ${error.message}` };
  },
);

/**
 * What Helm makes of a chart and values: an object, or the text of a values file.
 * @throws with what Helm says, when it refuses them.
 */
export async function render(chart: string, values: object | string): Promise<KubernetesObject[]> {
  const stdout = await withValues(values, (file) => [
    ...['template', 'infrahub', chart, '--namespace', 'infrahub-system'],
    ...['--values', file],
  ]);
  // As Kubernetes' own tools read it, which is YAML 1.1.
  return z
    .array(kubernetesObject)
    .parse(parseAllDocuments(stdout, { version: '1.1' }).flatMap((document) => document.toJS() ?? []));
}

/** @throws with what Helm says, when there is something to say. */
export const lint = (chart: string, values: object): Promise<string> =>
  withValues(values, (file) => ['lint', '--strict', chart, '--values', file]);

async function withValues(values: object | string, argsFor: (file: string) => string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'infrahub-values-'));
  const file = join(folder, 'values.yaml');
  try {
    await writeFile(file, typeof values === 'string' ? values : stringify(values, { version: '1.1' }));
    const { stdout } = await run(helm.path, argsFor(file), { maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Checks what package-lock.json brings in, without the network, and prints the licences: `node tools/supply-chain.ts`. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
      integrity: z.string().optional(),
    }),
  ),
});

export type Package = { name: string; version: string; licence: string | undefined; shipped: boolean; pinned: boolean };

/** The versions below which something is known to be wrong: each closes at least one published advisory. */
export const FLOORS: Record<string, string> = {
  'simple-git': '4.0.0',
  yaml: '2.8.3',
  '@remix-run/node': '2.17.5',
  '@remix-run/react': '2.17.5',
  '@remix-run/server-runtime': '2.17.5',
  '@remix-run/router': '1.23.2',
  '@trpc/server': '11.8.0',
};

/** Licences that allow what an organisation does with InfraHub, alone or as a choice or sum of several. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
]);
/** Only for what is used while developing, and not given to anybody. */
const ALLOWED_IN_DEVELOPMENT = new Set([...ALLOWED, 'CC-BY-3.0', 'CC-BY-4.0', 'MPL-2.0']);

/** Every package of the lock file, at each place where it is installed. */
export function packagesOf(text: string): Package[] {
  return Object.entries(lockfile.parse(JSON.parse(text)).packages).flatMap(([path, found]) => {
    const name = path.split('node_modules/').at(-1);
    if (!name || found.link || found.version === undefined) return [];
    const { version, license, dev = false, integrity } = found;
    return { name, version, licence: license, shipped: !dev, pinned: integrity !== undefined };
  });
}

/** Whether `version` is below `floor`; of three numbers, and a pre-release is below what it precedes. */
export function isBelow(version: string, floor: string): boolean {
  const [numbers = '', preRelease] = version.split('-');
  const [have, want] = [numbers.split('.').map(Number), floor.split('.').map(Number)];
  for (let at = 0; at < 3; at++) {
    const difference = (have[at] ?? 0) - (want[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return preRelease !== undefined;
}

function isAllowed(licence: string, allowed: ReadonlySet<string>): boolean {
  const bare = licence.replace(/^\((.*)\)$/, '$1');
  if (bare.includes(' OR ')) return bare.split(' OR ').some((one) => isAllowed(one, allowed));
  return bare.split(' AND ').every((one) => allowed.has(one));
}

/** What is wrong with the packages, one line each. What only develops may name no licence, as it is given to nobody. */
export function problemsOf(packages: readonly Package[]): string[] {
  return packages.flatMap(({ name, version, licence, shipped, pinned }) => {
    const floor = FLOORS[name];
    const allowed = shipped ? ALLOWED : ALLOWED_IN_DEVELOPMENT;
    return [
      floor !== undefined && isBelow(version, floor) && `${name} ${version} is below ${floor}, its advisories’ floor`,
      shipped && licence === undefined && `${name} ${version} names no licence`,
      licence !== undefined && !isAllowed(licence, allowed) && `${name} ${version} has the licence ${licence}`,
      shipped && !pinned && `${name} ${version} has no integrity hash in the lock file`,
    ].filter((problem) => problem !== false);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const packages = packagesOf(readFileSync('package-lock.json', 'utf8'));
  const shipped = Map.groupBy(
    packages.filter((one) => one.shipped),
    ({ licence }) => licence ?? 'none',
  );
  const lines = [...shipped].map(([licence, some]) => `${licence}: ${some.map(({ name }) => name).join(', ')}`);
  const problems = problemsOf(packages);
  process.stdout.write(`${lines.sort().join('\n')}\n`);
  process.stderr.write(problems.map((problem) => `${problem}\n`).join(''));
  process.exitCode = problems.length === 0 ? 0 : 1;
}

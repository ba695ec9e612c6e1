import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPortal } from '../../server/demo/portal-build.ts';
import { burst } from './burst.ts';
import { create } from './create.ts';
import { lists } from './lists.ts';
import { type Summary, summaryOf, tableOf } from './measure.ts';
import { replica } from './replica.ts';
import { requests } from './requests.ts';
import { signIn } from './sign-in.ts';
import { sync } from './sync.ts';
import { tree } from './tree.ts';

/**
 * `npm run bench`: how fast InfraHub is beside the physical limit on the same machine, in one run, as ratios.
 * `--only create` runs one benchmark, `--quick` gives up accuracy for time, `--out` names the file for the figures.
 */
const benchmarks = [create, lists, sync, tree, requests, signIn, burst, replica];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: 'bench-results/latest.json' },
  },
});

const chosen = benchmarks.filter(({ name }) => flags.only === undefined || name === flags.only);
if (chosen.length === 0) throw new Error(`--only is one of: ${benchmarks.map(({ name }) => name).join(', ')}`);

await buildPortal((line) => process.stdout.write(`${line}\n`));

const load = loadavg().map((figure) => figure.toFixed(1));
const summaries: Summary[] = [];
for (const { name, run } of chosen) {
  process.stdout.write(`Measuring ${name}\n`);
  const measures = await run({ rounds: 3, quick: flags.quick });
  summaries.push(...measures.map(summaryOf));
}

process.stdout.write(`\n${tableOf(summaries)}\n\n`);
for (const { what, baseline, note } of summaries) {
  const lines = [baseline && `against ${baseline.name}`, note].filter(Boolean);
  if (lines.length > 0) process.stdout.write(`${what}: ${lines.join('; ')}\n`);
}
process.stdout.write(`${availableParallelism()} cores, load when it began ${load.join(' ')}\n`);
await mkdir(dirname(flags.out), { recursive: true });
await writeFile(flags.out, `${JSON.stringify({ cores: availableParallelism(), load, summaries }, null, 2)}\n`);
process.exitCode = summaries.some(({ met }) => met === false) ? 1 : 0;

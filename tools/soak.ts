/**
 * Works InfraHub hard on the whole demo stack and watches whether anything grows that should not: memory, open files,
 * connections, jobs, temporary files. `npm run soak -- --minutes 10 --json soak.json`; ends with 1 where something does.
 */
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { freePort } from '../server/demo/postgres.ts';
import { removeStack, startStack } from '../server/demo/stack.ts';
import { buildClient } from './build-client.ts';
import { judge, leftOpen, type Sample, tableOf } from './soak/verdict.ts';
import { openVitals } from './soak/vitals.ts';
import { startWork, type Tally } from './soak/work.ts';

const BUILT_CLIENT = resolve('build/client-package');
const EVERY_SECONDS = 10;
/** Longer than a token is known for: from then on what is kept of sign-ins grows no more. */
const WARM_UP_SECONDS = 16 * 60;
/** After the work: what was open has had time to close. */
const REST_SECONDS = 20;

const { values: flags } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, json: { type: 'string', default: 'build/soak.json' } },
});
const minutes = z.coerce.number().positive().parse(flags.minutes);
const say = (line: string) => void process.stdout.write(`${line}\n`);

await buildClient(BUILT_CLIENT);
const client: typeof import('../server/client/index.ts') = await import(pathToFileURL(`${BUILT_CLIENT}/index.js`).href);
const folder = await mkdtemp(join(tmpdir(), 'infrahub-soak-'));
const temporary = join(folder, 'tmp');
await mkdir(temporary);
const inspectorPort = await freePort();
const stack = await startStack({
  folder,
  port: 0,
  settings: {
    TMPDIR: temporary,
    NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}`,
    SYNC_INTERVAL_MINUTES: '1',
    LOG_LEVEL: 'info',
  },
  say,
});
let isWell = false;
try {
  const vitals = await openVitals({ inspectorPort, databaseUrl: stack.report.databaseUrl, temporary });
  const atRest = await vitals.take();
  say(`Working for ${WARM_UP_SECONDS / 60} minutes to warm up, and for ${minutes} that count`);
  const ended = new AbortController();
  const work = startWork(client, stack.report.url, ended.signal);
  await sleep(WARM_UP_SECONDS * 1_000);
  const samples = await sampled(() => vitals.take());
  ended.abort();
  await work.finished;
  await sleep(REST_SECONDS * 1_000);
  const afterwards = await vitals.take();
  await vitals.close();
  isWell = await report({ samples, atRest, afterwards, tally: work.tally });
} finally {
  await stack.stop();
  await removeStack(folder);
}
process.exitCode = isWell ? 0 : 1;

async function sampled(take: () => Promise<Record<string, number>>): Promise<Sample[]> {
  const began = performance.now();
  const samples: Sample[] = [];
  for (let seconds = 0; seconds < minutes * 60; seconds = (performance.now() - began) / 1_000) {
    samples.push({ seconds, values: await take() });
    await sleep(EVERY_SECONDS * 1_000);
  }
  return samples;
}

type Outcome = {
  samples: Sample[];
  atRest: Record<string, number>;
  afterwards: Record<string, number>;
  tally: Tally;
};

/** Prints the tables and writes the numbers; answers whether all is flat, nothing failed and nothing was logged as an error. */
async function report({ samples, atRest, afterwards, tally }: Outcome): Promise<boolean> {
  const judged = judge(samples);
  const errors = (await readFile(join(folder, 'infrahub.log'), 'utf8'))
    .split('\n')
    .filter((line) => /"level":(50|60)/.test(line));
  const work = [
    ...Object.entries(tally.done),
    ...Object.entries(tally.failed).map(([what, n]) => [`FAILED ${what}`, n] as const),
  ];
  const rest = Object.keys(atRest).map(
    (name) => `| ${name} | ${atRest[name]?.toFixed(1)} | ${afterwards[name]?.toFixed(1)} |`,
  );
  say(`\n${work.map(([what, times]) => `${times} ${what}`).join(', ')}\n`);
  say(tableOf(judged));
  say(`\n| what | at rest before | at rest afterwards |\n|---|--:|--:|\n${rest.join('\n')}\n`);
  for (const line of errors.slice(0, 10)) say(line);
  const growing = judged.filter((one) => !one.isFlat).map((one) => one.name);
  const failures = Object.values(tally.failed).reduce((sum, times) => sum + times, 0);
  const left = leftOpen(atRest, afterwards);
  const found = [...growing.map((name) => `${name} grows`), ...left.map((name) => `${name} stay`)];
  const verdict = found.length > 0 ? found.join(', ') : 'Flat';
  say(`${verdict}. ${failures} failures, ${errors.length} errors logged.`);
  const machine = { cpus: cpus().length, memory_gb: Math.round(totalmem() / 2 ** 30), node: process.version };
  const written = {
    minutes,
    machine,
    verdict,
    failures,
    errors: errors.length,
    tally,
    judged,
    atRest,
    afterwards,
    samples,
  };
  await mkdir('build', { recursive: true });
  await writeFile(flags.json, `${JSON.stringify(written, null, 2)}\n`);
  say(`Written to ${flags.json}`);
  return found.length === 0 && failures === 0 && errors.length === 0;
}

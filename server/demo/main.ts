import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { type DemoReport, removeStack, startStack } from './stack.ts';

const FOLDER = '.demo';

/** `npm run demo`: everything, in the foreground, until Ctrl-C. `--reset` forgets what was there before. */
const { values: flags } = parseArgs({ options: { reset: { type: 'boolean', default: false } } });
const port = z.coerce
  .number()
  .int()
  .min(0)
  .max(65_535)
  .parse(process.env.PORT || 3000);
const say = (line: string) => console.log(line);

let stopping: Promise<void> | undefined;
let stop = async () => {};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    say('\nStopping');
    stopping ??= stop().then(() => {
      say(`Stopped. What was there stays in ${FOLDER}/`);
      process.exit(0);
    });
  });
}

try {
  if (flags.reset) await removeStack(FOLDER);
  say('Building the portal');
  await promisify(execFile)('npm', ['run', 'build', '--silent']);
  const stack = await startStack({ folder: FOLDER, port, say });
  stop = stack.stop;
  announce(stack.report);
  void stack.died.then(async (lastWords) => {
    if (stopping) return;
    say(`InfraHub ended by itself. It said:\n${lastWords}`);
    await stack.stop();
    process.exit(1);
  });
} catch (error) {
  if (!stopping) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

function announce({ url, signIns, switchesUrl }: DemoReport): void {
  const people = Object.entries(signIns).map(
    ([role, { username, password }]) => `  ${role.padEnd(14)} ${username.padEnd(8)} ${password}`,
  );
  say(`
InfraHub is running:  ${url}

${people.join('\n')}

Every address is in ${FOLDER}/demo.json, the log in ${FOLDER}/infrahub.log.
Make the outside world misbehave:  curl ${switchesUrl}
Stop with Ctrl-C; start afresh with  npm run demo -- --reset
`);
}

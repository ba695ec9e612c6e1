import { parseArgs } from 'node:util';
import { z } from 'zod';
import { claim, refuseSecondDemo, refuseTakenPort } from './one-demo.ts';
import { buildPortal } from './portal-build.ts';
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
  await refuseSecondDemo(FOLDER);
  await refuseTakenPort(port);
  if (flags.reset) await removeStack(FOLDER);
  const release = await claim(FOLDER);
  stop = release;
  await buildPortal(say);
  const stack = await startStack({ folder: FOLDER, port, say });
  stop = () => stack.stop().then(release);
  announce(stack.report);
  void stack.died.then(async (lastWords) => {
    if (stopping) return;
    say(lastWords);
    await stop();
    process.exit(1);
  });
} catch (error) {
  if (!stopping) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

function announce({ url, signIns, switchesUrl }: DemoReport): void {
  const { team_lead, dept_admin, field_admin, center_admin } = signIns;
  const line = ({ username, password }: typeof team_lead, what: string) =>
    `  ${username.padEnd(6)} ${password}   ${what}`;
  say(`
InfraHub is running:  ${url}

${line(team_lead, 'team lead: create a project and watch it become active')}
${line(dept_admin, 'department admin: share the quota out among the teams')}
${line(field_admin, 'field admin: see where capacity is free and who holds it')}
${line(center_admin, 'center admin: see what needs attention, sync, mend drift')}

Make the outside world misbehave, here Argo CD slow, and have it behave again:
  curl -X PUT ${switchesUrl}/argocd -d '{"delay_ms": 3000}'
  curl -X DELETE ${switchesUrl}/argocd
What else there is:  curl ${switchesUrl}

Every address is in ${FOLDER}/demo.json, the log in ${FOLDER}/infrahub.log.
Stop with Ctrl-C; start afresh with  npm run demo -- --reset
`);
}

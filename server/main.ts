import { unencrypted } from './platform/config.ts';
import { createLog } from './platform/log.ts';
import { ConfigError, readConfig } from './platform/read-config.ts';
import { secretsOf } from './platform/scrub.ts';
import { startProblem } from './platform/start-problem.ts';
import { startReplica } from './replica.ts';

/** After the drain. Kubernetes kills what has not ended 30 s after SIGTERM; with a drain of 5 s this is in time to say so. */
const STOP_SECONDS = 20;

/** One replica as a process: `npm start`. Ends with 0 after SIGTERM or SIGINT, with 1 when it cannot start or a part of it did not end well. */
try {
  const config = readConfig();
  const log = createLog(config.LOG_LEVEL, undefined, secretsOf(config));
  const open = unencrypted(config);
  if (open.length > 0) log.warn({ settings: open }, 'passwords and tokens go unencrypted; use ldaps:// and https://');
  const replica = await startReplica(config, log).catch((err: unknown) => {
    const problem = startProblem(err, config);
    log.fatal(problem ? {} : { err }, `InfraHub cannot start${problem ? `: ${problem}` : ''}`);
    process.exit(1);
  });
  const stop = async (signal: string) => {
    log.info({ signal }, 'stopping');
    setTimeout(
      () => {
        log.error('not stopped in time; what is in flight is taken up by another replica');
        process.exit(1);
      },
      (config.DRAIN_SECONDS + STOP_SECONDS) * 1_000,
    ).unref();
    const isWell = await replica.stop();
    log.info('stopped');
    process.exit(isWell ? 0 : 1);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`InfraHub cannot start: ${error.message}\n`);
  process.exit(1);
}

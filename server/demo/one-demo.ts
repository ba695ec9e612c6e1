import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

const fileIn = (folder: string): string => join(folder, 'demo.pid');

/**
 * Who runs the demo in this folder.
 * @throws when somebody does: two of them would share a database and its files.
 */
export async function refuseSecondDemo(folder: string): Promise<void> {
  const pid = Number(await readFile(fileIn(folder), 'utf8').catch(() => ''));
  if (pid > 0 && pid !== process.pid && isRunning(pid)) {
    throw new Error(
      `The demo runs here already, as process ${pid}: its addresses are in ${folder}/demo.json. Stop it with Ctrl-C there, or with: kill ${pid}`,
    );
  }
}

/** Has the folder be this process's until the returned function is called. */
export async function claim(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  await writeFile(fileIn(folder), String(process.pid));
  return () => rm(fileIn(folder), { force: true });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @throws when somebody listens on that port of loopback; before anything was started for nothing. */
export function refuseTakenPort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () =>
      reject(new Error(`Port ${port} cannot be had. Choose another: PORT=${port + 1} npm run demo`)),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}

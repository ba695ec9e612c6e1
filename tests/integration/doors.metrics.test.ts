import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startReplica } from '../../server/replica.ts';
import { configOver } from '../support/app.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { recordingLog } from '../support/log.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const listening = z.object({ msg: z.literal('listening'), port: z.number(), metrics_port: z.number().optional() });

/** A replica as it runs for real, and where it says that it listens. */
async function replicaWith(settings: Record<string, string>) {
  const { log, lines } = recordingLog();
  const replica = await startReplica(configOver(database, { HOST: '127.0.0.1', PORT: '0', ...settings }), log);
  const told = lines.flatMap((line) => listening.safeParse(JSON.parse(line)).data ?? []);
  return { stop: replica.stop, told };
}

const get = (port: number | undefined, path: string) => fetch(`http://127.0.0.1:${port}${path}`);

test('the metrics are beside everything else, unless they have a port of their own', async () => {
  const { told, stop } = await replicaWith({});
  const answer = await get(told[0]?.port, '/metrics');
  expect({ status: answer.status, text: await answer.text() }).toEqual({
    status: 200,
    text: expect.stringContaining('infrahub_http_requests_total'),
  });
  await stop();
});

test('with a port of their own the metrics are there and only there, beside what /readyz found', async () => {
  const { told, stop } = await replicaWith({ METRICS_PORT: '0' });
  const [{ port, metrics_port } = { port: 0, metrics_port: 0 }] = told;
  const scraped = await get(metrics_port, '/metrics');
  expect(await scraped.text()).toContain('infrahub_http_requests_total');
  const elsewhere = await get(port, '/metrics');
  expect(elsewhere.status).toBe(404);
  expect(await elsewhere.text()).not.toContain('infrahub_http_requests_total');
  expect(await (await get(metrics_port, '/readyz')).json()).toMatchObject({ checks: { database: 'ok' } });
  for (const path of ['/', '/healthz', '/api/v1/openapi.json', '/api/trpc/auth.me']) {
    expect((await get(metrics_port, path)).status, path).toBe(404);
  }
  await stop();
  await expect(get(metrics_port, '/metrics')).rejects.toThrow();
});

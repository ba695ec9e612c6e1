import { fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { httpText, load } from './load.ts';
import { type Benchmark, type Measure, noFigures } from './measure.ts';
import { found, tokenOfAdmin } from './organisation.ts';
import { startWorld } from './world.ts';

const CLIENTS = 32;
const listening = z.object({ port: z.number() });

/** A server that is nothing but what is compared with, in a process of its own: one answer, or pages where there is none. */
async function startBare(answer?: Answer) {
  const child = fork(new URL('./bare-server.ts', import.meta.url), answer ? [JSON.stringify(answer)] : [], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [message] = await once(child, 'message');
  return { port: listening.parse(message).port, stop: () => void child.kill() };
}

type Answer = { headers: Record<string, string>; body: string };

/** What InfraHub answers, byte for byte but for what node:http writes itself. */
async function answerAt(url: string, token: string): Promise<Answer> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const ofNode = ['connection', 'date', 'keep-alive'];
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !ofNode.includes(name)));
  return { headers, body: await response.text() };
}

const perSecond = async (port: number, request: string, seconds: number): Promise<number> =>
  (await load({ port, clients: CLIENTS, requests: [request], seconds })).perSecond;

/** An authenticated query beside bare node:http, and the sign-in page beside bare Remix. */
export const requests: Benchmark = {
  name: 'requests',
  async run({ rounds, quick }) {
    const world = await startWorld({}, (db) => found(db, { fields: 1, departments: 1, teams: 1 }));
    const token = await tokenOfAdmin(world);
    const [json, page] = [await startBare(await answerAt(`${world.url}/api/trpc/auth.me`, token)), await startBare()];
    try {
      const seconds = quick ? 2 : 5;
      const me = httpText('/api/trpc/auth.me', { token });
      const signIn = httpText('/sign-in');
      const rows = [
        {
          what: 'an authenticated trivial query',
          name: 'bare node:http with the same answer',
          bare: json,
          request: me,
          atLeast: 0.1,
        },
        {
          what: 'sign-in page, server-rendered',
          name: 'bare Remix in the same build',
          bare: page,
          request: signIn,
          atLeast: 0.8,
        },
      ].map((row) => ({ ...row, ...noFigures() }));
      for (const { request, bare } of rows) {
        await perSecond(world.port, request, 2);
        await perSecond(bare.port, request, 2);
      }
      for (let round = 0; round < rounds; round++) {
        for (const { request, bare, ours, baseline } of rows) {
          baseline.push(await perSecond(bare.port, request, seconds));
          ours.push(await perSecond(world.port, request, seconds));
        }
      }
      return rows.map(
        ({ what, name, ours, baseline, atLeast }): Measure => ({
          ...{ what, unit: '/s', ours, baseline: { name, figures: baseline }, goal: { atLeast } },
          note: 'the load generator has a thread of its own on the same two cores',
        }),
      );
    } finally {
      json.stop();
      page.stop();
      await world.stop();
    }
  },
};

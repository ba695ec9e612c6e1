import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { createLive } from '../../server/platform/live.ts';
import { createLog } from '../../server/platform/log.ts';
import { collectGarbage } from '../support/garbage.ts';

const SUBSCRIBERS = 100;
const WAITS = 200;
/** One listener, or one signal, left behind by each of the 20,000 waits is more than twice that. */
const ROOM = 3 * 1024 * 1024;

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

test('a wait for changes leaves nothing behind, neither on its own signal nor on that of the replica', async () => {
  const live = createLive({ url: 'postgresql://127.0.0.1/never-connected', log: createLog('silent') });
  const { signal } = new AbortController();
  const subscribers = Array.from({ length: SUBSCRIBERS }, (_, n) => live.subscribe(`session-${n}`, () => true));
  const wait = () => Promise.all(subscribers.map((each) => each.next({ signal, timeoutMs: 0 })));
  await wait();
  const before = await collectGarbage();
  for (let times = 0; times < WAITS; times++) await wait();
  expect(listenersOf(signal)).toBe(0);
  expect((await collectGarbage()) - before).toBeLessThan(ROOM);
  for (const each of subscribers) each.close();
  expect(live.subscribers()).toBe(0);
});

test('waits that go on while garbage is collected leave nothing behind either', async () => {
  const live = createLive({ url: 'postgresql://127.0.0.1/never-connected', log: createLog('silent') });
  const { signal } = new AbortController();
  const subscribers = Array.from({ length: SUBSCRIBERS }, (_, n) => live.subscribe(`session-${n}`, () => true));
  const waits = subscribers.map((each) => each.next({ signal, timeoutMs: 200 }));
  expect(listenersOf(signal)).toBe(SUBSCRIBERS);
  await collectGarbage();
  await collectGarbage();
  await Promise.all(waits);
  expect(listenersOf(signal)).toBe(0);
});

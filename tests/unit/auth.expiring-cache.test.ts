import { expect, test } from 'vitest';
import { createExpiringCache } from '../../server/auth/expiring-cache.ts';
import { collectGarbage } from '../support/garbage.ts';

function cacheAt(start: number, maxEntries = 1000) {
  let now = start;
  const cache = createExpiringCache<object>({ clock: { now: () => new Date(now) }, maxEntries });
  return { cache, at: (ms: number) => (now = ms) };
}

test('a value is known until its moment, and from then on no more', () => {
  const { cache, at } = cacheAt(0);
  const value = {};
  cache.set('token', value, 1000);
  at(999);
  expect(cache.get('token')).toBe(value);
  at(1000);
  expect(cache.get('token')).toBeUndefined();
});

test('what has expired is let go when something new is remembered, though nobody asked for it again', async () => {
  const { cache, at } = cacheAt(0);
  const gone = Array.from({ length: 3 }, (_, n) => {
    const value = { n };
    cache.set(`gone-${n}`, value, 1000 + n);
    return new WeakRef(value);
  });
  at(2000);
  cache.set('new', {}, 3000);
  await collectGarbage();
  expect(gone.map((value) => value.deref())).toEqual([undefined, undefined, undefined]);
});

test('where there is no room, the oldest goes', () => {
  const { cache } = cacheAt(0, 2);
  for (const name of ['one', 'two', 'three']) cache.set(name, { name }, 1000);
  expect(['one', 'two', 'three'].map((name) => cache.get(name))).toEqual([
    undefined,
    { name: 'two' },
    { name: 'three' },
  ]);
});

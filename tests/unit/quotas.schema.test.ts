import { describe, expect, test } from 'vitest';
import { serversOfField } from '../../server/allocations/allocations.schema.ts';
import { setQuota } from '../../server/quotas/quotas.schema.ts';

const asked = { id: '7f3c2f6e-52d5-4ad5-9b1e-9a4d0e0f5a10', site: 'haifa', cpu_limit: 8, ram_gb_limit: 32 };
const accepts = (over: Record<string, unknown>) => setQuota.safeParse({ ...asked, ...over }).success;

describe('a quota', () => {
  test('is whole cores and GiB, from 0 up to what a column holds', () => {
    expect([0, 1, 100_000_000].map((cpu_limit) => accepts({ cpu_limit }))).toEqual([true, true, true]);
  });

  test.each([
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e308,
    2 ** 53,
    100_000_001,
    '8',
    null,
    undefined,
    [8],
    true,
  ])('is not %s, in either resource', (amount) => {
    expect(accepts({ cpu_limit: amount })).toBe(false);
    expect(accepts({ ram_gb_limit: amount })).toBe(false);
  });

  test.each(['', ' haifa', 'ha/ifa', '../haifa', 'haifa\n', 'x'.repeat(64), '-haifa', '{site}'])(
    'is not set at a site called %j',
    (site) => expect(accepts({ site })).toBe(false),
  );

  test('takes nothing that it does not know', () => {
    expect(accepts({ cpu_used: 0 })).toBe(false);
    expect(accepts({ id: 'vision' })).toBe(false);
  });
});

test('servers are given by the thousand at most, and at least one', () => {
  const some = (n: number) => serversOfField.safeParse({ id: asked.id, server_ids: Array(n).fill(asked.id) }).success;
  expect([0, 1, 1000, 1001].map(some)).toEqual([false, true, true, false]);
});

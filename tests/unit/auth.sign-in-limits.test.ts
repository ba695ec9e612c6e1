import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressBlock } from '../../server/auth/address-block.ts';
import { ADDRESS_DELAYS, accountDelays, isWorthAnEvent } from '../../server/auth/sign-in-limits.rules.ts';

/** Tries that somebody gets in a stretch of seconds who tries again as soon as he may. */
function triesWithin(seconds: number, delays: readonly number[]): number {
  let [tries, now] = [0, 0];
  while (now < seconds) {
    now += delays[Math.min(tries, delays.length - 1)] ?? 0;
    tries++;
  }
  return tries;
}

describe('an account', () => {
  test('has five tries that cost no wait, then a minute, which doubles to five at most', () => {
    expect(accountDelays(5)).toEqual([0, 0, 0, 0, 60, 120, 240, 300]);
  });

  test('may have fewer where the directory locks sooner', () => {
    expect(accountDelays(1)).toEqual([60, 120, 240, 300]);
    expect(accountDelays(3)).toEqual([0, 0, 60, 120, 240, 300]);
  });

  test('gets fewer tries than the usual lock-outs take: six in a minute, ten in ten minutes', () => {
    expect(triesWithin(60, accountDelays(5))).toBe(5);
    expect(triesWithin(600, accountDelays(5))).toBe(8);
  });
});

test('an address has twenty tries that cost no wait, then a second, which doubles to a minute at most', () => {
  expect(ADDRESS_DELAYS.slice(0, 19)).toEqual(Array(19).fill(0));
  expect(ADDRESS_DELAYS.slice(19)).toEqual([1, 2, 4, 8, 16, 32, 60]);
});

test('the first refusal is told, and then ever fewer', () => {
  const told = Array.from({ length: 20 }, (_, i) => i + 1).filter(isWorthAnEvent);
  expect(told).toEqual([1, 2, 4, 8, 16]);
});

describe('what counts as one address', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::10.1.2.3', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', 'unknown'],
    ['10.1.2', 'unknown'],
    ['not an address', 'unknown'],
  ])('%s is %s', (remote, block) => {
    expect(addressBlock(remote)).toBe(block);
  });

  test('every address of a /64 is one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 0xffff }), { minLength: 4, maxLength: 4 }),
        fc.array(fc.nat({ max: 0xffff }), { minLength: 4, maxLength: 4 }),
        (network, host) => {
          const text = (groups: number[]) => groups.map((group) => group.toString(16)).join(':');
          expect(addressBlock(text([...network, ...host]))).toBe(`${text(network)}::/64`);
        },
      ),
    );
  });

  test('whatever is sent, it is short', () => {
    fc.assert(fc.property(fc.string({ maxLength: 5_000 }), (remote) => addressBlock(remote).length < 50));
  });
});

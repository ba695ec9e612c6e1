import { BlockList, isIP } from 'node:net';

/** Turns addresses and CIDRs into a question: is this one of them? The text has been checked by `config.ts`. */
export function addressMatcher(list: readonly string[]): (address: string) => boolean {
  const known = new BlockList();
  for (const entry of list) {
    const [address = '', prefix] = entry.split('/');
    const family = familyOf(address);
    if (prefix === undefined) known.addAddress(address, family);
    else known.addSubnet(address, Number(prefix), family);
  }
  return (address) => isIP(address) !== 0 && known.check(address, familyOf(address));
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Whose request it is: the peer, unless that is one of our proxies; then the last address in its `X-Forwarded-For` that
 * is not. What stands before that one was written by the caller and is not believed.
 */
export function remoteAddressOf(
  peer: string,
  forwardedFor: string | undefined,
  isProxy: (address: string) => boolean,
): string {
  if (forwardedFor === undefined) return plain(peer);
  const hops = [...forwardedFor.split(',').map((hop) => hop.trim()), peer].map(plain);
  while (hops.length > 1 && isProxy(hops.at(-1) ?? '') && isIP(hops.at(-2) ?? '') !== 0) hops.pop();
  return hops.at(-1) ?? '';
}

/** An IPv4 address as a dual-stack socket tells it, as itself. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

import { isIP, isIPv6 } from 'node:net';

/**
 * What counts as one remote address: an IPv4 address, or the /64 of an IPv6 one, as anybody has 2^64 of those.
 * `unknown` for what is no address at all.
 */
export function addressBlock(remote: string): string {
  const address = remote.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '');
  if (isIP(address) === 0) return 'unknown';
  if (!isIPv6(address)) return address;
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const network = [...head, ...zeros, ...tail].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

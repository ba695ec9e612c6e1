import { z } from 'zod';
import type { createMetrics } from './metrics.ts';
import { OUTCOMES } from './metrics-work.ts';
import { inSpan } from './tracing.ts';

type Work = ReturnType<typeof createMetrics>['work'];

const planned = z.object({ failure: z.enum(OUTCOMES) });
const upstream = z.object({ code: z.enum(['UPSTREAM_FAILED', 'UPSTREAM_TIMEOUT', 'DIRECTORY_UNAVAILABLE']) });

function outcomeOf(error: unknown): (typeof OUTCOMES)[number] {
  const known = planned.safeParse(error);
  if (known.success) return known.data.failure;
  return upstream.safeParse(error).success ? 'unavailable' : 'failed';
}

/** The same adapter, with each call of these operations counted, timed and traced: what was asked, never with what. */
export function watched<T extends object>(system: string, adapter: T, operations: (keyof T & string)[], work: Work): T {
  const names = new Set<PropertyKey>(operations);
  const asked = work.callsOf(system, operations);

  async function watch(operation: string, call: () => unknown): Promise<unknown> {
    const started = performance.now();
    const name = `${system} ${operation}`;
    return inSpan({ name, kind: 'client', isRoot: true, attributes: { 'peer.service': system } }, async (span) => {
      let outcome: (typeof OUTCOMES)[number] = 'answered';
      try {
        return await call();
      } catch (error) {
        outcome = outcomeOf(error);
        throw error;
      } finally {
        span.set({ 'infrahub.outcome': outcome });
        if (outcome !== 'answered') span.fail();
        asked({ operation, outcome, seconds: (performance.now() - started) / 1000 });
      }
    });
  }

  return new Proxy(adapter, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function' || !names.has(key)) return member;
      return (...args: unknown[]) => watch(String(key), () => Reflect.apply(member, target, args));
    },
  });
}

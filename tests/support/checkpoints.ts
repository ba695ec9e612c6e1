/** What becomes of what is on its way past a checkpoint. */
export type Passage = 'goes on' | 'is cut';

/** Something on its way that was stopped at a checkpoint, and whose it is. It stays there until it is let go or cut. */
export type Held = { replica: string; at: string; goOn(): void; cut(): void };

type Stop = { at: string; armed: boolean; after: string | undefined; hold: (held: Held) => void };

/**
 * The points at which InfraHub meets the world outside. The proxies around it tell whenever something passes one of them,
 * and a test may have the next one stopped there: what it then does to InfraHub happens at exactly that moment.
 */
export function createCheckpoints() {
  const passed: string[] = [];
  const stops = new Set<Stop>();
  const listeners = new Map<string, () => void>();
  const began = performance.now();

  async function pass(replica: string, ...points: string[]): Promise<Passage> {
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    passed.push(`${seconds} ${replica}: ${points.join(', ')}`);
    for (const point of points) listeners.get(point)?.();
    const stop = [...stops].find(({ at, armed }) => armed && points.includes(at));
    for (const waiting of stops) if (waiting.after && points.includes(waiting.after)) waiting.armed = true;
    if (!stop) return 'goes on';
    stops.delete(stop);
    return new Promise((resolve) =>
      stop.hold({ replica, at: stop.at, goOn: () => resolve('goes on'), cut: () => resolve('is cut') }),
    );
  }

  return {
    /** For proxies: names the points that something of `replica` passes, and learns what is to become of it. */
    pass,
    /** Holds the next that comes to this point; only once something else has passed the point `after`, if one is named. */
    stopAt: (at: string, after?: string): Promise<Held> =>
      new Promise((hold) => stops.add({ at, after, armed: after === undefined, hold })),
    /** Does this whenever the point is passed, until `forget`. */
    whenPassed: (point: string, act: () => void): void => void listeners.set(point, act),
    /** Stops nothing and does nothing any more. */
    forget(): void {
      stops.clear();
      listeners.clear();
    },
    /** How often the point was passed. */
    times: (point: string): number => passed.filter((line) => line.split(/: |, /).includes(point)).length,
    /** Everything that was passed, in its order, to be read when something went wrong. */
    trace: (): string[] => [...passed],
  };
}

export type Checkpoints = ReturnType<typeof createCheckpoints>;

import { isDeepStrictEqual } from 'node:util';
import type { Call } from './model-calls.ts';
import type { At } from './model-provisioning.ts';
import type { State } from './model-state.ts';
import { expected, type View } from './model-view.ts';

type Progress = 'begins' | 'over' | At;

/** What calls that were made at the same time have come to: how each ended, and what there is now. */
export type Seen = { outcomes: string[]; view: View };

/**
 * A state to which some order of the calls' steps leads, each step whole, with just these outcomes and just this view;
 * undefined if there is no such order. Steps of different calls may come between each other, as they do outside.
 */
export function explain(start: State, calls: Call[], { outcomes, view }: Seen): State | undefined {
  const tried = new Set<string>();

  function search(state: State, progress: Progress[]): State | undefined {
    if (progress.every((p) => p === 'over')) return isDeepStrictEqual(expected(state), view) ? state : undefined;
    const mark = JSON.stringify([state, progress]);
    if (tried.has(mark)) return undefined;
    tried.add(mark);
    for (const i of calls.keys()) {
      const found = goOn(state, progress, i);
      if (found) return found;
    }
    return undefined;
  }

  /** Has one of the calls take its next step, if it has one that can have been. */
  function goOn(state: State, progress: Progress[], i: number): State | undefined {
    const at = progress[i];
    if (at === 'over') return undefined;
    const next = structuredClone(state);
    const turn = calls[i]?.step(next, at === 'begins' ? undefined : at);
    if (!turn || ('outcome' in turn && turn.outcome !== outcomes[i])) return undefined;
    return search(next, progress.with(i, 'outcome' in turn ? 'over' : turn.at));
  }

  return search(
    start,
    calls.map(() => 'begins'),
  );
}

/** What the model expects of the calls, one after the other, and where that differs from what was seen. */
export function disagreement(start: State, calls: Call[], { outcomes, view }: Seen): string {
  const state = structuredClone(start);
  const lines = calls.map((call, i) => {
    let turn = call.step(state, undefined);
    while (!('outcome' in turn)) turn = call.step(state, turn.at);
    return `${call.title}: the model says ${turn.outcome}, InfraHub ${outcomes[i]}`;
  });
  return [...lines, ...differences(expected(state), view)].join('\n  ');
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Where two values differ: `projects.#3.status: "active" in the model, "failed" in InfraHub`. */
function differences(model: unknown, real: unknown, path = ''): string[] {
  if (isDeepStrictEqual(model, real)) return [];
  if (!isRecord(model) || !isRecord(real)) {
    return [`${path}: ${JSON.stringify(model)} in the model, ${JSON.stringify(real)} in InfraHub`];
  }
  const keys = new Set([...Object.keys(model), ...Object.keys(real)]);
  return [...keys].flatMap((key) => differences(model[key], real[key], path ? `${path}.${key}` : key));
}

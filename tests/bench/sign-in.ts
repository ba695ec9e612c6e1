import { call } from './call.ts';
import type { Benchmark } from './measure.ts';
import { found, leadOf } from './organisation.ts';
import { startWorld } from './world.ts';

const PEOPLE = 40;

/** Signing in through the directory's stand-in: three binds and searches, a session, an audit event, a token. */
export const signIn: Benchmark = {
  name: 'sign-in',
  async run({ rounds }) {
    const world = await startWorld({ leads: PEOPLE }, (db) => found(db, { fields: 1, departments: 1, teams: PEOPLE }));
    try {
      const ours: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const started = performance.now();
        for (let lead = 1; lead <= PEOPLE; lead++) await call(world, 'auth.login', { body: leadOf(lead) });
        ours.push((performance.now() - started) / PEOPLE);
      }
      return [{ what: 'sign in, one after the other', unit: 'ms', ours }];
    } finally {
      await world.stop();
    }
  },
};

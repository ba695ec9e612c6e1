import { BusyError } from '../platform/errors.ts';

/** Members of a batch at most: enough to share a commit, few enough that nobody's transaction takes long. */
const MOST = 100;

type Queued<Member, Answer> = { member: Member; settle: (fate: Fate<Answer>) => void };

/** What became of one member of a batch, or will become of it elsewhere. */
export type Fate<Answer> = { answer: Answer | Promise<Answer> } | { error: unknown };

/**
 * Has those who wait for the same thing be served together, in the order of their arrival: whoever comes while a batch is
 * at work is in the next one. There is one batch of a key at a time, in this process.
 * @param serve answers a fate for each member, in their order. When it rejects, that is the fate of all.
 */
export function createBatches<Member, Answer>(serve: (members: Member[]) => Promise<Fate<Answer>[]>) {
  const queues = new Map<string, Queued<Member, Answer>[]>();

  async function work(key: string, queue: Queued<Member, Answer>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, MOST);
      const fates = await serve(batch.map(({ member }) => member)).catch((error: unknown) => {
        // What could not be had in all that time is not waited for once more by those who stand behind.
        if (error instanceof BusyError) batch.push(...queue.splice(0));
        return batch.map(() => ({ error }));
      });
      for (const [i, { settle }] of batch.entries()) settle(fates[i] ?? { error: new Error('left out of its batch') });
    }
    queues.delete(key);
  }

  return {
    /** Waits for its turn among those of the same key, and answers what became of it. */
    join: (key: string, member: Member): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const settle = (fate: Fate<Answer>) => ('answer' in fate ? resolve(fate.answer) : reject(fate.error));
        const queue = queues.get(key) ?? [];
        queue.push({ member, settle });
        if (queues.has(key)) return;
        queues.set(key, queue);
        void work(key, queue);
      }),

    isAtWork: (key: string): boolean => queues.has(key),
  };
}

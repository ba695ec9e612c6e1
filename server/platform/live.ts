import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { InfraHubError } from './errors.ts';
import type { Log } from './log.ts';

const place = { field_id: z.uuid().nullable(), department_id: z.uuid().nullable(), team_id: z.uuid().nullable() };

/** What the triggers of the database tell when a transaction commits (`db/migrations/0003_live_changes.sql`). */
const notification = z.discriminatedUnion('on', [
  z.object({ on: z.literal('project_event'), project_id: z.uuid(), ...place }),
  z.object({ on: z.literal('audit_event'), target_type: z.string(), ...place }),
]);

/** That something changed; what, is to be read. After a `reconnect` anything may have. */
export type LiveChange = z.infer<typeof notification> | { on: 'reconnect' };

export type LiveSubscription = {
  /**
   * What came since the last call, as soon as there is something; nothing after `timeoutMs` or an abort.
   * @throws InfraHubError `BUSY` once this replica stops, upon which a client connects to another.
   */
  next(until: { signal?: AbortSignal | undefined; timeoutMs: number }): Promise<LiveChange[]>;
  close(): void;
};

const CHANNEL = 'infrahub';
const RECONNECT_MS = 1_000;
const CHECK_MS = 10_000;
/** A listener that is so far behind is told to read everything anew. */
const MAX_WAITING = 500;
/** More than anybody's tabs need. */
const MAX_OF_A_SESSION = 20;

/**
 * Tells this replica what any replica changed, by PostgreSQL's LISTEN on a connection of its own, which is opened again
 * whenever it is lost.
 */
export function createLive({ url, log }: { url: string; log: Log }) {
  /** Each with the session that it is of. */
  const listeners = new Map<(change: LiveChange) => void, string>();
  const stopped = new AbortController();
  const tell = (change: LiveChange) => {
    for (const listener of listeners.keys()) listener(change);
  };

  function hear(payload: string | undefined): void {
    const parsed = notification.safeParse(JSON.parse(payload ?? 'null'));
    if (parsed.success) tell(parsed.data);
    else log.warn({ err: parsed.error }, 'a notification that nobody understands');
  }

  /** Listens until the connection is lost. */
  async function listen(onReady: () => void): Promise<void> {
    const client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 3_000 });
    const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
    const end = () => lose();
    client.on('end', end).on('error', end);
    stopped.signal.addEventListener('abort', end);
    try {
      await client.connect();
      client.on('notification', ({ payload }) => hear(payload));
      await client.query(`listen ${CHANNEL}`);
      onReady();
      const alive = setInterval(() => client.query('select 1').catch(() => client.end()), CHECK_MS);
      await lost.finally(() => clearInterval(alive));
    } finally {
      stopped.signal.removeEventListener('abort', end);
      await client.end().catch(() => undefined);
    }
  }

  async function listenAgainAndAgain(onFirst: () => void): Promise<void> {
    for (let times = 0; !stopped.signal.aborted; ) {
      try {
        await listen(() => {
          if (times++ > 0) tell({ on: 'reconnect' });
          onFirst();
        });
      } catch (err) {
        log.warn({ err }, 'the connection for live changes could not be opened');
      }
      onFirst();
      await sleep(RECONNECT_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  let running: Promise<void> | undefined;
  return {
    /** Resolves once it listens, or has failed to for the first time. */
    start: (): Promise<void> => new Promise((resolve) => (running = listenAgainAndAgain(resolve))),

    async stop(): Promise<void> {
      stopped.abort();
      await running;
    },

    /** How many listen on this replica. */
    subscribers: (): number => listeners.size,

    /**
     * Collects the changes that are wanted until it is closed.
     * @throws InfraHubError `TOO_MANY_REQUESTS` for a session that has its share of this replica already.
     */
    subscribe(sessionId: string, wants: (change: LiveChange) => boolean): LiveSubscription {
      const ofSession = [...listeners.values()].filter((session) => session === sessionId);
      if (ofSession.length >= MAX_OF_A_SESSION) throw tooMany();
      let waiting: LiveChange[] = [];
      let wake = () => {};
      const listener = (change: LiveChange) => {
        if (!wants(change)) return;
        waiting = waiting.length < MAX_WAITING ? [...waiting, change] : [{ on: 'reconnect' }];
        wake();
      };
      listeners.set(listener, sessionId);
      return {
        async next({ signal, timeoutMs }) {
          const signals = signal ? [signal, stopped.signal] : [stopped.signal];
          if (waiting.length === 0 && !signals.some((one) => one.aborted)) {
            // Not AbortSignal.any, nor listeners with a `signal`: Node keeps both for as long as this replica lives.
            await new Promise<void>((resolve) => {
              const end = () => {
                clearTimeout(timer);
                for (const one of signals) one.removeEventListener('abort', end);
                resolve();
              };
              const timer = setTimeout(end, timeoutMs);
              for (const one of signals) one.addEventListener('abort', end);
              wake = end;
            });
          }
          if (stopped.signal.aborted) throw new InfraHubError('BUSY', 'This replica is stopping. Connect again.');
          return waiting.splice(0);
        },
        close: () => void listeners.delete(listener),
      };
    },
  };
}

const tooMany = () =>
  new InfraHubError(
    'TOO_MANY_REQUESTS',
    `Your session has ${MAX_OF_A_SESSION} live streams open already. Close some of them, or the tabs that have them, and try again.`,
    { retry_after_seconds: 10 },
  );

export type Live = ReturnType<typeof createLive>;

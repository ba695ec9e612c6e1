import { connect, createServer, type Socket } from 'node:net';
import { z } from 'zod';
import type { Checkpoints } from './checkpoints.ts';

/** The frame of a simple query in PostgreSQL's protocol. */
function query(text: string): Buffer {
  const frame = Buffer.alloc(6 + text.length);
  frame.write('Q');
  frame.writeInt32BE(5 + text.length, 1);
  frame.write(text, 5);
  return frame;
}
const COMMIT = query('commit');
const ROLLBACK = query('rollback');
/** Ends every answer outside of a transaction, and so that of its COMMIT. */
const READY = Buffer.from('5a0000000549', 'hex');

/**
 * Makes every transaction say, in a notice on its own connection, to what state it takes an operation, and whether it gives
 * a job to a worker or is done with one. It is of the tests: the product neither has it nor hears it.
 */
export const ANNOUNCE_STEPS = `
  create function announce_step() returns trigger language plpgsql as $$
  begin
    raise notice 'step:%:', new.kind || ' ' || new.state ||
      case when tg_op = 'UPDATE' and old.asked_at is null and new.asked_at is not null then ' asked' else '' end;
    return new;
  end $$;
  create trigger announce_step after insert or update of state on project_operations
    for each row execute function announce_step();

  create function announce_job() returns trigger language plpgsql as $$
  begin
    raise notice 'step:job %:', case tg_op when 'UPDATE' then 'taken' else 'done' end;
    return new;
  end $$;
  create trigger announce_taken after update of locked_by on graphile_worker._private_jobs
    for each row when (old.locked_by is null and new.locked_by is not null) execute function announce_job();
  create trigger announce_done after delete on graphile_worker._private_jobs
    for each row execute function announce_job()`;

/** Repeated in the notice's message and, by plpgsql, nowhere else. */
const ANNOUNCED = /step:([a-z ]+):/g;

type Options = { replica: string; port: number; checkpoints: Checkpoints };

const bound = z.object({ port: z.number() });

/**
 * Stands before PostgreSQL on loopback. A COMMIT that takes operations to another state passes `recording …` on its way
 * there, and its answer passes `recorded …` on its way back; a job that is taken or done has an answer only.
 */
export async function startPostgresProxy({ replica, port, checkpoints }: Options) {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const database = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      socket.setNoDelay();
      open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        open.delete(socket);
        other.end();
      });
    }
    relay(client, database);
  });

  function relay(client: Socket, database: Socket): void {
    let steps = new Set<string>();
    const isCut = async (verb: string) =>
      steps.size > 0 && (await checkpoints.pass(replica, ...[...steps].map((step) => `${verb} ${step}`))) === 'is cut';
    pump(client, database, async (chunk) => {
      if (chunk.equals(ROLLBACK)) steps = new Set();
      return chunk.equals(COMMIT) && (await isCut('recording')) ? 'is cut' : 'goes on';
    });
    pump(database, client, async (chunk) => {
      for (const [, step] of chunk.toString('latin1').matchAll(ANNOUNCED)) if (step) steps.add(step);
      if (!chunk.subarray(-READY.length).equals(READY)) return 'goes on';
      const cut = await isCut('recorded');
      steps = new Set();
      return cut ? 'is cut' : 'goes on';
    });
  }

  const ownPort = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(bound.parse(server.address()).port));
  });
  return {
    port: ownPort,
    /** Cuts every connection at once. */
    cutAll(): void {
      for (const socket of open) socket.destroy();
    },
    /** PostgreSQL listens at another port from now on. */
    redirect(to: number): void {
      port = to;
    },
    async stop(): Promise<void> {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Passes on what `from` says, chunk by chunk, each after it was looked at. */
function pump(from: Socket, to: Socket, look: (chunk: Buffer) => Promise<'goes on' | 'is cut'>): void {
  from.on('data', async (chunk) => {
    from.pause();
    if ((await look(chunk)) === 'is cut') {
      from.destroy();
      to.destroy();
      return;
    }
    to.write(chunk);
    from.resume();
  });
}

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { prettyJSON } from 'hono/pretty-json';
import { z } from 'zod';

/** Something that can be told to misbehave: `behaviour` is what it does now, `shape` what it can be told. */
export type Switchable = {
  shape: z.ZodObject;
  behaviour(): Record<string, unknown>;
  behave(behaviour: Record<string, unknown>): void;
};

/**
 * The switches of the demo, over HTTP on a port of their own: `GET /` lists each stand-in with what it does now and what
 * it can be told; `PUT /{name}` with a JSON object changes it; `DELETE /{name}` makes it behave again.
 */
export async function startSwitchboard(standIns: Record<string, Switchable>) {
  const app = new Hono();
  app.use(prettyJSON({ force: true }));
  app.get('/', (c) =>
    c.json(
      Object.fromEntries(
        Object.entries(standIns).map(([name, { shape, behaviour }]) => [
          name,
          { now: behaviour(), can: z.toJSONSchema(shape, { io: 'input' }).properties },
        ]),
      ),
    ),
  );
  for (const [name, { shape, behave, behaviour }] of Object.entries(standIns)) {
    app.put(`/${name}`, async (c) => {
      const patch = z.record(z.string(), z.unknown()).catch({ '': 'not a JSON object' });
      const next = shape.strict().safeParse({ ...behaviour(), ...patch.parse(await c.req.json().catch(() => null)) });
      if (!next.success) return c.json({ error: z.prettifyError(next.error) }, 400);
      behave(next.data);
      return c.json({ now: behaviour() });
    });
    app.delete(`/${name}`, (c) => {
      behave(shape.parse({}));
      return c.json({ now: behaviour() });
    });
  }
  return new Promise<{ url: string; stop(): Promise<void> }>((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve({
        url: `http://127.0.0.1:${port}`,
        stop: () => new Promise((done) => server.close(() => done())),
      }),
    );
  });
}

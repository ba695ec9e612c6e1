import { Hono } from 'hono';
import type { HttpEnv } from './context.ts';
import type { Metrics } from './metrics.ts';

/** What Prometheus scrapes, `/metrics`: beside everything else, or alone on a port of its own. */
export function scrapeApp(metrics: Metrics): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get('/metrics', async (c) => c.text(await metrics.scrape(), 200, { 'content-type': metrics.contentType }));
  return app;
}

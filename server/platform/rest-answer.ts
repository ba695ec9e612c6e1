import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { z } from 'zod';
import { csvOf } from './csv.ts';
import { itemOf, type RestProcedure } from './procedures.ts';

/** Where REST begins. */
export const REST_ROOT = '/api/v1';

const page = z.object({ next_cursor: z.string() });
const rows = z.object({ items: z.array(z.record(z.string(), z.unknown())) });
const fields = z.record(z.string(), z.unknown());

/** Answers what a procedure said: 201 with the address of what it made, 204 for nothing, lists as CSV where that is asked for. */
export function answerOf(procedure: RestProcedure): (c: Context, output: unknown) => Response {
  const item = itemOf(procedure);
  return (c, output) => {
    if (output === undefined) return c.body(null, 204);
    const next = page.safeParse(output).data?.next_cursor;
    if (next !== undefined) c.header('Link', `<${nextPage(c.req.url, next)}>; rel="next"`);
    if (item && wantsCsv(c)) {
      // For who reads page after page as CSV, which has no place for it.
      if (next !== undefined) c.header('X-Next-Cursor', next);
      const text = csvOf(Object.keys(item.shape), rows.parse(output).items);
      return c.body(text, 200, { 'content-type': 'text/csv; charset=utf-8' });
    }
    if (procedure.meta.creates === undefined) return c.json(output);
    c.header('Location', locationOf(procedure, c.req.param(), output));
    return c.json(output, 201);
  };
}

const wantsCsv = (c: Context): boolean =>
  accepts(c, { header: 'Accept', supports: ['application/json', 'text/csv'], default: 'application/json' }) ===
  'text/csv';

function nextPage(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url);
  searchParams.set('cursor', cursor);
  return `${pathname}?${searchParams}`;
}

/** Where what was made can be read: at `{id}` below the list it was added to, unless the procedure says otherwise. */
function locationOf({ meta }: RestProcedure, path: Record<string, string>, output: unknown): string {
  const made = fields.parse(output);
  const fill = (template: string, from: Record<string, unknown>) =>
    template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(from[name])));
  const address =
    typeof meta.creates === 'string'
      ? fill(meta.creates, { ...path, ...made })
      : fill(`${fill(meta.openapi.path, path)}/{id}`, made);
  return REST_ROOT + address;
}

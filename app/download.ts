import { authorisedFetch } from './features/auth/authorised-fetch.ts';

type Filters = Record<string, string | number | boolean | undefined>;

/**
 * A list as CSV, through the REST door, with the same filters as on the screen; page after page, until all of it is there.
 * @throws where any page cannot be had: half a list is no list.
 */
export async function fetchCsv(path: string, filters: Filters): Promise<Blob> {
  const parts: string[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries({ ...filters, cursor })) {
      if (value !== undefined) query.set(key, String(value));
    }
    const answer = await authorisedFetch(`/api/v1${path}?${query}`, { headers: { accept: 'text/csv' } });
    if (!answer.ok) throw new Error(`the list was answered with ${answer.status}`);
    const text = await answer.text();
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf('\n') + 1));
    cursor = answer.headers.get('x-next-cursor') ?? undefined;
  } while (cursor);
  return new Blob(parts, { type: 'text/csv' });
}

import { z } from 'zod';
import { PASSWORD } from '../../server/demo/cast.ts';

const named = z.object({ id: z.string(), name: z.string() });
const tree = z.object({
  centers: z.array(
    z.object({ fields: z.array(named.extend({ departments: z.array(named.extend({ teams: z.array(named) })) })) }),
  ),
});
const projects = z.object({ items: z.array(named) });
const token = z.object({ access_token: z.string() });

/** A running portal as one of its people asks it at the REST door. */
export async function apiOf(url: string, username: string) {
  async function ask<T>(path: string, shape: z.ZodType<T>, init: RequestInit = {}): Promise<T> {
    const answer = await fetch(`${url}/api/v1${path}`, init);
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    return shape.parse(answer.status === 204 ? undefined : await answer.json());
  }
  const post = (body: unknown) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { access_token } = await ask('/auth/login', token, post({ username, password: PASSWORD }));
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
  return {
    get: <T>(path: string, shape: z.ZodType<T>) => ask(path, shape, { headers }),
    send: <T>(method: string, path: string, body: unknown, shape: z.ZodType<T>) =>
      ask(path, shape, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }),
  };
}

/** Paths of the demo's pages, by the names of what they show. */
export async function placesOf(url: string): Promise<(name: string) => string> {
  const { get } = await apiOf(url, 'noa');
  const { centers } = await get('/org/tree', tree);
  const { items } = await get('/projects?limit=200', projects);
  const fields = centers.flatMap((center) => center.fields);
  const departments = fields.flatMap((field) => field.departments);
  const paths = new Map([
    ...fields.map(({ id, name }) => [name, `/fields/${id}`] as const),
    ...departments.map(({ id, name }) => [name, `/departments/${id}`] as const),
    ...departments.flatMap(({ teams }) => teams).map(({ id, name }) => [name, `/teams/${id}`] as const),
    ...items.map(({ id, name }) => [name, `/projects/${id}`] as const),
  ]);
  return (name) => {
    const path = paths.get(name);
    if (!path) throw new Error(`the demo has no ${name}`);
    return path;
  };
}

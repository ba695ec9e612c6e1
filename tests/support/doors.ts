import type { AnyRouter } from '@trpc/server';
import { z } from 'zod';
import { appRouter } from '../../server/router.ts';

export type Procedure = {
  path: string;
  type: 'query' | 'mutation' | 'subscription';
  rest: { method: string; path: string } | undefined;
  /** What it takes; undefined when it takes nothing. */
  input: z.ZodType | undefined;
};

type Definition = {
  type: Procedure['type'];
  meta?: { openapi?: { method: string; path: string } };
  inputs: unknown[];
};

/** Every procedure of the product. */
export function everyProcedure(): Procedure[] {
  const router: AnyRouter = appRouter;
  const procedures: Record<string, { _def: Definition }> = router._def.procedures;
  return Object.entries(procedures).map(([path, { _def }]) => ({
    path,
    type: _def.type,
    rest: _def.meta?.openapi,
    input: _def.inputs[0] instanceof z.ZodType ? _def.inputs[0] : undefined,
  }));
}

export const DOORS = ['rest', 'trpc'] as const;
export type Door = (typeof DOORS)[number];
export type Answer = { status: number; code: string; body: string };
type Input = Record<string, unknown>;

/** What the request to this door looks like; undefined where the procedure has no address there. */
export function requestTo(
  door: Door,
  { path, type, rest }: Procedure,
  input: Input | undefined,
): { method: string; address: string; body?: string } | undefined {
  if (door === 'trpc') {
    const json = input && JSON.stringify(input);
    if (type === 'mutation') return { method: 'POST', address: `/api/trpc/${path}`, ...(json && { body: json }) };
    return {
      method: 'GET',
      address: `/api/trpc/${path}${json ? `?input=${encodeURIComponent(json.toWellFormed())}` : ''}`,
    };
  }
  if (!rest) return undefined;
  const left = { ...input };
  const filled = rest.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = left[name];
    delete left[name];
    return encodeURIComponent(String(value).toWellFormed());
  });
  const address = `/api/v1${filled}`;
  if (rest.method !== 'GET') return { method: rest.method, address, ...(input && { body: JSON.stringify(left) }) };
  const query = new URLSearchParams(Object.entries(left).map(([key, value]) => [key, String(value)]));
  return { method: 'GET', address: `${address}?${query}` };
}

const restRefusal = z.object({ error: z.object({ code: z.string() }) });
const trpcRefusal = z.object({ error: z.object({ data: z.object({ code: z.string(), http_status: z.number() }) }) });
const streamRefusal = z.object({ data: z.object({ code: z.string(), http_status: z.number() }) });

/** Calls the procedure at the door; undefined where it has no address there. Of a stream, the first event answers. */
export async function callAt(
  url: string,
  door: Door,
  procedure: Procedure,
  input: Input | undefined,
  token: string | undefined,
): Promise<Answer | undefined> {
  const request = requestTo(door, procedure, input);
  if (!request) return undefined;
  const { method, address, body } = request;
  const abort = new AbortController();
  const response = await fetch(url + address, {
    method,
    headers: {
      ...(method !== 'GET' && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(procedure.type === 'subscription' && { accept: 'text/event-stream' }),
    },
    signal: abort.signal,
    ...(body !== undefined && { body }),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    const answer = await firstEvent(response);
    abort.abort();
    return answer;
  }
  const text = await response.text();
  return { status: response.status, code: codeIn(text), body: text };
}

function codeIn(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    return restRefusal.safeParse(parsed).data?.error.code ?? trpcRefusal.safeParse(parsed).data?.error.data.code ?? '';
  } catch {
    return '';
  }
}

/** The first thing that a stream tells, past its greeting. */
async function firstEvent(response: Response): Promise<Answer> {
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  let told = '';
  for (;;) {
    const { done, value } = await reader.read();
    told += decoder.decode(value, { stream: true });
    const events = told.split('\n\n').slice(0, -1);
    const event = events.find((one) => /^data: /m.test(one) && !/^event: (connected|ping)$/m.test(one));
    if (event !== undefined || done) return answerOf(event ?? told);
  }
}

function answerOf(event: string): Answer {
  const body = /^data: (.*)$/m.exec(event)?.[1] ?? '';
  if (!/^event: serialized-error$/m.test(event)) return { status: 200, code: '', body };
  const { code, http_status } = streamRefusal.parse(JSON.parse(body)).data;
  return { status: http_status, code, body };
}

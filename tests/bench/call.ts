import { z } from 'zod';

/** One mutation over tRPC, whose answer is only checked to be good. */
export async function call(
  { url }: { url: string },
  procedure: string,
  { token, body }: { token?: string; body: unknown },
): Promise<unknown> {
  const response = await fetch(`${url}/api/trpc/${procedure}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${procedure} was answered ${response.status}: ${await response.text()}`);
  return z.object({ result: z.object({ data: z.unknown() }) }).parse(await response.json()).result.data;
}

import { expect } from 'vitest';
import { z } from 'zod';

/** Every error of the REST door. */
const errorShape = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    request_id: z.uuidv4(),
    details: z.record(z.string(), z.unknown()),
  }),
});

/** `token` is that of `admin` unless said otherwise; null sends none. */
export type Call = Omit<RequestInit, 'headers'> & { token?: string | null; headers?: Record<string, string> };

export const json = (body: unknown): Call => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** The REST door of an InfraHub. */
export function restOf(url: string) {
  async function rest(path: string, { token = 'admin', headers = {}, ...init }: Call = {}) {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/api/v1${path}`, { ...init, headers: { ...authorization, ...headers } });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text };
  }

  /** The error that this call is answered with, which has the one shape. */
  async function refusal(path: string, call: Call = {}) {
    const { status, headers, text } = await rest(path, call);
    const { error } = errorShape.parse(JSON.parse(text));
    expect(headers.get('x-request-id')).toBe(error.request_id);
    return { status, code: error.code, message: error.message, details: error.details, headers };
  }

  return { rest, refusal };
}

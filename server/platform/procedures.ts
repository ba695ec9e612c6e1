import type { AnyRouter, ProcedureType } from '@trpc/server';
import { z } from 'zod';
import type { Meta } from './trpc.ts';

/** What the REST door and its document know of a procedure. */
export type RestProcedure = {
  /** As tRPC names it: `org.teams.create`. */
  path: string;
  type: ProcedureType;
  meta: Meta & { openapi: NonNullable<Meta['openapi']> };
  input: z.ZodObject | undefined;
  output: z.ZodType;
};

type Definition = { type: ProcedureType; meta?: Meta; inputs: unknown[]; output?: unknown };

/**
 * Every procedure that has a REST address.
 * @throws Error for one whose input cannot be told apart into path, query and body, or that tells no output.
 */
export function restProcedures(router: AnyRouter): RestProcedure[] {
  const procedures: Record<string, { _def: Definition }> = router._def.procedures;
  return Object.entries(procedures).flatMap(([path, { _def }]) => {
    const { type, meta, inputs, output } = _def;
    if (!meta?.openapi) return [];
    const [input, ...more] = inputs;
    if (more.length > 0 || (input !== undefined && !(input instanceof z.ZodObject))) {
      throw new Error(`${path}: the input of a procedure with a REST address is one object`);
    }
    if (!(output instanceof z.ZodType)) throw new Error(`${path}: a procedure with a REST address tells its output`);
    return { path, type, meta: { ...meta, openapi: meta.openapi }, input, output };
  });
}

/** Names of the parameters in an address: `id` and `site` of `/teams/{id}/quotas/{site}`. */
export const pathParameters = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);

const list = z.object({ items: z.instanceof(z.ZodArray) });

/** What a list is a list of, if the procedure answers a list of objects. */
export function itemOf({ output }: RestProcedure): z.ZodObject | undefined {
  if (!(output instanceof z.ZodObject)) return undefined;
  const element = list.safeParse(output.shape).data?.items.element;
  return element instanceof z.ZodObject ? element : undefined;
}

/** Whether it takes an `Idempotency-Key`. */
export const isKeyed = ({ creates, keyed }: Meta): boolean => creates !== undefined || keyed === true;

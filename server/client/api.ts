import type { AnyTRPCProcedure, inferProcedureInput, inferProcedureOutput, TRPCRouterRecord } from '@trpc/server';
import type { AppRouter } from '../router.ts';
import type { Mutation, Query, Subscription } from './calls.ts';

export type { ErrorCode } from '../platform/errors.ts';

// In the package this file is a list of every procedure with plain types (tools/build-client.ts), so that it stands alone.

type Told<Output> = Output extends AsyncIterable<infer Item> ? Item : never;

type Input<P extends AnyTRPCProcedure> = inferProcedureInput<P>;
type Output<P extends AnyTRPCProcedure> = inferProcedureOutput<P>;

type CallOf<P extends AnyTRPCProcedure> = {
  query: Query<Input<P>, Output<P>>;
  mutation: Mutation<Input<P>, Output<P>>;
  subscription: Subscription<Input<P>, Told<Output<P>>>;
}[P['_def']['type']];

type ApiOf<R extends TRPCRouterRecord> = {
  [K in keyof R]: R[K] extends AnyTRPCProcedure ? CallOf<R[K]> : R[K] extends TRPCRouterRecord ? ApiOf<R[K]> : never;
};

/** Every procedure of InfraHub. */
export type InfraHubApi = ApiOf<AppRouter['_def']['record']>;

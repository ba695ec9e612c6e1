/** What one call may say beside its input. */
export type CallOptions = {
  /** Gives the call up; it then fails with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How long one try may take, in milliseconds; 30 seconds unless told. */
  timeoutMs?: number | undefined;
};

export type MutationOptions = CallOptions & {
  /** One key, one result, for 24 hours. Where the procedure takes one, the client makes one for each call unless told. */
  idempotencyKey?: string | undefined;
};

type Arguments<Input, Options> = undefined extends Input
  ? [input?: Input, options?: Options]
  : [input: Input, options?: Options];

/** A procedure that reads; tried again when that may help. */
export type Query<Input, Output> = { query: (...args: Arguments<Input, CallOptions>) => Promise<Output> };

/** A procedure that changes something; tried again only where it takes an idempotency key. */
export type Mutation<Input, Output> = { mutate: (...args: Arguments<Input, MutationOptions>) => Promise<Output> };

/** A procedure that goes on telling; it connects again by itself. Ends when the loop over it does. */
export type Subscription<Input, Output> = {
  subscribe: (...args: Arguments<Input, Pick<CallOptions, 'signal'>>) => AsyncGenerator<Output, void, undefined>;
};

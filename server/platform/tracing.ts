/** What may be told of a span: words of ours, ids and numbers. Never a name of somebody, a secret or a value. */
export type Attributes = Record<string, string | number | boolean>;

export type Span = { set(attributes: Attributes): void; fail(): void };

export type SpanOptions = {
  name: string;
  kind?: 'server' | 'client' | 'consumer';
  attributes?: Attributes;
  /** It may begin a trace; else it is told only as part of one. */
  isRoot?: boolean;
  /** `traceparent` (W3C) of the caller, whose trace it joins. */
  parent?: string | undefined;
  /** `traceparent` of what caused it, in a trace of its own. */
  cause?: string | undefined;
};

/** What makes spans; `tracing-otel.ts` does, when a collector is configured. */
export type Tracer = {
  inSpan<T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  traceparent(): string | undefined;
};

const SILENT: Span = { set() {}, fail() {} };
let tracer: Tracer | undefined;

/** Has spans made by this from now on, or by nothing. */
export function traceWith(made: Tracer | undefined): void {
  tracer = made;
}

/** Runs `work` as a span of the current trace. Costs nothing while no tracer is set. */
export const inSpan = <T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> =>
  tracer ? tracer.inSpan(options, work) : work(SILENT);

/** The current span as W3C `traceparent`, to hand to whom it causes work. */
export const traceparent = (): string | undefined => tracer?.traceparent();

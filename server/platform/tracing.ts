import type { Config } from './config.ts';
import type { Log } from './log.ts';

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

/** What makes spans. */
export type Tracer = {
  inSpan<T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  traceparent(): string | undefined;
};

const SILENT: Span = { set() {}, fail() {} };
let tracer: Tracer | undefined;

export type TracingSettings = {
  /** Base URL of the collector, which takes OTLP over HTTP. */
  endpoint: string;
  serviceName: string;
  /** Share, 0 to 1, of the traces that begin here. */
  sampleRatio: number;
};

/**
 * Has spans sent from now on, where there is a collector; answers how to end it. OpenTelemetry is loaded only then.
 */
export async function startTracing(config: Config, log: Log): Promise<() => Promise<void>> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return async () => {};
  const { startTracer } = await import('./tracing-otel.ts');
  const settings = { endpoint, serviceName: config.OTEL_SERVICE_NAME, sampleRatio: config.OTEL_TRACES_SAMPLER_ARG };
  const started = startTracer(settings, log);
  tracer = started.tracer;
  return async () => {
    tracer = undefined;
    await started.stop();
  };
}

/** Runs `work` as a span of the current trace. Costs nothing where there is no collector. */
export const inSpan = <T>(options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> =>
  tracer ? tracer.inSpan(options, work) : work(SILENT);

/** The current span as W3C `traceparent`, to hand to whom it causes work. */
export const traceparent = (): string | undefined => tracer?.traceparent();

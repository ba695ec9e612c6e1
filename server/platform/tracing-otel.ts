import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Context,
  DiagLogLevel,
  diag,
  isSpanContextValid,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { z } from 'zod';
import type { Log } from './log.ts';
import type { Span, SpanOptions, Tracer, TracingSettings } from './tracing.ts';

/** How long the end of a replica may wait for a collector that does not take the last spans. */
const FLUSH_MS = 2_000;
/** Spans that wait while the collector is away; more are dropped. */
const MAX_WAITING = 2_048;
const COMPLAINT_MS = 60_000;

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER };
const SILENT: Span = { set() {}, fail() {} };

/** A W3C `traceparent`; undefined for what is none. */
function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const parts = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(traceparent ?? '');
  const [, traceId = '', spanId = '', flags = ''] = parts ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;

const announcement = z.object({
  request: z.custom<{ addHeader(name: string, value: string): void }>(
    (value) => typeof value === 'object' && value !== null && 'addHeader' in value,
  ),
});

/** Sends spans by OTLP over HTTP, in the background. A collector that is away costs spans and nothing else. */
export function startTracer(settings: TracingSettings, log: Log): { tracer: Tracer; stop(): Promise<void> } {
  const url = `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': settings.serviceName }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.sampleRatio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url }),
        maxQueueSize: MAX_WAITING,
        scheduledDelayMillis: 1_000,
      }),
    ],
  });
  const otel = provider.getTracer('infrahub');
  const current = new AsyncLocalStorage<Context>();
  const spanContext = () => trace.getSpanContext(current.getStore() ?? ROOT_CONTEXT);
  complainTo(log);

  /** Hands the trace on to Argo CD and the inventory, which are asked by `fetch`. */
  function addTraceparent(message: unknown): void {
    const span = spanContext();
    const announced = announcement.safeParse(message);
    if (span && announced.success) announced.data.request.addHeader('traceparent', traceparentOf(span));
  }
  subscribe('undici:request:create', addTraceparent);

  /** Where the span belongs: what causes a job does not wait for it, so that it is a trace of its own. */
  function contextFor({ kind, parent }: SpanOptions): Context {
    const remote = spanContextOf(parent);
    if (kind === 'consumer') return ROOT_CONTEXT;
    return current.getStore() ?? (remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT);
  }

  const tracer: Tracer = {
    async inSpan(options, work) {
      const { name, kind, attributes = {}, isRoot, cause } = options;
      if (!isRoot && !current.getStore()) return work(SILENT);
      const context = contextFor(options);
      const linked = spanContextOf(cause);
      const span = otel.startSpan(
        name,
        { kind: kind ? KINDS[kind] : SpanKind.INTERNAL, attributes, links: linked ? [{ context: linked }] : [] },
        context,
      );
      try {
        return await current.run(trace.setSpan(context, span), () => work(handleOf(span)));
      } catch (error) {
        // Not what it says: a message may hold anything.
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
    traceparent() {
      const span = spanContext();
      return span && traceparentOf(span);
    },
  };

  return {
    tracer,
    async stop() {
      unsubscribe('undici:request:create', addTraceparent);
      await Promise.race([provider.shutdown().catch(() => undefined), sleep(FLUSH_MS, undefined, { ref: false })]);
    },
  };
}

const handleOf = (span: OtelSpan): Span => ({
  set: (attributes) => void span.setAttributes(attributes),
  fail: () => void span.setStatus({ code: SpanStatusCode.ERROR }),
});

/** Says once a minute at most that spans are lost. */
function complainTo(log: Log): void {
  let complainedAt = Number.NEGATIVE_INFINITY;
  const silent = () => {};
  const error = () => {
    if (performance.now() - complainedAt < COMPLAINT_MS) return;
    complainedAt = performance.now();
    log.warn('traces could not be handed to the collector (OTEL_EXPORTER_OTLP_ENDPOINT); they are dropped');
  };
  diag.setLogger({ error, warn: silent, info: silent, debug: silent, verbose: silent }, DiagLogLevel.ERROR);
}

import { createServer } from 'node:http';
import { z } from 'zod';

const value = z.object({
  stringValue: z.string().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  boolValue: z.boolean().optional(),
});
const attributes = z.array(z.object({ key: z.string(), value })).default([]);
const spanShape = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  attributes,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.number().optional() }).default({}),
});
const exportShape = z.object({
  resourceSpans: z.array(
    z.object({ resource: z.object({ attributes }), scopeSpans: z.array(z.object({ spans: z.array(spanShape) })) }),
  ),
});

export type ReceivedSpan = Omit<z.infer<typeof spanShape>, 'attributes'> & {
  attributes: Record<string, string | number | boolean | undefined>;
};

/** An OpenTelemetry collector as far as a test needs one: it takes spans by OTLP/HTTP as JSON, and keeps every byte. */
export async function startCollector() {
  const spans: ReceivedSpan[] = [];
  let everything = '';
  const server = createServer(async (request, answer) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    everything += body;
    for (const { scopeSpans } of exportShape.parse(JSON.parse(body)).resourceSpans) {
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        const told = span.attributes.map(({ key, value: v }) => [key, v.stringValue ?? v.intValue ?? v.boolValue]);
        spans.push({ ...span, attributes: Object.fromEntries(told) });
      }
    }
    answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    /** Everything that was sent, as it was sent. */
    text: (): string => everything,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

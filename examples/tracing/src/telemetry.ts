import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/**
 * Sets OpenTelemetry up: spans are kept in memory, and `fetch` makes spans and tells servers of them. In an application
 * `@opentelemetry/sdk-node` does this, with an exporter that sends the spans to where you look at them.
 *
 * @returns the spans that have ended
 */
export function startTelemetry(): () => readonly ReadableSpan[] {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  new UndiciInstrumentation().enable()
  return () => exporter.getFinishedSpans()
}

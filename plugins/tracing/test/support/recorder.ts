import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace'

/** Keeps what spans are started and ended, in memory. */
export interface Recorder {
  readonly spanProcessors: SpanProcessor[]
  /** The spans that have ended, in the order in which they were started: clocks are too coarse to tell. */
  readonly spans: readonly ReadableSpan[]
  /** How many spans have been started and have not ended. */
  readonly open: number
}

export function recorder(): Recorder {
  const exporter = new InMemorySpanExporter()
  const started: string[] = []
  const order: SpanProcessor = {
    onStart: (span) => void started.push(span.spanContext().spanId),
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const place = (span: ReadableSpan) => started.indexOf(span.spanContext().spanId)
  return {
    spanProcessors: [order, new SimpleSpanProcessor({ exporter })],
    get spans() {
      return exporter.getFinishedSpans().toSorted((a, b) => place(a) - place(b))
    },
    get open() {
      return started.length - exporter.getFinishedSpans().length
    },
  }
}

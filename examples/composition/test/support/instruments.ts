import { Writable } from 'node:stream'
import { type Tracer } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import { type DrawnSpan, drawnSpans } from './spans.ts'
import { newWorld, type World } from './world.ts'

/** A line as pino wrote it. */
export interface Line {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

/** What plugins write to. */
export interface Sinks extends Pick<World, 'store'> {
  readonly logger: Logger
  readonly registry: Registry
  readonly tracer: Tracer
  readonly screen: NodeJS.WritableStream
}

/** Real sinks, all in memory. */
export interface Instruments extends Sinks, World {
  /** The lines so far. */
  readonly lines: readonly Line[]
  /** The values of all series, as Prometheus reads them: `pipe_runs_total{pipeline="order",status="succeeded"} 1`. */
  readonly series: () => Promise<readonly string[]>
  /** The spans that have ended, in the order in which they began, each with its parent. */
  readonly spans: () => readonly DrawnSpan[]
  /** The lines on the screen so far. */
  readonly shown: () => readonly string[]
}

export function instruments(world: World = newWorld()): Instruments {
  const lines: Line[] = []
  const write = (text: string) => void lines.push(JSON.parse(text) as Line)
  const formatters = { level: (level: string) => ({ level }) }
  const registry = new Registry()
  const exporter = new InMemorySpanExporter()
  let shown = ''
  const screen = new Writable({
    write: (chunk, _encoding, done) => {
      shown += String(chunk)
      done()
    },
  })
  const ids = counting()
  const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  return {
    ...world,
    logger: pino({ level: 'debug', base: null, timestamp: false, formatters }, { write }),
    registry,
    tracer: provider.getTracer('composition'),
    screen,
    lines,
    series: async () => (await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line)),
    shown: () => shown.split('\n').filter((line) => line !== ''),
    spans: () => drawnSpans(inOrderOfStart(exporter.getFinishedSpans())),
  }
}

/** Ids that count, so that they say which span began first. */
function counting() {
  let [traces, spans] = [0, 0]
  return {
    generateTraceId: () => (++traces).toString(16).padStart(32, '0'),
    generateSpanId: () => (++spans).toString(16).padStart(16, '0'),
  }
}

const inOrderOfStart = (spans: readonly ReadableSpan[]) =>
  spans.toSorted((a, b) => (a.spanContext().spanId < b.spanContext().spanId ? -1 : 1))

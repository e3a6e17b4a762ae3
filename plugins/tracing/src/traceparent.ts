import { type Link, type SpanContext, trace } from '@opentelemetry/api'
import type { RunContext } from '@pipe/core'

declare module '@pipe/core' {
  interface RunReports {
    /** Where the spans of the run are. */
    readonly tracing: TraceReport
  }
}

/** What the result of a run says in `reports.tracing`; absent when the run was not traced. */
export interface TraceReport {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** The span of the run, written like the header of W3C Trace Context. */
  readonly traceparent: string
}

/** Version, trace, span and flags. Later versions may add fields, and `ff` is none. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/

/**
 * The default of `links`: what `traceparent` in the context of the run names, written like the header of W3C Trace
 * Context; a string, or an array of them. So a run that goes on with the work of an earlier one leads to its trace. What
 * is not of that form is ignored, as the standard asks.
 */
export function traceparentLinks({ context }: Pick<RunContext, 'context'>): Link[] {
  const { traceparent } = context
  const all: readonly unknown[] = Array.isArray(traceparent) ? traceparent : [traceparent]
  return all.map(parse).flatMap((earlier) => (earlier === undefined ? [] : { context: earlier }))
}

/** What {@link traceparentLinks} finds the span by. */
export function reportOf({ traceId, spanId, traceFlags }: SpanContext): TraceReport {
  return { traceId, traceparent: `00-${traceId}-${spanId}-${(traceFlags & 1) === 1 ? '01' : '00'}` }
}

function parse(traceparent: unknown): SpanContext | undefined {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent.trim()) : null
  if (match === null) return undefined
  const [, traceId = '', spanId = '', flags = ''] = match
  // The lowest bit says that it was sampled; the others have no meaning here.
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return trace.isSpanContextValid(context) ? context : undefined
}

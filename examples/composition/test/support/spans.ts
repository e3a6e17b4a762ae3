import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/** A span without what chance and the platform's clock put into it. */
export interface DrawnSpan {
  readonly id: string
  /** The id of the span that it is inside of. */
  readonly parent: string | undefined
  readonly name: string
  readonly failed: boolean
  readonly attributes: object
  readonly events: readonly { readonly name: string; readonly attributes: object }[]
}

export function drawnSpans(spans: readonly ReadableSpan[]): DrawnSpan[] {
  return spans.map((span) => ({
    id: span.spanContext().spanId,
    parent: span.parentSpanContext?.spanId,
    name: span.name,
    failed: span.status.code === SpanStatusCode.ERROR,
    attributes: span.attributes,
    events: span.events.map(({ name, attributes = {} }) => ({ name, attributes })),
  }))
}

/** Spans as text: a line each, children below their parents, with the key of an item, the status and the events. */
export function treeOf(spans: readonly DrawnSpan[], parent?: string, indent = ''): string[] {
  return spans
    .filter((span) => span.parent === parent)
    .flatMap((span) => [`${indent}${lineOf(span)}`, ...treeOf(spans, span.id, `${indent}  `)])
}

function lineOf({ name, failed, attributes, events }: DrawnSpan): string {
  const known = new Map<string, unknown>(Object.entries(attributes))
  const key = known.get('pipe.item.key')
  const status = known.get('pipe.run.status') ?? known.get('pipe.step.status')
  const words = [
    `${name}${typeof key === 'string' ? `[${key}]` : ''}`,
    ...(typeof status === 'string' ? [status] : []),
    ...(failed && status !== 'failed' ? ['ERROR'] : []),
    ...events.map((event) => `(${event.name})`),
  ]
  return words.join(' ')
}

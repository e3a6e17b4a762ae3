import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

const ms = ([seconds, nanoseconds]: readonly [number, number]) => seconds * 1e3 + nanoseconds / 1e6

/** Spans as a tree: each with how long it took, what became of it, and what happened meanwhile. */
export function drawing(spans: readonly ReadableSpan[], parent?: string, indent = ''): string {
  return spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)
    .toSorted((a, b) => ms(a.startTime) - ms(b.startTime))
    .map((span) => `${line(span, indent)}${drawing(spans, span.spanContext().spanId, `${indent}  `)}`)
    .join('')
}

function line({ name, attributes, status, duration, events }: ReadableSpan, indent: string): string {
  const which = [attributes['pipe.attempt.number'], attributes['pipe.item.key'], attributes['url.path']].find(Boolean)
  const title = typeof which === 'string' || typeof which === 'number' ? `${name} ${which}` : name
  const retries = events.filter((event) => event.name === 'pipe.retry').length
  const words = [
    `${indent}${title}`.padEnd(36),
    `${ms(duration).toFixed(0)} ms`.padStart(6),
    status.code === SpanStatusCode.ERROR ? ` ✖ ${status.message ?? ''}` : '',
    retries > 0 ? ` ↻ ${retries}` : '',
  ]
  return `${words.join('').trimEnd()}\n`
}

import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/**
 * Spans as text, a line each, children below their parents in the order of their start: the name, the key of an item, the
 * status that the engine gave it, and `ERROR` when the span has that. Events are lines that begin with a dash.
 */
export function drawn(spans: readonly ReadableSpan[]): string {
  const ids = new Set(spans.map((span) => span.spanContext().spanId))
  const childrenOf = (id: string | undefined) => spans.filter((span) => parentOf(span, ids) === id)
  const lines = (span: ReadableSpan): string[] => [
    line(span),
    ...[...span.events.map(event), ...childrenOf(span.spanContext().spanId).flatMap(lines)].map((text) => `  ${text}`),
  ]
  return childrenOf(undefined).flatMap(lines).join('\n')
}

function parentOf({ parentSpanContext }: ReadableSpan, known: ReadonlySet<string>): string | undefined {
  const id = parentSpanContext?.spanId
  return id !== undefined && known.has(id) ? id : undefined
}

function line({ name, attributes, status }: ReadableSpan): string {
  const key = attributes['pipe.item.key']
  const how = [
    attributes['pipe.run.status'] ?? attributes['pipe.step.status'],
    attributes['pipe.step.reason'],
    status.code === SpanStatusCode.ERROR && 'ERROR',
  ].filter(Boolean)
  return `${name}${typeof key === 'string' ? `[${key}]` : ''}${how.length === 0 ? '' : `: ${how.join(', ')}`}`
}

function event({ name, attributes = {} }: ReadableSpan['events'][number]): string {
  if (name === 'exception')
    return `- ${String(attributes['exception.type'])}: ${String(attributes['exception.message'])}`
  if (name === 'pipe.retry')
    return `- attempt ${String(attributes['pipe.attempt.number'])} failed, again in ${String(attributes['pipe.retry.delay_ms'])} ms`
  return `- ${name}`
}

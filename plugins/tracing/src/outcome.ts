import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { abortCodeOf, messageOf } from '@pipe/core'
import { errorTypeOf, exceptionOf } from './exception.ts'

/** Whether what ended with `error` failed or was cancelled: a time-out is a failure. */
export function statusOf(error: unknown): 'failed' | 'cancelled' {
  const code = abortCodeOf(error)
  return code === undefined || code === 'TIMEOUT' ? 'failed' : 'cancelled'
}

/** Marks a span as that of something that failed. */
export function markFailed(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) })
  span.setAttribute('error.type', errorTypeOf(error))
}

/** Records each error once: on the first span that it comes to, which is the innermost. */
export class Exceptions {
  readonly #known = new WeakSet()

  record(span: Span, error: unknown): void {
    if (typeof error === 'object' && error !== null) {
      if (this.#known.has(error)) return
      this.#known.add(error)
    }
    span.recordException(exceptionOf(error))
  }
}

import { type Tracer, trace } from '@opentelemetry/api'
import { type ReadableSpan, type Sampler, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach } from 'vitest'
import { recorder } from './recorder.ts'
import { register, removeSdk } from './register.ts'
import { drawn } from './tree.ts'

/** An SDK that keeps its spans in memory; a new one for each test of a file. */
export interface Sdk {
  /** A tracer for what the tests trace themselves. */
  readonly tracer: Tracer
  /** The spans that have ended, in the order in which they were started. */
  readonly spans: readonly ReadableSpan[]
  /** The same as text; see {@link drawn}. */
  readonly tree: string
  /** How many spans have been started and have not ended. */
  readonly open: number
  /** The span with that name that was started first. */
  span(name: string): ReadableSpan
}

/** Registers an SDK before each test, and takes it away after it. Without `sampler` every span is recorded. */
export function sdk(sampler?: Sampler): Sdk {
  let kept = recorder()
  beforeEach(() => {
    kept = recorder()
    register(new TracerProvider({ spanProcessors: kept.spanProcessors, ...(sampler !== undefined && { sampler }) }))
  })
  afterEach(removeSdk)
  return {
    get tracer() {
      return trace.getTracer('test')
    },
    get spans() {
      return kept.spans
    },
    get tree() {
      return drawn(kept.spans)
    },
    get open() {
      return kept.open
    },
    span(name) {
      const found = kept.spans.find((span) => span.name === name)
      if (found === undefined) throw new Error(`there is no span "${name}"`)
      return found
    },
  }
}

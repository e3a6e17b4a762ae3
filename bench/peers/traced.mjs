/** Chains of steps that are traced: by Pipe's plugin, and by hand, with and without an SDK of OpenTelemetry. */
import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { createPipe, pipeline, type } from '@pipe/core'
import { tracing } from '@pipe/tracing'

/** An SDK whose spans nobody exports: what is measured is making them. */
function sdkTracer() {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  return new TracerProvider().getTracer('bench')
}

function chainWith(...plugins) {
  const pipe = createPipe({ plugins })
  return (functions) => {
    const numbers = pipeline('chain', { input: type() }, (p, input) => {
      let last = input
      functions.forEach((fn, index) => {
        last = p.step(`s${index}`, { needs: { value: last }, run: ({ value }) => fn(value) })
      })
      return last
    })
    return (value) => pipe.run(numbers, value)
  }
}

const byHand = (tracer) => (functions) => (input) =>
  tracer.startActiveSpan('run chain', async (run) => {
    const runId = crypto.randomUUID()
    let value = input
    for (const [index, fn] of functions.entries()) {
      const id = `s${index}`
      const attributes = { operation: 'step', run: runId, pipeline: 'chain', step: id, path: id }
      value = await tracer.startActiveSpan(`step ${id}`, { attributes }, async (span) => {
        try {
          const output = await fn(value)
          span.setAttribute('status', 'succeeded')
          return output
        } catch (error) {
          span.recordException(error)
          span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
          throw error
        } finally {
          span.end()
        }
      })
    }
    run.end()
    return value
  })

/** By name, what makes a chain of functions. */
export const chains = {
  'pipe:chain': () => chainWith(),
  'pipe:tracing': () => chainWith(tracing()),
  'pipe:tracing-noop': () => chainWith(tracing({ tracer: trace.getTracer('noop') })),
  'pipe:tracing-sdk': () => chainWith(tracing({ tracer: sdkTracer() })),
  'hand:noop': () => byHand(trace.getTracer('noop')),
  'hand:sdk': () => byHand(sdkTracer()),
}

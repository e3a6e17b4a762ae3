import { trace } from '@opentelemetry/api'
import { pipeline, type RunResult } from '@pipe/core'
import { tracing, type TracingDefaults, type TracingOptions, traceparentLinks } from '../src/index.ts'

const run = () => 1
pipeline('p', (p) => p.step('a', { tracing: false, run }))
pipeline('p', (p) => p.step('a', { tracing: { attempts: 'all' }, run }))
pipeline('p', (p) => p.map('a', { over: () => [1], tracing: { items: Infinity }, run }))
tracing()
tracing({ tracer: trace.getTracer('mine'), items: 10, attempts: 'none' })
tracing({ links: (run) => [...traceparentLinks(run), { context: trace.getActiveSpan()!.spanContext() }] })

export const report = (result: RunResult): string | undefined => result.reports?.tracing?.traceId

// @ts-expect-error -- tracing is on already
pipeline('p', (p) => p.step('a', { tracing: true, run }))
// @ts-expect-error -- there is no such choice
export const attempts: TracingOptions = { attempts: 'first' }
// @ts-expect-error -- steps have no tracer of their own
export const tracer: TracingOptions = { tracer: trace.getTracer('mine') }
// @ts-expect-error -- a provider is not a tracer
export const provider: TracingDefaults = { tracer: trace.getTracerProvider() }
// @ts-expect-error -- links are made for each run
export const links: TracingDefaults = { links: [] }

export type { TracingDefaults, TracingOptions } from './options.ts'
export { traceparentLinks, type TraceReport } from './traceparent.ts'
export { tracing } from './tracing.ts'

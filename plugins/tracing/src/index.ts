export type { TracingDefaults, TracingOptions } from './options.ts'
export { traceparentLinks } from './traceparent.ts'
export { tracing } from './tracing.ts'

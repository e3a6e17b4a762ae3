export { metrics } from './metrics.ts'
export { openTelemetry, type OpenTelemetryMeter, type OpenTelemetryOptions } from './open-telemetry.ts'
export type { MetricsOptions } from './options.ts'
export {
  prometheus,
  type PrometheusClient,
  type PrometheusMetricOptions,
  type PrometheusRegistry,
} from './prometheus.ts'
export type { Instrument, Labels, Measure, MetricsSink } from './sink.ts'
export type { RunMetrics, StepMetrics, Summary } from './step-metrics.ts'

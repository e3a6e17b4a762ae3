import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'

/** A meter, and what it exports when asked. */
export function metering() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 31 - 1 })
  const provider = new MeterProvider({ readers: [reader] })
  return {
    meter: provider.getMeter('shop'),
    exported: async () => {
      exporter.reset()
      await provider.forceFlush()
      return exporter.getMetrics()[0]!.scopeMetrics[0]!.metrics
    },
    close: () => provider.shutdown(),
  }
}

import { PipelineError } from '@pipe/core'
import type { Labels, MetricsSink } from './sink.ts'

/** What instruments are made with. */
export interface OpenTelemetryOptions {
  /** One sentence. */
  description: string
  /** In UCUM; empty when nobody knows. */
  unit: string
  /** Of histograms: the upper bounds of their buckets, which views may overrule. */
  advice?: { explicitBucketBoundaries: number[] }
}

/** The part of a meter of `@opentelemetry/api` that is used. */
export interface OpenTelemetryMeter {
  /** Makes what adds values from 0 up. */
  createCounter(name: string, options: OpenTelemetryOptions): { add(value: number, attributes: Labels): void }
  /** Makes what adds any values. */
  createUpDownCounter(name: string, options: OpenTelemetryOptions): { add(value: number, attributes: Labels): void }
  /** Makes what keeps the last value. */
  createGauge(name: string, options: OpenTelemetryOptions): { record(value: number, attributes: Labels): void }
  /** Makes what counts values by size. */
  createHistogram(name: string, options: OpenTelemetryOptions): { record(value: number, attributes: Labels): void }
}

/**
 * A sink that measures with a meter of OpenTelemetry: labels are attributes, buckets are advice.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function openTelemetry(meter: OpenTelemetryMeter): MetricsSink {
  if (typeof meter.createGauge !== 'function') {
    const message = 'openTelemetry() takes a meter of `@opentelemetry/api` 1.9 or later: metrics.getMeter(name).'
    throw new PipelineError('OPTION_INVALID', message, { plugin: 'metrics' })
  }
  return ({ kind, name, unit, description, buckets }) => {
    const options = { description, unit }
    switch (kind) {
      case 'counter': {
        const counter = meter.createCounter(name, options)
        return (labels) => (value) => counter.add(value, labels)
      }
      case 'upDownCounter': {
        const counter = meter.createUpDownCounter(name, options)
        return (labels) => (value) => counter.add(value, labels)
      }
      case 'gauge': {
        const gauge = meter.createGauge(name, options)
        return (labels) => (value) => gauge.record(value, labels)
      }
      case 'histogram': {
        const advice = { explicitBucketBoundaries: [...buckets] }
        const histogram = meter.createHistogram(name, { ...options, advice })
        return (labels) => (value) => histogram.record(value, labels)
      }
    }
  }
}

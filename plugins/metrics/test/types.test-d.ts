import * as opentelemetry from '@opentelemetry/api'
import { pipeline, type RunResult, type StepContext } from '@pipe/core'
import * as client from 'prom-client'
import { expectTypeOf, test } from 'vitest'
import {
  metrics,
  type MetricsSink,
  openTelemetry,
  prometheus,
  type RunMetrics,
  type StepMetrics,
  type Summary,
} from '../src/index.ts'

test('a step may measure, where the pipe has the plugin', () => {
  expectTypeOf<StepContext['metrics']>().toEqualTypeOf<StepMetrics | undefined>()
  pipeline('p', (p) =>
    p.step('a', {
      run: (_, { metrics }) => {
        metrics?.add('queue.length', 3)
        metrics?.increment('requests')
        metrics?.increment('bytes', 512)
        metrics?.record('tokens', 1_200)
        // @ts-expect-error -- it may be missing from the pipe
        metrics.increment('requests')
        // @ts-expect-error -- a value is set to something
        metrics?.add('queue.length')
        // @ts-expect-error -- values are numbers
        metrics?.record('tokens', '1200')
      },
    }),
  )
})

test('a result has what was measured', () => {
  expectTypeOf<NonNullable<RunResult['reports']>['metrics']>().toEqualTypeOf<RunMetrics | undefined>()
  expectTypeOf<RunMetrics[string]>().toEqualTypeOf<number | Summary>()
})

test('the clients fit as they are', () => {
  metrics({ sink: prometheus(client) })
  metrics({ sink: prometheus(client, new client.Registry()) })
  const openMetrics = new client.Registry<client.OpenMetricsContentType>()
  metrics({ sink: prometheus(client, openMetrics) })
  metrics({ sink: openTelemetry(opentelemetry.metrics.getMeter('shop')), prefix: 'shop', buckets: [0.1, 1, 10] })
  // @ts-expect-error -- a registry alone makes no metrics
  metrics({ sink: prometheus(client.register) })
  // @ts-expect-error -- a provider is no meter
  openTelemetry(opentelemetry.metrics)
})

test('a sink is a function', () => {
  const sink: MetricsSink =
    ({ name }) =>
    (labels) =>
    (value) =>
      console.log(name, labels['pipeline'], value)
  metrics({ sink })
  // @ts-expect-error -- values are numbers
  const wrong: MetricsSink = () => () => (value: string) => console.log(value)
  metrics({ sink: wrong })
})

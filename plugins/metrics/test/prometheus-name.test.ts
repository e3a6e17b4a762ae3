import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import * as client from 'prom-client'
import { expect, test } from 'vitest'
import { type Instrument, openTelemetry, prometheus } from '../src/index.ts'
import { prometheusName } from '../src/prometheus-name.ts'
import { exposed } from './support/exposed.ts'
import { metering } from './support/metering.ts'
import { shop } from './support/shop.ts'

test.each([
  ['counter', 'pipe.runs', '{run}', 'pipe_runs_total'],
  ['histogram', 'pipe.run.duration', 's', 'pipe_run_duration_seconds'],
  ['upDownCounter', 'pipe.active_runs', '{run}', 'pipe_active_runs'],
  ['counter', 'pipe.busy', 's', 'pipe_busy_seconds_total'],
  ['gauge', 'shop.orders.custom.queue.length', '', 'shop_orders_custom_queue_length'],
  ['counter', 'pipe.custom.bytes_total', '', 'pipe_custom_bytes_total'],
  ['histogram', 'pipe.custom.wait_seconds', 's', 'pipe_custom_wait_seconds'],
  ['gauge', 'pipe.custom.a..b', '', 'pipe_custom_a_b'],
] as const)('the %s %s in %j is %s', (kind, name, unit, expected) => {
  expect(prometheusName({ kind, name, unit })).toBe(expected)
})

function kindOf(data: MetricData): Instrument['kind'] {
  if (data.dataPointType === DataPointType.SUM) return data.isMonotonic ? 'counter' : 'upDownCounter'
  return data.dataPointType === DataPointType.GAUGE ? 'gauge' : 'histogram'
}

test('what OpenTelemetry exports has the names and labels that a registry has', async () => {
  const { meter, exported, close } = metering()
  await shop({ sink: openTelemetry(meter) }).run()
  const there = (await exported()).map((data) => [
    prometheusName({ ...data.descriptor, kind: kindOf(data) }),
    Object.keys(data.dataPoints[0]!.attributes),
  ])
  const registry = new client.Registry()
  await shop({ sink: prometheus(client, registry) }).run()
  const families = new Map<string, string[]>()
  for (const [name, labels] of exposed(await registry.metrics()))
    families.set(
      name.replace(/_(bucket|sum|count)$/, ''),
      [...labels].filter((label) => label !== 'le'),
    )
  expect(there).toEqual([...families])
  await close()
})

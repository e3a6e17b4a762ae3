import { DataPointType } from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { openTelemetry, type OpenTelemetryMeter } from '../src/index.ts'
import { metering } from './support/metering.ts'
import { shop } from './support/shop.ts'

describe('a meter of OpenTelemetry', () => {
  test('exports every metric, with its unit, description, attributes and values', async () => {
    const { meter, exported, close } = metering()
    const { run } = shop({ sink: openTelemetry(meter), buckets: [0.05, 1], customBuckets: { 'mail.size': [10, 100] } })
    await run()
    const shown = (await exported()).map(({ descriptor: { name, unit }, dataPointType, dataPoints }) => {
      const points = dataPoints.map(({ attributes, value }) => {
        const labels = Object.values(attributes).join(' ')
        if (typeof value === 'number') return `${labels}: ${value}`
        const { buckets, count, sum } = value as { buckets: { counts: number[] }; count: number; sum: number }
        return `${labels}: ${buckets.counts.join('+')} = ${count}, ${sum}`
      })
      return `${DataPointType[dataPointType]} ${name} in ${unit || 'no unit'}\n  ${points.join('\n  ')}`
    })
    expect(shown.join('\n')).toMatchInlineSnapshot(`
      "SUM pipe.runs in {run}
        order succeeded: 1
      HISTOGRAM pipe.run.duration in s
        order succeeded: 0+0+1 = 1, 1.46
      SUM pipe.active_runs in {run}
        order: 0
      SUM pipe.steps in {step}
        order user succeeded: 1
        order gift skipped: 1
        order prices succeeded: 1
        order mail succeeded: 1
      HISTOGRAM pipe.step.duration in s
        order user succeeded: 1+0+0 = 1, 0
        order prices succeeded: 0+0+1 = 1, 1.06
        order mail succeeded: 0+1+0 = 1, 0.4
      SUM pipe.active_steps in {step}
        order user: 0
        order prices: 0
        order mail: 0
      HISTOGRAM pipe.step.wait_time in s
        order user: 1+0+0 = 1, 0
        order prices: 1+0+0 = 1, 0
        order mail: 1+0+0 = 1, 0
      SUM pipe.step.attempts in {attempt}
        order user: 1
        order prices: 4
        order mail: 1
      SUM pipe.step.retries in {attempt}
        order prices: 1
      SUM pipe.map.items in {item}
        order prices succeeded: 2
      HISTOGRAM pipe.map.item.duration in s
        order prices succeeded: 1+0+1 = 2, 1.06
      GAUGE pipe.custom.queue.length in no unit
        order user: 4
      SUM pipe.custom.requests in no unit
        order prices: 3
      HISTOGRAM pipe.custom.mail.size in no unit
        order mail: 0+1+0 = 1, 30"
    `)
    await close()
  })

  test('that two pipes share has the sums of both', async () => {
    const { meter, exported, close } = metering()
    await Promise.all([shop({ sink: openTelemetry(meter) }).run(), shop({ sink: openTelemetry(meter) }).run()])
    const runs = (await exported()).find(({ descriptor }) => descriptor.name === 'pipe.runs')
    expect(runs?.dataPoints.map(({ attributes, value }) => [attributes, value])).toEqual([
      [{ pipeline: 'order', status: 'succeeded' }, 2],
    ])
    await close()
  })
})

test('what is no meter is refused', () => {
  const message = 'openTelemetry() takes a meter of `@opentelemetry/api` 1.9 or later: metrics.getMeter(name).'
  expect(() => openTelemetry({} as OpenTelemetryMeter)).toThrow(message)
})

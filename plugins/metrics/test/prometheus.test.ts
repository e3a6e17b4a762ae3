import { createPipe, pipeline } from '@pipe/core'
import * as client from 'prom-client'
import { describe, expect, test } from 'vitest'
import { metrics, type MetricsOptions, prometheus, type PrometheusClient } from '../src/index.ts'
import { shop } from './support/shop.ts'

const buckets = [0.05, 1]
const customBuckets = { 'mail.size': [10, 100] }

/** The lines of a registry, without comments. */
const lines = async (registry: { metrics(): Promise<string> }) =>
  (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))

describe('a registry of prom-client', () => {
  test('has every metric, with the names of Prometheus, help and types', async () => {
    const registry = new client.Registry()
    const { run } = shop({ sink: prometheus(client, registry), buckets, customBuckets })
    await run()
    expect(await registry.metrics()).toMatchInlineSnapshot(`
      "# HELP pipe_runs_total Runs that have ended.
      # TYPE pipe_runs_total counter
      pipe_runs_total{pipeline="order",status="succeeded"} 1

      # HELP pipe_run_duration_seconds Time from the start of a run to its end.
      # TYPE pipe_run_duration_seconds histogram
      pipe_run_duration_seconds_bucket{le="0.05",pipeline="order",status="succeeded"} 0
      pipe_run_duration_seconds_bucket{le="1",pipeline="order",status="succeeded"} 0
      pipe_run_duration_seconds_bucket{le="+Inf",pipeline="order",status="succeeded"} 1
      pipe_run_duration_seconds_sum{pipeline="order",status="succeeded"} 1.46
      pipe_run_duration_seconds_count{pipeline="order",status="succeeded"} 1

      # HELP pipe_active_runs Runs that have begun and not ended.
      # TYPE pipe_active_runs gauge
      pipe_active_runs{pipeline="order"} 0

      # HELP pipe_steps_total Steps that have settled, never started ones included.
      # TYPE pipe_steps_total counter
      pipe_steps_total{pipeline="order",step="user",status="succeeded"} 1
      pipe_steps_total{pipeline="order",step="gift",status="skipped"} 1
      pipe_steps_total{pipeline="order",step="prices",status="succeeded"} 1
      pipe_steps_total{pipeline="order",step="mail",status="succeeded"} 1

      # HELP pipe_step_duration_seconds Time from the first attempt of a step to its end.
      # TYPE pipe_step_duration_seconds histogram
      pipe_step_duration_seconds_bucket{le="0.05",pipeline="order",step="user",status="succeeded"} 1
      pipe_step_duration_seconds_bucket{le="1",pipeline="order",step="user",status="succeeded"} 1
      pipe_step_duration_seconds_bucket{le="+Inf",pipeline="order",step="user",status="succeeded"} 1
      pipe_step_duration_seconds_sum{pipeline="order",step="user",status="succeeded"} 0
      pipe_step_duration_seconds_count{pipeline="order",step="user",status="succeeded"} 1
      pipe_step_duration_seconds_bucket{le="0.05",pipeline="order",step="prices",status="succeeded"} 0
      pipe_step_duration_seconds_bucket{le="1",pipeline="order",step="prices",status="succeeded"} 0
      pipe_step_duration_seconds_bucket{le="+Inf",pipeline="order",step="prices",status="succeeded"} 1
      pipe_step_duration_seconds_sum{pipeline="order",step="prices",status="succeeded"} 1.06
      pipe_step_duration_seconds_count{pipeline="order",step="prices",status="succeeded"} 1
      pipe_step_duration_seconds_bucket{le="0.05",pipeline="order",step="mail",status="succeeded"} 0
      pipe_step_duration_seconds_bucket{le="1",pipeline="order",step="mail",status="succeeded"} 1
      pipe_step_duration_seconds_bucket{le="+Inf",pipeline="order",step="mail",status="succeeded"} 1
      pipe_step_duration_seconds_sum{pipeline="order",step="mail",status="succeeded"} 0.4
      pipe_step_duration_seconds_count{pipeline="order",step="mail",status="succeeded"} 1

      # HELP pipe_active_steps Steps that have started and not settled.
      # TYPE pipe_active_steps gauge
      pipe_active_steps{pipeline="order",step="user"} 0
      pipe_active_steps{pipeline="order",step="prices"} 0
      pipe_active_steps{pipeline="order",step="mail"} 0

      # HELP pipe_step_wait_time_seconds Time that a step was ready and waited for its turn.
      # TYPE pipe_step_wait_time_seconds histogram
      pipe_step_wait_time_seconds_bucket{le="0.05",pipeline="order",step="user"} 1
      pipe_step_wait_time_seconds_bucket{le="1",pipeline="order",step="user"} 1
      pipe_step_wait_time_seconds_bucket{le="+Inf",pipeline="order",step="user"} 1
      pipe_step_wait_time_seconds_sum{pipeline="order",step="user"} 0
      pipe_step_wait_time_seconds_count{pipeline="order",step="user"} 1
      pipe_step_wait_time_seconds_bucket{le="0.05",pipeline="order",step="prices"} 1
      pipe_step_wait_time_seconds_bucket{le="1",pipeline="order",step="prices"} 1
      pipe_step_wait_time_seconds_bucket{le="+Inf",pipeline="order",step="prices"} 1
      pipe_step_wait_time_seconds_sum{pipeline="order",step="prices"} 0
      pipe_step_wait_time_seconds_count{pipeline="order",step="prices"} 1
      pipe_step_wait_time_seconds_bucket{le="0.05",pipeline="order",step="mail"} 1
      pipe_step_wait_time_seconds_bucket{le="1",pipeline="order",step="mail"} 1
      pipe_step_wait_time_seconds_bucket{le="+Inf",pipeline="order",step="mail"} 1
      pipe_step_wait_time_seconds_sum{pipeline="order",step="mail"} 0
      pipe_step_wait_time_seconds_count{pipeline="order",step="mail"} 1

      # HELP pipe_step_attempts_total Attempts of steps and map items that have settled.
      # TYPE pipe_step_attempts_total counter
      pipe_step_attempts_total{pipeline="order",step="user"} 1
      pipe_step_attempts_total{pipeline="order",step="prices"} 4
      pipe_step_attempts_total{pipeline="order",step="mail"} 1

      # HELP pipe_step_retries_total Failed attempts of steps and map items that are repeated.
      # TYPE pipe_step_retries_total counter
      pipe_step_retries_total{pipeline="order",step="prices"} 1

      # HELP pipe_map_items_total Map items that have settled.
      # TYPE pipe_map_items_total counter
      pipe_map_items_total{pipeline="order",step="prices",status="succeeded"} 2

      # HELP pipe_map_item_duration_seconds Time from the first attempt of a map item to its end.
      # TYPE pipe_map_item_duration_seconds histogram
      pipe_map_item_duration_seconds_bucket{le="0.05",pipeline="order",step="prices",status="succeeded"} 1
      pipe_map_item_duration_seconds_bucket{le="1",pipeline="order",step="prices",status="succeeded"} 1
      pipe_map_item_duration_seconds_bucket{le="+Inf",pipeline="order",step="prices",status="succeeded"} 2
      pipe_map_item_duration_seconds_sum{pipeline="order",step="prices",status="succeeded"} 1.06
      pipe_map_item_duration_seconds_count{pipeline="order",step="prices",status="succeeded"} 2

      # HELP pipe_custom_queue_length What steps gave to ctx.metrics.add as queue.length.
      # TYPE pipe_custom_queue_length gauge
      pipe_custom_queue_length{pipeline="order",step="user"} 4

      # HELP pipe_custom_requests_total What steps gave to ctx.metrics.increment as requests.
      # TYPE pipe_custom_requests_total counter
      pipe_custom_requests_total{pipeline="order",step="prices"} 3

      # HELP pipe_custom_mail_size What steps gave to ctx.metrics.record as mail.size.
      # TYPE pipe_custom_mail_size histogram
      pipe_custom_mail_size_bucket{le="10",pipeline="order",step="mail"} 0
      pipe_custom_mail_size_bucket{le="100",pipeline="order",step="mail"} 1
      pipe_custom_mail_size_bucket{le="+Inf",pipeline="order",step="mail"} 1
      pipe_custom_mail_size_sum{pipeline="order",step="mail"} 30
      pipe_custom_mail_size_count{pipeline="order",step="mail"} 1
      "
    `)
  })

  test('is that of the client by default', async () => {
    const { run } = shop({ sink: prometheus(client), prefix: 'by_default' })
    try {
      await run()
      expect(await client.register.getSingleMetricAsString('by_default_runs_total')).toContain(
        'by_default_runs_total{pipeline="order",status="succeeded"} 1',
      )
    } finally {
      client.register.clear()
    }
  })

  test('may speak OpenMetrics', async () => {
    const registry = new client.Registry<client.OpenMetricsContentType>()
    registry.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE)
    const { run } = shop({ sink: prometheus(client, registry) })
    await run()
    await registry.metrics()
    await run()
    expect(await lines(registry)).toContain('pipe_runs_total{pipeline="order",status="succeeded"} 2')
  })

  test('keeps what was measured when the pipe is closed, and what is not of the pipe', async () => {
    const registry = new client.Registry()
    const own = new client.Counter({ name: 'own_total', help: 'Not of the pipe.', registers: [registry] })
    const { pipe, run } = shop({ sink: prometheus(client, registry) })
    await run()
    own.inc()
    const before = await lines(registry)
    await pipe.close()
    expect(await lines(registry)).toEqual(before)
    expect(before).toContain('own_total 1')
    expect(before).toContain('pipe_active_runs{pipeline="order"} 0')
  })
})

describe('a registry that two pipes share', () => {
  test('has the sums of both, one after another and at the same time', async () => {
    const registry = new client.Registry()
    const first = shop({ sink: prometheus(client, registry), buckets })
    const second = shop({ sink: prometheus(client, registry), buckets })
    await Promise.all([first.run(), second.run()])
    await first.pipe.close()
    await shop({ sink: prometheus(client, registry), buckets }).run()
    expect(await lines(registry)).toEqual(
      expect.arrayContaining([
        'pipe_runs_total{pipeline="order",status="succeeded"} 3',
        'pipe_custom_requests_total{pipeline="order",step="prices"} 9',
        'pipe_active_runs{pipeline="order"} 0',
      ]),
    )
  })

  test('may be cleared in between', async () => {
    const registry = new client.Registry()
    await shop({ sink: prometheus(client, registry) }).run()
    registry.clear()
    await shop({ sink: prometheus(client, registry) }).run()
    expect(await lines(registry)).toContain('pipe_runs_total{pipeline="order",status="succeeded"} 1')
  })

  test('refuses what means something else by a name that is taken, and says what to do', async () => {
    const registry = new client.Registry()
    new client.Gauge({ name: 'pipe_active_runs', help: 'Mine.', registers: [registry] })
    const remedy = 'Give metrics() another `prefix`, or prometheus() another registry.'
    const refusalOf = async (target: client.Registry, options: MetricsOptions = {}) => {
      const pipe = createPipe({ plugins: [metrics({ sink: prometheus(client, target), ...options })] })
      const run = pipe.run(pipeline('p', (p) => p.step('a', { run: () => 1 })))
      return run.then(
        () => undefined,
        (error: unknown) => (error as Error).cause,
      )
    }
    expect(await refusalOf(registry)).toMatchObject({
      code: 'OPTION_INVALID',
      plugin: 'metrics',
      message: `The registry has a metric "pipe_active_runs" already: something else registered it. ${remedy}`,
    })
    const cleared = new client.Registry()
    await shop({ sink: prometheus(client, cleared) }).run()
    cleared.clear()
    new client.Counter({ name: 'pipe_steps_total', help: 'Mine.', registers: [cleared] })
    expect(await refusalOf(cleared)).toMatchObject({
      message: expect.stringContaining('"pipe_steps_total" already: something else registered it') as unknown,
    })
    const other = new client.Registry()
    expect(await refusalOf(other, { buckets: [1] })).toBeUndefined()
    expect(await refusalOf(other, { buckets: [2, 3] })).toMatchObject({
      message:
        'The registry has a metric "pipe_run_duration_seconds" already: it stands for histogram pipe.run.duration ' +
        `with buckets 1, not for histogram pipe.run.duration with buckets 2, 3. ${remedy}`,
    })
  })
})

test.each([
  ['a registry alone', () => prometheus(new client.Registry() as unknown as PrometheusClient)],
  ['no registry', () => prometheus({ ...client, register: {} as never })],
])('%s is refused', (_, make) => {
  expect(make).toThrow('prometheus() takes what `prom-client` exports, and a registry: prometheus(client, registry).')
})

import { beforeAll, describe, expect, test } from 'vitest'
import { order } from './scenarios/order.ts'
import { refused } from './scenarios/refused.ts'
import { cancelled } from './scenarios/stopped.ts'
import { attemptsTooLong } from './scenarios/time-limits.ts'
import { activeSpans } from './support/active-spans.ts'
import { pluginNames } from './support/every-plugin.ts'
import { treeOf } from './support/spans.ts'
import { type Seen, witness } from './support/witness.ts'

activeSpans()

const said = ({ lines }: Seen, path: string) =>
  lines.filter((line) => line['pipe.step.path'] === path).map(({ level, msg }) => `${level}: ${msg}`)
const steps = ({ result }: Seen) =>
  Object.fromEntries(Object.entries(result.steps).map(([path, { status }]) => [path, status]))

describe('an order that is sent', () => {
  let seen: Seen
  beforeAll(async () => {
    seen = await witness(pluginNames, order)
  })

  test('succeeds after retries, time-outs, a step and an item that fail and may', () => {
    expect(seen.result).toMatchObject({
      status: 'succeeded',
      durationMs: 12_300,
      output: { reserved: ['lamp', 'rug', null], greeting: 'Dear Ada', price: 42, sent: 'parcel of 2' },
    })
    expect(seen.result.output).not.toHaveProperty('gift')
  })

  test('tells observers when which attempt began and failed', () => {
    const about = (path: string) =>
      seen.events.flatMap((event) => {
        if (!('stepId' in event) || event.stepId !== path) return []
        const attempt = 'attempt' in event ? ` ${event.attempt}` : ''
        return [`${event.at - seen.result.startedAt} ms ${event.type}${attempt}`]
      })
    expect(about('customer')).toEqual([
      '0 ms step:start',
      '0 ms step:retry 1',
      '1000 ms step:attempt 2',
      '6000 ms step:retry 2', // after five seconds, the limit of `timeout`
      '8000 ms step:attempt 3',
      '8000 ms step:end',
    ])
    expect(about('reserve[lamp]')).toEqual([
      '8000 ms step:progress',
      '10000 ms step:retry 1',
      '11000 ms step:attempt 2',
      '11000 ms step:progress',
      '11300 ms map:item',
    ])
  })

  test('is a tree of spans, each inside that of what it is part of; what functions do is on the span of their attempt', () => {
    expect(treeOf(seen.spans)).toEqual([
      'run order succeeded',
      '  step customer succeeded (exception) (pipe.retry) (pipe.retry)',
      '    attempt customer ERROR (exception)',
      '    attempt customer',
      '  step gift failed (exception) (pipe.retry)',
      '    attempt gift ERROR (exception)',
      '  map reserve succeeded',
      '    item reserve[lamp] succeeded (asked for) (exception) (pipe.retry)',
      '      attempt reserve[lamp] (asked for) (got)',
      '    item reserve[rug] succeeded (asked for) (got)',
      '    item reserve[unicorn] failed (asked for) (exception) (pipe.retry)',
      '      attempt reserve[unicorn] ERROR (asked for) (exception)',
      '  step warm succeeded',
      '  step plain skipped',
      '  step price/live failed (exception)',
      '  loop pack succeeded',
      '    step fill succeeded',
      '    step fill succeeded',
      '    step fill succeeded',
      '  step price/cached succeeded',
      '  call send succeeded',
      '    step label succeeded',
      '    step hand over succeeded (exception) (pipe.retry)',
      '      attempt hand over',
    ])
  })

  test('is lines: every attempt that fails, with why, and how each step ended', () => {
    const tooLong = 'of pipeline "order" took longer than'
    expect(said(seen, 'customer')).toEqual([
      'info: step customer started',
      'warn: step customer failed in attempt 1, the next one starts in 1000 ms: busy',
      'debug: step customer started attempt 2',
      `warn: step customer failed in attempt 2, the next one starts in 2000 ms: Attempt 2 of step "customer" ${tooLong} 5000 ms, the limit of \`timeout\`.`,
      'debug: step customer started attempt 3',
      'info: step customer succeeded',
    ])
    expect(said(seen, 'reserve[unicorn]')).toEqual([
      'debug: step reserve[unicorn] goes on',
      'warn: step reserve[unicorn] failed in attempt 1, the next one starts in 1000 ms: there are none',
      'debug: step reserve[unicorn] started attempt 2',
      'debug: step reserve[unicorn] goes on',
      'error: item reserve[unicorn] failed: there are none',
    ])
    expect(said(seen, 'send/label')).toEqual([
      'info: step send/label started',
      'info: printing the label',
      'info: step send/label succeeded',
    ])
    expect(said(seen, 'plain')).toEqual(['info: step plain was skipped: condition'])
  })

  test('is numbers: durations have the attempts and the waits between them in them', () => {
    expect(seen.series).toEqual(
      expect.arrayContaining([
        'pipe_runs_total{pipeline="order",status="succeeded"} 1',
        'pipe_run_duration_seconds_sum{pipeline="order",status="succeeded"} 12.3',
        'pipe_step_duration_seconds_sum{pipeline="order",step="customer",status="succeeded"} 8',
        'pipe_step_attempts_total{pipeline="order",step="customer"} 3',
        'pipe_step_retries_total{pipeline="order",step="customer"} 2',
        'pipe_step_attempts_total{pipeline="order",step="reserve"} 6',
        'pipe_step_retries_total{pipeline="order",step="reserve"} 2',
        'pipe_map_items_total{pipeline="order",step="reserve",status="succeeded"} 2',
        'pipe_map_items_total{pipeline="order",step="reserve",status="failed"} 1',
        'pipe_map_item_duration_seconds_sum{pipeline="order",step="reserve",status="failed"} 1.6',
        'pipe_steps_total{pipeline="order",step="plain",status="skipped"} 1',
        'pipe_steps_total{pipeline="order",step="pack/fill",status="succeeded"} 3',
        'pipe_custom_price_sum{pipeline="order",step="reserve"} 25',
        'pipe_active_runs{pipeline="order"} 0',
      ]),
    )
    const { metrics } = seen.result.reports ?? {}
    expect(metrics).toEqual({ boxes: 3, price: { count: 5, sum: 25, min: 3, max: 7 } })
  })
})

describe('a booking that is refused', () => {
  let seen: Seen
  beforeAll(async () => {
    seen = await witness(pluginNames, refused)
  })

  test('is taken back, last first, inside the span of the run, with an error that is told once', () => {
    expect(steps(seen)).toMatchObject({ pay: 'failed', music: 'cancelled', thanks: 'skipped' })
    expect(treeOf(seen.spans)).toEqual([
      'run booking failed (exception)',
      '  map room succeeded',
      '    item room[Rome] succeeded',
      '    item room[Oslo] succeeded',
      '  call trip succeeded',
      '    step seat succeeded',
      '  step music cancelled',
      '  step pay failed (exception) (pipe.retry) (pipe.retry)',
      '    attempt pay ERROR (exception)',
      '    attempt pay ERROR (exception)',
      '  undo seat',
      '  undo room[Oslo] ERROR (exception)',
      '  undo room[Rome]',
    ])
    expect(seen.lines.slice(-8).map(({ level, msg }) => `${level}: ${msg}`)).toEqual([
      'info: step thanks was skipped: upstream-failed',
      'info: step music was cancelled: cancelled',
      'info: step trip/seat was undone',
      'info: cancelling',
      'error: step room[Oslo] could not be undone: nobody answers in Oslo',
      'info: cancelling',
      'info: step room[Rome] was undone',
      'error: run of booking failed: Step "pay" of pipeline "booking" failed: card declined',
    ])
  })
})

describe('a run that is cancelled', () => {
  let seen: Seen
  beforeAll(async () => {
    seen = await witness(pluginNames, cancelled)
  })

  test('fails nowhere: no span has an error but the attempt that had failed, and no line is one', () => {
    expect(steps(seen)).toEqual({
      ...{ first: 'succeeded', again: 'cancelled', item: 'cancelled', deaf: 'cancelled', never: 'cancelled' },
      ...{ 'item[0]': 'succeeded', 'item[1]': 'cancelled', 'item[2]': 'succeeded' },
    })
    expect(seen.spans.filter(({ failed }) => failed)).toEqual([])
    expect(seen.lines.filter(({ level }) => level === 'error')).toEqual([])
    expect(seen.series).toContain('pipe_runs_total{pipeline="busy",status="cancelled"} 1')
  })

  test('says which step did not listen, waits for it as long as `grace` says, and lets no retry begin', () => {
    expect(seen.result).toMatchObject({
      durationMs: 35_000,
      steps: { deaf: { stillRunning: true }, again: { attempts: 1 } },
    })
  })
})

describe('attempts that take too long', () => {
  test('are tried again, those that do not listen only when they have returned', async () => {
    const { result, events } = await witness(pluginNames, attemptsTooLong)
    expect(result).toMatchObject({
      status: 'succeeded',
      steps: {
        listens: { attempts: 3, durationMs: 5_000 },
        deaf: { attempts: 2, durationMs: 31_000 },
        'given up': { status: 'failed', stillRunning: true, durationMs: 2_000, error: { code: 'TIMEOUT' } },
      },
    })
    const second = events.find((event) => event.type === 'step:attempt' && event.stepId === 'deaf')
    expect(second?.at).toBe(result.startedAt + 30_000)
  })
})

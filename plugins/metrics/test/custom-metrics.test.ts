import { createPipe, definePlugin, pipeline, type PipelineError, type StepContext, type } from '@pipe/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { metrics, type MetricsOptions, type StepMetrics } from '../src/index.ts'
import { type RecordingSink, recordingSink } from './support/recording-sink.ts'

let recording: RecordingSink = recordingSink()
let reports: PipelineError[] = []
beforeEach(() => {
  recording = recordingSink()
  reports = []
})

const pipeOf = (options: MetricsOptions = {}) =>
  createPipe({
    plugins: [metrics({ sink: recording.sink, ...options })],
    onError: (error) => reports.push(error),
  })

/** A step that measures. */
const measuring = (measure: (metrics: StepMetrics, ctx: StepContext) => unknown) =>
  pipeline('p', (p) => p.step('a', { run: async (_, ctx) => measure(ctx.metrics!, ctx) }))

/** What steps measured, in the result and in the sink; and what was reported. */
const outcomeOf = async (measure: (metrics: StepMetrics) => unknown, pipe = pipeOf()) => {
  const { status, reports: inResult } = await pipe.start(measuring(measure)).result
  expect(status).toBe('succeeded')
  const sunk = Object.entries(recording.values).filter(([key]) => key.startsWith('pipe.custom.'))
  return {
    result: inResult?.metrics,
    sink: Object.fromEntries(sunk.map(([key, value]) => [/custom\.(.*)\{/.exec(key)![1]!, value])),
    reports: reports.map(({ message }) => message.replace('An observer threw: ', '')),
  }
}

describe('ctx.metrics', () => {
  test('add sets, increment adds to 0 and by 1: they are in the result of the run', async () => {
    const { result } = await outcomeOf((metrics) => {
      metrics.add('tokens', 7)
      metrics.add('tokens', 100)
      metrics.increment('requests')
      metrics.increment('requests')
      metrics.increment('bytes', 512)
      metrics.increment('bytes', 0.5)
    })
    expect(result).toEqual({ tokens: 100, requests: 2, bytes: 512.5 })
  })

  test('record keeps how many there were, their sum, the least and the most', async () => {
    const { result } = await outcomeOf((metrics) => {
      for (const size of [30, -10, 20]) metrics.record('size', size)
    })
    expect(result).toEqual({ size: { count: 3, sum: 40, min: -10, max: 30 } })
  })

  test('is a gauge, a counter and a histogram in the sink, by pipeline and step', async () => {
    await outcomeOf((metrics) => {
      metrics.add('queue.length', 3)
      metrics.add('queue.length', 2)
      metrics.increment('requests')
      metrics.increment('requests', 4)
      metrics.record('size', 30)
      metrics.record('size', 10)
    })
    const custom = recording.instruments.filter(({ name }) => name.startsWith('pipe.custom.'))
    expect(custom.map(({ kind, name, labels }) => [kind, name, labels])).toEqual([
      ['gauge', 'pipe.custom.queue.length', ['pipeline', 'step']],
      ['counter', 'pipe.custom.requests', ['pipeline', 'step']],
      ['histogram', 'pipe.custom.size', ['pipeline', 'step']],
    ])
    expect(recording.of('pipe.custom.queue.length')).toEqual({ 'pipeline=p,step=a': 2 })
    expect(recording.of('pipe.custom.requests')).toEqual({ 'pipeline=p,step=a': 5 })
    expect(recording.of('pipe.custom.size')).toEqual({ 'pipeline=p,step=a': [30, 10] })
  })

  test('of all steps of a run go into its result, items and pipelines inside too', async () => {
    const inner = pipeline('inner', { input: type<number>() }, (p) =>
      p.step('leaf', { run: ({ input }, { metrics }) => metrics?.increment('seen', input) }),
    )
    const outer = pipeline('outer', (p) => ({
      step: p.step('step', { run: (_, { metrics }) => metrics?.increment('seen', 100) }),
      call: p.call('call', inner, { input: () => 10 }),
      map: p.map('map', { over: () => [1, 2], run: inner }),
    }))
    const { reports } = await pipeOf().start(outer).result
    expect(reports).toEqual({ metrics: { seen: 113 } })
    expect(recording.of('pipe.custom.seen')).toEqual({
      'pipeline=outer,step=step': 100,
      'pipeline=outer,step=call/leaf': 10,
      'pipeline=outer,step=map/leaf': 3,
    })
  })

  test('are there for every attempt, for middleware and for undo', async () => {
    let attempts = 0
    const again = definePlugin({
      name: 'again',
      policy: () => (failure) => (failure.attempt < 2 ? { retryAt: 0 } : undefined),
      step: () => (ctx, next) => {
        ctx.metrics?.increment('wrapped')
        return next()
      },
    })
    const defined = pipeline('p', (p) => {
      const a = p.step('a', {
        run: (_, { metrics }) => {
          metrics?.increment('attempts')
          if (++attempts === 1) throw new Error('once more')
        },
        undo: (_, { metrics }) => metrics?.increment('undone'),
      })
      return p.step('b', { needs: { a }, run: () => Promise.reject(new Error('boom')) })
    })
    const pipe = createPipe({ plugins: [metrics({ sink: recording.sink }), again] })
    const error = await pipe.run(defined).catch((error: unknown) => error as PipelineError)
    expect(error.result?.reports).toEqual({ metrics: { attempts: 2, wrapped: 2, undone: 1 } })
  })

  test('are of one run, in its result', async () => {
    const pipe = pipeOf()
    const counted = pipeline('p', { input: type<number>() }, (p) =>
      p.step('a', {
        run: async ({ input }, { metrics }) => {
          await Promise.resolve()
          metrics?.increment('n', input)
        },
      }),
    )
    const results = await Promise.all([1, 2, 3].map((n) => pipe.start(counted, n).result))
    expect(results.map(({ reports }) => reports?.metrics)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(recording.of('pipe.custom.n')).toEqual({ 'pipeline=p,step=a': 6 })
  })

  test('are in the result where there is no sink', async () => {
    const pipe = createPipe({ plugins: [metrics()] })
    expect(pipe.events.listenerCount('step:end')).toBe(0) // steps are not even observed
    const { reports } = await pipe.start(measuring((metrics) => metrics.increment('requests'))).result
    expect(reports).toEqual({ metrics: { requests: 1 } })
  })

  test('are plain data there, with any name', async () => {
    const { result } = await outcomeOf((metrics) => {
      metrics.increment('constructor')
      metrics.record('toString', 1)
    })
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      constructor: 1,
      toString: { count: 1, sum: 1, min: 1, max: 1 },
    })
    expect(structuredClone(result)).toEqual(result)
  })

  test('leave no report where nothing was measured', async () => {
    const { result } = await outcomeOf(() => 'nothing')
    expect(result).toBeUndefined()
  })

  test('change no result once the run has ended', async () => {
    let kept: StepMetrics | undefined
    let context: StepContext | undefined
    const { reports } = await pipeOf().start(
      measuring((metrics, ctx) => {
        kept = metrics
        context = ctx
        metrics.increment('requests')
      }),
    ).result
    kept?.increment('requests')
    kept?.add('late', 1)
    expect(context?.metrics).toBeUndefined()
    expect(reports).toEqual({ metrics: { requests: 1 } })
    expect(recording.of('pipe.custom.requests')).toEqual({ 'pipeline=p,step=a': 2 })
  })

  test('are missing where the pipe has no plugin, and may be taken apart', async () => {
    const { reports } = await createPipe().start(measuring((metrics) => (metrics as unknown) === undefined)).result
    expect(reports).toBeUndefined()
    const { result } = await outcomeOf(({ increment }) => increment('requests'))
    expect(result).toEqual({ requests: 1 })
  })

  test('of runs that have one id at the same time are in the results of both', async () => {
    const pipe = pipeOf()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const counted = measuring(async (metrics) => {
      metrics.increment('n')
      await promise
    })
    const runs = [1, 2].map(() => pipe.start(counted, undefined, { id: 'same' }))
    await Promise.resolve()
    resolve(undefined)
    const results = await Promise.all(runs.map(({ result }) => result))
    expect(results.map(({ reports }) => reports?.metrics)).toEqual([{ n: 2 }, { n: 2 }])
    expect(recording.of('pipe.active_runs')).toEqual({ 'pipeline=p': 0 })
  })
})

describe('buckets of what is recorded', () => {
  test('are those of its name, or those of OpenTelemetry', async () => {
    const pipe = pipeOf({ customBuckets: { euros: [1, 10, 100] } })
    await pipe.run(
      measuring((metrics) => {
        metrics.record('euros', 3)
        metrics.record('tokens', 900)
      }),
    )
    const [euros, tokens] = recording.instruments.slice(-2)
    expect(euros).toMatchObject({ name: 'pipe.custom.euros', buckets: [1, 10, 100] })
    expect(tokens?.buckets).toHaveLength(15)
  })
})

describe('what cannot be measured', () => {
  test.each([
    [(m: StepMetrics) => m.add('n', NaN), 'Metric "n" got NaN, which is left out: `add` takes a finite number.'],
    [
      (m: StepMetrics) => m.record('n', '5' as never),
      'Metric "n" got \'5\', which is left out: `record` takes a finite number.',
    ],
    [
      (m: StepMetrics) => m.increment('a b'),
      "Metric 'a b' is left out, and so are others with such names: a name is a letter, then letters, digits, `_` and dots, at most 100.",
    ],
    [
      (m: StepMetrics) => m.increment(undefined as never),
      'Metric undefined is left out, and so are others with such names: a name is a letter, then letters, digits, `_` and dots, at most 100.',
    ],
  ])('%s is left out, reported once, and fails no step', async (measure, message) => {
    const outcome = await outcomeOf((metrics) => {
      measure(metrics)
      measure(metrics)
    })
    expect(outcome).toEqual({ result: undefined, sink: {}, reports: [message] })
    expect(reports[0]).toMatchObject({ code: 'OBSERVER_FAILED' })
    expect(reports[0]?.cause).toMatchObject({ code: 'OPTION_INVALID', plugin: 'metrics', pipeline: 'p', step: 'a' })
  })

  test('a name is a number or a histogram, not both', async () => {
    const outcome = await outcomeOf((metrics) => {
      metrics.increment('n')
      metrics.record('n', 5)
      metrics.record('sizes', 5)
      metrics.increment('sizes')
      metrics.add('sizes', 1)
    })
    expect(outcome).toEqual({
      result: { n: 1, sizes: { count: 1, sum: 5, min: 5, max: 5 } },
      sink: { n: 1, sizes: [5] },
      reports: [
        'Metric "n" is a counter, for it was first given to `increment`: `record` needs a name of its own.',
        'Metric "sizes" is a histogram, for it was first given to `record`: `increment` needs a name of its own.',
        'Metric "sizes" is a histogram, for it was first given to `record`: `add` needs a name of its own.',
      ],
    })
  })

  test('a gauge may be incremented', async () => {
    const { result, sink, reports } = await outcomeOf((metrics) => {
      metrics.add('depth', 10)
      metrics.increment('depth')
      metrics.increment('depth', -3)
    })
    expect({ result, sink, reports }).toEqual({ result: { depth: 8 }, sink: { depth: 8 }, reports: [] })
  })

  test('a counter only goes up: the result has what the sink cannot have', async () => {
    const { result, sink, reports } = await outcomeOf((metrics) => {
      metrics.increment('n', 5)
      metrics.increment('n', 0)
      metrics.increment('n', -2)
      metrics.add('n', 40)
      metrics.increment('n')
    })
    expect({ result, sink }).toEqual({ result: { n: 41 }, sink: { n: 6 } })
    expect(reports).toEqual([
      'Metric "n" is a counter, for it was first given to `increment`: its delta -2 is only in the result of the run.',
      'Metric "n" is a counter, for it was first given to `increment`: what `add` sets is only in the result of the run.',
    ])
  })

  test('there are only so many names: ids in names are told of once', async () => {
    const { result, sink, reports } = await outcomeOf(
      (metrics) => {
        for (let user = 0; user < 50; user++) metrics.increment(`user.u${user}`)
        metrics.increment('user.u1')
      },
      pipeOf({ maxCustom: 3 }),
    )
    const kept = { 'user.u0': 1, 'user.u1': 2, 'user.u2': 1 }
    expect({ result, sink }).toEqual({ result: kept, sink: kept })
    expect(reports).toEqual([
      'Metric "user.u3" is left out, and so is every other new one: there are 3 names, as many as `maxCustom` of metrics() allows. A name stands for a kind of thing, never for one thing: no ids in names.',
    ])
  })

  test('a sink that refuses a name, or a value, is told of once; the result has it', async () => {
    const pipe = pipeOf({
      sink: ({ name }) => {
        if (name.endsWith('refused')) throw new Error('no more series')
        return () => () => {
          if (name.startsWith('pipe.custom')) throw new Error('socket closed')
        }
      },
    })
    const { result, reports } = await outcomeOf((metrics) => {
      for (let i = 0; i < 3; i++) {
        metrics.increment('refused')
        metrics.increment('lost')
      }
    }, pipe)
    expect(result).toEqual({ refused: 3, lost: 3 })
    expect(reports).toEqual([
      'The sink did not take metric "refused": no more series',
      'The sink did not take metric "lost": socket closed',
    ])
  })
})

import { createPipe, definePlugin, pipeline, type PipelineError, type Plugin, type } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { metrics } from '../src/index.ts'
import { type RecordingSink, recordingSink } from './support/recording-sink.ts'

let clock = fakeClock()
let recording: RecordingSink = recordingSink()
beforeEach(() => {
  clock = fakeClock()
  recording = recordingSink()
})

const pipeOf = (...plugins: readonly Plugin[]) =>
  createPipe({ plugins: [metrics({ sink: recording.sink }), ...plugins], clock })

const takes = (ms: number) => () => new Promise<string>((resolve) => clock.setTimeout(() => resolve('done'), ms))
const fails = () => Promise.reject(new Error('boom'))

/** Tries again, after a second, so many attempts in all. */
const again = (attempts: number): Plugin =>
  definePlugin({
    name: 'again',
    policy:
      () =>
      ({ attempt, ctx }) =>
        attempt < attempts ? { retryAt: ctx.now() + 1_000 } : undefined,
  })

describe('a run', () => {
  const slow = pipeline('slow', (p) => p.step('nap', { run: takes(250) }))

  test('is counted by status, with the seconds that it took', async () => {
    const pipe = pipeOf()
    const failing = pipeline('failing', (p) => p.step('a', { run: fails }))
    const [done, failed, cancelled] = [pipe.start(slow), pipe.start(failing), pipe.start(slow)]
    await clock.advance(100)
    cancelled.cancel()
    await clock.advance('1s')
    await Promise.all([done.result, failed.result, cancelled.result])
    expect(recording.of('pipe.runs')).toEqual({
      'pipeline=slow,status=succeeded': 1,
      'pipeline=slow,status=cancelled': 1,
      'pipeline=failing,status=failed': 1,
    })
    expect(recording.of('pipe.run.duration')).toEqual({
      'pipeline=slow,status=succeeded': [0.25],
      'pipeline=slow,status=cancelled': [0.25],
      'pipeline=failing,status=failed': [0],
    })
  })

  test('is active until it ends', async () => {
    const pipe = pipeOf()
    const runs = [pipe.start(slow), pipe.start(slow)]
    await clock.advance(100)
    expect(recording.of('pipe.active_runs')).toEqual({ 'pipeline=slow': 2 })
    await clock.advance('1s')
    await Promise.all(runs.map(({ result }) => result))
    expect(recording.of('pipe.active_runs')).toEqual({ 'pipeline=slow': 0 })
  })

  test('that cannot begin has failed', async () => {
    const broken = definePlugin({ name: 'broken', setup: () => Promise.reject(new Error('no connection')) })
    const pipe = createPipe({ plugins: [metrics({ sink: recording.sink }), broken], clock })
    expect((await pipe.start(slow).result).status).toBe('failed')
    expect(recording.of('pipe.runs')).toEqual({ 'pipeline=slow,status=failed': 1 })
    expect(recording.of('pipe.active_runs')).toEqual({ 'pipeline=slow': 0 })
  })
})

describe('a step', () => {
  test('is counted by status, and timed when it started', async () => {
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: takes(40) })
      const off = p.step('off', { needs: { a }, when: () => false, run: () => 1 })
      const bad = p.step('bad', { needs: { a }, run: fails })
      return { off, after: p.step('after', { needs: { bad }, run: () => 1 }) }
    })
    const { result } = pipeOf().start(defined)
    await clock.advance('1s')
    await result
    expect(recording.of('pipe.steps')).toEqual({
      'pipeline=p,step=a,status=succeeded': 1,
      'pipeline=p,step=off,status=skipped': 1,
      'pipeline=p,step=bad,status=failed': 1,
      'pipeline=p,step=after,status=skipped': 1,
    })
    expect(recording.of('pipe.step.duration')).toEqual({
      'pipeline=p,step=a,status=succeeded': [0.04],
      'pipeline=p,step=bad,status=failed': [0],
    })
    expect(recording.of('pipe.step.attempts')).toEqual({ 'pipeline=p,step=a': 1, 'pipeline=p,step=bad': 1 })
    expect(recording.of('pipe.step.retries')).toEqual({})
  })

  test('that a middleware answered for is restored: it was never active', async () => {
    const cache = definePlugin({ name: 'cache', step: () => () => 'known' })
    await pipeOf(cache).run(pipeline('p', (p) => p.step('a', { run: () => 'made' })))
    expect(recording.of('pipe.steps')).toEqual({ 'pipeline=p,step=a,status=restored': 1 })
    expect(recording.of('pipe.active_steps')).toEqual({})
    expect(recording.of('pipe.step.duration')).toEqual({})
  })

  test('has attempts and retries; its time is that of all attempts and the waits between them', async () => {
    let calls = 0
    const flaky = pipeline('p', (p) => p.step('a', { run: () => (++calls < 3 ? fails() : takes(500)()) }))
    const { result } = pipeOf(again(5)).start(flaky)
    await clock.advance('1m')
    await result
    expect(recording.of('pipe.step.attempts')).toEqual({ 'pipeline=p,step=a': 3 })
    expect(recording.of('pipe.step.retries')).toEqual({ 'pipeline=p,step=a': 2 })
    expect(recording.of('pipe.step.duration')).toEqual({ 'pipeline=p,step=a,status=succeeded': [2.5] })
  })

  test('is active from its first attempt to its end', async () => {
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: takes(100) })
      return p.step('b', { needs: { a }, run: takes(100) })
    })
    const { result } = pipeOf().start(defined)
    await clock.advance(50)
    expect(recording.of('pipe.active_steps')).toEqual({ 'pipeline=p,step=a': 1 })
    await clock.advance(100)
    expect(recording.of('pipe.active_steps')).toEqual({ 'pipeline=p,step=a': 0, 'pipeline=p,step=b': 1 })
    await clock.advance(100)
    await result
    expect(recording.of('pipe.active_steps')).toEqual({ 'pipeline=p,step=a': 0, 'pipeline=p,step=b': 0 })
  })

  test('waits where something bounds the run', async () => {
    const defined = pipeline('p', (p) => ({
      a: p.step('a', { run: takes(100) }),
      b: p.step('b', { run: takes(50) }),
      c: p.step('c', { run: takes(10) }),
    }))
    const pipe = pipeOf()
    for (const options of [{}, { concurrency: 1 }]) {
      const { result } = pipe.start(defined, undefined, options)
      await clock.advance('1s')
      await result
    }
    expect(recording.of('pipe.step.wait_time')).toEqual({
      'pipeline=p,step=a': [0],
      'pipeline=p,step=b': [0.1],
      'pipeline=p,step=c': [0.15],
    })
  })
})

describe('a map', () => {
  test('has its items counted, timed and tried again under its own name', async () => {
    const defined = pipeline('p', (p) =>
      p.map('files', {
        over: () => ['a', 'b', 'c'],
        key: (name) => name,
        concurrency: 1,
        optionalItems: true,
        run: (name) => (name === 'b' ? fails() : takes(100)()),
      }),
    )
    const { result } = pipeOf(again(2)).start(defined)
    await clock.advance('1m')
    await result
    expect(recording.of('pipe.map.items')).toEqual({
      'pipeline=p,step=files,status=succeeded': 2,
      'pipeline=p,step=files,status=failed': 1,
    })
    expect(recording.of('pipe.map.item.duration')).toEqual({
      'pipeline=p,step=files,status=succeeded': [0.1, 0.1],
      'pipeline=p,step=files,status=failed': [1],
    })
    expect(recording.of('pipe.step.retries')).toEqual({ 'pipeline=p,step=files': 1 })
    // One for the map and four for its items.
    expect(recording.of('pipe.step.attempts')).toEqual({ 'pipeline=p,step=files': 5 })
    expect(recording.of('pipe.steps')).toEqual({ 'pipeline=p,step=files,status=succeeded': 1 })
  })
})

describe('labels', () => {
  const leaf = pipeline('leaf', { input: type<number>() }, (p) => p.step('work', { run: ({ input }) => input + 1 }))
  const nested = pipeline('outer', (p) => ({
    call: p.call('call', leaf, { input: () => 1 }),
    loop: p.loop('loop', leaf, { input: () => 1, until: (n) => n > 3, max: 5 }),
    map: p.map('map', { over: () => [1, 2], key: (n) => `no/[${n}]`, run: leaf }),
  }))

  test('say the pipeline of the run and the path of the definition: no items, no iterations', async () => {
    await pipeOf().run(nested)
    const steps = Object.entries(recording.of('pipe.steps'))
    expect(
      Object.fromEntries(steps.map(([labels, count]) => [labels.replace(',status=succeeded', ''), count])),
    ).toEqual({
      'pipeline=outer,step=call': 1,
      'pipeline=outer,step=call/work': 1,
      'pipeline=outer,step=loop': 1,
      'pipeline=outer,step=loop/work': 3,
      'pipeline=outer,step=map': 1,
      'pipeline=outer,step=map/work': 2,
    })
  })

  test('are as many as the definition has, however often it is run', async () => {
    const pipe = pipeOf()
    await pipe.run(nested, undefined, { id: 'the-first' })
    const { bound } = recording
    for (let i = 0; i < 20; i++) await pipe.run(nested)
    expect(recording.bound).toBe(bound)
    for (const key of Object.keys(recording.values)) expect(key).not.toMatch(/the-first|no\/|\[/)
  })
})

describe('the names', () => {
  test('begin with the prefix', async () => {
    const pipe = createPipe({ plugins: [metrics({ sink: recording.sink, prefix: 'shop.jobs' })] })
    await pipe.run(pipeline('p', (p) => p.step('a', { run: (_, ctx) => ctx.metrics?.increment('mails') })))
    expect(recording.instruments.map(({ name }) => name).filter((name) => !name.startsWith('shop.jobs.'))).toEqual([])
    expect(recording.instruments.at(-1)?.name).toBe('shop.jobs.custom.mails')
  })

  test('are valid in OpenTelemetry, and their labels are those that are given', async () => {
    const labels: Record<string, readonly string[]> = {}
    const strict = metrics({
      sink: (instrument) => {
        expect(instrument.name).toMatch(/^[a-z][a-z0-9_.]{0,254}$/)
        expect(instrument.description).not.toBe('')
        return (given) => {
          expect(Object.keys(given)).toEqual(instrument.labels)
          labels[instrument.name] = Object.keys(given)
          return () => undefined
        }
      },
    })
    await createPipe({ plugins: [strict] }).run(pipeline('p', (p) => p.map('a', { over: () => [1], run: () => 1 })))
    expect(Object.keys(labels)).toHaveLength(11)
  })
})

describe('a sink that throws', () => {
  const works = pipeline('p', (p) => p.step('a', { run: () => 'done' }))
  const pipeWith = (sink: Parameters<typeof metrics>[0]) => {
    const reports: PipelineError[] = []
    return { reports, pipe: createPipe({ plugins: [metrics(sink)], onError: (error) => reports.push(error) }) }
  }

  test('when an instrument is made fails the set-up, which the next run tries again', async () => {
    let calls = 0
    const { pipe } = pipeWith({
      sink: (instrument) => {
        if (++calls === 1) throw new Error('not connected')
        return recording.sink(instrument)
      },
    })
    const error: unknown = await pipe.run(works).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'PLUGIN_SETUP_FAILED', plugin: 'metrics', cause: { message: 'not connected' } })
    expect(await pipe.run(works)).toBe('done')
    expect(recording.of('pipe.runs')).toEqual({ 'pipeline=p,status=succeeded': 1 })
  })

  test('when a value is measured changes no run, and is reported', async () => {
    const { pipe, reports } = pipeWith({
      sink: () => () => () => {
        throw new Error('socket closed')
      },
    })
    expect(await pipe.run(works)).toBe('done')
    expect(reports.length).toBeGreaterThan(0)
    for (const { code, message } of reports) {
      expect(code).toBe('OBSERVER_FAILED')
      expect(message).toContain('socket closed')
    }
  })
})

test('the plugin is of one pipe at a time', async () => {
  const works = pipeline('p', (p) => p.step('a', { run: () => 'done' }))
  const plugin = metrics({ sink: recording.sink })
  const [one, two, three] = [1, 2, 3].map(() => createPipe({ plugins: [plugin] }))
  await one!.run(works)
  const error: unknown = await two!.run(works).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'PLUGIN_SETUP_FAILED', cause: { code: 'PLUGIN_INVALID' } })
  await one!.close()
  expect(await three!.run(works)).toBe('done')
})

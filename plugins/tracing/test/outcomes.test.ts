import { SpanStatusCode } from '@opentelemetry/api'
import { createPipe, pipeline, PipelineError, type Plugin, type StepContext } from '@pipe/core'
import { fakeClock, turn } from '@pipe/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { tracing } from '../src/index.ts'
import { sdk } from './support/sdk.ts'

const seen = sdk()
let clock = fakeClock()
beforeEach(() => {
  clock = fakeClock()
})
const pipeOf = (...plugins: readonly Plugin[]) => createPipe({ plugins: [tracing(), ...plugins], clock })

const listens = (_: unknown, { signal }: StepContext) =>
  new Promise<never>((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error)))
const deaf = () => new Promise<never>(() => undefined)
const boom = () => Promise.reject(new RangeError('boom', { cause: new Error('the cable is cut') }))

describe('what failed', () => {
  test('has its error once, on the innermost span; those around it say that they failed with it', async () => {
    const inner = pipeline('inner', (p) => p.step('bad', { run: boom }))
    const outer = pipeline('outer', (p) => p.call('call', inner, { input: () => undefined }))
    const defined = pipeline('p', (p) => p.map('map', { over: () => [undefined], run: outer }))
    await pipeOf().start(defined).result
    expect(seen.tree).toBe(
      [
        'run p: failed, ERROR',
        '  - PipelineError: Step "map[0]/call/bad" of pipeline "p" failed: boom',
        '  map map: failed, ERROR',
        '    item map[0]: failed, ERROR',
        '      call call: failed, ERROR',
        '        step bad: failed, ERROR',
        '          - RangeError: boom',
      ].join('\n'),
    )
    const errors = seen.spans.map(({ attributes, status }) => [attributes['error.type'], status.message])
    expect(errors).toEqual([
      ['STEP_FAILED', 'Step "map[0]/call/bad" of pipeline "p" failed: boom'],
      ...Array.from({ length: 4 }, () => ['RangeError', 'boom']),
    ])
  })

  test('is recorded with its stack and its causes', async () => {
    await pipeOf().start(pipeline('p', (p) => p.step('bad', { run: boom }))).result
    for (const name of ['run p', 'step bad']) {
      const { 'exception.stacktrace': stack } = seen.span(name).events[0]?.attributes ?? {}
      expect(stack).toMatch(/RangeError: boom\n +at (?:.|\n)*\nCaused by: Error: the cable is cut\n +at /)
    }
  })

  test('and is optional is marked all the same: the run is not', async () => {
    await pipeOf().run(pipeline('p', (p) => p.step('bad', { optional: true, run: boom })))
    expect(seen.tree).toBe('run p: succeeded\n  step bad: failed, ERROR\n    - RangeError: boom')
    expect(seen.span('run p').status).toEqual({ code: SpanStatusCode.UNSET })
  })

  test('in the condition of a step has failed the step', async () => {
    const when = () => {
      throw new RangeError('no answer')
    }
    await pipeOf().start(pipeline('p', (p) => p.step('bad', { when, run: () => 1 }))).result
    expect(seen.tree).toContain('  step bad: failed, ERROR\n    - RangeError: no answer')
  })

  test.each<[unknown, string, string, string]>([
    ['text', 'NonError', 'text', '_OTHER'],
    [undefined, 'NonError', 'undefined', '_OTHER'],
    [null, 'NonError', 'null', '_OTHER'],
  ])('may be no error: %s', async (thrown, name, message, type) => {
    await pipeOf().start(pipeline('p', (p) => p.step('bad', { run: () => Promise.reject(thrown) }))).result
    expect(seen.span('step bad').attributes['error.type']).toBe(type)
    expect(seen.tree).toContain(`- ${name}: ${message}`)
  })

  test('before the first step: there is a run without steps', async () => {
    const refuses: Plugin = { name: 'refuses', run: () => Promise.reject(new Error('not now')) }
    await pipeOf(refuses).start(pipeline('p', (p) => p.step('a', { run: () => 1 }))).result
    expect(seen.tree).toBe('run p: failed, ERROR\n  - Error: not now')
  })
})

describe('what was cancelled', () => {
  test('says so, and is no error', async () => {
    const run = pipeOf().start(pipeline('p', (p) => p.step('long', { run: listens })))
    await turn()
    run.cancel('no longer needed')
    await run.result
    expect(seen.tree).toBe('run p: cancelled\n  step long: cancelled, cancelled')
    expect(seen.spans.map(({ status }) => status)).toEqual([{ code: 0 }, { code: 0 }])
  })

  test('because another step failed is no error either', async () => {
    const defined = pipeline('p', (p) => ({
      long: p.step('long', { run: listens }),
      bad: p.step('bad', { run: boom }),
    }))
    await pipeOf().start(defined).result
    expect(seen.tree).toBe(
      [
        'run p: failed, ERROR',
        '  - PipelineError: Step "bad" of pipeline "p" failed: boom',
        '  step long: cancelled, cancelled',
        '  step bad: failed, ERROR',
        '    - RangeError: boom',
      ].join('\n'),
    )
  })

  test('by the time limit of the run: the run has failed, its steps were cancelled', async () => {
    const run = pipeOf().start(
      pipeline('p', (p) => p.step('long', { run: listens })),
      undefined,
      { timeout: '1s' },
    )
    await clock.advance('2s')
    await run.result
    expect(seen.tree).toBe(
      [
        'run p: failed, ERROR',
        '  - PipelineError: Pipeline "p" was not done after 1000 ms.',
        '  step long: cancelled, timeout',
      ].join('\n'),
    )
  })

  test('by a shutdown says so', async () => {
    const run = pipeOf().start(pipeline('p', (p) => p.step('long', { run: listens })))
    await turn()
    run.cancel(new PipelineError('SHUTDOWN', 'The process ends.'))
    await run.result
    expect(seen.tree).toBe('run p: cancelled\n  step long: cancelled, shutdown')
  })

  test('while it waits for its next attempt ends at once', async () => {
    const retry: Plugin = { name: 'retry', policy: () => () => ({ retryAt: 60_000 }) }
    clock = fakeClock({ start: 0 })
    const run = pipeOf(retry).start(pipeline('p', (p) => p.step('bad', { run: boom })))
    await turn()
    run.cancel()
    await run.result
    expect(seen.open).toBe(0)
    expect(seen.tree).toBe(
      [
        'run p: cancelled',
        '  step bad: cancelled, cancelled',
        '    - RangeError: boom',
        '    - attempt 1 failed, again in 60000 ms',
      ].join('\n'),
    )
  })
})

describe('what is given up', () => {
  test('ends with its run, although its functions never return', async () => {
    const inner = pipeline('inner', (p) => p.step('deep', { run: deaf }))
    const defined = pipeline('p', (p) => ({
      call: p.call('call', inner, { input: () => undefined }),
      items: p.map('items', { over: () => [1], run: deaf }),
      step: p.step('step', { tracing: { attempts: 'all' }, run: deaf }),
    }))
    const run = pipeOf().start(defined, undefined, { grace: '1s' })
    await turn()
    expect(seen.open).toBe(7)
    run.cancel()
    await clock.advance('2s')
    expect((await run.result).steps['step']?.stillRunning).toBe(true)
    expect(seen.open).toBe(0)
    expect(seen.tree).toBe(
      [
        'run p: cancelled',
        '  call call: cancelled, cancelled',
        '    step deep: cancelled, cancelled',
        '  map items: cancelled, cancelled',
        '    item items[0]: cancelled, cancelled',
        '  step step: cancelled, cancelled',
        '    attempt step',
      ].join('\n'),
    )
  })

  test('because a middleware around it answered is cancelled, whatever the step then counts as', async () => {
    const hasty: Plugin = {
      name: 'hasty',
      step: () => async (_, next) => {
        void Promise.resolve(next()).catch(() => undefined)
        await turn()
        return 'in a hurry'
      },
    }
    const pipe = createPipe({ plugins: [hasty, tracing()] })
    expect(await pipe.run(pipeline('p', (p) => p.step('a', { run: deaf })))).toBe('in a hurry')
    expect(seen.open).toBe(0)
    expect(seen.tree).toBe('run p: succeeded\n  step a: cancelled')
  })

  test('because a middleware around it did not mind its failure has failed', async () => {
    const forgiving: Plugin = {
      name: 'forgiving',
      step: () => (_, next) => Promise.resolve(next()).catch(() => 'fine'),
    }
    const pipe = createPipe({ plugins: [forgiving, tracing()] })
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: boom })
      return p.step('b', { needs: { a }, run: turn })
    })
    await pipe.run(defined)
    expect(seen.tree).toBe(
      ['run p: succeeded', '  step a: failed, ERROR', '    - RangeError: boom', '  step b: succeeded'].join('\n'),
    )
    const [a, b] = [seen.span('step a'), seen.span('step b')]
    expect(a.endTime[0] * 1e9 + a.endTime[1]).toBeLessThanOrEqual(b.endTime[0] * 1e9 + b.endTime[1])
  })
})

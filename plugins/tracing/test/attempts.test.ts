import { createPipe, derive, pipeline, PipelineError, type Plugin, type StepOptions, type } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { tracing, type TracingOptions } from '../src/index.ts'
import { sdk } from './support/sdk.ts'

const seen = sdk()
let clock = fakeClock()
beforeEach(() => {
  clock = fakeClock()
})

/** Tries so often, and waits 500 ms before each. */
const retryOf = (most: number): Plugin => ({
  name: 'retry',
  policy:
    () =>
    ({ attempt, ctx }) =>
      attempt < most ? { retryAt: ctx.now() + 500 } : undefined,
})

/** Gives an attempt up after 100 ms. */
const timeout: Plugin = {
  name: 'timeout',
  attempt: () => (ctx, next) => {
    const late = () => ctx.abort(new PipelineError('TIMEOUT', 'too late', { plugin: 'timeout' }))
    const timer = clock.setTimeout(late, 100)
    ctx.defer(() => clock.clearTimeout(timer))
    return next()
  },
}

const pipeOf = (...plugins: readonly Plugin[]) => createPipe({ plugins: [tracing(), ...plugins], clock })

/** A step that fails so many times, each time with another error, and makes a span of its own each time. */
const flaky = (times: number, options: StepOptions = {}) =>
  pipeline('p', (p) =>
    p.step('flaky', {
      ...options,
      run: async (_, { attempt }) => {
        seen.tracer.startSpan(`work ${attempt}`).end()
        await Promise.resolve()
        if (attempt <= times) throw new TypeError(`no ${attempt}`)
        return attempt
      },
    }),
  )

describe('attempts', () => {
  test('a step that succeeds at once has one span, not two', async () => {
    await pipeOf(retryOf(3)).run(flaky(0))
    expect(seen.tree).toBe(['run p: succeeded', '  step flaky: succeeded', '    work 1'].join('\n'))
  })

  test('from the second on have spans inside that of the step, which says why there are several', async () => {
    const running = pipeOf(retryOf(3)).run(flaky(2))
    await clock.advance('2s')
    expect(await running).toBe(3)
    expect(seen.tree).toBe(
      [
        'run p: succeeded',
        '  step flaky: succeeded',
        '    - TypeError: no 1',
        '    - attempt 1 failed, again in 500 ms',
        '    - attempt 2 failed, again in 500 ms',
        '    work 1',
        '    attempt flaky: ERROR',
        '      - TypeError: no 2',
        '      work 2',
        '    attempt flaky',
        '      work 3',
      ].join('\n'),
    )
    expect(seen.span('step flaky').attributes).toMatchObject({ 'pipe.step.attempts': 3 })
    expect(seen.span('step flaky').events[1]?.attributes).toEqual({
      'pipe.attempt.number': 1,
      'pipe.retry.delay_ms': 500,
      'error.type': 'TypeError',
    })
    expect(seen.span('attempt flaky').attributes).toMatchObject({
      'pipe.operation': 'attempt',
      'pipe.attempt.number': 2,
      'pipe.step.path': 'flaky',
      'error.type': 'TypeError',
    })
  })

  test('that all fail leave the last error on the last of them', async () => {
    const { result } = pipeOf(retryOf(2)).start(flaky(9))
    await clock.advance('2s')
    await result
    expect(seen.tree).toBe(
      [
        'run p: failed, ERROR',
        '  - PipelineError: Step "flaky" of pipeline "p" failed: no 2',
        '  step flaky: failed, ERROR',
        '    - TypeError: no 1',
        '    - attempt 1 failed, again in 500 ms',
        '    work 1',
        '    attempt flaky: ERROR',
        '      - TypeError: no 2',
        '      work 2',
      ].join('\n'),
    )
  })

  test.each<[NonNullable<TracingOptions['attempts']>, string]>([
    ['all', '    attempt flaky: ERROR\n      - TypeError: no 1\n      work 1\n    attempt flaky\n      work 2'],
    ['none', '    work 1\n    work 2'],
  ])('with `attempts: %s` each has a span, or none', async (attempts, inside) => {
    const running = pipeOf(retryOf(2)).run(flaky(1, { tracing: { attempts } }))
    await clock.advance('2s')
    await running
    const events = ['- TypeError: no 1', '- attempt 1 failed, again in 500 ms'].slice(attempts === 'all' ? 1 : 0)
    expect(seen.tree).toBe(
      ['run p: succeeded', '  step flaky: succeeded', ...events.map((line) => `    ${line}`), inside].join('\n'),
    )
  })

  test('are traced as the plugin says where the step says nothing', async () => {
    const pipe = createPipe({ plugins: [tracing({ attempts: 'all' })], clock })
    await pipe.run(flaky(0))
    expect(seen.tree).toBe('run p: succeeded\n  step flaky: succeeded\n    attempt flaky\n      work 1')
  })

  test('that are timed out end when their time is up, although their functions have not returned', async () => {
    const deaf = pipeline('p', (p) =>
      p.step('deaf', {
        run: async (_, { attempt }) => {
          if (attempt < 3) await new Promise((wake) => clock.setTimeout(() => wake(undefined), 250))
          return attempt
        },
      }),
    )
    const run = pipeOf(retryOf(3), timeout).start(deaf)
    await clock.advance(120)
    expect(seen.open).toBe(2)
    await clock.advance('5s')
    await run.result
    expect(seen.tree).toBe(
      [
        'run p: succeeded',
        '  step deaf: succeeded',
        '    - PipelineError: too late',
        '    - attempt 1 failed, again in 500 ms',
        '    - attempt 2 failed, again in 500 ms',
        '    attempt deaf: ERROR',
        '      - PipelineError: too late',
        '    attempt deaf',
      ].join('\n'),
    )
    expect(seen.span('step deaf').events[1]?.attributes).toMatchObject({ 'error.type': 'TIMEOUT' })
  })

  test('that a policy rescues leave their error on the step', async () => {
    const rescue: Plugin = { name: 'rescue', policy: () => () => ({ output: 'instead' }) }
    await pipeOf(rescue).run(flaky(1))
    expect(seen.tree).toBe('run p: succeeded\n  step flaky: succeeded\n    - TypeError: no 1\n    work 1')
  })

  test('that a middleware makes again have spans as well', async () => {
    const again: Plugin = { name: 'again', step: () => (_, next) => Promise.resolve(next()).catch(() => next()) }
    await pipeOf(again).run(flaky(1))
    expect(seen.tree).toBe(
      [
        'run p: succeeded',
        '  step flaky: succeeded',
        '    - TypeError: no 1',
        '    work 1',
        '    attempt flaky',
        '      work 2',
      ].join('\n'),
    )
  })

  test('that a middleware around the plugin makes again have a span of the step each', async () => {
    const again: Plugin = { name: 'again', step: () => (_, next) => Promise.resolve(next()).catch(() => next()) }
    await createPipe({ plugins: [again, tracing()], clock }).run(flaky(1))
    expect(seen.tree).toBe(
      [
        'run p: succeeded',
        '  step flaky: failed, ERROR',
        '    - TypeError: no 1',
        '    work 1',
        '  step flaky: succeeded',
        '    work 2',
      ].join('\n'),
    )
  })

  test('of what runs a pipeline are around its steps', async () => {
    const inner = pipeline('inner', { input: type<number>() }, (p) =>
      p.step('half', {
        run: ({ input }, { now }) => {
          if (now() < 400) throw new TypeError('too early')
          return input / 2
        },
      }),
    )
    clock = fakeClock({ start: 0 })
    const onlyCalls: Plugin = {
      name: 'retry',
      policy: ({ kind }) => (kind === 'call' ? ({ ctx }) => ({ retryAt: ctx.now() + 500 }) : undefined),
    }
    const defined = pipeline('p', (p) => p.call('call', inner, { input: () => 8 }))
    const running = pipeOf(onlyCalls).run(defined)
    await clock.advance('1s')
    expect(await running).toBe(4)
    expect(seen.tree).toBe(
      [
        'run p: succeeded',
        '  call call: succeeded',
        '    - attempt 1 failed, again in 500 ms',
        '    step half: failed, ERROR',
        '      - TypeError: too early',
        '    attempt call',
        '      step half: succeeded',
      ].join('\n'),
    )
  })

  test('are the same whatever context a middleware in between hands on', async () => {
    const between: Plugin = {
      name: 'between',
      step: () => (ctx, next) => next(derive(ctx, { idempotencyKey: 'mine' })),
    }
    const running = pipeOf(between, retryOf(2)).run(flaky(1))
    await clock.advance('1s')
    await running
    expect(seen.tree).toContain('    attempt flaky\n      work 2')
  })

  test('whose output does not fit its schema have failed', async () => {
    const schema = type<number>()
    const strict = {
      '~standard': { ...schema['~standard'], validate: () => ({ issues: [{ message: 'not a number' }] }) },
    } as unknown as typeof schema
    const defined = pipeline('p', (p) => p.step('a', { run: () => 1, output: strict }))
    await pipeOf().start(defined).result
    expect(seen.span('step a')).toMatchObject({
      status: { code: 2 },
      attributes: { 'pipe.step.status': 'failed', 'error.type': 'OUTPUT_INVALID' },
    })
  })

  test('run what they return once: a query builder runs its query each time that `then` is called', async () => {
    let queries = 0
    const query: PromiseLike<string> = {
      then: (onfulfilled, onrejected) => Promise.resolve(`query ${++queries}`).then(onfulfilled, onrejected),
    }
    const defined = pipeline('p', (p) => p.step('a', { run: () => query }))
    expect(await pipeOf().run(defined)).toBe('query 1')
    expect(queries).toBe(1)
  })
})

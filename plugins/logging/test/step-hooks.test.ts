import { createPipe, definePlugin, pipeline, type Plugin, PipelineError, skip } from '@pipe/core'
import { fakeClock, recordingLogger } from '@pipe/testing'
import { describe, expect, test } from 'vitest'
import { logging, type LoggingOptions } from '../src/index.ts'
import { capture } from './support/capture.ts'

const stage = (options: LoggingOptions = {}, ...plugins: readonly Plugin[]) => {
  const captured = capture()
  const clock = fakeClock()
  const pipe = createPipe({ plugins: [logging(captured.logger, options), ...plugins], clock, newId: () => 'run-1' })
  return Object.assign(captured, { clock, pipe })
}

/** Tries again after 200 ms, so many attempts in all. */
const again = (attempts: number): Plugin => ({
  name: 'again',
  policy:
    () =>
    ({ attempt, ctx }) =>
      attempt < attempts ? { retryAt: ctx.now() + 200 } : undefined,
})

const fails = (...errors: readonly unknown[]) => {
  throw errors.length === 0 ? new Error('card declined') : errors[0]
}

test('start, success with its duration, skip and failure have a line each', async () => {
  const { pipe, said, of, clock } = stage()
  const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
  const shop = pipeline('shop', (p) => {
    const user = p.step('user', { run: () => wait(25) })
    const gift = p.step('gift', { needs: { user }, when: () => false, run: () => 1 })
    return p.step('pay', { needs: { gift }, run: () => fails() })
  })
  const { result } = pipe.start(shop)
  await clock.advance('1s')
  await result
  expect(said()).toEqual([
    'info run of shop started',
    'info step user started',
    'info step user succeeded',
    'info step gift was skipped: condition',
    'info step pay started',
    'error step pay failed: card declined',
    'error run of shop failed: Step "pay" of pipeline "shop" failed: card declined',
  ])
  expect(of('step.succeeded')).toEqual([
    {
      level: 'info',
      msg: 'step user succeeded',
      'pipe.event': 'step.succeeded',
      'pipe.pipeline.name': 'shop',
      'pipe.run.id': 'run-1',
      'pipe.step.name': 'user',
      'pipe.step.path': 'user',
      'pipe.step.status': 'succeeded',
      'pipe.step.attempts': 1,
      'pipe.duration_ms': 25,
    },
  ])
  const [skipped] = of('step.skipped')
  expect(skipped).toMatchObject({ 'pipe.step.status': 'skipped', 'pipe.step.reason': 'condition' })
  expect(skipped).not.toHaveProperty(['pipe.duration_ms'])
})

describe('a failure', () => {
  test('is told with its stack, its causes and what else it says', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', port: 5432 })
    const error = Object.assign(new TypeError('cannot charge', { cause }), { code: 'E_CHARGE', amount: 5 })
    const { pipe, of } = stage()
    await pipe.start(pipeline('p', (p) => p.step('pay', { run: () => fails(error) }))).result
    const [line] = of('step.failed')
    expect(line).toMatchObject({
      level: 'error',
      'pipe.step.status': 'failed',
      'error.type': 'E_CHARGE',
      'exception.type': 'TypeError',
      'exception.message': 'cannot charge',
      'pipe.error': {
        code: 'E_CHARGE',
        amount: 5,
        cause: { name: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED', port: 5432 },
      },
    })
    const trace = String(line?.['exception.stacktrace'])
    expect(trace).toMatch(/^TypeError: cannot charge\n {4}at /)
    expect(trace).toMatch(/\n {2}\[cause\]: Error: connect ECONNREFUSED\n {6}at /)
  })

  test('is told once, where it happened; what it fails in turn says which error it was', async () => {
    const error = new Error('card declined')
    const bill = pipeline('bill', (p) => p.step('charge', { run: () => fails(error) }))
    const shop = pipeline('shop', (p) => p.map('orders', { over: () => [undefined], key: () => 'x', run: bill }))
    const { pipe, of } = stage()
    await pipe.start(shop).result
    const lines = [...of('step.failed'), ...of('item.failed')]
    expect(lines.map((line) => line['pipe.step.path'])).toEqual(['orders[x]/charge', 'orders', 'orders[x]'])
    for (const line of lines) expect(line).toMatchObject({ level: 'error', 'exception.message': 'card declined' })
    expect(lines.map((line) => 'exception.stacktrace' in line)).toEqual([true, false, false])
    expect(lines[0]).toMatchObject({ 'pipe.pipeline.name': 'bill' })
    expect(lines[1]).toMatchObject({ 'pipe.pipeline.name': 'shop' })
  })

  test('of each run is told, be it the same error', async () => {
    const error = new Error('card declined')
    const defined = pipeline('p', (p) => p.step('pay', { run: () => fails(error) }))
    const { pipe, of } = stage()
    await pipe.start(defined).result
    await pipe.start(defined).result
    expect(of('step.failed').map((line) => 'exception.stacktrace' in line)).toEqual([true, true])
  })

  test('that the run can do without is an error all the same', async () => {
    const { pipe, said } = stage()
    await pipe.run(pipeline('p', (p) => p.step('gift', { optional: true, run: () => fails(new Error('no gifts')) })))
    expect(said()).toContain('error step gift failed: no gifts')
    expect(said()).toContain('info run of p succeeded')
  })

  test.each([
    ['a word', 'out of stock', 'out of stock'],
    ['nothing', undefined, 'undefined'],
  ])('may be %s', async (_, thrown, words) => {
    const { pipe, of } = stage()
    await pipe.start(pipeline('p', (p) => p.step('a', { run: () => fails(thrown) }))).result
    expect(of('step.failed')).toMatchObject([
      { msg: `step a failed: ${words}`, 'exception.type': 'NonError', 'exception.message': words },
    ])
  })

  test('by running out of time is a time-out', async () => {
    const limit = definePlugin({
      name: 'limit',
      attempt: () => (ctx, next) => {
        ctx.abort(new PipelineError('TIMEOUT', 'It took too long.'))
        return next()
      },
    })
    const { pipe, of, clock } = stage({}, limit)
    const { result } = pipe.start(pipeline('p', (p) => p.step('a', { run: () => new Promise(() => undefined) })))
    await clock.advance(1)
    await result
    expect(of('step.failed')).toMatchObject([{ level: 'error', 'pipe.step.status': 'failed', 'error.type': 'TIMEOUT' }])
  })
})

describe('a retry', () => {
  test('is a warning with the attempt, the delay and its own error; then the next attempt', async () => {
    const { pipe, said, of, clock } = stage({}, again(3))
    const { result } = pipe.start(
      pipeline('p', (p) => p.step('a', { run: (_, { attempt }) => fails(new Error(`no ${attempt}`)) })),
    )
    await clock.advance('1s')
    await result
    expect(said().slice(1, -1)).toEqual([
      'info step a started',
      'warn step a failed in attempt 1, the next one starts in 200 ms: no 1',
      'debug step a started attempt 2',
      'warn step a failed in attempt 2, the next one starts in 200 ms: no 2',
      'debug step a started attempt 3',
      'error step a failed: no 3',
    ])
    expect(of('step.retry')[1]).toMatchObject({
      'pipe.attempt.number': 2,
      'pipe.retry.delay_ms': 200,
      'exception.message': 'no 2',
      'exception.stacktrace': expect.stringContaining('Error: no 2') as string,
    })
    expect(of('step.failed')[0]).toMatchObject({ 'pipe.step.attempts': 3 })
  })

  test('is told whole, be its error that of another step', async () => {
    const error = new Error('no')
    const { pipe, of, clock } = stage({}, again(2))
    const { result } = pipe.start(
      pipeline('p', (p) => {
        const a = p.step('a', { optional: true, run: () => fails(error) })
        return p.step('b', { after: [a], run: () => fails(error) })
      }),
    )
    await clock.advance('1s')
    await result
    expect(of('step.retry').map((line) => 'exception.stacktrace' in line)).toEqual([true, true])
  })

  test('of a map counts the items of its last attempt', async () => {
    const { pipe, of, clock } = stage(
      {},
      { name: 'again', policy: (step) => (step.kind === 'map' ? again(2).policy?.(step) : undefined) },
    )
    let calls = 0
    const { result } = pipe.start(
      pipeline('p', (p) => p.map('m', { over: () => [1, 2, 3], run: () => (++calls === 3 ? fails() : 1) })),
    )
    await clock.advance('1s')
    await result
    expect(of('step.succeeded')[0]).toMatchObject({ 'pipe.map.item_count': 3, 'pipe.map.failed_count': 0 })
  })

  test('with the same error every time leaves the last line whole', async () => {
    const error = new Error('no')
    const { pipe, of, clock } = stage({}, again(2))
    const { result } = pipe.start(pipeline('p', (p) => p.step('a', { run: () => fails(error) })))
    await clock.advance('1s')
    await result
    expect(of('step.failed')[0]).toHaveProperty(['exception.stacktrace'])
  })
})

describe('what a run does besides', () => {
  test('undo, and an undo that fails, have a line', async () => {
    const { pipe, said, of } = stage()
    const booking = pipeline('booking', (p) => {
      const seat = p.step('seat', { run: () => 12, undo: () => undefined })
      const hotel = p.step('hotel', { needs: { seat }, run: () => 1, undo: () => fails(new RangeError('too late')) })
      return p.step('pay', { needs: { hotel }, run: () => fails() })
    })
    await pipe.start(booking).result
    expect(said().slice(-3, -1)).toEqual([
      'error step hotel could not be undone: too late',
      'info step seat was undone',
    ])
    expect(of('step.undo_failed')[0]).toMatchObject({ 'exception.type': 'RangeError' })
  })

  test('a step that waited for its turn says how long', async () => {
    const { pipe, of, clock } = stage()
    const nap = () => new Promise<void>((resolve) => clock.setTimeout(resolve, 30))
    const defined = pipeline('p', (p) => ({ a: p.step('a', { run: nap }), b: p.step('b', { run: nap }) }))
    const { result } = pipe.start(defined, undefined, { concurrency: 1 })
    await clock.advance('1s')
    await result
    expect(of('step.start').map((line) => line['pipe.step.wait_ms'])).toEqual([0, 30])
  })

  test('progress is for debugging', async () => {
    const { pipe, of } = stage()
    await pipe.run(pipeline('p', (p) => p.step('a', { run: (_, { progress }) => progress({ done: 5, of: 10 }) })))
    expect(of('step.progress')).toMatchObject([{ level: 'debug', 'pipe.progress': { done: 5, of: 10 } }])
  })

  test('what others did before is restored, not run', async () => {
    const cache = definePlugin({ name: 'cache', step: () => () => 'known' })
    const { pipe, said, of } = stage({}, cache)
    await pipe.run(pipeline('p', (p) => p.step('a', { run: () => 'new' })))
    expect(said()).toEqual(['info run of p started', 'info step a was restored', 'info run of p succeeded'])
    expect(of('step.restored')[0]).toMatchObject({ 'pipe.step.status': 'restored' })
  })

  test('what a middleware skips says why', async () => {
    const { pipe, said } = stage({}, definePlugin({ name: 'night', step: () => () => skip('closed') }))
    await pipe.run(pipeline('p', (p) => p.step('a', { run: () => 1 })))
    expect(said()).toContain('info step a was skipped: closed')
  })

  test('siblings of a failed step are cancelled: no errors of their own, unless they have one', async () => {
    const told = (signal: AbortSignal, error: Error) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(error), { once: true }))
    const { pipe, of } = stage()
    const defined = pipeline('p', (p) => ({
      quiet: p.step('quiet', { run: (_, { signal }) => told(signal, new DOMException('Aborted', 'AbortError')) }),
      loud: p.step('loud', { run: (_, { signal }) => told(signal, new Error('could not release the lock')) }),
      pay: p.step('pay', { run: () => fails() }),
      later: p.step('later', { after: [], run: () => 1 }),
    }))
    await pipe.start(defined, undefined, { concurrency: 3 }).result
    const cancelled = of('step.cancelled')
    expect(cancelled.map((line) => [line['pipe.step.path'], line['exception.message']])).toEqual([
      ['later', undefined],
      ['quiet', undefined],
      ['loud', 'could not release the lock'],
    ])
    for (const line of cancelled) expect(line).toMatchObject({ level: 'info' })
    expect(of('step.failed')).toHaveLength(1)
  })
})

describe('levels', () => {
  const defined = pipeline('p', (p) => p.step('a', { run: () => 1 }))

  test('are those that are asked for; false leaves a line out', async () => {
    const { pipe, said } = stage({ levels: { 'run:start': false, 'step:start': 'trace', 'step:succeeded': 'fatal' } })
    await pipe.run(defined)
    expect(said()).toEqual(['trace step a started', 'fatal step a succeeded', 'info run of p succeeded'])
  })

  test('that are not named, or named as undefined, stay', async () => {
    const { pipe, said } = stage({ levels: { 'run:start': 'debug', ...({ 'step:start': undefined } as object) } })
    await pipe.run(defined)
    expect(said().slice(0, 2)).toEqual(['debug run of p started', 'info step a started'])
  })

  test('that the logger does not write cost no line: nothing is looked at', async () => {
    const { logger, lines } = capture({ level: 'warn' })
    const pipe = createPipe({ plugins: [logging(logger, { input: true, output: true })] })
    const secretive = new Proxy({}, { ownKeys: () => fails(), get: (_, key) => (key === 'then' ? undefined : fails()) })
    await pipe.run(pipeline('p', (p) => p.step('a', { run: () => ({ secretive }) })))
    expect(lines).toEqual([])
  })

  test('that the logger comes to write while the program runs count from then on', async () => {
    const { logger, lines } = capture({ level: 'error' })
    const pipe = createPipe({ plugins: [logging(logger)] })
    await pipe.run(defined)
    expect(lines).toEqual([])
    logger.level = 'info'
    await pipe.run(defined)
    expect(lines).toHaveLength(4)
  })
})

describe('the option `log` of a step', () => {
  test('false leaves only what goes wrong', async () => {
    const { pipe, said, clock } = stage({}, again(2))
    const { result } = pipe.start(
      pipeline('p', (p) => {
        const quiet = p.step('quiet', { log: false, run: () => 1 })
        const bad = p.step('bad', { log: false, needs: { quiet }, run: () => fails() })
        return bad
      }),
    )
    await clock.advance('1s')
    await result
    expect(said().slice(1, -1)).toEqual([
      'warn step bad failed in attempt 1, the next one starts in 200 ms: card declined',
      'error step bad failed: card declined',
    ])
  })

  test('does not count for a step that never starts', async () => {
    let attempt = 0
    const inner = pipeline('inner', (p) => {
      const first = p.step('first', { run: () => (++attempt === 2 ? fails() : 1) })
      const quiet = p.step('quiet', { log: false, needs: { first }, run: () => 1 })
      return p.step('last', { needs: { quiet }, run: () => fails() })
    })
    const { pipe, of, clock } = stage(
      {},
      { name: 'again', policy: (step) => (step.kind === 'call' ? again(2).policy?.(step) : undefined) },
    )
    const { result } = pipe.start(pipeline('p', (p) => p.call('c', inner, { input: () => undefined })))
    await clock.advance('1s')
    await result
    expect(of('step.skipped').map((line) => line['pipe.step.path'])).toContain('c/quiet')
    expect(of('step.succeeded').map((line) => line['pipe.step.path'])).toEqual(['c/first'])
  })

  test('leaves `ctx.log` alone', async () => {
    const { pipe, said } = stage()
    await pipe.run(pipeline('p', (p) => p.step('a', { log: false, run: (_, { log }) => log.info({}, 'hello') })))
    expect(said().slice(1, -1)).toEqual(['info hello'])
  })

  test('level is that of the lines that do not tell of trouble', async () => {
    const { pipe, said } = stage()
    await pipe.start(
      pipeline('p', (p) => {
        const a = p.step('a', { log: { level: 'debug' }, run: () => 1 })
        return p.step('b', { log: { level: 'debug' }, needs: { a }, run: () => fails() })
      }),
    ).result
    expect(said().slice(1, -1)).toEqual([
      'debug step a started',
      'debug step a succeeded',
      'debug step b started',
      'error step b failed: card declined',
    ])
  })

  test('input and output tell what the step reads and returns', async () => {
    const { pipe, of } = stage()
    await pipe.run(
      pipeline('p', (p) => {
        const a = p.step('a', { run: () => ({ n: 1 }) })
        return p.step('b', { log: { input: true, output: true }, needs: { a }, run: ({ a }) => [a.n + 1] })
      }),
    )
    expect(of('step.start').map((line) => line['pipe.input'])).toEqual([undefined, { a: { n: 1 } }])
    expect(of('step.succeeded').map((line) => line['pipe.output'])).toEqual([undefined, [2]])
  })

  test('output is no field where there is none', async () => {
    const log = recordingLogger()
    const pipe = createPipe({ plugins: [logging(log, { output: true })] })
    await pipe.start(pipeline('p', (p) => p.step('a', { run: () => fails() }))).result
    for (const { fields } of log.lines) expect(fields).not.toHaveProperty(['pipe.output'])
  })

  test('wins over the plugin', async () => {
    const { pipe, of } = stage({ input: true, output: true })
    await pipe.run(
      pipeline('p', (p) => {
        const a = p.step('a', { log: { output: false }, run: () => 'secret' })
        return p.step('b', { log: { input: false }, needs: { a }, run: () => 'open' })
      }),
    )
    expect(of('step.succeeded').map((line) => line['pipe.output'])).toEqual([undefined, 'open'])
    expect(of('step.start').map((line) => 'pipe.input' in line)).toEqual([true, false])
  })

  test.each([
    ['of the step', {}, { log: { input: true, output: true } }],
    ['of the plugin', { input: true, output: true }, {}],
  ])('%s: the items of a map tell theirs', async (_, options, step) => {
    const { pipe, of } = stage(options)
    await pipe.run(pipeline('p', (p) => p.map('m', { ...step, over: () => [1, 2], run: (n) => n * 2 })))
    expect(of('item.succeeded')).toMatchObject([
      { 'pipe.input': 1, 'pipe.output': 2 },
      { 'pipe.input': 2, 'pipe.output': 4 },
    ])
  })
})

test('steps without the option are wrapped by nothing', () => {
  const plugin = logging(capture().logger)
  const info = {
    pipeline: 'p',
    id: 'a',
    runs: 'function',
    options: {},
    optional: false,
    undoable: false,
    version: undefined,
  } as const
  expect(plugin.step?.({ ...info, kind: 'step' })).toBeUndefined()
  expect(plugin.step?.({ ...info, kind: 'item' })).toBeUndefined()
  expect(plugin).not.toHaveProperty('attempt')
  expect(plugin).not.toHaveProperty('policy')
})

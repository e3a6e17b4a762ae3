import { createPipe, pipeline, type Plugin, run, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { FakeClock, turn } from './support/fake-clock.ts'

const never = () => new Promise<never>(() => undefined)
const work = vi.fn(() => 1)
const works = pipeline('p', (p) => p.step('a', { run: work }))
const slowSchema = { '~standard': { version: 1, vendor: 'test', validate: never } } as const
const checked = pipeline('p', { input: slowSchema }, (p) => p.step('a', { run: work }))

describe('a run that is stopped before its graph has begun', () => {
  const waiting = {
    'a plugin is being set up': (clock: FakeClock) =>
      createPipe({ clock, plugins: [{ name: 'slow', setup: never }] }).start(works, undefined, { timeout: '1s' }),
    'a schema is being asked': (clock: FakeClock) => createPipe({ clock }).start(checked, undefined, { timeout: '1s' }),
  }

  test.each(Object.entries(waiting))('ends at once: %s', async (_, begin) => {
    work.mockClear()
    const started = begin(new FakeClock())
    await turn()
    started.cancel('enough')
    expect((await started.result).status).toBe('cancelled')
    expect(work).not.toHaveBeenCalled()
  })

  test.each(Object.entries(waiting))('ends when its time is up: %s', async (_, begin) => {
    const clock = new FakeClock()
    const started = begin(clock)
    await turn()
    await clock.advance(1_000)
    expect((await started.result).error).toMatchObject({ code: 'TIMEOUT' })
    expect(clock.timers).toBe(0)
  })

  test('does not begin when the plugin is set up after all, and lets the pipe close', async () => {
    work.mockClear()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const pipe = createPipe({ plugins: [{ name: 'slow', setup: () => promise }] })
    const started = pipe.start(works)
    await turn()
    started.cancel()
    await started.result
    resolve(undefined)
    await pipe.close()
    expect(work).not.toHaveBeenCalled()
  })
})

describe('a run middleware that does not answer when the run has stopped', () => {
  test.each(['before', 'after'])('is given up when the grace is over: %s its `next`', async (when) => {
    const clock = new FakeClock()
    const hangs: Plugin = {
      name: 'hangs',
      run: async (_, next) => {
        if (when === 'after') await next().catch(() => undefined)
        return await never()
      },
    }
    const started = createPipe({ clock, plugins: [hangs] }).start(works, undefined, { grace: '1s' })
    await turn()
    started.cancel('enough')
    await clock.advance(999)
    expect(started.status).toBe('running')
    await clock.advance(1)
    expect((await started.result).status).toBe('cancelled')
    expect(clock.timers).toBe(0)
  })
})

test('a run that is stopping because a step failed takes no notice of a later reason', async () => {
  const undone = vi.fn()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo: undone })
    const slow = p.step('slow', { run: () => promise })
    return { slow, bad: p.step('bad', { needs: { a }, run: () => Promise.reject(new Error('boom')) }) }
  })
  const started = start(defined)
  await turn()
  started.cancel(Object.assign(new Error(), { code: 'SHUTDOWN' }))
  resolve(undefined)
  expect(await started.result).toMatchObject({ status: 'failed', error: { code: 'STEP_FAILED' } })
  expect(undone).toHaveBeenCalledTimes(1)
})

test.each([
  ['a revoked proxy', revoked()],
  [
    'an error whose message throws',
    Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('hostile')
      },
    }),
  ],
])('%s is a reason like any other', async (_, reason) => {
  expect(await rejectionOf(run(works, undefined, { signal: AbortSignal.abort(reason) }))).toMatchObject({
    code: 'CANCELLED',
  })
  const started = start(
    pipeline('p', (p) =>
      p.step('a', { run: (_, { signal }) => new Promise((done) => signal.addEventListener('abort', done)) }),
    ),
  )
  await turn()
  started.cancel(reason)
  expect((await started.result).status).toBe('cancelled')
})

test('a signal of `AbortSignal.timeout` is a time limit', async () => {
  const signal = AbortSignal.abort(new DOMException('The operation timed out.', 'TimeoutError'))
  const { status, error } = await start(works, undefined, { signal }).result
  expect(status).toBe('failed')
  expect(error).toMatchObject({ code: 'TIMEOUT', message: 'Pipeline "p" took too long: The operation timed out.' })
})

test('an error of which no data can be made ends the run like any other', async () => {
  class Invalid extends AggregateError {
    override errors = { name: ['required'] } as never
  }
  const fails = pipeline('p', (p) => p.step('a', { run: () => Promise.reject(new Invalid([], 'wrong')) }))
  const { status, steps } = await start(fails).result
  expect(status).toBe('failed')
  expect(steps['a']?.error).toMatchObject({ message: 'wrong' })
  const pipe = createPipe({ plugins: [{ name: 'observer', hooks: { 'run:end': () => undefined } }] })
  await rejectionOf(pipe.run(fails))
  await pipe.close()
})

test('a promise that calls back twice settles its step once', async () => {
  const twice = Object.assign(Promise.resolve(1), {
    then: (go: (value: number) => void) => {
      go(1)
      go(2)
    },
  })
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => twice })
    return p.step('b', { needs: { a }, run: async ({ a }) => a })
  })
  expect(await run(defined)).toBe(1)
})

test('a schema that answers nothing refuses, and says so', async () => {
  const silent = { '~standard': { version: 1, vendor: 'test', validate: () => undefined as never } } as const
  const defined = pipeline('p', { input: silent }, (p) => p.step('a', { run: work }))
  expect(await rejectionOf(run(defined, 1))).toMatchObject({
    code: 'INPUT_INVALID',
    message: 'The input of pipeline "p" is invalid: its schema answered nothing',
  })
})

test('two runs that fail with one error have data of their own', async () => {
  const shared = new Error('first')
  const fails = pipeline('p', { input: type<string>() }, (p) =>
    p.step('a', {
      run: ({ input }) => {
        shared.message = input
        throw shared
      },
    }),
  )
  const [one, two] = [await start(fails, 'one').result, await start(fails, 'two').result]
  expect([one.steps['a']?.error?.message, two.steps['a']?.error?.message]).toEqual(['one', 'two'])
})

test('keys of runs and steps are never the same for two of them', async () => {
  const keys = new Set<string>()
  for (const [id, step] of [
    ['a', 'b:c'],
    ['a:b', 'c'],
    ['a\\', ':c'],
  ] as const)
    await run(
      pipeline('p', (p) => p.step(step, { run: (_, { idempotencyKey }) => void keys.add(idempotencyKey) })),
      undefined,
      { id },
    )
  expect(keys.size).toBe(3)
})

test('a stream that is closed before it was read listens no more', async () => {
  const started = start(works)
  await started[Symbol.asyncIterator]().return(undefined)
  expect(started.events.listenerCount('step:end')).toBe(0)
  await started.result
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

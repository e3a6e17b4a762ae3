import { createPipe, type ErrorReporter, type Hooks, pipeline, type Plugin } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { turn } from './support/fake-clock.ts'

const inner = pipeline('inner', (p) => p.step('leaf', { run: (_, { progress }) => progress('half') }))
const eventful = pipeline('p', (p) => {
  const call = p.call('call', inner, { input: () => undefined })
  const map = p.map('map', { needs: { call }, over: () => [1], run: () => 1, undo: () => undefined })
  const flaky = p.step('flaky', {
    needs: { map },
    run: (_, { attempt }) => {
      if (attempt === 1) throw new Error('not yet')
    },
  })
  return p.step('bad', { needs: { flaky }, run: () => Promise.reject<number>(new Error('boom')) })
})
const retry: Plugin = {
  name: 'retry',
  policy: ({ id }) => (id === 'flaky' ? () => ({ retryAt: 0 }) : undefined),
}
const names: readonly (keyof Hooks)[] = [
  'run:start',
  'step:start',
  'step:progress',
  'step:retry',
  'step:end',
  'step:undo',
  'map:item',
  'run:end',
]
const settings = {
  newId: () => 'run-1',
  clock: { now: () => 0, monotonic: () => 1, setTimeout: later, clearTimeout: () => undefined },
}
function later(callback: () => void) {
  queueMicrotask(callback)
}

describe('the hooks of a plugin', () => {
  test('are told of everything, in the order of the plugins', async () => {
    const log: string[] = []
    const observer = (name: string): Plugin => ({
      name,
      hooks: Object.fromEntries(names.map((event) => [event, () => void log.push(`${name} ${event}`)])),
    })
    await createPipe({ plugins: [observer('a'), retry, observer('b')] }).start(eventful).result
    for (const event of names) expect(log).toContain(`a ${event}`)
    expect(log.filter((line) => line.startsWith('b')).map((line) => line.slice(2))).toEqual(
      log.filter((line) => line.startsWith('a')).map((line) => line.slice(2)),
    )
    expect(log.slice(0, 2)).toEqual(['a run:start', 'b run:start'])
  })

  test('may be undefined', async () => {
    const plugin = { name: 'a', hooks: { 'run:end': undefined } } as unknown as Plugin
    expect(await createPipe({ plugins: [plugin] }).run(pipeline('p', () => ({})))).toEqual({})
  })
})

describe('an observer', () => {
  const outcomes: Record<string, () => unknown> = {
    'answers something': () => ({ status: 'failed' }),
    throws: () => {
      throw new Error('observer')
    },
    'throws something that is not an error': () => {
      throw undefined as unknown
    },
    rejects: () => Promise.reject(new Error('observer')),
    'answers with a thenable that throws': () => ({
      then: () => {
        throw new Error('observer')
      },
    }),
    'answers with something whose then cannot be read': () => ({
      get then() {
        throw new Error('observer')
      },
    }),
  }

  test.each(Object.entries(outcomes))('that %s changes nothing', async (_, observe) => {
    const onError = vi.fn()
    const plain = await createPipe({ ...settings, plugins: [retry] }).start(eventful).result
    const hooks = Object.fromEntries(names.map((name) => [name, observe]))
    const pipe = createPipe({ ...settings, onError, plugins: [retry, { name: 'observer', hooks }] })
    const observed = await pipe.start(eventful).result
    await turn()
    expect(withoutStacks(observed)).toEqual(withoutStacks(plain))
  })

  test('that throws or rejects is reported, with what it threw and the name of the event', async () => {
    const onError = vi.fn<ErrorReporter>()
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
    const rejecting: () => void = vi.fn().mockRejectedValue(rejected)
    const pipe = createPipe({ onError })
    pipe.events.on('run:start', () => {
      throw thrown
    })
    pipe.events.on('run:end', rejecting)
    await pipe.run(inner)
    await turn()
    expect(onError.mock.calls).toMatchObject([
      [{ code: 'OBSERVER_FAILED', cause: thrown, message: 'An observer of "run:start" threw: thrown' }],
      [{ code: 'OBSERVER_FAILED', cause: rejected }],
    ])
  })

  test('that throws does not keep others from being told', async () => {
    const pipe = createPipe({ onError: () => undefined })
    const other = vi.fn()
    pipe.events.on('run:end', () => {
      throw new Error('observer')
    })
    pipe.events.on('run:end', other)
    await pipe.run(inner)
    expect(other).toHaveBeenCalledTimes(1)
  })

  test('is reported on the console by default', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const pipe = createPipe()
    pipe.events.on('run:start', () => {
      throw new Error('observer')
    })
    await pipe.run(inner)
    expect(report).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'OBSERVER_FAILED' }))
  })

  test('that throws into a reporter that throws changes nothing either', async () => {
    const fail = () => {
      throw new Error('observer')
    }
    const pipe = createPipe({ onError: fail })
    pipe.events.on('step:end', fail)
    expect(await pipe.start(inner).result).toMatchObject({ status: 'succeeded' })
  })

  test('may unsubscribe while it is told', async () => {
    const pipe = createPipe()
    const log: string[] = []
    const once = () => {
      log.push('once')
      pipe.events.off('run:end', once)
    }
    pipe.events.on('run:end', once)
    pipe.events.on('run:end', () => log.push('always'))
    await pipe.run(inner)
    await pipe.run(inner)
    expect(log).toEqual(['once', 'always', 'always'])
  })
})

function withoutStacks(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result, (key, value: unknown) => (key === 'stack' ? undefined : value)))
}

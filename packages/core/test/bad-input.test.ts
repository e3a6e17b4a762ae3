import { createPipe, pipeline, plan, run, service, start, systemClock, toDot, toMermaid, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf, thrownBy } from './support/errors.ts'

// What TypeScript refuses, plain JavaScript can still do. Each has one coded error, before anything starts.

const work = vi.fn()
const works = pipeline('p', (p) => p.step('a', { run: work }))
const untyped = { createPipe, run, start, plan, toMermaid, toDot, service } as unknown as Record<
  string,
  (...args: readonly unknown[]) => never
>

describe('the options of a run', () => {
  const wrong: readonly (readonly [options: unknown, says: string])[] = [
    [5, '`options` of the run must be an object; got 5.'],
    [null, '`options` of the run must be an object; got null.'],
    [['a'], "`options` of the run must be an object; got ['a']."],
    [{ sginal: 1 }, '`sginal` of the run must be left out: the options are id, signal,'],
    [{ toString: 1 }, '`toString` of the run must be left out: the options are id, signal,'],
    [{ id: 5 }, '`id` of the run must be a non-empty string; got 5.'],
    [{ id: '' }, "`id` of the run must be a non-empty string; got ''."],
    [{ signal: {} }, '`signal` of the run must be an AbortSignal; got this object.'],
    [{ failure: 'contine' }, "`failure` of the run must be 'fail-fast' or 'continue'; got 'contine'."],
    [{ services: 'db' }, "`services` of the run must be an object; got 'db'."],
    [{ context: () => 1 }, '`context` of the run must be an object; got this function.'],
    [{ tags: { a: 2 } }, '`tags` of the run must be an object of strings; got this object.'],
  ]
  test.each(wrong)('%o are refused, and nothing starts', async (options, says) => {
    work.mockClear()
    const error = {
      code: 'OPTION_INVALID',
      pipeline: 'p',
      message: expect.stringContaining(says) as string,
    }
    const pipe = createPipe()
    expect(await rejectionOf(pipe.run(works, undefined, options as object))).toMatchObject(error)
    expect(await rejectionOf(run(works, undefined, options as object))).toMatchObject(error)
    expect(await rejectionOf(pipe.dryRun(works, undefined, options as object))).toMatchObject(error)
    expect(thrownBy(() => pipe.start(works, undefined, options as object))).toMatchObject(error)
    expect(thrownBy(() => start(works, undefined, options as object))).toMatchObject(error)
    expect(work).not.toHaveBeenCalled()
    await pipe.close() // no run is left over
  })

  test('are not taken for the input of a pipeline that has none', async () => {
    const error = {
      code: 'INPUT_INVALID',
      message: 'Pipeline "p" takes no input. Options of the run follow it: run(pipeline, undefined, options).',
    }
    const options = { id: 'run-1' } as never
    expect(await rejectionOf(run(works, options))).toMatchObject(error)
    expect(await rejectionOf(createPipe().run(works, options))).toMatchObject(error)
    expect(await rejectionOf(createPipe().dryRun(works, options))).toMatchObject(error)
    expect(thrownBy(() => start(works, options))).toMatchObject(error)
  })

  test('may be undefined, each and all', async () => {
    const absent = { id: undefined, signal: undefined, failure: undefined, tags: undefined } as object
    await expect(run(works, undefined, undefined)).resolves.toBeUndefined()
    await expect(run(works, undefined, absent)).resolves.toBeUndefined()
  })

  test('know `paused` only where the run can be resumed', async () => {
    const paused = { paused: true } as object
    expect((await rejectionOf(run(works, undefined, paused))).message).toContain('`paused` of the run must be left out')
    expect(thrownBy(() => untyped['start']!(works, undefined, { paused: 1 })).message).toContain(
      'must be true or false',
    )
  })
})

describe('the options of createPipe', () => {
  const wrong: readonly (readonly [options: unknown, says: string])[] = [
    ['retry', "`options` of createPipe() must be an object; got 'retry'."],
    [{ plugin: [] }, '`plugin` of createPipe() must be left out: the options are plugins, services,'],
    [{ plugins: { name: 'a' } }, '`plugins` of createPipe() must be an array; got this object.'],
    [{ services: 'db' }, "`services` of createPipe() must be an object; got 'db'."],
    [{ clock: { ...systemClock, monotonic: 5 } }, '`clock` of createPipe() must be an object with now, monotonic,'],
    [{ clock: null }, '`clock` of createPipe() must be an object with now, monotonic,'],
    [{ random: 0.5 }, '`random` of createPipe() must be a function; got 0.5.'],
    [{ newId: 'id' }, "`newId` of createPipe() must be a function; got 'id'."],
    [{ onError: true }, '`onError` of createPipe() must be a function; got true.'],
  ]
  test.each(wrong)('%o are refused', (options, says) => {
    const error = thrownBy(() => untyped['createPipe']!(options))
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
    expect(error.message).toContain(says)
  })
})

describe('a plugin', () => {
  const wrong: readonly (readonly [plugin: unknown, name: string, says: string])[] = [
    [false, 'plugins[1]', 'it is not an object; got false'],
    [() => ({ name: 'a' }), 'plugins[1]', 'it is a function: call it'],
    [{ hooks: {} }, 'plugins[1]', 'it has no `name`'],
    [{ name: 'a', stepOptions: 'label' }, 'a', '`stepOptions` must be an array of names; got'],
    [
      { name: 'a', runOptions: { priority: 5 } },
      'a',
      '`runOptions` must be an object of rules, each [expected, holds]',
    ],
    [{ name: 'a', setup: true }, 'a', '`setup` must be a function; got true.'],
    [{ name: 'a', attempt: 5 }, 'a', '`attempt` must be a function; got 5.'],
    [{ name: 'a', context: { tenant: 'north' } }, 'a', '`context` must be an object of functions; got this object.'],
    [{ name: 'a', hooks: { 'run:end': 'log' } }, 'a', '`hooks` must be an object of functions'],
    [{ name: 'a', hooks: { 'step:strat': () => 1 } }, 'a', 'there is no event `step:strat`'],
  ]
  test.each(wrong)('%o is refused when the pipe is made', (plugin, name, says) => {
    const error = thrownBy(() => untyped['createPipe']!({ plugins: [{ name: 'good' }, plugin] }))
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', plugin: name })
    expect(error.message).toContain(`Plugin "${name}" cannot be used: ${says}`)
  })

  test.each(['step', 'attempt', 'policy'])(
    'that answers %s with something else than a function is refused',
    async (ask) => {
      work.mockClear()
      const pipe = createPipe({ plugins: [{ name: 'a', [ask]: () => true }] })
      expect(await rejectionOf(pipe.run(works))).toMatchObject({
        code: 'PLUGIN_INVALID',
        message: 'Plugin "a" cannot be used: it answers for a step with true.',
      })
      expect(work).not.toHaveBeenCalled()
    },
  )
})

describe('a listener', () => {
  test.each(['on', 'once', 'prependListener', 'prependOnceListener'] as const)(
    'given to %s is a function',
    (method) => {
      const { events } = createPipe()
      const error = thrownBy(() => events[method]('run:end', 'log' as never))
      expect(error).toMatchObject({ code: 'OPTION_INVALID' })
      expect(error.message).toBe('Events cannot be observed: the listener to `run:end` is not a function.')
    },
  )

  test('names an event of core, or one of a plugin', () => {
    const { events } = createPipe()
    const error = thrownBy(() => events.on('step:strat' as 'step:start', () => undefined))
    expect(error.message).toBe('Events cannot be observed: there is no event `step:strat`.')
    expect(() => events.on('cache:hit' as 'step:start', () => undefined)).not.toThrow()
  })
})

describe('what is no pipeline', () => {
  test.each([undefined, null, {}, { graph: {} }, 'p', () => works])('%o cannot be run or planned', async (value) => {
    const error = {
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining('Expected what `pipeline(...)` returns') as string,
    }
    const pipe = createPipe()
    expect(await rejectionOf(run(value as never))).toMatchObject(error)
    expect(await rejectionOf(pipe.run(value as never))).toMatchObject(error)
    expect(await rejectionOf(pipe.dryRun(value as never))).toMatchObject(error)
    expect(thrownBy(() => pipe.start(value as never))).toMatchObject(error)
    expect(thrownBy(() => untyped['plan']!(value))).toMatchObject(error)
  })

  test.each(['toMermaid', 'toDot'])('nor drawn by %s, which takes a plan', (draw) => {
    for (const value of [works, undefined]) {
      const error = thrownBy(() => untyped[draw]!(value))
      expect(error).toMatchObject({ code: 'DEFINITION_INVALID' })
      expect(error.message).toBe('Expected a plan: draw what `plan(pipeline)` returns.')
    }
  })
})

describe('names that every object has', () => {
  test.each(['toString', 'constructor', 'hasOwnProperty'])(
    'a service called %s is missing until it is given',
    async (id) => {
      const uses = { it: service<number>()(id) }
      const defined = pipeline('p', (p) => p.step('a', { uses, run: (_, { use }) => use.it }))
      expect(await rejectionOf(run(defined as never))).toMatchObject({ code: 'SERVICE_MISSING' })
      expect(await run(defined, undefined, { services: { [id]: 5 } })).toBe(5)
    },
  )

  test('are good ids of steps, needs and outputs', async () => {
    const defined = pipeline('p', { input: type<number>() }, (p, input) => {
      const constructor = p.step('constructor', { needs: { valueOf: input }, run: ({ valueOf }) => valueOf + 1 })
      return { toString: p.step('toString', { needs: { constructor }, run: (needs) => needs.constructor + 1 }) }
    })
    const { output, steps } = await start(defined, 1).result
    expect({ ...output }).toEqual({ toString: 3 })
    expect(Object.keys(steps)).toEqual(['constructor', 'toString'])
  })

  test('`__proto__` is none: it would be lost', () => {
    const named = (names: (a: unknown) => unknown) =>
      thrownBy(() =>
        pipeline('p', (p) => {
          const a = p.step('a', { run: work })
          return names(a) as typeof a
        }),
      )
    const error = named((a) => ({ ['__proto__']: a }))
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID' })
    expect(error.message).toContain('what the definition returned cannot have the name `__proto__`')
  })

  test.each([undefined, '', 5])('%o is no id of a service', (id) => {
    expect(thrownBy(() => service()(id as never))).toMatchObject({ code: 'DEFINITION_INVALID' })
  })
})

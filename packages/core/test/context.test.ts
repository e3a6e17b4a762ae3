import { createPipe, derive, pipeline, run, start, type StepContext, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { FakeClock, turn } from './support/fake-clock.ts'

/** The context that a step gets in a run with these options. */
async function contextOf(options: Parameters<typeof run>[2] = {}, pipe = createPipe()): Promise<StepContext> {
  let context: StepContext | undefined
  const defined = pipeline('p', (p) =>
    p.step('a', {
      run: (_, ctx) => {
        context = ctx
      },
    }),
  )
  await pipe.run(defined, undefined, options)
  return context!
}

describe('the context of a step', () => {
  test('says which run, pipeline, step and attempt it is', async () => {
    const { runId, pipeline, stepId, attempt, key } = await contextOf({ id: 'run-1' })
    expect({ runId, pipeline, stepId, attempt, key }).toEqual({
      runId: 'run-1',
      pipeline: 'p',
      stepId: 'a',
      attempt: 1,
      key: undefined,
    })
  })

  test('cannot be changed, and prints what it says, not the engine', async () => {
    const context = await contextOf({ id: 'run-1' })
    for (const field of ['attempt', 'runId', 'stepId', 'signal']) {
      expect(() => Object.assign(context, { [field]: 99 })).toThrow(TypeError)
    }
    expect(context.attempt).toBe(1)
    const print = Reflect.get(context, Symbol.for('nodejs.util.inspect.custom')) as () => object
    expect(print.call(context)).toEqual({ runId: 'run-1', pipeline: 'p', stepId: 'a', attempt: 1 })
  })

  test('has the context that the caller gave, as it was given', async () => {
    const context = { tenant: 'acme' }
    expect((await contextOf({ context })).context).toBe(context)
    expect((await contextOf()).context).toEqual({})
  })

  test('tells the time and random numbers of the pipe', async () => {
    const clock = new FakeClock()
    const ctx = await contextOf({}, createPipe({ clock, random: () => 0.25 }))
    expect(ctx.now()).toBe(clock.now())
    expect(ctx.random()).toBe(0.25)
    const { now, random } = ctx
    expect([now(), random()]).toEqual([clock.now(), 0.25])
  })

  test('has an idempotency key that is the same for every attempt and resumption, and for no other step', async () => {
    const { idempotencyKey } = await contextOf({ id: 'run-1' })
    expect(idempotencyKey).toBe((await contextOf({ id: 'run-1' })).idempotencyKey)
    const keys = new Set<string>()
    const note = (_: unknown, ctx: StepContext) => keys.add(ctx.idempotencyKey)
    const inner = pipeline('inner', (p) => p.step('a', { run: note }))
    const outer = pipeline('outer', (p) => ({
      a: p.step('a', { run: note }),
      call: p.call('call', inner, { input: () => undefined }),
      map: p.map('map', { over: () => [1, 2], run: note }),
    }))
    await run(outer, undefined, { id: 'run-1' })
    await run(outer, undefined, { id: 'run-2' })
    expect(keys.size).toBe(8)
  })

  test('has a logger that is silent by default', async () => {
    const { log } = await contextOf()
    const spies = (['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name))
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({ fields: 1 }, 'message')
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })

  test('has one signal per attempt, made when it is first read', async () => {
    const made = vi.spyOn(globalThis, 'AbortController')
    await contextOf()
    expect(made).not.toHaveBeenCalled()
    const { signal } = await contextOf()
    expect(signal).toBeInstanceOf(AbortSignal)
    expect(made).toHaveBeenCalledTimes(1)
  })

  test('answers with the same signal each time', async () => {
    const ctx = await contextOf()
    expect(ctx.signal).toBe(ctx.signal)
    expect(ctx.signal.aborted).toBe(false)
  })

  test('cannot be changed', async () => {
    const ctx = await contextOf()
    for (const field of ['runId', 'stepId', 'signal', 'use', 'context'] as const) {
      expect(() => Object.assign(ctx, { [field]: 'changed' })).toThrow(TypeError)
    }
  })
})

describe('derive', () => {
  test('makes a context that is like the other but for some fields', async () => {
    const ctx = await contextOf({ id: 'run-1' })
    const derived = derive(ctx, { runId: 'other' })
    expect(derived.runId).toBe('other')
    expect(derived.stepId).toBe('a')
    expect(ctx.runId).toBe('run-1')
  })

  test('keeps what is computed on demand', async () => {
    const made = vi.spyOn(globalThis, 'AbortController')
    const ctx = await contextOf()
    const derived = derive(derive(ctx, { attempt: 7 }), { key: 'k' })
    expect(made).not.toHaveBeenCalled()
    expect(derived.signal).toBe(ctx.signal)
    expect(derived).toMatchObject({ attempt: 7, key: 'k', stepId: 'a', idempotencyKey: ctx.idempotencyKey })
  })

  test('makes fields that cannot be changed either', async () => {
    const derived = derive(await contextOf(), { runId: 'other' })
    expect(() => Object.assign(derived, { runId: 'changed' })).toThrow(TypeError)
  })
})

describe('progress', () => {
  test('reaches observers with the path of the step', async () => {
    const defined = pipeline('p', { input: type<readonly number[]>() }, (p) =>
      p.map('m', { over: ({ input }) => input, run: (n, { progress }) => progress({ done: n }) }),
    )
    const started = start(defined, [7])
    const seen = vi.fn()
    started.events.on('step:progress', seen)
    await started.result
    expect(seen.mock.calls).toMatchObject([[{ stepId: 'm[0]', pipeline: 'p', runId: started.id, value: { done: 7 } }]])
  })

  test('is ignored when nobody observes', async () => {
    const { progress } = await contextOf()
    expect(() => progress(1)).not.toThrow()
    await turn()
  })
})

describe('the id of a run', () => {
  test('is a new UUID version 7 by default', async () => {
    const { runId } = await contextOf()
    expect(runId).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect((await contextOf()).runId).not.toBe(runId)
  })

  test('is what the pipe makes, or the caller gives', async () => {
    const pipe = createPipe({ newId: () => 'made' })
    expect((await contextOf({}, pipe)).runId).toBe('made')
    expect((await contextOf({ id: 'given' }, pipe)).runId).toBe('given')
  })
})

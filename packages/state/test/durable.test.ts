import { createPipe, isPipelineError, pipeline, type Plugin, type RunOptions, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { durable, memoryStore, richCodec, runsIn, type StateStore } from '../src/index.ts'
import { agingStore, startProcess } from './support/process.ts'

const never = () => new Promise<never>(() => undefined)
const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

/** What `promise` rejects with. */
const rejectionOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('It did not reject.')),
    (error: unknown) => error as Error,
  )

/** Runs `defined` in a process that dies once `last` has been called, and lets its lease run out. */
async function dieDuring(
  { store, age }: ReturnType<typeof agingStore>,
  start: (pipe: ReturnType<typeof startProcess>['pipe']) => unknown,
  last: { readonly mock: { readonly calls: readonly unknown[] } },
  ...plugins: readonly Plugin[]
): Promise<void> {
  const process = startProcess(store, {}, ...plugins)
  void Promise.resolve(start(process.pipe)).catch(() => undefined)
  await vi.waitFor(() => expect(last.mock.calls.length).toBeGreaterThan(0))
  await turn()
  process.kill()
  age(31_000)
}

describe('a run that is started again after its process died', () => {
  test('goes on where it stopped: what was completed is restored, with what it returned', async () => {
    const [one, two] = [vi.fn(() => ({ rows: [1, 2] })), vi.fn<() => Promise<string>>().mockImplementationOnce(never)]
    const defined = pipeline('p', { input: type<{ file: string }>() }, (p) => {
      const a = p.step('a', { run: one })
      const b = p.step('b', { needs: { a }, run: two })
      return p.step('c', { needs: { a, b }, run: ({ a, b }) => [a.rows.length, b] })
    })
    const aging = agingStore()
    await dieDuring(aging, (pipe) => pipe.run(defined, { file: 'x' }, { id: 'run-1' }), two)

    two.mockResolvedValueOnce('done')
    const { pipe } = startProcess(aging.store)
    const result = await pipe.start(defined, { file: 'x' }, { id: 'run-1' }).result
    expect(result).toMatchObject({
      status: 'succeeded',
      output: [2, 'done'],
      steps: { a: { status: 'restored' }, b: { status: 'succeeded' }, c: { status: 'succeeded' } },
      reports: { durable: { resumed: true, restored: 1, recorded: 2 } },
    })
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 2])
  })

  test('restores items of maps one by one, and steps of inner pipelines', async () => {
    const done: string[] = []
    const last = vi.fn<() => unknown>().mockImplementationOnce(never)
    const inner = pipeline('inner', { input: type<string>() }, (p, input) => {
      const x = p.step('x', { needs: { input }, run: ({ input }) => (done.push(`x ${input}`), input.toUpperCase()) })
      return p.step('y', { needs: { x }, run: ({ x }) => (x === 'B' ? last() : undefined, `${x}!`) })
    })
    const defined = pipeline('p', (p) => {
      const items = p.map('items', {
        over: () => ['a', 'b'],
        key: (it) => it,
        run: (it) => (done.push(`item ${it}`), it + it),
      })
      const inners = p.map('inners', { needs: { items }, over: () => ['a', 'b'], concurrency: 1, run: inner })
      return { items, inners, call: p.call('call', inner, { after: [inners], input: () => 'c' }) }
    })
    last.mockImplementationOnce(() => undefined)
    const aging = agingStore()
    const hangs = pipeline('p', (p) => {
      const items = p.map('items', {
        over: () => ['a', 'b'],
        key: (it) => it,
        run: (it) => (done.push(`item ${it}`), it + it),
      })
      const waits = pipeline('inner', { input: type<string>() }, (p, input) => {
        const x = p.step('x', { needs: { input }, run: ({ input }) => (done.push(`x ${input}`), input.toUpperCase()) })
        return p.step('y', { needs: { x }, run: ({ x }) => (x === 'B' ? (last(), never()) : Promise.resolve(`${x}!`)) })
      })
      const inners = p.map('inners', { needs: { items }, over: () => ['a', 'b'], concurrency: 1, run: waits })
      return { items, inners, call: p.call('call', waits, { after: [inners], input: () => 'c' }) }
    })
    await dieDuring(aging, (pipe) => pipe.run(hangs, undefined, { id: 'run-1' }), last)
    expect(done).toEqual(['item a', 'item b', 'x a', 'x b'])

    const { pipe } = startProcess(aging.store)
    const { status, output, steps } = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([status, output]).toEqual(['succeeded', { items: ['aa', 'bb'], inners: ['A!', 'B!'], call: 'C!' }])
    expect(done).toEqual(['item a', 'item b', 'x a', 'x b', 'x c'])
    expect(steps).toMatchObject({
      'items[a]': { status: 'restored' },
      'inners[0]/y': { status: 'restored' },
      'inners[1]/x': { status: 'restored' },
      'inners[1]/y': { status: 'succeeded' },
    })
  })

  test('takes the same branch: conditions are not asked again, and what may fail has failed', async () => {
    const [when, optional, last] = [vi.fn(() => false), vi.fn(), vi.fn<() => unknown>().mockImplementationOnce(never)]
    optional.mockImplementation(() => {
      throw new Error('no ads')
    })
    const defined = pipeline('p', (p) => {
      const gift = p.step('gift', { when, run: () => 'gift' })
      const ads = p.step('ads', { optional: true, run: optional as () => string })
      const way = p.fallback('way', { alternatives: { first: optional as () => string, second: () => 'second' } })
      return p.step('end', {
        needs: { gift, ads, way },
        run: (needs) => (last(), needs),
      })
    })
    const hanging = pipeline('p', (p) => {
      const gift = p.step('gift', { when, run: () => 'gift' })
      const ads = p.step('ads', { optional: true, run: optional as () => string })
      const way = p.fallback('way', { alternatives: { first: optional as () => string, second: () => 'second' } })
      return p.step('end', { needs: { gift, ads, way }, run: () => last() })
    })
    const aging = agingStore()
    await dieDuring(aging, (pipe) => pipe.run(hanging, undefined, { id: 'run-1' }), last)

    when.mockReturnValue(true)
    optional.mockImplementation(() => 'now it works')
    const { pipe } = startProcess(aging.store)
    const { output, steps } = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect(output).toEqual({ gift: undefined, ads: undefined, way: 'second' })
    expect(steps).toMatchObject({
      gift: { status: 'skipped', reason: 'condition' },
      ads: { status: 'failed', error: { message: 'no ads' } },
      'way/first': { status: 'failed' },
      'way/second': { status: 'restored' },
    })
    expect(when).toHaveBeenCalledTimes(1)
    expect(optional).toHaveBeenCalledTimes(2)
  })

  test('goes on counting attempts, and waits no longer than it has to', async () => {
    const attempts: number[] = []
    const last = vi.fn()
    const flaky = pipeline('p', (p) =>
      p.step('flaky', {
        run: (_, { attempt }) => {
          attempts.push(attempt)
          last()
          if (attempt < 4) throw new Error('later')
          return attempt
        },
      }),
    )
    const retrying = (delay: number): Plugin => ({
      name: 'retrying',
      policy:
        () =>
        ({ ctx }) => ({ retryAt: ctx.now() + delay }),
    })
    const aging = agingStore()
    await dieDuring(aging, (pipe) => pipe.run(flaky, undefined, { id: 'run-1' }), last, retrying(200))
    expect(attempts).toEqual([1])
    const began = performance.now()
    const { pipe } = startProcess(aging.store, {}, retrying(0))
    const { output, steps } = await pipe.start(flaky, undefined, { id: 'run-1' }).result
    expect([output, attempts, steps['flaky']?.attempts]).toEqual([4, [1, 2, 3, 4], 4])
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('tries again once it is recorded that it has tried before', async () => {
    const store = memoryStore()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const commit = vi.fn<typeof store.commit>(async (...args) => (await promise, await store.commit(...args)))
    const flaky = vi.fn(({ attempt }: { attempt: number }) => {
      if (attempt === 1) throw new Error('later')
      return attempt
    })
    const again: Plugin = { name: 'again', policy: () => () => ({ retryAt: 0 }) }
    const { pipe } = startProcess({ ...store, commit }, {}, again)
    const run = pipe.run(pipeline('p', (p) => p.step('flaky', { run: (_, ctx) => flaky(ctx) })))
    await vi.waitFor(() => expect(commit).toHaveBeenCalled())
    await turn()
    await turn()
    expect(flaky).toHaveBeenCalledTimes(1)
    resolve(undefined)
    expect(await run).toBe(2)
  })

  test('waits for an attempt as if it had failed here: others run meanwhile, and a stop ends the wait', async () => {
    const [fails, other] = [
      vi.fn(() => Promise.reject<number>(new Error('later'))),
      vi.fn<() => unknown>(() => 'other'),
    ]
    const defined = pipeline('p', (p) => ({
      a: p.step('a', { run: fails }),
      b: p.step('b', { run: other }),
    }))
    const patient: Plugin = {
      name: 'patient',
      policy:
        () =>
        ({ ctx }) => ({ retryAt: ctx.now() + 100_000 }),
    }
    const aging = agingStore()
    other.mockImplementationOnce(never)
    await dieDuring(aging, (pipe) => pipe.run(defined, undefined, { id: 'run-1' }), other, patient)
    const { pipe } = startProcess(aging.store, {}, patient)
    const started = pipe.start(defined, undefined, { id: 'run-1', concurrency: 1 })
    await vi.waitFor(() => expect(other).toHaveBeenCalledTimes(2))
    started.cancel()
    expect(await started.result).toMatchObject({ status: 'cancelled', steps: { a: { status: 'cancelled' } } })
    expect(fails).toHaveBeenCalledTimes(1)
  })

  test('does again what a later attempt of a call did, not what the one before had recorded', async () => {
    const seen: string[] = []
    const last = vi.fn()
    let hang = true
    const inner = pipeline('inner', (p) => {
      const a = p.step('a', { run: (_, { now }) => (seen.push('a'), now() > 0 ? seen.length : 0) })
      return p.step('b', {
        needs: { a },
        run: async ({ a }) => {
          seen.push(`b ${a}`)
          if (seen.length === 2) throw new Error('once')
          last()
          if (hang) await never()
          return a
        },
      })
    })
    const outer = pipeline('outer', (p) => p.call('call', inner))
    const again: Plugin = {
      name: 'again',
      policy: ({ kind }) => (kind === 'call' ? () => ({ retryAt: 0 }) : undefined),
    }
    const aging = agingStore()
    await dieDuring(aging, (pipe) => pipe.run(outer, undefined, { id: 'run-1' }), last, again)
    expect(seen).toEqual(['a', 'b 1', 'a', 'b 3'])
    hang = false
    const { pipe } = startProcess(aging.store, {}, again)
    expect(await pipe.run(outer, undefined, { id: 'run-1' })).toBe(3)
    expect(seen).toEqual(['a', 'b 1', 'a', 'b 3', 'b 3'])
  })

  test('does not run again what is not recorded, but once for each process', async () => {
    const [cheap, last] = [vi.fn(() => 5), vi.fn<() => unknown>().mockImplementationOnce(never)]
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { durable: 'none', run: cheap })
      return p.step('b', { needs: { a }, run: ({ a }) => last() ?? a })
    })
    const aging = agingStore()
    await dieDuring(aging, (pipe) => pipe.run(defined, undefined, { id: 'run-1' }), last)
    expect(await startProcess(aging.store).pipe.run(defined, undefined, { id: 'run-1' })).toBe(5)
    expect(cheap).toHaveBeenCalledTimes(2)
  })

  test('records no attempts of what is not recorded', async () => {
    const store = memoryStore()
    const again: Plugin = { name: 'again', policy: () => () => ({ retryAt: 0 }) }
    const flaky = (_: unknown, { attempt }: { readonly attempt: number }) =>
      attempt === 1 ? Promise.reject<number>(new Error('once')) : attempt
    const defined = pipeline('p', (p) => ({
      a: p.step('a', { durable: 'none', run: flaky }),
      b: p.step('b', { run: flaky }),
    }))
    const { pipe } = startProcess(store, {}, again)
    expect(await pipe.run(defined, undefined, { id: 'run-1' })).toEqual({ a: 2, b: 2 })
    expect((await store.entries('run-1')).items.map(({ key }) => key).sort()).toEqual(['s:b', 'w:b'])
  })
})

describe('undoing', () => {
  const saga = (log: string[], undoB: () => unknown, fail: () => unknown) =>
    pipeline('p', (p) => {
      const a = p.step('a', { run: () => (log.push('a'), 'A'), undo: (output) => void log.push(`undo ${output}`) })
      const c = p.step('c', { needs: { a }, run: () => fail() })
      const b = p.step('b', {
        needs: { a },
        run: () => (log.push('b'), 'B'),
        undo: async (output) => {
          log.push(`undo ${output}`)
          await undoB()
        },
      })
      return { b, c }
    })

  test('that a death interrupted is finished by the next process: nothing new is done', async () => {
    const log: string[] = []
    const undoB = vi.fn<() => unknown>().mockImplementationOnce(never)
    const fail = vi.fn(async () => {
      await turn()
      throw new Error('no money')
    })
    const defined = saga(log, undoB, fail)
    const aging = agingStore()
    await dieDuring(aging, (pipe) => pipe.run(defined, undefined, { id: 'run-1' }), undoB)
    expect(log).toEqual(['a', 'b', 'undo B'])

    const error = await rejectionOf(startProcess(aging.store).pipe.run(defined, undefined, { id: 'run-1' }))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'c', cause: { message: 'no money' } })
    expect(log).toEqual(['a', 'b', 'undo B', 'undo B', 'undo A'])
    expect(fail).toHaveBeenCalledTimes(1)
    expect(await aging.store.get('run-1')).toMatchObject({ status: 'failed' })
  })

  test('a run that was cancelled while nobody had it undoes what was completed', async () => {
    const log: string[] = []
    const hangs = vi.fn(never)
    const defined = saga(log, () => undefined, hangs)
    const aging = agingStore()
    await dieDuring(aging, (pipe) => pipe.run(defined, undefined, { id: 'run-1' }), hangs)
    await aging.store.command('run-1', 'cancel', 'not needed any more')
    const error = await rejectionOf(startProcess(aging.store).pipe.run(defined, undefined, { id: 'run-1' }))
    expect(error).toMatchObject({ code: 'CANCELLED', message: 'Pipeline "p" was cancelled: not needed any more.' })
    expect(log).toEqual(['a', 'b', 'undo B', 'undo A'])
    expect(hangs).toHaveBeenCalledTimes(1)
    expect(await aging.store.get('run-1')).toMatchObject({ status: 'cancelled' })
  })

  test('reaches steps also when it is not they that failed', async () => {
    const undo = vi.fn()
    const strict: Plugin = {
      name: 'strict',
      run: async (_, next) => {
        await next()
        throw new Error('not good enough')
      },
    }
    const defined = pipeline('p', (p) => p.step('a', { run: () => 'A', undo }))
    const store = memoryStore()
    const { pipe } = startProcess(store, {}, strict)
    const result = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect(result).toMatchObject({ status: 'failed', steps: { a: { undo: 'done' } } })
    expect(undo).toHaveBeenCalledTimes(1)
    expect(await store.get('run-1')).toMatchObject({ status: 'failed' })
  })

  test('reaches steps when it is the output of the pipeline that cannot be recorded', async () => {
    const undo = vi.fn()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 'A', undo })
      return p.step('b', { needs: { a }, durable: 'none', run: () => new Date(0) })
    })
    const store = memoryStore()
    const error = await rejectionOf(startProcess(store).pipe.run(defined, undefined, { id: 'run-1' }))
    expect(error).toMatchObject({ code: 'VALUE_UNSTORABLE' })
    expect(error.message).toContain('The output of pipeline "p" cannot be recorded: it is a Date.')
    expect(undo).toHaveBeenCalledTimes(1)
    expect(await store.get('run-1')).toMatchObject({ status: 'failed' })
  })
})

describe('a dry run', () => {
  test('says which steps would be restored', async () => {
    const aging = agingStore()
    const hang = vi.fn(never)
    const inner = pipeline('inner', (p) => p.step('deep', { run: () => 1 }))
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 'A' })
      const call = p.call('call', inner)
      return p.step('b', { needs: { a, call }, run: hang })
    })
    await dieDuring(aging, (pipe) => pipe.run(defined, undefined, { id: 'run-1' }), hang)
    const { pipe } = startProcess(aging.store)
    const { steps } = await pipe.dryRun(defined, undefined, { id: 'run-1' })
    expect(Object.fromEntries(Object.entries(steps).map(([path, { status }]) => [path, status]))).toEqual({
      a: 'restored',
      call: 'ready',
      'call/deep': 'restored',
      b: 'ready',
    })
    const fresh = await pipe.dryRun(defined)
    expect(new Set(Object.values(fresh.steps).map(({ status }) => status))).toEqual(new Set(['ready']))
    expect(hang).toHaveBeenCalledTimes(1)
    expect(await runsIn(aging.store).get('run-1')).toMatchObject({ state: 'stalled' })
  })

  test('of a run that is forced restores nothing; of a fork, what it would take over', async () => {
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      return p.step('b', { needs: { a }, run: () => 2 })
    })
    const store = memoryStore()
    const { pipe } = startProcess(store)
    await pipe.run(defined, undefined, { id: 'one' })
    const statuses = async (options: RunOptions) =>
      Object.values((await pipe.dryRun(defined, undefined, options)).steps).map(({ status }) => status)
    expect(await statuses({ id: 'one' })).toEqual(['restored', 'restored'])
    expect(await statuses({ id: 'one', force: true })).toEqual(['ready', 'ready'])
    expect(await statuses({ id: 'two', fork: { run: 'one', from: 'b' } })).toEqual(['restored', 'ready'])
    expect(await store.get('two')).toBeUndefined()
    const unknown = pipe.dryRun(defined, undefined, { id: 'two', fork: { run: 'none' } })
    await expect(unknown).rejects.toMatchObject({ code: 'RUN_UNKNOWN' })
  })
})

describe('the id of a run', () => {
  const work = vi.fn((input: { n: number }) => input.n + 1)
  const works = pipeline('works', { input: type<{ n: number }>() }, (p, input) =>
    p.step('a', { needs: { input }, run: ({ input }) => work(input) }),
  )

  test('is the key of what it did: a run that has ended answers with what it ended with', async () => {
    work.mockClear()
    const store = memoryStore()
    const { pipe } = startProcess(store)
    const twice = [await pipe.run(works, { n: 1 }, { id: 'run-1' }), await pipe.run(works, { n: 1 }, { id: 'run-1' })]
    expect(twice).toEqual([2, 2])
    expect(work).toHaveBeenCalledTimes(1)
  })

  test('also when it failed: with the same error, code, step and cause', async () => {
    const fails = pipeline('fails', (p) => p.step('a', { run: () => Promise.reject(new TypeError('boom')) }))
    const { pipe } = startProcess(memoryStore())
    const [first, second] = [
      await rejectionOf(pipe.run(fails, undefined, { id: 'run-1' })),
      await rejectionOf(pipe.run(fails, undefined, { id: 'run-1' })),
    ]
    expect(isPipelineError(second, 'STEP_FAILED')).toBe(true)
    expect(second).toMatchObject({ message: first.message, step: 'a', cause: { name: 'TypeError', message: 'boom' } })
    expect(second.cause).toBeInstanceOf(TypeError)
  })

  test('is refused for another input, or another pipeline', async () => {
    const { pipe } = startProcess(memoryStore())
    await pipe.run(works, { n: 1 }, { id: 'run-1' })
    expect(await rejectionOf(pipe.run(works, { n: 2 }, { id: 'run-1' }))).toMatchObject({
      code: 'RUN_CONFLICT',
      message: 'There is a run "run-1" with another input already. Give this one another id, or force it.',
    })
    const other = pipeline('other', { input: type<{ n: number }>() }, (_, input) => input)
    expect((await rejectionOf(pipe.run(other, { n: 1 }, { id: 'run-1' }))).message).toContain('of pipeline "works"')
  })

  test('begins anew when it is forced, steps of inner pipelines too', async () => {
    work.mockClear()
    const outer = pipeline('outer', (p) => p.call('call', works, { input: () => ({ n: 1 }) }))
    const { pipe } = startProcess(memoryStore())
    await pipe.run(outer, undefined, { id: 'run-1' })
    await pipe.run(outer, undefined, { id: 'run-1', force: true })
    expect(work).toHaveBeenCalledTimes(2)
  })

  test('has one execution at a time', async () => {
    const store = memoryStore()
    const hangs = pipeline('hangs', (p) => p.step('a', { run: never }))
    const first = startProcess(store)
    void first.pipe.run(hangs, undefined, { id: 'run-1' })
    await turn()
    for (const { pipe } of [startProcess(store), startProcess(store)]) {
      const error = await rejectionOf(pipe.run(hangs, undefined, { id: 'run-1' }))
      expect(error).toMatchObject({ code: 'RUN_TAKEN', pipeline: 'hangs' })
    }
    first.kill()
  })
})

describe('its place in the list of plugins', () => {
  test('what is inside begins a step in the same turn as what is around: both see the same steps begin', async () => {
    const log: string[] = []
    const watching = (name: string): Plugin => ({
      name,
      step: () => (ctx, next) => (log.push(`${name} ${ctx.stepId}`), next()),
    })
    const both = pipeline('both', (p) => ({ a: p.step('a', { run: () => 1 }), b: p.step('b', { run: () => 2 }) }))
    const pipe = createPipe({ plugins: [watching('around'), durable({ store: memoryStore() }), watching('inside')] })
    await pipe.run(both)
    expect(log).toEqual(['around a', 'inside a', 'around b', 'inside b'])
  })
})

test('what is recorded together is handed to the store in pieces', async () => {
  const store = memoryStore()
  const pieces: number[] = []
  const commit: StateStore['commit'] = (id, fence, entries) => {
    pieces.push(entries.length)
    expect(entries.reduce((sum, { value }) => sum + value.length, 0)).toBeLessThanOrEqual(4 * 1024 * 1024)
    return store.commit(id, fence, entries)
  }
  const long = pipeline('long', (p) =>
    p.map('items', { over: () => [1, 2, 3, 4, 5], run: () => 'x'.repeat(1_500_000) }),
  )
  const many = pipeline('many', (p) =>
    p.map('items', { over: () => Array.from({ length: 1_200 }, () => 1), run: () => 1 }),
  )
  const { pipe } = startProcess({ ...store, commit })
  const whole = pipeline('whole', (p) =>
    p.step('count', { needs: { long: p.call('long', long) }, run: ({ long }) => long.length }),
  )
  expect(await pipe.run(whole)).toBe(5)
  expect(pieces).toEqual([2, 2, 1, 1])
  pieces.splice(0)
  expect(await pipe.run(many)).toHaveLength(1_200)
  expect(pieces).toEqual([500, 500, 200])
})

describe('what cannot be recorded', () => {
  test('fails the step that returned it, and says where it is', async () => {
    const dated = pipeline('p', (p) => p.step('a', { run: () => ({ users: [{ born: new Date(0) }] }) }))
    const error = await rejectionOf(startProcess(memoryStore()).pipe.run(dated))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'a', cause: { code: 'VALUE_UNSTORABLE', step: 'a' } })
    expect((error.cause as Error).message).toBe(
      'The output of step "a" cannot be recorded: `.users[0].born` is a Date. Return plain data, give durable() a codec ' +
        "that knows it (richCodec), or do not record the step (durable: 'none').",
    )
    const { pipe } = startProcess(memoryStore(), { codec: richCodec })
    const ran = [await pipe.run(dated, undefined, { id: 'run-1' }), await pipe.run(dated, undefined, { id: 'run-1' })]
    expect(ran).toEqual([{ users: [{ born: new Date(0) }] }, { users: [{ born: new Date(0) }] }])
  })

  test('has failed for good where that is allowed: the next process takes the same branch', async () => {
    const aging = agingStore()
    const returns = vi.fn<() => unknown>(() => new Date(0))
    const hangs = vi.fn<(a: unknown) => unknown>(never)
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { optional: true, run: returns })
      return p.step('b', { needs: { a }, run: ({ a }) => hangs(a) })
    })
    await dieDuring(aging, (pipe) => pipe.run(defined, undefined, { id: 'run-1' }), hangs)
    returns.mockReturnValue('plain')
    hangs.mockImplementation((a) => a === undefined)
    expect(await startProcess(aging.store).pipe.run(defined, undefined, { id: 'run-1' })).toBe(true)
    expect(returns).toHaveBeenCalledTimes(1)
  })

  test('for its length is told so: an input before anything starts, an output when all is done', async () => {
    const long = 'x'.repeat(5_000_000)
    const store = memoryStore()
    const { pipe } = startProcess(store)
    const says = expect.stringContaining('; the store takes 4194304. Keep it elsewhere') as string
    const takes = pipeline('takes', { input: type<string>() }, (p, input) =>
      p.step('a', { needs: { input }, run: () => 1 }),
    )
    await expect(pipe.run(takes, long, { id: 'one' })).rejects.toMatchObject({
      code: 'VALUE_UNSTORABLE',
      message: says,
    })
    expect(await store.get('one')).toBeUndefined()
    const gives = pipeline('gives', (p) =>
      p.map('parts', { over: () => [1, 2, 3, 4, 5], run: () => long.slice(0, 1_000_000) }),
    )
    await expect(pipe.run(gives)).rejects.toMatchObject({ code: 'VALUE_UNSTORABLE', message: says })
  })

  test('is refused as input before anything starts', async () => {
    const run = vi.fn()
    const defined = pipeline('p', { input: type<unknown>() }, (p) => p.step('a', { run }))
    const error = await rejectionOf(startProcess(memoryStore()).pipe.run(defined, () => 1))
    expect(error).toMatchObject({ code: 'VALUE_UNSTORABLE', message: expect.stringContaining('a function') as string })
    expect(run).not.toHaveBeenCalled()
  })
})

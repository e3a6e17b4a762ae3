import { createPipe, definePlugin, pipeline, type Pipeline, run, type StartOptions } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { FakeClock, turn } from './support/fake-clock.ts'

/** Work that counts how much of it runs at a time. */
class Meter {
  readonly log: string[] = []
  most = 0
  #running = 0
  readonly work = async (id: string) => {
    this.log.push(id)
    this.most = Math.max(this.most, ++this.#running)
    await turn()
    this.#running--
    return id
  }
}

const ids = ['a', 'b', 'c', 'd', 'e']
const wide = (meter: Meter) =>
  pipeline('p', (p) => Object.fromEntries(ids.map((id) => [id, p.step(id, { run: () => meter.work(id) })])))

describe('the concurrency of a run', () => {
  test.each([1, 2, 5, 100])('of %d lets that many functions run at a time', async (concurrency) => {
    const meter = new Meter()
    await run(wide(meter), undefined, { concurrency })
    expect(meter.most).toBe(Math.min(concurrency, 5))
  })

  test('has no limit by default', async () => {
    const meter = new Meter()
    await run(wide(meter))
    expect(meter.most).toBe(5)
  })

  test('lets in what was declared first among what is ready', async () => {
    const meter = new Meter()
    const defined = pipeline('p', (p) => {
      const step = (id: string) => ({ run: () => meter.work(id) })
      const a = p.step('a', step('a'))
      const b = p.step('b', { needs: { a }, ...step('b') })
      const c = p.step('c', step('c'))
      return { b, c, d: p.step('d', step('d')) }
    })
    await run(defined, undefined, { concurrency: 1 })
    expect(meter.log).toEqual(['a', 'b', 'c', 'd'])
  })

  test('counts items and steps of pipelines inside, not what only runs others', async () => {
    const meter = new Meter()
    const inner = wide(meter)
    const defined = pipeline('p', (p) => {
      const call = p.call('call', inner, { input: () => undefined })
      const nested = p.map('nested', { over: () => [undefined, undefined], run: pipeline('one', () => ({})) })
      const items = p.map('items', { over: () => ids, run: (id) => meter.work(id) })
      const step = p.step('step', { run: () => meter.work('step') })
      return { call, nested, items, step }
    })
    await run(defined, undefined, { concurrency: 2 })
    expect(meter.most).toBe(2)
    expect(meter.log).toHaveLength(11)
  })

  test('of 1 is enough for pipelines in pipelines: what only runs others holds no slot', async () => {
    const meter = new Meter()
    let deep = wide(meter)
    for (let i = 0; i < 5; i++) {
      const inner = deep
      deep = pipeline(`p${i}`, (p) => ({ call: p.call('call', inner, { input: () => undefined }) })) as never
    }
    await run(deep, undefined, { concurrency: 1 })
    expect(meter).toMatchObject({ most: 1, log: ids })
  })

  test('lets pipelines inside go by the position of the step around them', async () => {
    const meter = new Meter()
    const inner = pipeline('inner', (p) => {
      const x = p.step('x', { run: () => meter.work('x') })
      return p.step('y', { needs: { x }, run: () => meter.work('y') })
    })
    const defined = pipeline('p', (p) => ({
      call: p.call('call', inner, { input: () => undefined }),
      later: p.step('later', { run: () => meter.work('later') }),
    }))
    await run(defined, undefined, { concurrency: 1 })
    expect(meter.log[0]).toBe('x')
    expect(meter.most).toBe(1)
  })

  test('of map and run together: the smaller holds', async () => {
    for (const [ofMap, ofRun, most] of [
      [3, 2, 2],
      [2, 3, 2],
    ] as const) {
      const meter = new Meter()
      const defined = pipeline('p', (p) =>
        p.map('m', { concurrency: ofMap, over: () => ids, run: (id) => meter.work(id) }),
      )
      await run(defined, undefined, { concurrency: ofRun })
      expect(meter.most).toBe(most)
    }
  })

  test('is free for others while a step waits for its next attempt', async () => {
    const meter = new Meter()
    const retry = definePlugin({
      name: 'retry',
      policy:
        () =>
        ({ attempt, ctx }) =>
          attempt < 2 ? { retryAt: ctx.now() + 1 } : undefined,
    })
    const defined = pipeline('p', (p) => ({
      flaky: p.step('flaky', {
        run: async (_, { attempt }) => {
          await meter.work(`flaky ${attempt}`)
          if (attempt === 1) throw new Error('not yet')
        },
      }),
      other: p.step('other', { run: () => meter.work('other') }),
    }))
    await createPipe({ plugins: [retry] }).run(defined, undefined, { concurrency: 1 })
    expect(meter).toMatchObject({ most: 1, log: ['flaky 1', 'other', 'flaky 2'] })
  })

  test('holds when a step middleware calls next again', async () => {
    const meter = new Meter()
    const twice = definePlugin({
      name: 'twice',
      step: () => async (_, next) => {
        await next()
        return next()
      },
    })
    await createPipe({ plugins: [twice] }).run(wide(meter), undefined, { concurrency: 2 })
    expect(meter.log).toHaveLength(10)
    expect(meter.most).toBe(2)
  })

  test('is given back by steps that fail, are skipped or restored', async () => {
    const store = definePlugin({ name: 'store', step: ({ id }) => (id === 'restored' ? () => 'recorded' : undefined) })
    const defined = pipeline('p', (p) => ({
      bad: p.step('bad', { optional: true, run: () => Promise.reject(new Error('boom')) }),
      skipped: p.step('skipped', { when: () => false, run: () => 1 }),
      restored: p.step('restored', { run: () => 1 }),
      last: p.step('last', { run: () => 'last' }),
    }))
    const output = await createPipe({ plugins: [store] }).run(defined, undefined, { concurrency: 1 })
    expect(output).toEqual({ bad: undefined, skipped: undefined, restored: 'recorded', last: 'last' })
  })
})

describe('how long a step waited', () => {
  const clock = new FakeClock()
  const takes = (ms: number) => () => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms))
  const three = pipeline('p', (p) => {
    const a = p.step('a', { run: takes(100) })
    return { a, b: p.step('b', { run: takes(30) }), c: p.step('c', { needs: { a }, run: takes(1) }) }
  })

  /** The waits of the steps by id; `later` is called after 50 ms. */
  const waits = async (defined: Pipeline<void, unknown>, options: StartOptions, later?: 'resume') => {
    const started = createPipe({ clock }).start(defined, undefined, options)
    const seen: Record<string, number | undefined> = {}
    started.events.on('step:start', ({ stepId, waitMs }) => (seen[stepId] = waitMs))
    await clock.advance(50)
    if (later !== undefined) started[later]()
    await clock.advance(1_000)
    await started.result
    return seen
  }

  test('for a slot is told when it starts', async () => {
    expect(await waits(three, { concurrency: 1 })).toEqual({ a: 0, b: 100, c: 30 })
    expect(await waits(three, { concurrency: 2 })).toEqual({ a: 0, b: 0, c: 0 })
  })

  test('for the end of a pause is told too, also by what runs others and needs no slot', async () => {
    const outer = pipeline('outer', (p) => p.call('call', three, { input: () => undefined }))
    const seen = { call: 50, 'call/a': 0, 'call/b': 0, 'call/c': 0 }
    expect(await waits(outer, { paused: true }, 'resume')).toEqual(seen)
    expect(await waits(three, { paused: true }, 'resume')).toEqual({ a: 50, b: 50, c: 0 })
  })

  test('is not told where nothing bounds the run', async () => {
    expect(await waits(three, {})).toEqual({ a: undefined, b: undefined, c: undefined })
  })

  test('is not measured when nobody wants times', async () => {
    let reads = 0
    const counting = { ...clockOf(clock), monotonic: () => (reads++, clock.monotonic()) }
    const running = createPipe({ clock: counting }).run(three, undefined, { concurrency: 1 })
    await clock.advance(1_000)
    await running
    expect(reads).toBe(0)
  })
})

const clockOf = (clock: FakeClock) => ({
  now: () => clock.now(),
  setTimeout: (callback: () => void, ms: number) => clock.setTimeout(callback, ms),
  clearTimeout: (handle: unknown) => clock.clearTimeout(handle),
})

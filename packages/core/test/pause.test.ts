import { createPipe, definePlugin, pipeline, run, start, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { rejectionOf, thrownBy } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

/** a → b → c, and beside them x → y. */
const steps = (log: string[]) =>
  pipeline('p', (p) => {
    const step = (id: string) => async () => {
      log.push(id)
      await turn()
      return id
    }
    const a = p.step('a', { run: step('a') })
    const x = p.step('x', { run: step('x') })
    const b = p.step('b', { needs: { a }, run: step('b') })
    const c = p.step('c', { needs: { b }, run: step('c') })
    const y = p.step('y', { needs: { x }, run: step('y') })
    return { c, y }
  })

describe('a run that is paused', () => {
  test('starts nothing new, and lets what is running end', async () => {
    const log: string[] = []
    const started = start(steps(log))
    await Promise.resolve()
    started.pause()
    expect(started.status).toBe('paused')
    await turn()
    await turn()
    expect(log).toEqual(['a', 'x'])
    started.resume()
    expect(started.status).toBe('running')
    expect(await started.output).toEqual({ c: 'c', y: 'y' })
  })

  test('tells of it once it has begun, never before', async () => {
    const begunPaused = start(steps([]), undefined, { paused: true })
    const pausedAtOnce = start(steps([]))
    const changedItsMind = start(steps([]))
    const told = [begunPaused, pausedAtOnce, changedItsMind].map((started) => {
      const names: string[] = []
      for (const name of ['run:start', 'run:pause', 'run:resume', 'step:start'] as const)
        started.events.on(name, () => names.push(name))
      return names
    })
    pausedAtOnce.pause()
    changedItsMind.pause()
    changedItsMind.resume()
    await turn()
    const both = ['step:start', 'step:start']
    expect(told).toEqual([
      ['run:start', 'run:pause'],
      ['run:start', 'run:pause'],
      ['run:start', ...both],
    ])
    begunPaused.resume()
    expect(told[0]).toEqual(['run:start', 'run:pause', 'run:resume', ...both])
    pausedAtOnce.cancel()
    await Promise.all([begunPaused.result, pausedAtOnce.result, changedItsMind.result])
  })

  test('may begin paused', async () => {
    const log: string[] = []
    const started = start(steps(log), undefined, { paused: true })
    expect(started.status).toBe('paused')
    await turn()
    expect(log).toEqual([])
    started.resume()
    expect(await started.output).toEqual({ c: 'c', y: 'y' })
  })

  test('is ticked: everything that is ready starts, and is waited for', async () => {
    const log: string[] = []
    const started = start(steps(log), undefined, { paused: true })
    await turn()
    expect(await started.tick()).toBe('paused')
    expect(log).toEqual(['a', 'x'])
    expect(await started.tick()).toBe('paused')
    expect(log).toEqual(['a', 'x', 'b', 'y'])
    expect(await started.tick()).toBe('succeeded')
    expect(log).toEqual(['a', 'x', 'b', 'y', 'c'])
  })

  test('is ticked several times, at most until it has ended', async () => {
    const log: string[] = []
    const started = start(steps(log), undefined, { paused: true })
    expect(await started.tick(2)).toBe('paused')
    expect(log).toEqual(['a', 'x', 'b', 'y'])
    expect(await started.tick(100)).toBe('succeeded')
  })

  test('is ticked right after its start, before it has begun', async () => {
    const log: string[] = []
    const started = start(steps(log), undefined, { paused: true })
    await started.tick()
    expect(log).toEqual(['a', 'x'])
    started.resume()
    await started.result
  })

  test('is ticked through a loop: as often as it has steps', async () => {
    const body = pipeline('body', { input: type<number>() }, (p) =>
      p.step('leaf', { run: async ({ input }) => input + 1 }),
    )
    const defined = pipeline('p', (p) => p.loop('l', body, { input: () => 0, until: (n) => n === 3, max: 9 }))
    const started = start(defined, undefined, { paused: true })
    let ticks = 0
    while ((await started.tick()) === 'paused') ticks++
    expect(ticks).toBeLessThanOrEqual(4)
    expect(await started.output).toBe(3)
  })

  test('is ticked until it has ended, by a loop that waits for the retry of a step', async () => {
    const again = definePlugin({
      name: 'again',
      policy:
        () =>
        ({ attempt, ctx }) =>
          attempt < 3 ? { retryAt: ctx.now() + 5 } : undefined,
    })
    const seen: number[] = []
    const flaky = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { attempt }) => {
          seen.push(attempt)
          if (attempt < 3) throw new Error('boom')
          return attempt
        },
      }),
    )
    const started = createPipe({ plugins: [again] }).start(flaky, undefined, { paused: true })
    let ticks = 0
    while ((await started.tick()) === 'paused') ticks++
    expect({ seen, ticks, output: await started.output }).toEqual({ seen: [1, 2, 3], ticks: 2, output: 3 })
  })

  test('is ticked through the items of a source that takes its time', async () => {
    async function* source() {
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        yield i
      }
    }
    const mapped = pipeline('p', (p) => p.map('items', { over: source, concurrency: 1, run: (item) => item }))
    const started = start(mapped, undefined, { paused: true })
    while ((await started.tick()) === 'paused');
    expect(await started.output).toEqual([0, 1, 2])
  })

  test('is ticked to its end although a function was given up', async () => {
    const hangs = pipeline('p', (p) => p.step('a', { run: () => new Promise(() => undefined) }))
    const started = start(hangs, undefined, { paused: true, grace: 5 })
    const ticked = started.tick()
    await turn()
    started.cancel()
    expect(await ticked).toBe('cancelled')
  })

  test('ends the tick when it is resumed', async () => {
    const log: string[] = []
    const started = start(steps(log), undefined, { paused: true })
    const ticked = started.tick(5)
    await turn()
    started.resume()
    expect(await ticked).toBe('running')
    expect(await started.output).toEqual({ c: 'c', y: 'y' })
  })

  test('may be paused again by whoever is told that it was resumed', async () => {
    const log: string[] = []
    const started = start(steps(log), undefined, { paused: true })
    started.events.once('run:resume', () => started.pause())
    await turn()
    started.resume()
    await turn()
    expect({ log, status: started.status }).toEqual({ log: [], status: 'paused' })
    started.resume()
    expect(await started.output).toEqual({ c: 'c', y: 'y' })
  })

  test('ticks no more at a time than its concurrency', async () => {
    const log: string[] = []
    const started = start(steps(log), undefined, { paused: true, concurrency: 1 })
    await turn()
    await started.tick()
    expect(log).toEqual(['a'])
    started.resume()
    await started.result
  })

  test('can be cancelled: what waits is cancelled, what completed is undone', async () => {
    const log: string[] = []
    const started = start(steps(log), undefined, { paused: true })
    await turn()
    await started.tick()
    started.cancel()
    const result = await started.result
    expect(result.status).toBe('cancelled')
    expect(Object.values(result.steps).map(({ status }) => status)).toEqual([
      'succeeded',
      'succeeded',
      'cancelled',
      'cancelled',
      'cancelled',
    ])
    expect(log).toEqual(['a', 'x'])
  })

  test('holds back steps of pipelines inside and items, too', async () => {
    const log: string[] = []
    const defined = pipeline('p', (p) => ({
      call: p.call('call', steps(log), { input: () => undefined }),
      map: p.map('map', { over: () => [1, 2], run: (n) => log.push(`item ${n}`) }),
    }))
    const started = start(defined, undefined, { paused: true })
    await turn()
    expect(log).toEqual([])
    await started.tick()
    await turn()
    expect(log).toEqual([])
    await started.tick()
    expect(log).toEqual(['a', 'x', 'item 1', 'item 2'])
    started.resume()
    await started.result
  })
})

describe('a run cannot be', () => {
  const works = pipeline('p', (p) => p.step('a', { run: () => 1 }))

  test('paused, resumed or ticked unless it is in a state for it; the message names both', async () => {
    const started = start(works, undefined, { id: 'run-1' })
    const refused = thrownBy(() => started.resume())
    expect(refused).toMatchObject({ code: 'RUN_STATE', pipeline: 'p' })
    expect(refused.message).toBe('Run run-1 cannot be resumed: it is running, not paused.')
    const unticked = rejectionOf(started.tick())
    started.pause()
    expect(await unticked).toMatchObject({ code: 'RUN_STATE' })
    expect(thrownBy(() => started.pause()).message).toBe('Run run-1 cannot be paused: it is paused, not running.')
    started.resume()
    await started.result
    for (const work of [() => started.pause(), () => started.resume()]) {
      expect(thrownBy(work)).toMatchObject({
        code: 'RUN_STATE',
        message: expect.stringContaining('succeeded') as string,
      })
    }
  })

  test.each([0, -1, 1.5, NaN])('ticked %d times', async (times) => {
    const started = start(works, undefined, { paused: true })
    expect(await rejectionOf(started.tick(times))).toMatchObject({ code: 'OPTION_INVALID' })
    started.resume()
    await started.result
  })
})

test('a pause does not change what a run answers', async () => {
  const started = start(steps([]))
  for (let i = 0; i < 2; i++) {
    await Promise.resolve()
    started.pause()
    await turn()
    started.resume()
  }
  expect(await started.output).toEqual(await run(steps([])))
})

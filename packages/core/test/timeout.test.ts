import { createPipe, exitCodeOf, pipeline } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { FakeClock, turn } from './support/fake-clock.ts'

const never = new Promise<never>(() => undefined)
const untilAborted = (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('the timeout of a run', () => {
  const waiting = pipeline('waiting', (p) => p.step('a', { run: untilAborted }))

  test.each([
    [50, 50],
    ['2s', 2_000],
    ['1.5m', 90_000],
  ] as const)('of %s fails it after %d ms', async (timeout, ms) => {
    const clock = new FakeClock()
    const started = createPipe({ clock }).start(waiting, undefined, { timeout })
    await clock.advance(ms - 1)
    expect(started.status).toBe('running')
    await clock.advance(1)
    const result = await started.result
    expect(result).toMatchObject({
      status: 'failed',
      durationMs: ms,
      error: { code: 'TIMEOUT', pipeline: 'waiting', message: `Pipeline "waiting" was not done after ${ms} ms.` },
      steps: { a: { status: 'cancelled', reason: 'timeout' } },
    })
    expect(exitCodeOf(result)).toBe(4)
  })

  test('is forgotten when the run ends before', async () => {
    const clock = new FakeClock()
    await createPipe({ clock }).run(
      pipeline('p', (p) => p.step('a', { run: () => 1 })),
      undefined,
      { timeout: '1h' },
    )
    expect(clock.timers).toBe(0)
  })

  test('of Infinity sets no timer', async () => {
    const clock = new FakeClock()
    const started = createPipe({ clock }).start(waiting, undefined, { timeout: Infinity })
    expect(clock.timers).toBe(0)
    started.cancel()
    await started.result
  })
})

describe('the grace of a run', () => {
  test('gives up functions that do not return, and says which', async () => {
    const clock = new FakeClock()
    const defined = pipeline('p', (p) => {
      const stuck = p.step('stuck', { run: () => never })
      return p.step('next', { needs: { stuck }, run: () => 1 })
    })
    const started = createPipe({ clock }).start(defined, undefined, { grace: '3s' })
    await turn()
    started.cancel()
    await clock.advance(2_999)
    expect(started.status).toBe('running')
    await clock.advance(1)
    const { status, steps } = await started.result
    expect(status).toBe('cancelled')
    expect(steps).toMatchObject({
      stuck: { status: 'cancelled', reason: 'cancelled', stillRunning: true },
      next: { status: 'cancelled', reason: 'cancelled', attempts: 0 },
    })
    expect(steps['next']).not.toHaveProperty('stillRunning')
    expect(clock.timers).toBe(0)
  })

  test('also bounds a run that fails', async () => {
    const clock = new FakeClock()
    const defined = pipeline('p', (p) => ({
      stuck: p.step('stuck', { run: () => never }),
      bad: p.step('bad', { run: () => Promise.reject(new Error('boom')) }),
    }))
    const started = createPipe({ clock }).start(defined, undefined, { grace: 10 })
    await clock.advance(10)
    expect(await started.result).toMatchObject({
      status: 'failed',
      error: { code: 'STEP_FAILED', step: 'bad' },
      steps: { bad: { status: 'failed' }, stuck: { status: 'cancelled', stillRunning: true } },
    })
  })

  test('counts from the moment of the stop, and is forgotten when all return', async () => {
    const clock = new FakeClock()
    const { promise, resolve } = Promise.withResolvers<number>()
    const started = createPipe({ clock }).start(
      pipeline('p', (p) => p.step('slow', { run: () => promise })),
      undefined,
      { grace: '10s' },
    )
    await clock.advance(60_000)
    started.cancel()
    await clock.advance(9_000)
    resolve(1)
    await started.result
    expect(clock.timers).toBe(0)
  })

  test('ignores what a function returns after it was given up', async () => {
    const clock = new FakeClock()
    const { promise, resolve } = Promise.withResolvers<number>()
    const started = createPipe({ clock }).start(
      pipeline('p', (p) => p.step('slow', { run: () => promise })),
      undefined,
      { grace: 0 },
    )
    await turn()
    started.cancel()
    await clock.advance(0)
    const result = await started.result
    const before = JSON.stringify(result)
    resolve(1)
    await turn()
    expect(JSON.stringify(await started.result)).toBe(before)
  })

  test('reaches functions inside of pipelines and maps, and records them', async () => {
    const clock = new FakeClock()
    const inner = pipeline('inner', (p) => p.step('stuck', { run: () => never }))
    const defined = pipeline('p', (p) => ({
      call: p.call('call', inner, { input: () => undefined }),
      map: p.map('map', { over: () => [1, 2], concurrency: 1, run: () => never }),
    }))
    const started = createPipe({ clock }).start(defined, undefined, { grace: 5 })
    await turn()
    started.cancel()
    await clock.advance(5)
    const { steps } = await started.result
    expect(steps).toMatchObject({
      call: { status: 'cancelled' },
      'call/stuck': { status: 'cancelled', stillRunning: true },
      map: { status: 'cancelled', items: { total: 1, cancelled: 1 } },
      'map[0]': { status: 'cancelled', stillRunning: true },
    })
  })
})

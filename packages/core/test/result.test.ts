import { createPipe, pipeline, run, start, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { FakeClock } from './support/fake-clock.ts'

const inner = pipeline('inner', { input: type<number>() }, (p) => p.step('leaf', { run: ({ input }) => input * 2 }))
const mixed = pipeline('mixed', { input: type<number>(), version: '3' }, (p) => {
  const a = p.step('a', { run: ({ input }) => input })
  const maybe = p.step('maybe', { needs: { a }, optional: true, run: () => Promise.reject<number>(new Error('boom')) })
  const off = p.step('off', { after: [maybe], when: () => false, run: () => 1 })
  const call = p.call('call', inner, { needs: { a, off }, input: ({ a }) => a })
  const map = p.map('map', { needs: { call }, over: () => [1, 2], run: inner })
  return { a, call, map }
})

describe('a result', () => {
  test('says how the run and every step ended, in the order of their declaration', async () => {
    const result = await start(mixed, 1, { id: 'run-1', tags: { team: 'x' } }).result
    expect(result).toMatchObject({
      runId: 'run-1',
      pipeline: 'mixed',
      version: '3',
      status: 'succeeded',
      output: { a: 1, call: 2, map: [2, 4] },
      tags: { team: 'x' },
    })
    expect(Object.entries(result.steps).map(([path, { status }]) => `${path} ${status}`)).toEqual([
      'a succeeded',
      'maybe failed',
      'off skipped',
      'call succeeded',
      'call/leaf succeeded',
      'map succeeded',
      'map[0] succeeded',
      'map[0]/leaf succeeded',
      'map[1] succeeded',
      'map[1]/leaf succeeded',
    ])
  })

  test('is plain data: it survives JSON', async () => {
    for (const result of [await start(mixed, 1).result, (await rejectionOf(run(failing))).result]) {
      expect(JSON.parse(JSON.stringify(result))).toEqual(result)
      expect(structuredClone(result)).toEqual(result)
    }
  })

  test('has an output only when the run succeeded, and an error only when it did not', async () => {
    const succeeded = await start(mixed, 1).result
    const failed = await start(failing).result
    expect(Object.keys(succeeded)).not.toContain('error')
    expect(Object.keys(failed)).not.toContain('output')
    expect(Object.keys(failed.steps['bad']!)).not.toContain('output')
  })

  test('leaves out version and tags that were not given', async () => {
    expect(Object.keys(await start(failing).result)).not.toEqual(expect.arrayContaining(['version', 'tags']))
  })
})

describe('the times of a result', () => {
  const slow = (clock: FakeClock) =>
    pipeline('p', (p) => {
      const a = p.step('a', { run: () => new Promise<void>((resolve) => clock.setTimeout(resolve, 250)) })
      const b = p.step('b', { needs: { a }, run: () => new Promise<void>((resolve) => clock.setTimeout(resolve, 50)) })
      return { b, off: p.step('off', { when: () => false, run: () => 1 }) }
    })

  test.each([0, 1_000])('are those of the steps, by a monotonic clock that begins at %d', async (elapsed) => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1), elapsed)
    const begin = clock.now()
    const started = createPipe({ clock }).start(slow(clock))
    await clock.advance(250)
    await clock.advance(50)
    const result = await started.result
    expect(result).toMatchObject({ startedAt: begin, finishedAt: begin + 300, durationMs: 300 })
    expect(result.steps).toMatchObject({
      a: { startedAt: begin, finishedAt: begin + 250, durationMs: 250 },
      b: { startedAt: begin + 250, finishedAt: begin + 300, durationMs: 50 },
    })
    expect(result.steps['off']).toEqual({ status: 'skipped', reason: 'condition', attempts: 0 })
  })

  test('do not go back when the wall clock does', async () => {
    const clock = new FakeClock()
    let wall = clock.now()
    clock.now = () => wall
    const defined = pipeline('p', (p) => p.step('a', { run: () => void (wall -= 60_000) }))
    const { steps } = await createPipe({ clock }).start(defined).result
    expect(steps['a']?.durationMs).toBe(0)
    expect(steps['a']?.finishedAt).toBe(steps['a']?.startedAt)
  })

  test('are not taken by `run` when nobody observes', async () => {
    const clock = new FakeClock()
    const error = await rejectionOf(createPipe({ clock }).run(failing))
    for (const step of Object.values(error.result?.steps ?? {})) {
      expect(Object.keys(step)).not.toEqual(expect.arrayContaining(['startedAt']))
    }
  })
})

const failing = pipeline('failing', (p) => {
  const a = p.step('a', { run: () => ({ nested: ['data'] }) })
  return p.step('bad', {
    needs: { a },
    run: () => {
      throw Object.assign(new TypeError('boom', { cause: new Error('deeper') }), { status: 503 })
    },
  })
})

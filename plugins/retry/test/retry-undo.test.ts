import { createPipe, pipeline } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { describe, expect, test, vi } from 'vitest'
import { retry } from '../src/index.ts'

const boom = new Error('boom')

/** Runs a step with `undo` that is taken back, lets its time pass, and says what became of that. */
async function takenBack(undo: () => unknown, option: number | false | undefined, undoTimeout?: '2s') {
  const clock = fakeClock()
  const pipe = createPipe({ plugins: [retry({ maxAttempts: 2, jitter: 'none' })], clock })
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo, ...(option !== undefined && { retry: option }) })
    return p.step('b', { needs: { a }, retry: false, run: () => Promise.reject(boom) })
  })
  const { result } = pipe.start(defined, undefined, undoTimeout === undefined ? {} : { undoTimeout })
  await clock.advance('1d')
  const { steps, undo: counts, durationMs } = await result
  return { undo: steps['a']?.undo, counts, durationMs, timers: clock.timers }
}

const failing = (times: number) => {
  let calls = 0
  return vi.fn(() => (++calls <= times ? Promise.reject(boom) : undefined))
}

describe('the undo of a step that is retried', () => {
  test('is called again after the delays of the step, until it is done', async () => {
    const undo = failing(2)
    expect(await takenBack(undo, 5)).toEqual({
      undo: 'done',
      counts: { done: 1, failed: 0 },
      durationMs: 3_000,
      timers: 0,
    })
    expect(undo).toHaveBeenCalledTimes(3)
  })

  test('has failed with its own last error when the attempts are used up', async () => {
    const undo = failing(9)
    const { undo: error, counts } = await takenBack(undo, undefined)
    expect(error).toMatchObject({ message: 'boom' })
    expect(counts).toEqual({ done: 0, failed: 1 })
    expect(undo).toHaveBeenCalledTimes(2)
  })

  test('is given up when the time for it is up', async () => {
    const undo = failing(9)
    expect(await takenBack(undo, 9, '2s')).toMatchObject({ undo: { code: 'TIMEOUT' }, durationMs: 2_000, timers: 0 })
    expect(undo).toHaveBeenCalledTimes(2)
  })

  test('is called once when the step is not retried', async () => {
    const undo = failing(9)
    await takenBack(undo, false)
    expect(undo).toHaveBeenCalledTimes(1)
  })
})

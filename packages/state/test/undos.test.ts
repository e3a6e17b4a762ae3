import { pipeline } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { memoryStore, runsIn } from '../src/index.ts'
import { startProcess } from './support/process.ts'

const never = () => new Promise<never>(() => undefined)
const bad = () => Promise.reject<number>(new Error('bad'))

describe('an undo that takes longer than it may', () => {
  test.each([
    ['heeds its signal', true],
    ['does not', false],
  ])('has failed, and the run ends: one that %s', async (_, heeds) => {
    const store = memoryStore()
    const undone = vi.fn()
    const defined = pipeline('p', (p) => {
      const slow = p.step('slow', {
        run: () => 2,
        undo: (_, { signal }) =>
          heeds
            ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
            : never(),
      })
      const a = p.step('a', { after: [slow], run: () => 1, undo: undone })
      return p.step('bad', { after: [a], run: bad })
    })
    const options = { id: 'run-1', undoTimeout: 5 }
    const { status, reports } = await startProcess(store).pipe.start(defined, undefined, options).result
    expect([status, reports?.durable?.missed, (await store.get('run-1'))?.status]).toEqual(['failed', 0, 'failed'])
    expect(undone).toHaveBeenCalledTimes(1)
    expect(await runsIn(store).steps('run-1')).toMatchObject([
      { path: 'a', undone: true },
      { path: 'slow', undone: false, undoError: { code: 'TIMEOUT', step: 'slow' } },
    ])
  })
})

test('a run ends that fails since what a step with an undo returned cannot be recorded', async () => {
  const store = memoryStore()
  const undone = vi.fn()
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo: undone })
    return p.step('b', { after: [a], run: () => new Date(0), undo: undone })
  })
  const { error, reports } = await startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
  expect(error).toMatchObject({ step: 'b', cause: { code: 'VALUE_UNSTORABLE' } })
  expect([reports?.durable?.missed, (await store.get('run-1'))?.status]).toEqual([0, 'failed'])
  expect(undone).toHaveBeenCalledExactlyOnceWith(1, expect.anything())
})

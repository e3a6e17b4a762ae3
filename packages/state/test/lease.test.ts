import { createPipe, pipeline, type Plugin, systemClock } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { durable } from '../src/index.ts'
import { agingStore } from './support/process.ts'

const heir = { owner: 'heir', leaseMs: 30_000, maxCrashes: 5 }

/** A process whose run another one takes, when it has stood still for longer than its lease. */
function sleeper() {
  const { store, age } = agingStore()
  let slept = 0
  return {
    store,
    clock: { ...systemClock, monotonic: () => performance.now() + slept },
    sleep: async () => {
      slept += 31_000
      age(31_000)
      await store.acquire({ id: 'run-1', pipeline: 'p', data: '' }, heir)
    },
  }
}

describe('a process that stood still while another one took its run', () => {
  test('begins nothing before it has asked the store', async () => {
    const { store, clock, sleep } = sleeper()
    const [next, item] = [vi.fn(), vi.fn()]
    const defined = pipeline('p', (p) => {
      const first = p.step('first', { run: () => 1 })
      return {
        next: p.step('next', { needs: { first }, run: next }),
        items: p.map('items', { needs: { first }, over: () => [1], run: item }),
      }
    })
    const sleepy: typeof store = {
      ...store,
      commit: async (...commit) => {
        const isKept = await store.commit(...commit)
        await sleep()
        return isKept
      },
    }
    const pipe = createPipe({ plugins: [durable({ store: sleepy })], clock })
    const { error } = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect(error?.code).toBe('LEASE_LOST')
    expect([next.mock.calls.length, item.mock.calls.length]).toEqual([0, 0])
  })

  test('goes on when nobody took it', async () => {
    const { store, clock } = sleeper()
    let slept = 0
    const renew = vi.fn(store.renew.bind(store))
    const stood = { ...clock, monotonic: () => clock.monotonic() + slept }
    const defined = pipeline('p', (p) => {
      const first = p.step('first', { run: () => (slept = 31_000) })
      return p.map('items', { needs: { first }, over: () => [1, 2, 3], run: (item) => item * 2 })
    })
    const pipe = createPipe({ plugins: [durable({ store: { ...store, renew } })], clock: stood })
    expect(await pipe.run(defined, undefined, { id: 'run-1' })).toEqual([2, 4, 6])
    expect(renew).toHaveBeenCalledTimes(1)
  })

  test('tries nothing again', async () => {
    const { store, clock, sleep } = sleeper()
    const fails = vi.fn(() => Promise.reject(new Error('later')))
    const defined = pipeline('p', (p) => p.step('fails', { run: fails }))
    const again: Plugin = { name: 'again', policy: () => () => ({ retryAt: 0 }) }
    const sleepy: typeof store = {
      ...store,
      commit: async (...commit) => {
        const isKept = await store.commit(...commit)
        await sleep()
        return isKept
      },
    }
    const pipe = createPipe({ plugins: [durable({ store: sleepy }), again], clock })
    const { error } = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([fails.mock.calls.length, error?.code]).toEqual([1, 'LEASE_LOST'])
  })

  test('undoes no more of it, and says that it lost it', async () => {
    const { store, clock, sleep } = sleeper()
    const [one, two] = [vi.fn(), vi.fn(sleep)]
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 'a', undo: one })
      const b = p.step('b', { needs: { a }, run: () => 'b', undo: two })
      return p.step('c', {
        needs: { b },
        run: () => {
          throw new Error('never')
        },
      })
    })
    const pipe = createPipe({ plugins: [durable({ store })], clock })
    const { error } = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([two.mock.calls.length, one.mock.calls.length, error?.code]).toEqual([1, 0, 'LEASE_LOST'])
    expect(await store.get('run-1')).toMatchObject({ status: 'running', owner: 'heir' })
  })
})
